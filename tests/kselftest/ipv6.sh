#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What IPv6 alone has: extension headers, fragments behind them, datagrams without the checksum that there has to be, and
# link-local addresses.
FAMILY=v6
. "$(dirname "$0")/lib.sh"

OPTIONS=$VIP_HOST:7000
# Answered with options, too.
OPTIONS_BACK=$VIP_HOST:7001
DIRECT=$VIP_HOST:7002
ODD=udp/$VIP_HOST:7003
LINKED=udp/$VIP_HOST:7004
LINKED_DIRECT=udp/$VIP_HOST:7005
# A real server and a client behind next hops that are known by their link-local addresses.
BEHIND_SERVER=fd99::1
BEHIND_CLIENT=$FAR_CLIENT_IP

needs_rvs() {
	[ "$LB_BACKEND" = rvs ] || { skip "IPVS $1"; return 1; }
}

# served_with_options NAME PROTOCOL PORT: more than once, and each time the headers arrive.
served_with_options() {
	expect_match "opening $1" '^ok' "$(talk me open "$1" "$2-with-options" "$VIP" "$3")"
	expect_equal "who answers $1" server1 "$(talk me ask "$1")"
	expect_equal "who answers $1 again" server1 "$(talk me ask "$1" 5 1000)"
}

packets_with_options_are_balanced() {
	local protocol
	for protocol in udp tcp; do
		count_packets "${SERVERS[0]}" "options_$protocol" prerouting \
			"ip6 daddr ${SERVER_IPS[0]} exthdr hbh exists exthdr dst exists"
		served_with_options "$protocol" "$protocol" 7000
		expect_range "packets of $protocol with both headers at the server" 2 20 \
			"$(counted_packets "${SERVERS[0]}" "options_$protocol")"
	done
}

replies_with_options_are_translated() {
	local protocol
	for protocol in udp tcp; do
		count_packets "$CLIENT" "options_$protocol" prerouting \
			"ip6 saddr $VIP exthdr hbh exists exthdr dst exists"
		served_with_options "back_$protocol" "$protocol" 7001
		expect_range "packets of $protocol with both headers at the client" 2 20 \
			"$(counted_packets "$CLIENT" "options_$protocol")"
	done
}

packets_with_options_are_routed_directly() {
	local protocol
	for protocol in udp tcp; do
		served_with_options "direct_$protocol" "$protocol" 7002
	done
}

# Hop-by-hop options are in each fragment, destination options in the first.
fragments_behind_options_arrive() {
	expect_equal "who answers 8000 bytes" server1 "$(talk me ask back_udp 5 8000)"
	expect_equal "who answers 8000 bytes routed directly" server1 "$(talk me ask direct_udp 5 8000)"
	expect_match "opening" '^ok' "$(talk me open large udp-with-options "$VIP" 7001)"
	expect_equal "who answers 8000 bytes at first" server1 "$(talk me ask large 5 8000)"
}

# odd KIND SOURCE-PORT: who answers such a datagram.
odd() {
	in_ns "$CLIENT" python3 -S "$HELPERS/odd_datagram.py" "$1" "$CLIENT_IP" "$2" "$VIP" 7003
}

headers_before_fragments_are_passed_by() {
	expect_equal "behind destination options" server1 "$(odd options-fragments 45001)"
	expect_equal "behind a routing header" server1 "$(odd routed-fragments 45002)"
}

# has_counted NAMESPACE NAME NUMBER: so many at least.
has_counted() {
	[ "$(counted_packets "$1" "$2")" -ge "$3" ]
}

# Parts as small as these are copied into one where they are collected. With IPVS they are kept; with RVS they leave as one packet,
# rather than as one fragment of which there is no other (RFC 8021).
fragments_that_every_link_takes_together_leave_as_one() {
	local parts=0
	[ "$LB_BACKEND" = rvs ] || parts=2
	count_packets "${SERVERS[0]}" parts prerouting "ip6 daddr ${SERVER_IPS[0]} exthdr frag exists"
	count_packets "$CLIENT" parts_back prerouting "ip6 saddr $VIP exthdr frag exists"
	count_packets "$CLIENT" whole_back input "ip6 saddr $VIP udp length 216"
	expect_equal "who answers" server1 "$(odd small-fragments 45007)"
	expect_equal "fragments at the server" "$parts" "$(counted_packets "${SERVERS[0]}" parts)"
	expect_equal "sending back" sent "$(in_ns "${SERVERS[0]}" python3 -S "$HELPERS/odd_datagram.py" \
		unanswered-small-fragments "${SERVER_IPS[0]}" 7003 "$CLIENT_IP" 45007)"
	wait_until 5 has_counted "$CLIENT" whole_back 1
	expect_equal "what has come back" 1 "$(counted_packets "$CLIENT" whole_back)"
	expect_equal "fragments at the client" "$parts" "$(counted_packets "$CLIENT" parts_back)"
}

routing_header_that_is_done_is_passed_by() {
	expect_equal "who answers" server1 "$(odd routed 45003)"
}

# connections_of_port PORT: of the client's.
connections_of_port() {
	lb_connection_list "$ODD" | grep -cF "$CLIENT_HOST:$1 "
}

# It is not at its destination; the director knows no such way (RFC 5095).
packets_that_are_to_go_on_are_not_balanced() {
	needs_rvs "balances them" || return
	count_packets "$CLIENT" refused input "icmpv6 type parameter-problem"
	odd to-be-routed 45004 >"$TEST_DIR/odd"
	expect_equal "connections" 0 "$(connections_of_port 45004)"
	expect_equal "errors of the director's stack" 1 "$(counted_packets "$CLIENT" refused)"
}

packets_within_an_authentication_header_are_not_balanced() {
	needs_rvs "translates them, so that the real server drops them" || return
	odd authenticated 45005 >"$TEST_DIR/odd"
	expect_equal "connections" 0 "$(connections_of_port 45005)"
}

# Who receives it drops it (RFC 8200, section 8.1).
absent_checksum_stays_absent() {
	needs_rvs "makes a checksum" || return
	count_packets "${SERVERS[0]}" unsummed prerouting "udp dport 7003 udp checksum 0"
	expect_equal "who answers" timeout "$(odd no-sum 45006)"
	expect_equal "datagrams without checksum at the server" 1 "$(counted_packets "${SERVERS[0]}" unsummed)"
}

# link_local NAMESPACE DEVICE
link_local() {
	ip -n "$1" -6 -o addr show dev "$2" scope link | awk '{ sub(/\/.*/, "", $4); print $4; exit }'
}

# served_by_link_local NAME PORT SOURCE: two questions, and with RVS two more that are fast.
served_by_link_local() {
	local before
	expect_match "opening" '^ok' "$(talk me open "$1" udp "$VIP" "$2" 0 "$3")"
	expect_equal "who answers" server2 "$(talk me ask "$1")"
	expect_equal "who answers again" server2 "$(talk me ask "$1")"
	[ "$LB_BACKEND" = rvs ] && [ "${FAST_PATH-on}" = on ] || return
	before=$(paths fast)
	expect_equal "who answers then" server2 "$(talk me ask "$1")"
	expect_range "fast packets of a question" 1 2 $(($(paths fast) - before))
}

next_hops_may_be_link_local() {
	served_by_link_local near 7004 "$CLIENT_IP"
	served_by_link_local far 7004 "$BEHIND_CLIENT"
	served_by_link_local direct 7005 "$BEHIND_CLIENT"
}

# No router lets them out of their link (RFC 4291, sections 2.5.2 and 2.5.6).
addresses_of_one_link_do_not_leave_it() {
	local source
	needs_rvs "sends them to the real server, whose answers go nowhere" || return
	count_packets "${SERVERS[0]}" strangers prerouting "ip6 saddr { ::, ::1, fe80::/10, ff00::/8 } udp dport 7003"
	# Groups, and what is the sender itself to everybody, the stack leaves out.
	for source in :: "$(link_local "$CLIENT" eth0)" ff05::1 ::1; do
		expect_equal "sending" sent \
			"$(in_ns "$CLIENT" python3 -S "$HELPERS/odd_datagram.py" plain "$source" 45010 "$VIP" 7003)"
	done
	# What was sent is through when this is answered.
	expect_equal "who answers" server1 "$(odd plain 45011)"
	expect_equal "datagrams from there at the server" 0 "$(counted_packets "${SERVERS[0]}" strangers)"
	expect_equal "connections from there" "" "$(lb_connection_list "$ODD" | grep -F ':45010 ')"
}

# Nor where no server takes them, and they were to go on.
addresses_of_one_link_do_not_pass_a_service() {
	local source number=1
	if [ "$LB_BACKEND" = ipvs ]; then
		diagnose "IPVS sends them on"
		number=2
	fi
	in_ns "$DIRECTOR" nft add table ip6 marks
	in_ns "$DIRECTOR" nft "add chain ip6 marks marks { type filter hook prerouting priority mangle; }"
	in_ns "$DIRECTOR" nft add rule ip6 marks marks ip6 daddr "$BEHIND_SERVER" udp dport 7007 meta mark set 7
	ip -n "$DIRECTOR" -6 rule add fwmark 7 table 100
	ip -n "$DIRECTOR" -6 route add local default dev lo table 100
	in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.cache_bypass=1
	expect_success lb_service_add "$MARK7" rr
	expect_success lb_server_add "$MARK7" "${SERVER_HOSTS[0]}:7007" 0
	count_packets "${SERVERS[1]}" passed prerouting "udp dport 7007"
	for source in "$(link_local "$CLIENT" eth0)" "$BEHIND_CLIENT"; do
		expect_equal "sending" sent \
			"$(in_ns "$CLIENT" python3 -S "$HELPERS/odd_datagram.py" unanswered-plain "$source" 45012 "$BEHIND_SERVER" 7007)"
	done
	wait_until 5 has_counted "${SERVERS[1]}" passed "$number"
	expect_equal "datagrams that went on" "$number" "$(counted_packets "${SERVERS[1]}" passed)"
	expect_equal "connections" "$number" "$(lb_connection_list | grep -cF ':45012 ')"
}

# A real server on the director is on the client's link.
clients_of_one_link_reach_the_director_itself() {
	local client
	client=$(link_local "$CLIENT" eth0)
	lb_begin "udp/$VIP_HOST:7006" rr "$VIP_HOST:7006"
	talk_server_start "$DIRECTOR" director "udp:$VIP:7006"
	expect_match "opening" '^ok' "$(talk me open near_client udp "$VIP" 7006 0 "$client%eth0")"
	expect_equal "who answers" director "$(talk me ask near_client)"
}

# link_local_next_hops: the way to BEHIND_SERVER leads by server2, that to BEHIND_CLIENT by the client; each has the address.
link_local_next_hops() {
	ip -n "${SERVERS[1]}" addr add "$BEHIND_SERVER/128" dev lo &&
		ip -n "$CLIENT" addr add "$BEHIND_CLIENT/128" dev lo &&
		ip -n "$DIRECTOR" route add "$BEHIND_SERVER/128" via "$(link_local "${SERVERS[1]}" eth0)" dev servers &&
		ip -n "$DIRECTOR" route add "$BEHIND_CLIENT/128" via "$(link_local "$CLIENT" eth0)" dev client
}

test_begin
for server in "${SERVERS[@]:0:2}"; do
	ip -n "$server" addr add "$VIP/128" dev lo || bail "no address"
done
link_local_next_hops || bail "no routes"
talk_server_start "${SERVERS[0]}" server1 {tcp,udp}:7000 {tcp,udp}-with-options:7001 "tcp:$VIP:7002" "udp:$VIP:7002" udp:7003
talk_server_start "${SERVERS[1]}" server2 "udp:$BEHIND_SERVER:7004" "udp:$VIP:7005"
talk_client_start me "$CLIENT"
for protocol in tcp udp; do
	lb_begin "$protocol/$OPTIONS" rr "${SERVER_HOSTS[0]}:7000"
	lb_begin "$protocol/$OPTIONS_BACK" rr "${SERVER_HOSTS[0]}:7001"
	LB_FORWARD=dr lb_begin "$protocol/$DIRECT" rr "${SERVER_HOSTS[0]}:7002"
done
lb_begin "$ODD" rr "${SERVER_HOSTS[0]}:7003"
lb_begin "$LINKED" rr "[$BEHIND_SERVER]:7004"
LB_FORWARD=dr lb_begin "$LINKED_DIRECT" rr "[$BEHIND_SERVER]:7005"

ktap_run \
	packets_with_options_are_balanced \
	replies_with_options_are_translated \
	packets_with_options_are_routed_directly \
	fragments_behind_options_arrive \
	headers_before_fragments_are_passed_by \
	fragments_that_every_link_takes_together_leave_as_one \
	routing_header_that_is_done_is_passed_by \
	packets_that_are_to_go_on_are_not_balanced \
	packets_within_an_authentication_header_are_not_balanced \
	absent_checksum_stays_absent \
	next_hops_may_be_link_local \
	addresses_of_one_link_do_not_leave_it \
	addresses_of_one_link_do_not_pass_a_service \
	clients_of_one_link_reach_the_director_itself
