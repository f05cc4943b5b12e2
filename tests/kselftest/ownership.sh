#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whose the names of IPVS are, where C ip_vs is there too; and that modprobe brings RVS where the configuration says so.
. "$(dirname "$0")/lib.sh"

CONFIGURATION=/etc/modprobe.d/rvs-compat.conf
INSTALLED=/lib/modules/$(uname -r)/extra/rvs.ko

is_loaded() {
	[ -d "/sys/module/$1" ]
}

# neither_is_loaded: what every case begins with.
neither_is_loaded() {
	local module
	! is_loaded ip_vs || ipvsadm -C
	for module in rvs $(awk '/^ip_vs_/ { print $1 }' /proc/modules) ip_vs; do
		! is_loaded "$module" || rmmod "$module" || fail "$module cannot be unloaded"
	done
	! is_loaded rvs && ! is_loaded ip_vs
}

# names: which of the names of IPVS are there.
names() {
	[ ! -e /proc/net/ip_vs ] || printf 'proc '
	[ ! -e /proc/sys/net/ipv4/vs ] || printf 'sysctl '
	# Not by its name, which may have it loaded
	! genl ctrl list | grep -q 'Name: IPVS$' || printf 'family '
	echo
}

log_since() {
	dmesg | awk -v mark="$1" 'seen; index($0, mark) { seen = 1 }'
}

# mark: a line in the kernel log.
mark() {
	echo "rvs ownership $1" >/dev/kmsg
}

names_are_of_rvs() {
	expect_success neither_is_loaded
	expect_equal "without a module" "" "$(names | sed 's/ $//')"
	expect_success insmod "$RVS_MODULE"
	expect_equal "names" "proc sysctl family" "$(names | sed 's/ $//')"
	expect_success neither_is_loaded
	expect_equal "without a module again" "" "$(names | sed 's/ $//')"
}

# It would have the kernel warn.
ip_vs_is_refused() {
	local error
	expect_success insmod "$RVS_MODULE"
	mark refused
	error=$(modprobe ip_vs 2>&1) && fail "ip_vs was loaded"
	expect_match "modprobe" "could not insert 'ip_vs': Device or resource busy" "$error"
	expect_match "kernel log" "rvs: ip_vs cannot be loaded: its names are those of rvs; unload rvs, or load it with compat=0" \
		"$(log_since "rvs ownership refused")"
	expect_equal "names" "proc sysctl family" "$(names | sed 's/ $//')"
	error=$(modprobe ip_vs_rr 2>&1) && fail "ip_vs_rr was loaded"
	expect_success rmmod rvs
	expect_success modprobe ip_vs_rr
	expect_success neither_is_loaded
}

# Each with its own family, over its own tables.
ip_vs_keeps_its_names() {
	expect_success modprobe ip_vs_rr
	ipvsadm -A -t 192.0.2.1:80 -s rr
	mark second
	expect_success insmod "$RVS_MODULE"
	expect_equal "lines of the kernel log about it" 1 "$(log_since "rvs ownership second" | grep -c "rvs: .*IPVS belong to ip_vs")"
	expect_success rvsadm service add tcp/192.0.2.2:80
	expect_match "/proc/net/ip_vs" 'C0000201:0050 rr' "$(cat /proc/net/ip_vs)"
	expect_equal "of RVS there" 0 "$(grep -c C0000202 /proc/net/ip_vs)"
	expect_equal "of ip_vs here" 0 "$(rvsadm show | grep -c 192.0.2.1)"
	expect_success ip netns add "both$NS_SUFFIX"
	expect_success ip netns del "both$NS_SUFFIX"
	expect_success rmmod rvs
	expect_equal "names" "proc sysctl family" "$(names | sed 's/ $//')"
	# It comes and goes while RVS is there.
	expect_success insmod "$RVS_MODULE"
	expect_success ipvsadm -C
	expect_success rmmod ip_vs_rr ip_vs
	expect_equal "names without ip_vs" "" "$(names | sed 's/ $//')"
	expect_success modprobe ip_vs
	expect_equal "names, again" "proc sysctl family" "$(names | sed 's/ $//')"
	expect_success neither_is_loaded
}

names_are_left_alone() {
	expect_success insmod "$RVS_MODULE" compat=0
	expect_equal "names" "" "$(names | sed 's/ $//')"
	expect_success rvsadm service add tcp/192.0.2.2:80
	expect_success modprobe ip_vs
	expect_equal "names of ip_vs" "proc sysctl family" "$(names | sed 's/ $//')"
	expect_equal "of RVS there" 0 "$(grep -c C0000202 /proc/net/ip_vs)"
	expect_success rmmod ip_vs
	expect_match "a service" 192.0.2.2:80 "$(rvsadm show)"
	expect_success neither_is_loaded
}

# A reader holds up neither the module nor the others.
module_goes_while_files_are_open() {
	expect_success insmod "$RVS_MODULE"
	expect_success rvsadm service add tcp/192.0.2.2:80
	exec 7</proc/net/ip_vs 8</proc/net/ip_vs_conn 9</proc/sys/net/ipv4/vs/sloppy_tcp
	read -r _ <&7
	expect_success rmmod rvs
	cat <&7 >/dev/null 2>&1
	cat <&8 >/dev/null 2>&1 && fail "there are connections without a module"
	cat <&9 >/dev/null 2>&1 && fail "there are settings without a module"
	exec 7<&- 8<&- 9<&-
	expect_success insmod "$RVS_MODULE"
	expect_success rmmod rvs
}

# loads COMMAND...: it brings RVS, and not ip_vs.
loads() {
	expect_success neither_is_loaded
	expect_success "$@"
	is_loaded rvs || fail "$*: rvs is not loaded"
	! is_loaded ip_vs || fail "$*: ip_vs is loaded"
}

modprobe_brings_rvs() {
	local configuration=$KSELFTEST_DIR/../contrib/modprobe.d/rvs-compat.conf scheduler
	[ -e "$configuration" ] || configuration=$KSELFTEST_DIR/../../contrib/modprobe.d/rvs-compat.conf
	if [ -e "$CONFIGURATION" ] || [ -e "$INSTALLED" ] || [ ! -e "$configuration" ]; then
		skip "the machine has its own configuration, or there is none to install"
		return
	fi
	mkdir -p "${INSTALLED%/*}" "${CONFIGURATION%/*}"
	cp "$RVS_MODULE" "$INSTALLED"
	depmod
	# Without the configuration it is ip_vs that is meant.
	expect_success neither_is_loaded
	expect_success modprobe ip_vs_rr
	is_loaded ip_vs || fail "ip_vs is not loaded, without the configuration"
	! is_loaded rvs || fail "rvs is loaded, without the configuration"
	expect_success neither_is_loaded
	expect_success ipvsadm -Ln
	is_loaded ip_vs || fail "ip_vs is not loaded by its family, without the configuration"
	! is_loaded rvs || fail "rvs is loaded by the family, without the configuration"

	cp "$configuration" "$CONFIGURATION"
	loads modprobe ip_vs
	for scheduler in rr wrr lc wlc fo ovf lblc lblcr dh sh mh sed nq twos; do
		expect_success modprobe "ip_vs_$scheduler"
		! is_loaded ip_vs || fail "modprobe ip_vs_$scheduler: ip_vs is loaded"
	done
	loads modprobe ip_vs_rr
	# By the kernel, who is asked for the family
	loads python3 -S "$HELPERS/has_family.py" IPVS
	loads ipvsadm -Ln
	expect_success neither_is_loaded

	rm "$CONFIGURATION" "$INSTALLED"
	depmod
}

lb_needs rvs "it is about the module of RVS"
modinfo ip_vs >/dev/null 2>&1 || skip_all "there is no ip_vs"
[ -e "$RVS_MODULE" ] || skip_all "it needs the module beside the tests"
test_begin
topology_destroy
ktap_run names_are_of_rvs ip_vs_is_refused ip_vs_keeps_its_names names_are_left_alone module_goes_while_files_are_open \
	modprobe_brings_rvs
