# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Time to live and path MTU where the real servers answer the clients themselves: the cases of dr_path.sh and
# tun_path.sh. The test sets OVERHEAD: by how many bytes a packet gets longer on its way to the real server.

TALK=udp/$VIP:7000
UPLOAD=tcp/$VIP:9000
ROUTE_MTU=1300
PATH_MTU=$((ROUTE_MTU - OVERHEAD))

path_begin() {
	test_begin --direct-reply
	talk_server_start "${SERVERS[0]}" server1 "udp:$VIP:7000"
	upload_server_start "${SERVERS[0]}"
	talk_client_start me "$CLIENT"
	# The datagram that comes back in an error is to have its full checksum.
	in_ns "$CLIENT" ethtool -K eth0 tx off >"$TEST_DIR/ethtool" || bail "checksum offload cannot be switched off"
	lb_service_add "$TALK" rr && lb_server_add "$TALK" "${SERVER_IPS[0]}:7000" 1 || bail "no service"
	lb_service_add "$UPLOAD" rr && lb_server_add "$UPLOAD" "${SERVER_IPS[0]}:9000" 1 || bail "no service"
	talk me open flow udp "$VIP" 7000 >"$TEST_DIR/opened"
}

# One hop is the router, the other the director. A tunnel is one.
time_to_live_goes_down_once() {
	count_packets "${SERVERS[0]}" two_hops input "ip daddr $VIP udp dport 7000 ip ttl 62"
	expect_equal "who answers" server1 "$(talk me ask flow)"
	expect_equal "datagrams at the server with two hops less" 1 "$(counted_packets "${SERVERS[0]}" two_hops)"
}

last_hop_is_reported_by_the_vip() {
	expect_equal "what the client gets" "EHOSTUNREACH 11/0 from $VIP about self > $VIP:7000" "$(client_error 7000 2)"
}

small_mtu_on_the_way_to_the_server() {
	local gateway=()
	[ "$SERVER_BRIDGE" = lan ] || gateway=(via "$DIRECTOR_GATEWAY")
	expect_success ip -n "$DIRECTOR" route add "${SERVER_IPS[0]}/32" "${gateway[@]}" dev eth0 mtu "$ROUTE_MTU"
}

packet_above_the_path_mtu_is_reported() {
	count_packets "${SERVERS[0]}" datagrams input "ip daddr $VIP udp dport 7000"
	small_mtu_on_the_way_to_the_server
	expect_equal "what the client gets" "EMSGSIZE 3/4 mtu $PATH_MTU from $VIP about self > $VIP:7000" \
		"$(client_error 7000 64 $((PATH_MTU + 1)))"
	expect_equal "datagrams at the server" 0 "$(counted_packets "${SERVERS[0]}" datagrams)"
}

packet_of_the_path_mtu_arrives() {
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	# Headers of IP and UDP are 28 bytes.
	expect_equal "who answers" server1 "$(talk me ask flow 5 $((PATH_MTU - 28)))"
	expect_equal "datagrams at the server" 1 "$(counted_packets "${SERVERS[0]}" datagrams)"
}

packet_that_may_be_fragmented_arrives() {
	expect_equal "may be fragmented" ok "$(talk me set flow df off)"
	expect_equal "who answers 1500 bytes" server1 "$(talk me ask flow 5 1472)"
	expect_equal "who answers 8000 bytes" server1 "$(talk me ask flow 5 7972)"
}

client_of_tcp_learns_the_path_mtu() {
	ip -n "$CLIENT" route flush cache
	transfer_file 2000000
	upload
	expect_equal "path MTU of the client" "mtu $PATH_MTU" "$(path_mtu "$CLIENT" "$VIP")"
}

# The route is remembered with the server.
larger_mtu_is_used_at_once() {
	expect_success ip -n "$DIRECTOR" route del "${SERVER_IPS[0]}/32"
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	expect_equal "who answers 1480 bytes" server1 "$(talk me ask flow 5 1452)"
}

path_cases=(
	time_to_live_goes_down_once
	last_hop_is_reported_by_the_vip
	packet_above_the_path_mtu_is_reported
	packet_of_the_path_mtu_arrives
	packet_that_may_be_fragmented_arrives
	client_of_tcp_learns_the_path_mtu
	larger_mtu_is_used_at_once
)
