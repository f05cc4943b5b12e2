# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packets that are not as most are: fragments that must not be fragmented further, those whose time to live ends at the
# director, and packets of tunnels within a service. The cases of nat_packets.sh, dr_packets.sh and tun_packets.sh. The
# test sets OVERHEAD: by how many bytes a packet gets longer on its way to the real server.
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

SERVER=${SERVER_IPS[0]}
SERVER_HOST=${SERVER_HOSTS[0]}
TALK=udp/$VIP_HOST:7000
PIECES=udp/$VIP_HOST:7001
PROBED=udp/$VIP_HOST:7002
# An MTU below that of the links, and what the headers of a fragment take.
case $FAMILY in
v4) narrow=1100 fragment_bytes=20 ;;
v6) narrow=1288 fragment_bytes=48 ;;
esac

# packets_begin [ARGUMENT...]: of test_begin. SERVED is the address that the server answers from.
packets_begin() {
	test_begin "$@"
	SERVED=$VIP
	[ "$LB_FORWARD" != nat ] || SERVED=$SERVER
	talk_server_start "${SERVERS[0]}" server1 "udp:$SERVED:7000" "udp:$SERVED:7002"
	talk_server_start "${SERVERS[1]}" server2 "udp:${SERVED/$SERVER/${SERVER_IPS[1]}}:7002"
	talk_client_start me "$CLIENT"
	pieces_server_start
	# The datagram that comes back in an error is to have its full checksum.
	in_ns "$CLIENT" ethtool -K eth0 tx off >"$TEST_DIR/ethtool" || bail "checksum offload cannot be switched off"
	lb_begin "$TALK" rr "$SERVER_HOST:7000"
	lb_begin "$PIECES" rr "$SERVER_HOST:7001"
	talk me open flow udp "$VIP" 7000 >"$TEST_DIR/opened"
	# How far the director is: in hops of the client's packets.
	LAST_HOP=1
	[ "$LB_FORWARD" = nat ] || LAST_HOP=2
}

pieces_server_start() {
	ip netns exec "${SERVERS[0]}" python3 -S "$HELPERS/fragments.py" serve "$SERVED" 7001 1200 \
		>"$TEST_DIR/pieces" 2>"$TEST_DIR/pieces.errors" &
	disown
	wait_until 20 test -s "$TEST_DIR/pieces" || bail "no server: $(cat "$TEST_DIR/pieces.errors")"
}

# ask_in_pieces SIZE FRAGMENT: prints what comes back.
pieces_port=30000
ask_in_pieces() {
	in_ns "$CLIENT" python3 -S "$HELPERS/fragments.py" ask "$CLIENT_IP" "$pieces_port" "$VIP" 7001 "$@"
}

# --- fragments with DF

fragments_leave_no_larger_than_they_came() {
	needs_rvs "compares the whole with the MTU, and tells the client to send less" || return
	# Fragments of whatever carries them: datagrams, or packets of a tunnel.
	count_packets "${SERVERS[0]}" pieces prerouting "$FRAGMENT"
	count_packets "${SERVERS[0]}" larger prerouting "$FRAGMENT meta length > $((1000 + OVERHEAD))"
	[ "$FAMILY" = v6 ] || count_packets "${SERVERS[0]}" without_df prerouting "ip frag-off & 0x3fff != 0 ip frag-off & 0x4000 == 0"
	expect_equal "what comes back to 4000 bytes in pieces of 1000" ok "$(ask_in_pieces 4000 1000)"
	expect_range "fragments at the server" 5 6 "$(counted_packets "${SERVERS[0]}" pieces)"
	expect_equal "larger ones" 0 "$(counted_packets "${SERVERS[0]}" larger)"
	# The kernel's way of sending a packet that it has collected leaves it out (ip_fraglist_prepare).
	[ "$LB_FORWARD$FAMILY" != tunv4 ] ||
		expect_equal "those that may be fragmented" 0 "$(counted_packets "${SERVERS[0]}" without_df)"
}

fragments_of_what_would_fit_as_a_whole_arrive() {
	needs_rvs "sends what came in fragments nowhere when they have DF" || return
	expect_equal "what comes back to 600 bytes in pieces of 300" ok "$(ask_in_pieces 600 300)"
}

fragments_above_the_mtu_are_reported() {
	local gateway=()
	needs_rvs "reports them whatever the MTU" || return
	[ "$LB_FORWARD" != tun ] || gateway=(via "$DIRECTOR_GATEWAY")
	expect_success ip -n "$DIRECTOR" route add "$SERVER/$HOST_BITS" "${gateway[@]}" \
		dev "$(ip -n "$DIRECTOR" -o route get "$SERVER" | sed 's/.* dev \([^ ]*\).*/\1/')" mtu "$narrow"
	expect_equal "what comes back to pieces of the MTU" ok \
		"$(ask_in_pieces 4000 $(((narrow - OVERHEAD - fragment_bytes) / 8 * 8 + fragment_bytes)))"
	expect_equal "what comes back to larger ones" "$TOO_BIG mtu $((narrow - OVERHEAD)) from $VIP" \
		"$(ask_in_pieces 4000 $((narrow - OVERHEAD + 8)))"
	expect_success ip -n "$DIRECTOR" route del "$SERVER/$HOST_BITS"
	expect_success ip -n "$CLIENT" "$IP_FAMILY" route flush cache
	expect_equal "what comes back to larger ones on a wider way" ok "$(ask_in_pieces 4000 1200)"
}

# --- the last hop

probes_are_answered_and_not_remembered() {
	local i
	needs_rvs "makes a connection of a probe, and takes a server's threshold for it" || return
	expect_success lb_service_add "$PROBED" rr
	expect_success lb_server_add "$PROBED" "$SERVER_HOST:7002" 1 1 1
	expect_success lb_server_add "$PROBED" "${SERVER_HOSTS[1]}:7002" 1 1 1
	for i in 1 2 3; do
		expect_equal "what the client gets" "EHOSTUNREACH $NO_HOPS from $VIP about self > $VIP:7002" \
			"$(client_error 7002 "$LAST_HOP")"
	done
	expect_equal "connections, packets and bytes" "0 0 0 0 0" "$(lb_sum "$PROBED" "$SERVER_HOST:7002" "${SERVER_HOSTS[1]}:7002")"
	expect_equal "connections in the table" "" "$(lb_connection_list "$PROBED")"
	# Both servers take a connection still, in the order in which they would have.
	expect_match "opening" '^ok' "$(talk me open first udp "$VIP" 7002)"
	expect_equal "who answers" server2 "$(talk me ask first)"
	expect_equal "what the client gets" "EHOSTUNREACH $NO_HOPS from $VIP about self > $VIP:7002" \
		"$(client_error 7002 "$LAST_HOP")"
	expect_match "opening" '^ok' "$(talk me open second udp "$VIP" 7002)"
	expect_equal "who answers" server1 "$(talk me ask second)"
}

last_hop_of_a_flow_counts_for_nothing() {
	local before
	needs_rvs "counts what it does not send" || return
	expect_equal "who answers" server1 "$(talk me ask flow)"
	count_packets "$CLIENT" exceeded input "$IP saddr $VIP $ICMP type time-exceeded"
	before=$(lb_counters "$TALK" "$SERVER_HOST:7000")
	expect_equal "setting" ok "$(talk me set flow ttl "$LAST_HOP")"
	talk me ask flow 0.5 >"$TEST_DIR/answer"
	expect_equal "errors about it" 1 "$(counted_packets "$CLIENT" exceeded)"
	expect_equal "counters of the server" "$before" "$(lb_counters "$TALK" "$SERVER_HOST:7000")"
	expect_equal "setting" ok "$(talk me set flow ttl 64)"
	expect_equal "who answers" server1 "$(talk me ask flow)"
}

# A real server on the director takes what has come that far.
last_hop_of_a_local_server_is_served() {
	local address=$VIP port=7003
	[ "$LB_FORWARD" != nat ] || address=$DIRECTOR_LAN_IP
	talk_server_start "$DIRECTOR" director "udp:$address:$port"
	lb_begin "udp/$VIP_HOST:$port" rr "$(host "$address"):$port"
	expect_match "opening" '^ok' "$(talk me open near udp "$VIP" "$port")"
	expect_equal "setting" ok "$(talk me set near ttl "$LAST_HOP")"
	expect_equal "who answers" director "$(talk me ask near)"
}

server_without_route_takes_no_connection() {
	needs_rvs "makes a connection first" || return
	expect_success lb_service_add "udp/$VIP_HOST:7004" rr
	expect_success lb_server_add "udp/$VIP_HOST:7004" "$(host "$ELSEWHERE_IP"):7004" 1
	expect_success ip -n "$DIRECTOR" route add unreachable "$ELSEWHERE_NET"
	expect_equal "what the client gets" "EHOSTUNREACH $NO_HOST from $VIP about self > $VIP:7004" "$(client_error 7004)"
	expect_equal "connections, packets and bytes" "0 0 0 0 0" "$(lb_counters "udp/$VIP_HOST:7004" "$(host "$ELSEWHERE_IP"):7004")"
	expect_success ip -n "$DIRECTOR" route del unreachable "$ELSEWHERE_NET"
}

# --- a real server that is not there

server_that_does_not_answer_arp_is_reported() {
	[ "$LB_FORWARD" != tun ] ||
		needs_rvs "takes the director's error to itself while that is sent, when no other can be" || return
	lb_begin "udp/$VIP_HOST:7005" rr "$(host "$ABSENT_IP"):7005"
	local stale=
	# IPVS leaves the checksum of the packet within as it was.
	[ "$LB_BACKEND-$LB_FORWARD" != ipvs-nat ] || stale=', wrong UDP checksum'
	# The stack, which resolves the address, may say so in the director's own name.
	expect_match "what the client gets" "^EHOSTUNREACH $NO_HOST from ($VIP|$DIRECTOR_LAN_IP) about self > $VIP:7005$stale\$" \
		"$(client_error 7005)"
}

packets_cases=(
	fragments_leave_no_larger_than_they_came
	fragments_of_what_would_fit_as_a_whole_arrive
	fragments_above_the_mtu_are_reported
	probes_are_answered_and_not_remembered
	last_hop_of_a_flow_counts_for_nothing
	last_hop_of_a_local_server_is_served
	server_without_route_takes_no_connection
	server_that_does_not_answer_arp_is_reported
)
