# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Time to live and path MTU where the real servers answer the clients themselves: the cases of dr_path.sh and
# tun_path.sh. The test sets OVERHEAD: by how many bytes a packet gets longer on its way to the real server.
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

TALK=udp/$VIP_HOST:7000
STREAM=tcp/$VIP_HOST:7000
UPLOAD=tcp/$VIP_HOST:9000
ROUTE_MTU=1300
PATH_MTU=$((ROUTE_MTU - OVERHEAD))

path_begin() {
	test_begin --direct-reply
	talk_server_start "${SERVERS[0]}" server1 "udp:$VIP:7000" tcp:7000
	upload_server_start "${SERVERS[0]}"
	talk_client_start me "$CLIENT"
	# The datagram that comes back in an error is to have its full checksum.
	in_ns "$CLIENT" ethtool -K eth0 tx off >"$TEST_DIR/ethtool" || bail "checksum offload cannot be switched off"
	lb_begin "$TALK" rr "${SERVER_HOSTS[0]}:7000"
	lb_begin "$STREAM" rr "${SERVER_HOSTS[0]}:7000"
	lb_begin "$UPLOAD" rr "${SERVER_HOSTS[0]}:9000"
	talk me open flow udp "$VIP" 7000 >"$TEST_DIR/opened"
}

# One hop is the router, the other the director. A tunnel is one.
time_to_live_goes_down_once() {
	count_packets "${SERVERS[0]}" two_hops input "$IP daddr $VIP udp dport 7000 $HOPS 62"
	expect_equal "who answers" server1 "$(talk me ask flow)"
	expect_equal "datagrams at the server with two hops less" 1 "$(counted_packets "${SERVERS[0]}" two_hops)"
}

last_hop_is_reported_by_the_vip() {
	expect_equal "what the client gets" "EHOSTUNREACH $NO_HOPS from $VIP about self > $VIP:7000" "$(client_error 7000 2)"
}

small_mtu_on_the_way_to_the_server() {
	local gateway=()
	[ "$SERVER_BRIDGE" = lan ] || gateway=(via "$DIRECTOR_GATEWAY")
	expect_success ip -n "$DIRECTOR" route add "${SERVER_IPS[0]}/$HOST_BITS" "${gateway[@]}" dev eth0 mtu "$ROUTE_MTU"
}

packet_above_the_path_mtu_is_reported() {
	count_packets "${SERVERS[0]}" datagrams input "$IP daddr $VIP udp dport 7000"
	small_mtu_on_the_way_to_the_server
	expect_equal "what the client gets" "EMSGSIZE $TOO_BIG mtu $PATH_MTU from $VIP about self > $VIP:7000" \
		"$(client_error 7000 64 $((PATH_MTU + 1)))"
	expect_equal "datagrams at the server" 0 "$(counted_packets "${SERVERS[0]}" datagrams)"
}

packet_of_the_path_mtu_arrives() {
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	expect_equal "who answers" server1 "$(talk me ask flow 5 $((PATH_MTU - UDP_BYTES)))"
	expect_equal "datagrams at the server" 1 "$(counted_packets "${SERVERS[0]}" datagrams)"
}

packet_that_may_be_fragmented_arrives() {
	expect_equal "may be fragmented" ok "$(talk me set flow df off)"
	expect_equal "who answers 1500 bytes" server1 "$(talk me ask flow 5 $((1500 - UDP_BYTES)))"
	expect_equal "who answers 8000 bytes" server1 "$(talk me ask flow 5 $((8000 - UDP_BYTES)))"
}

client_of_tcp_learns_the_path_mtu() {
	ip -n "$CLIENT" "$IP_FAMILY" route flush cache
	transfer_file 2000000
	upload
	expect_equal "path MTU of the client" "mtu $PATH_MTU" "$(path_mtu "$CLIENT" "$VIP")"
}

# The route is remembered with the server.
larger_mtu_is_used_at_once() {
	expect_success ip -n "$DIRECTOR" route del "${SERVER_IPS[0]}/$HOST_BITS"
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	expect_equal "who answers 1480 bytes" server1 "$(talk me ask flow 5 $((1480 - UDP_BYTES)))"
}

# The replies do not pass the director.
later_packets_are_fast() {
	local before
	if [ "$LB_BACKEND" != rvs ] || [ "${FAST_PATH-on}" != on ]; then
		skip "there is no fast path"
		return
	fi
	expect_equal "who answers" server1 "$(talk me ask flow)"
	before=$(paths fast)
	expect_equal "who answers again" server1 "$(talk me ask flow)"
	expect_equal "who answers then" server1 "$(talk me ask flow)"
	expect_equal "fast datagrams of two questions" 2 $(($(paths fast) - before))
	expect_match "opening" '^ok' "$(talk me open stream tcp "$VIP" 7000)"
	expect_equal "who answers a connection" server1 "$(talk me ask stream)"
	before=$(paths fast)
	expect_equal "who answers it again" server1 "$(talk me ask stream)"
	expect_equal "who answers it then" server1 "$(talk me ask stream)"
	# Acknowledgments come besides.
	expect_range "fast segments of two questions" 2 6 $(($(paths fast) - before))
}

path_cases=(
	later_packets_are_fast
	time_to_live_goes_down_once
	last_hop_is_reported_by_the_vip
	packet_above_the_path_mtu_is_reported
	packet_of_the_path_mtu_arrives
	packet_that_may_be_fragmented_arrives
	client_of_tcp_learns_the_path_mtu
	larger_mtu_is_used_at_once
)
