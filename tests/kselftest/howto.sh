#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The how-tos: who types what stands there, in this order, gets what they promise; and the demo, which the README begins with.
#	HOWTO_DIR      where the pages are
#	DEMO_DIR       where the demo is
. "$(dirname "$0")/lib.sh"

HOWTO_DIR=${HOWTO_DIR:-$KSELFTEST_DIR/../howto}
DEMO_DIR=${DEMO_DIR:-$KSELFTEST_DIR/../demo}
# Where each server has a BPF file system of its own, if it needs one.
BPF_AT_SERVERS=

# commands_of PAGE [SECTION]: HOST and command of each line like "    server# ip link show"; without a section those of the
# page's own site, which come before the sections named in of_their_own.
commands_of() {
	awk -v wanted="${2-}" -v apart="$of_their_own" '
		/^## / {
			section = substr($0, 4)
			skipped = wanted == "" ? index(apart, "|" section "|") : section != wanted
		}
		!skipped && (wanted == "" || section == wanted)' "$HOWTO_DIR/$1" |
		sed -nE 's/^    (client|router|director2?|server)[#$] (.*)/\1 \2/p'
}

# Sections that are followed by themselves.
of_their_own='|With a firewall|One-armed|'

# type_at NAMESPACE COMMAND: as somebody would.
type_at() {
	in_ns "$1" bash -c "$2" </dev/null >>"$TEST_DIR/typed" 2>"$TEST_DIR/error" ||
		fail "$2: exit status $?: $(<"$TEST_DIR/error")"
}

# type_at_with_bpf NAMESPACE COMMAND: as type_at, where there is a BPF file system of this host alone, in $BPF_AT_SERVERS.
type_at_with_bpf() {
	local place=$BPF_AT_SERVERS/$1
	nsenter --net="/run/netns/$1" unshare --mount bash -c "mount --bind '$place' /sys/fs/bpf && $2" </dev/null >>"$TEST_DIR/typed" 2>"$TEST_DIR/error" ||
		fail "$2: exit status $?: $(<"$TEST_DIR/error")"
}

# client_ports_next: what the client asks by next comes from ports of its own. The kernel chooses by chance, and of a port by which
# the client has a connection to the chosen server already, by another service or one that is gone, replies could not be told apart:
# another server than that whose turn it is gets it.
client_ports=20000
client_ports_next() {
	expect_success in_ns "$CLIENT" sysctl -qw "net.ipv4.ip_local_port_range=$client_ports $((client_ports + 499))"
	client_ports=$((client_ports + 500))
}

# follow PAGE [SECTION]: types all of it, at each server what is for servers.
follow() {
	local host command server typed=0
	: >"$TEST_DIR/typed"
	while read -r host command; do
		case $host in
		client)
			client_ports_next
			type_at "$CLIENT" "$command"
			;;
		router) type_at "$ROUTER" "$command" ;;
		director) type_at "$DIRECTOR" "$command" ;;
		director2) type_at "$SECOND_DIRECTOR" "$command" ;;
		server)
			for server in "${SERVERS[@]}"; do
				"type_at${BPF_AT_SERVERS:+_with_bpf}" "$server" "$command"
			done
			;;
		esac
		typed=$((typed + 1))
	done < <(commands_of "$@")
	expect_range "commands of $1" 9 100 "$typed"
}

# expect_answers EXTRA: of eight requests by weight, and as many more from server1 in the beginning of another turn.
expect_answers() {
	expect_range "answers of server1" 4 $((4 + $1)) "$(answers "$TEST_DIR/typed" server1)"
	expect_range "answers of server2" 2 $((2 + $1)) "$(answers "$TEST_DIR/typed" server2)"
	expect_range "answers of server3" 2 $((2 + $1)) "$(answers "$TEST_DIR/typed" server3)"
	expect_equal "all answers" $((8 + $1)) "$(grep -cx 'server[123]' "$TEST_DIR/typed")"
}

# web_servers PORT: their logs begin anew.
web_servers() {
	local i
	for i in 1 2 3; do
		rm -f "$TEST_DIR/server$i/access.log"
		http_server_start "$i" "$1" || bail "nginx does not start"
	done
}

# A network in which nobody knows the VIP.
network_for_nat() {
	local server
	expect_success ip -n "$DIRECTOR" address del "$VIP/$HOST_BITS" dev lo
	expect_success in_ns "$DIRECTOR" sysctl -qw "$FORWARDING=0"
	for server in "${SERVERS[@]}"; do
		expect_success ip -n "$server" "$IP_FAMILY" route del default
	done
}

# network_for_direct_reply dr|tun
network_for_direct_reply() {
	local server
	topology_destroy
	direct_reply_site "$1"
	topology_create --direct-reply || bail "the namespaces cannot be made"
	expect_success ip -n "$DIRECTOR" address del "$VIP/$HOST_BITS" dev eth0
	for server in "${SERVERS[@]}"; do
		"forget_$1" "$server"
		# What some systems begin with.
		expect_success in_ns "$server" sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1
	done
	web_servers 80
}

forget_dr() {
	expect_success ip -n "$1" address del "$VIP/$HOST_BITS" dev lo
	expect_success in_ns "$1" sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0
}

forget_tun() {
	expect_success ip -n "$1" link del vip0
}

# A network with one link, in which real servers have their gateway yet to be told.
network_for_one_arm() {
	topology_destroy
	direct_reply_site dr
	LB_FORWARD=nat
	topology_create --direct-reply || bail "the namespaces cannot be made"
	expect_success ip -n "$DIRECTOR" address del "$VIP/32" dev eth0
	web_servers 8080
}

server_of_nat() {
	:
}

nat() {
	network_for_nat
	follow nat.md
	expect_answers 0
}

# The client asks two addresses of a service at once; it may do so by the same port, unless it is another client to each.
several_addresses_by_a_mark() {
	local address
	network_for_nat
	expect_success ip -n "$CLIENT" address add "$OTHER_CLIENT_IP/$NET_BITS" dev eth0
	for address in "$OTHER_VIP" 198.51.100.200; do
		expect_success ip -n "$CLIENT" route add "$address" via "$CLIENT_GATEWAY" src "$OTHER_CLIENT_IP"
	done
	follow marks.md
	expect_twice_the_answers
	lb_flush
	expect_success ip -n "$CLIENT" address del "$OTHER_CLIENT_IP/$NET_BITS" dev eth0
	expect_success in_ns "$DIRECTOR" nft delete table inet marks
	expect_success ip -n "$DIRECTOR" rule del fwmark 7
	expect_success ip -n "$DIRECTOR" address del 198.51.100.2/32 dev lo
}

# in_family v4|v6: the network of before goes.
in_family() {
	topology_destroy
	FAMILY=$1
	# shellcheck source=lib/topology.sh
	. "$KSELFTEST_DIR/lib/topology.sh"
}

# What hosts begin with, which the other tests do without, for haste.
duplicates_are_looked_for() {
	local namespace
	for namespace in "${topology_namespaces[@]}"; do
		expect_success in_ns "$namespace" sysctl -qw net.ipv6.conf.all.accept_dad=1 net.ipv6.conf.default.accept_dad=1
	done
}

nat_of_ipv6() {
	in_family v6
	topology_create || bail "the namespaces cannot be made"
	duplicates_are_looked_for
	web_servers 8080
	network_for_nat
	follow nat-ipv6.md
	expect_answers 0
}

direct_routing_of_ipv6() {
	network_for_direct_reply dr
	duplicates_are_looked_for
	follow dr-ipv6.md
	expect_answers 1
	# The entry of the router names the device of the director.
	expect_equal "places where the director's link layer address is seen" 2 \
		"$(grep -c "$(in_ns "$DIRECTOR" cat /sys/class/net/eth0/address)" "$TEST_DIR/typed")"
}

by_ipvsadm() {
	network_for_nat
	web_servers 8080
	follow ipvsadm.md
	expect_answers 0
	lb_flush
}

clients_that_keep_their_server() {
	network_for_nat
	follow persistence.md
	expect_equal "answers" 8 "$(grep -cx 'server[123]' "$TEST_DIR/typed")"
	expect_equal "servers that have answered" 1 "$(grep -x 'server[123]' "$TEST_DIR/typed" | sort -u | wc -l)"
	expect_match "templates" "tcp/$VIP:80 +$CLIENT_IP +10\.0\.0\.1[123]:8080 " "$(<"$TEST_DIR/typed")"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.expire_quiescent_template=0
	lb_flush
}

# In the network of the case before.
nat_behind_a_firewall() {
	follow nat.md "With a firewall"
	expect_answers 0
	# Without what is to come first, the page says, connections hang.
	expect_success in_ns "$DIRECTOR" nft flush chain ip firewall forward
	expect_success in_ns "$DIRECTOR" nft add rule ip firewall forward ct state invalid counter drop
	in_ns "$CLIENT" curl -sS --connect-timeout 2 "http://$VIP/" >"$TEST_DIR/answer" 2>&1
	expect_equal "exit status of curl: a timeout" 28 $?
	expect_match "SYN-ACKs that are invalid" "packets [1-9]" "$(in_ns "$DIRECTOR" nft list chain ip firewall forward)"
}

one_armed_nat() {
	network_for_one_arm
	follow nat.md One-armed
	expect_twice_the_answers
}

# Of eight requests from behind the router, and eight of the router's own.
expect_twice_the_answers() {
	expect_equal "answers of server1" 8 "$(answers "$TEST_DIR/typed" server1)"
	expect_equal "answers of server2" 4 "$(answers "$TEST_DIR/typed" server2)"
	expect_equal "answers of server3" 4 "$(answers "$TEST_DIR/typed" server3)"
}

direct_routing() {
	network_for_direct_reply dr
	follow dr.md
	expect_answers 1
	# The entry of the router names the device of the director.
	expect_equal "places where the director's link layer address is seen" 2 \
		"$(grep -c "$(in_ns "$DIRECTOR" cat /sys/class/net/eth0/address)" "$TEST_DIR/typed")"
}

tunnels() {
	network_for_direct_reply tun
	follow tun.md
	expect_answers 0
}

tunnels_in_udp() {
	network_for_direct_reply tun
	follow gue.md
	expect_answers 0
	expect_match "packets that the router has translated" "packets [1-9]" "$(<"$TEST_DIR/typed")"
	expect_match "the tunnel of the first server" "10\.1\.0\.11:80 +tun,gue:6080 +2 " "$(<"$TEST_DIR/typed")"
}

ftp() {
	local i
	network_for_nat
	for i in 1 2 3; do
		mkdir "$TEST_DIR/ftp$i"
		echo "server$i" >"$TEST_DIR/ftp$i/welcome"
		ip netns exec "${SERVERS[i - 1]}" python3 -S "$HELPERS/ftp_server.py" "server$i" "${SERVER_IPS[i - 1]}" "$TEST_DIR/ftp$i" \
			>"$TEST_DIR/ftp$i.ready" 2>&1 &
		disown
		wait_until 20 grep -qx ready "$TEST_DIR/ftp$i.ready" || bail "server$i does not serve"
	done
	follow ftp.md
	expect_equal "servers that have answered" 2 "$(grep -x 'server[123]' "$TEST_DIR/typed" | sort -u | wc -l)"
	# One to a port from 1024 on, one from port 20.
	expect_equal "connections for data" 2 "$(grep -cE "^tcp/$VIP:21,tcp/$VIP:(20|[0-9]{4,}) " "$TEST_DIR/typed")"
	lb_flush
}

# A network in which nobody knows the VIP, and no real server knows of BPF.
network_of_enat() {
	topology_destroy
	fullnat_site
	topology_create --fullnat || bail "the namespaces cannot be made"
	expect_success ip -n "$DIRECTOR" address del "$VIP/$HOST_BITS" dev lo
	expect_success ip -n "$ROUTER" route del "$VIP"
	bpf_at_servers
	web_servers 8080
}

enat() {
	if ! command -v rvs-toa >/dev/null || [ ! -e /sys/kernel/btf/vmlinux ]; then
		skip "there is no rvs-toa, or the kernel does not describe itself"
		return
	fi
	network_of_enat
	follow enat.md
	expect_answers 0
	expect_match "what the director counts" "10\.1\.0\.11:8080 +enat +2 .* [1-9][0-9]*/0 " "$(<"$TEST_DIR/typed")"
	expect_match "what a half counts" "service 198\.51\.100\.1:80 8080" "$(<"$TEST_DIR/typed")"
	expect_equal "clients that a server has seen" "4 203.0.113.10" "$(awk '{ print $1 }' "$TEST_DIR/server1/access.log" | sort | uniq -c | xargs)"
	no_bpf_at_servers
}

# network_of_fullnat TOPOLOGY: one in which nobody knows VIP or local addresses.
network_of_fullnat() {
	local address namespace
	topology_destroy
	fullnat_site
	topology_create "$1" || bail "the namespaces cannot be made"
	for namespace in "$DIRECTOR" $([ "$1" = --fullnat ] || echo "$SECOND_DIRECTOR"); do
		expect_success in_ns "$namespace" sysctl -qw "$FORWARDING=0"
		expect_success ip -n "$namespace" address del "$VIP/$HOST_BITS" dev lo
		for address in $(ip -n "$namespace" -o -4 address show dev eth0 | grep -o '[0-9.]*/32'); do
			expect_success ip -n "$namespace" address del "$address" dev eth0
		done
	done
	expect_success ip -n "$ROUTER" route del "$VIP"
	ip -n "$ROUTER" route del "$ROUTED_NET" || fail "no routed network"
	web_servers 8080
}

full_nat() {
	network_of_fullnat --fullnat
	follow fullnat.md
	expect_answers 0
	expect_match "the pool" "web +1024-65535 +1 .*tcp/10\.1\.0\.11:8080 " "$(<"$TEST_DIR/typed")"
	expect_match "local addresses" "fullnat,10\.(0\.0\.2[12]|9\.0\.[0-9]+):[0-9]+ " "$(<"$TEST_DIR/typed")"
	expect_match "whom a server has seen" '^(10\.(0\.0\.2[12]|9\.0\.[0-9]+) ?){4}$' \
		"$(awk '{ print $1 }' "$TEST_DIR/server1/access.log" | paste -sd' ')"
	follow fullnat.md "With a firewall"
	expect_answers 0
	expect_match "packets that are invalid" "invalid counter packets 0 " "$(<"$TEST_DIR/typed")"
	# After a boot.
	expect_success director_rvsadm flush
	expect_success director_rvsadm pool del web
	expect_success director_rvsadm restore /etc/rvs.conf
	expect_equal "what is saved of what was restored" "$(</etc/rvs.conf)" "$(director_rvsadm save)"
	rm /etc/rvs.conf
}

# bpf_at_servers: each real server has a BPF file system of its own.
bpf_at_servers() {
	local server
	BPF_AT_SERVERS=$TEST_DIR/bpf
	for server in "${SERVERS[@]}"; do
		mkdir -p "$BPF_AT_SERVERS/$server"
		expect_success mount -t bpf bpf "$BPF_AT_SERVERS/$server"
	done
}

no_bpf_at_servers() {
	local server
	for server in "${SERVERS[@]}"; do
		umount "$BPF_AT_SERVERS/$server"
	done
	BPF_AT_SERVERS=
}

servers_that_see_their_clients() {
	local server
	if ! command -v rvs-toa >/dev/null || [ ! -e /sys/kernel/btf/vmlinux ]; then
		skip "there is no rvs-toa, or the kernel does not describe itself"
		return
	fi
	network_of_fullnat --fullnat
	bpf_at_servers
	follow toa.md
	expect_answers 0
	expect_equal "clients that a server has seen" "4 203.0.113.10" "$(awk '{ print $1 }' "$TEST_DIR/server1/access.log" | sort | uniq -c | xargs)"
	for server in "${SERVERS[@]}"; do
		type_at_with_bpf "$server" "rvs-toa detach"
	done
	no_bpf_at_servers
}

directors_behind_one_router() {
	network_of_fullnat --ecmp
	expect_success ip -n "$ROUTER" nexthop flush
	follow ecmp.md
	expect_equal "answers of all servers" 16 "$(grep -cx 'server[123]' "$TEST_DIR/typed")"
	expect_equal "servers of the client" 1 "$(grep -x 'server[123]' "$TEST_DIR/typed" | sort -u | wc -l)"
}

# Servers that have no IPv4.
tunnels_of_ipv4_in_ipv6() {
	local server
	UNDERLAY=v6
	network_for_direct_reply tun
	for server in "${SERVERS[@]}"; do
		expect_success ip -n "$server" -4 address flush dev eth0
	done
	follow 4in6.md
	expect_answers 0
	expect_match "the first server" "\[fd01::11\]:80 +tun +2 " "$(<"$TEST_DIR/typed")"
	UNDERLAY=v4
}

# In namespaces of its own.
demo() {
	local status=0
	FAMILY=v4 timeout $((120 * patience)) "$DEMO_DIR/run" </dev/null >"$TEST_DIR/demo" 2>&1 || status=$?
	expect_equal "exit status" 0 "$status"
	expect_equal "what it says at its end" "demo: 100/100 requests answered" "$(tail -n 1 "$TEST_DIR/demo")"
	expect_equal "problems" "" "$(grep PROBLEM "$TEST_DIR/demo")"
	expect_equal "namespaces that it leaves" "" "$(ip netns list | grep -E '^(client|director|server[123])( |$)')"
}

lb_needs rvs "the how-tos are for rvsadm"
[ -e "$HOWTO_DIR" ] || skip_all "there are no pages in $HOWTO_DIR"
modprobe -a ipip fou ip6_tunnel || skip_all "no IPIP tunnels in UDP (CONFIG_NET_FOU), or in IPv6 (CONFIG_IPV6_TUNNEL)"
test_begin

ktap_run \
	demo \
	by_ipvsadm \
	clients_that_keep_their_server \
	ftp \
	several_addresses_by_a_mark \
	nat \
	nat_behind_a_firewall \
	one_armed_nat \
	direct_routing \
	tunnels \
	tunnels_in_udp \
	tunnels_of_ipv4_in_ipv6 \
	full_nat \
	servers_that_see_their_clients \
	directors_behind_one_router \
	enat \
	nat_of_ipv6 \
	direct_routing_of_ipv6
