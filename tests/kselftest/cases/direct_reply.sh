# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What holds wherever the real servers answer the clients themselves: the cases of dr.sh and tun.sh.
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

# shellcheck source=cases/ipsec.sh
. "$KSELFTEST_DIR/cases/ipsec.sh"

WEB=tcp/$VIP_HOST:80
WEB_SERVERS=("${SERVER_HOSTS[@]/%/:80}")
TALK=tcp/$VIP_HOST:7000
TALK_UDP=udp/$VIP_HOST:7000
TALK_SERVERS=("${SERVER_HOSTS[@]/%/:7000}")

direct_reply_begin() {
	local i
	test_begin --direct-reply
	for i in 1 2 3; do
		http_server_start "$i" 80 || bail "nginx does not start"
		# A datagram is to be answered from the VIP.
		talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000 "udp:$VIP:7000" "udp:$VIP:500"
	done
	ipsec_start "$VIP"
	talk_client_start me "$CLIENT"
	count_packets "$DIRECTOR" requests prerouting "$IP daddr $VIP tcp dport 80"
	count_packets "$DIRECTOR" replies prerouting "$IP saddr $VIP"
	count_packets "$CLIENT" from_vip input "$IP saddr $VIP"
	count_packets "$CLIENT" not_from_vip input "$IP saddr != $VIP meta l4proto { tcp, udp }"
}

requests_follow_weights() {
	web_service wrr 2 1 1
	fetch 40 "$TEST_DIR/wrr"
	expect_shares "$TEST_DIR/wrr" 20 10 10
	expect_equal "answers from the VIP" 40 "$(answers "$TEST_DIR/wrr" "$VIP")"
}

client_and_servers_talk_past_the_director() {
	local i
	for i in 1 2 3; do
		expect_equal "clients of server$i" "$CLIENT_IP" "$(cut -d' ' -f1 "$TEST_DIR/server$i/access.log" | sort -u)"
	done
	# A SYN, an ACK, the request and the end at least.
	expect_range "packets of requests at the director" 160 100000 "$(counted_packets "$DIRECTOR" requests)"
	expect_equal "replies at the director" 0 "$(counted_packets "$DIRECTOR" replies)"
	expect_range "packets at the client from the VIP" 160 100000 "$(counted_packets "$CLIENT" from_vip)"
	expect_equal "packets at the client from elsewhere" 0 "$(counted_packets "$CLIENT" not_from_vip)"
}

# What both sides have counted: CONNECTIONS IN-PACKETS OUT-PACKETS IN-BYTES OUT-BYTES.
counters_match() {
	local in in_bytes
	read -r in in_bytes < <(counted "$CLIENT" to_web)
	seen_by_client="25 $in 0 $in_bytes 0"
	seen_by_lb=$(lb_sum "$WEB" "${WEB_SERVERS[@]}")
	[ "$seen_by_lb" = "$seen_by_client" ]
}

counters_are_those_of_the_client() {
	# IPVS adds up later what came before, also to a service that is made anew.
	lb_counters_settle
	web_service wrr 3 2 1
	count_packets "$CLIENT" to_web output "$IP daddr $VIP tcp dport 80"
	fetch 25 "$TEST_DIR/counted"
	expect_equal "answers" 25 "$(answers "$TEST_DIR/counted" "$VIP")"
	wait_until 5 counters_match ||
		fail "counters (connections, packets in and out, bytes in and out):" \
			"expected '$seen_by_client', saw '$seen_by_lb'"
}

udp_flows_go_round_and_stay() {
	local i round answers=()
	expect_success lb_service_add "$TALK_UDP" rr
	for i in 0 1 2; do
		expect_success lb_server_add "$TALK_UDP" "${TALK_SERVERS[i]}" 1
	done
	for i in 1 2 3 4 5 6; do
		expect_match "opening" '^ok' "$(talk me open "flow$i" udp "$VIP" 7000)"
		answers+=("$(talk me ask "flow$i")")
	done
	expect_equal "first round" "server1 server2 server3" "$(printf '%s\n' "${answers[@]:0:3}" | sort | paste -sd' ')"
	expect_equal "second round" "${answers[*]:0:3}" "${answers[*]:3:3}"
	for round in 1 2 3; do
		for i in 1 2 3 4 5 6; do
			expect_equal "round $round of flow $i" "${answers[i - 1]}" "$(talk me ask "flow$i")"
		done
	done
	expect_equal "replies at the director" 0 "$(counted_packets "$DIRECTOR" replies)"
}

large_datagrams_arrive_whole() {
	# The client makes fragments of them. A change of one bit shows: the answer holds the question.
	expect_match "opening" '^ok' "$(talk me open large udp "$VIP" 7000)"
	expect_match "who answers 8000 bytes" '^server[123]$' "$(talk me ask large 5 8000)"
	expect_match "who answers 60000 bytes" '^server[123]$' "$(talk me ask large 5 60000)"
}

# talk_service SERVER...: a fresh service.
talk_service() {
	local server
	lb_flush
	expect_success lb_service_add "$TALK" rr
	for server in "$@"; do
		expect_success lb_server_add "$TALK" "$server" 1
	done
}

weight_0_keeps_connections_and_gets_no_new_ones() {
	local i
	talk_service "${TALK_SERVERS[0]}"
	expect_match "opening" '^ok' "$(talk me open old tcp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk me ask old)"
	expect_success lb_server_add "$TALK" "${TALK_SERVERS[1]}" 1
	expect_success lb_server_weight "$TALK" "${TALK_SERVERS[0]}" 0
	for i in 1 2 3; do
		expect_match "opening another" '^ok' "$(talk me open "new$i" tcp "$VIP" 7000)"
		expect_equal "who answers the other" server2 "$(talk me ask "new$i")"
	done
	expect_equal "who answers the connection of before" server1 "$(talk me ask old)"
}

removed_server_gets_nothing() {
	expect_success lb_server_del "$TALK" "${TALK_SERVERS[0]}"
	expect_equal "the removed server's connection" timeout "$(talk me ask old 1)"
	expect_equal "another server's" server2 "$(talk me ask new1)"
}

returning_server_keeps_its_connections() {
	expect_success lb_server_add "$TALK" "${TALK_SERVERS[0]}" 1
	expect_equal "the connection of before" server1 "$(talk me ask old 20)"
}

both_ends_of_a_removed_server_may_hear_of_it() {
	if [ "$LB_BACKEND-$LB_TOOL" != rvs-rvsadm ]; then
		skip "there is no such thing with IPVS, nor by ipvsadm"
		return
	fi
	talk_service "${TALK_SERVERS[0]}"
	expect_success director_rvsadm service set "$TALK" --removal reset
	expect_equal "opening" "ok 42401" "$(talk me open told tcp "$VIP" 7000 42401)"
	expect_equal "who answers" server1 "$(talk me ask told)"
	expect_equal "who answers again" server1 "$(talk me ask told)"
	expect_equal "sockets of the server" 1 "$(sockets_of_client 42401)"
	expect_success lb_server_del "$TALK" "${TALK_SERVERS[0]}"
	expect_equal "what the client hears" ECONNRESET "$(talk me ask told 5 40000)"
	expect_soon "sockets of the server" 0 sockets_of_client 42401
	talk me close told >"$TEST_DIR/closed"
}

# sockets_of_client PORT
sockets_of_client() {
	in_ns "${SERVERS[0]}" ss -Htn state established "dport = :$1" | wc -l
}

service_without_server_is_unreachable_at_once() {
	talk_service
	expect_equal "opening" ECONNREFUSED "$(talk me open none tcp "$VIP" 7000)"
	expect_success lb_server_add "$TALK" "${TALK_SERVERS[0]}" 0
	expect_equal "opening" ECONNREFUSED "$(talk me open none tcp "$VIP" 7000)"
}

other_port_of_the_server_is_refused() {
	local before output
	if lb_by_ipvsadm; then
		skip "by the family IPVS another port is taken, and not used"
		return
	fi
	talk_service
	before=$(lb_configuration)
	if output=$(lb_server_add "$TALK" "${SERVER_HOSTS[0]}:7001" 1 2>&1); then
		fail "a server with another port than the service was added"
	fi
	expect_match "the reason" 'port mapping needs NAT' "$output"
	expect_equal "configuration" "$before" "$(lb_configuration)"
}

direct_reply_cases=(
	requests_follow_weights
	client_and_servers_talk_past_the_director
	counters_are_those_of_the_client
	udp_flows_go_round_and_stay
	large_datagrams_arrive_whole
	ipsec_follows_its_key_exchange
	weight_0_keeps_connections_and_gets_no_new_ones
	removed_server_gets_nothing
	returning_server_keeps_its_connections
	both_ends_of_a_removed_server_may_hear_of_it
	service_without_server_is_unreachable_at_once
	other_port_of_the_server_is_refused
)
