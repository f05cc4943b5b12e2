#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# net.ipv4.vs: names, defaults, what may be written and what is refused; for each namespace. The same verdicts as with
# IPVS, whose documentation (ipvs-sysctl.rst) the expectations are of.
. "$(dirname "$0")/lib.sh"

VS=/proc/sys/net/ipv4/vs

# name=default in a namespace that is not the first one
defaults=(
	am_droprate=10 amemthresh=1024 backup_only=0 cache_bypass=0 conn_lfactor=-2 conn_reuse_mode=1 conntrack=0 drop_entry=0
	drop_packet=0 est_nice=0 expire_nodest_conn=0 expire_quiescent_template=0 ignore_tunneled=0 lblc_expiration=86400
	lblcr_expiration=86400 nat_icmp_send=0 pmtu_disc=1 run_estimation=1 schedule_icmp=0 secure_tcp=0 sloppy_sctp=0
	sloppy_tcp=0 snat_reroute=1 svc_lfactor=-2 sync_persist_mode=0 sync_ports=1 sync_refresh_period=0 sync_retries=0
	sync_sock_size=0 sync_version=1
)
# of the machine
others=(conn_max est_cpulist sync_qlen_max sync_threshold)

# read_setting NAMESPACE NAME
read_setting() {
	in_ns "$1" cat "$VS/$2"
}

# accepts NAME VALUE [SEEN]: a write succeeds, and is what is read then; says so when not. Like refuses to be run in the
# namespace.
accepts() {
	local seen
	printf %s "$2" >"$VS/$1" || echo "$1: $2 is refused"
	seen=$(cat "$VS/$1")
	[ "$seen" = "${3-$2}" ] || echo "$1: $seen after $2"
}

# refuses NAME VALUE: a write fails, and changes nothing.
refuses() {
	local before seen
	before=$(cat "$VS/$1")
	! printf %s "$2" >"$VS/$1" || echo "$1: $2 is accepted"
	seen=$(cat "$VS/$1")
	[ "$seen" = "$before" ] || echo "$1: $seen after $2"
}

# in_director COMMAND...: of the functions above and below, in one process. Nothing is to be said but that it has ended.
in_director() {
	expect_equal "what is not as it should be" ended \
		"$(in_ns "$DIRECTOR" bash -c "VS=$VS; $(declare -f accepts refuses values); $*; echo ended" 2>/dev/null)"
}

names_are_those_of_ipvs() {
	expect_equal names "$(printf '%s\n' "${defaults[@]%%=*}" "${others[@]}" | sort)" "$(in_ns "$DIRECTOR" ls "$VS" | sort)"
	expect_equal "all writable" '' "$(in_ns "$DIRECTOR" find "$VS" -type f ! -perm 0644)"
}

defaults_are_those_of_ipvs() {
	local setting cpus
	for setting in "${defaults[@]}"; do
		expect_equal "${setting%%=*}" "${setting#*=}" "$(read_setting "$DIRECTOR" "${setting%%=*}")"
	done
	cpus=$(cat /sys/devices/system/cpu/possible)
	expect_equal est_cpulist "$cpus" "$(read_setting "$DIRECTOR" est_cpulist)"
	expect_equal sync_threshold $'3\t50' "$(read_setting "$DIRECTOR" sync_threshold)"
	# Of the memory that is there.
	expect_range sync_qlen_max 100 100000000 "$(read_setting "$DIRECTOR" sync_qlen_max)"
}

first_namespace_has_factors_of_its_own() {
	expect_equal conn_lfactor -4 "$(cat "$VS/conn_lfactor")"
	expect_equal svc_lfactor -3 "$(cat "$VS/svc_lfactor")"
}

values() {
	local name
	for name in am_droprate amemthresh backup_only cache_bypass conn_reuse_mode conntrack expire_nodest_conn \
		expire_quiescent_template ignore_tunneled nat_icmp_send pmtu_disc run_estimation schedule_icmp sloppy_sctp \
		sloppy_tcp snat_reroute sync_persist_mode sync_sock_size; do
		accepts "$name" 7
		accepts "$name" -1
		accepts "$name" 0
		refuses "$name" x
		refuses "$name" 2147483648
	done
	for name in drop_entry drop_packet secure_tcp; do
		refuses "$name" 4
		refuses "$name" -1
		accepts "$name" 3
		accepts "$name" 0
	done
	accepts sync_threshold '5 60' $'5\t60'
	# One of the two
	accepts sync_threshold 7 $'7\t60'
	refuses sync_threshold '60 60'
	refuses sync_threshold '-1 60'
	accepts sync_threshold '70 0' $'70\t0'
	refuses sync_ports 3
	refuses sync_ports 0
	accepts sync_ports 8
	refuses sync_version 2
	accepts sync_version 0
	refuses sync_retries 4
	accepts sync_retries 3
	accepts sync_refresh_period 10
	accepts sync_qlen_max 12345678901
	# Without a complaint, as is the kernel's way with numbers that have no sign
	printf -- -1 >"$VS/sync_qlen_max"
	accepts sync_qlen_max '' 12345678901
	for name in conn_lfactor svc_lfactor; do
		refuses "$name" 9
		refuses "$name" -9
		accepts "$name" -8
	done
	refuses est_nice 20
	accepts est_nice -20
	accepts est_cpulist 0
	accepts est_cpulist $'\n' ''
	refuses est_cpulist x
	accepts lblc_expiration 60
	accepts lblcr_expiration 60
}

what_is_written_is_read() {
	in_director values
}

connections_are_bounded() {
	in_director accepts conn_max 1000
	[ "$LB_BACKEND" != rvs ] ||
		expect_equal "the other name" 1000 "$(in_ns "$DIRECTOR" sysctl -n net.rvs.max_connections)"
	in_director "refuses conn_max -1; refuses conn_max 1073741825; accepts conn_max 2"
	lb_begin udp/"$VIP":7000 rr "${SERVER_IPS[0]}:7000"
	in_ns "$CLIENT" python3 -S "$HELPERS/datagrams.py" "$VIP" 7000 40000 6 1
	expect_equal connections 2 "$(lb_connection_count)"
	in_director accepts conn_max 1073741824
}

other_namespaces_have_their_own() {
	expect_equal "of the client" 10 "$(read_setting "$CLIENT" am_droprate)"
	in_director accepts am_droprate 33
	expect_equal "of the client" 10 "$(read_setting "$CLIENT" am_droprate)"
}

# in_user_namespace COMMAND...: as root of a user namespace with a network namespace of its own.
in_user_namespace() {
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare -rn "$@"
}

user_namespaces_may_set_what_is_theirs() {
	local read_only
	if ! in_user_namespace true; then
		skip "there are no user namespaces"
		return
	fi
	read_only=$(in_user_namespace find "$VS" -type f -perm 0444 -printf '%f\n' | sort)
	expect_equal "read only" \
		"$(printf '%s\n' conn_lfactor est_cpulist est_nice run_estimation svc_lfactor sync_qlen_max sync_sock_size)" "$read_only"
	expect_equal "hidden" '' "$(in_user_namespace find "$VS" -name 'lblc*')"
	expect_equal "what it sets" 5 "$(in_user_namespace sh -c "echo 5 >$VS/am_droprate; cat $VS/am_droprate")"
	expect_equal "what it sets not" 0 "$(in_user_namespace sh -c "echo 5 >$VS/est_nice; cat $VS/est_nice" 2>/dev/null)"
	expect_equal "who has no rights" 33 "$(in_ns "$DIRECTOR" setpriv --reuid 65534 --clear-groups \
		sh -c "echo 5 >$VS/am_droprate; cat $VS/am_droprate" 2>/dev/null)"
}

test_begin
[ "$LB_BACKEND" = rvs ] || modprobe -a ip_vs_lblc ip_vs_lblcr || bail "no ip_vs_lblc"
ktap_run names_are_those_of_ipvs defaults_are_those_of_ipvs first_namespace_has_factors_of_its_own what_is_written_is_read \
	connections_are_bounded other_namespaces_have_their_own user_namespaces_may_set_what_is_theirs
