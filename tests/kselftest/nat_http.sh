#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# HTTP through NAT: who gets the requests, what the client sees, what is counted, and what a change of the
# configuration means for connections old and new.
. "$(dirname "$0")/lib.sh"

WEB=tcp/$VIP_HOST:80
WEB_SERVERS=("${SERVER_HOSTS[@]/%/:8080}")
TALK=tcp/$VIP_HOST:7000
TALK_SERVERS=("${SERVER_HOSTS[@]/%/:7000}")

wrr_follows_weights() {
	web_service wrr 2 1 1
	fetch 40 "$TEST_DIR/wrr"
	expect_shares "$TEST_DIR/wrr" 20 10 10
	expect_equal "answers from the VIP" 40 "$(answers "$TEST_DIR/wrr" "$VIP")"
}

rr_ignores_weights() {
	web_service rr 5 1 1
	fetch 30 "$TEST_DIR/rr"
	expect_shares "$TEST_DIR/rr" 10 10 10
}

servers_see_the_client_and_the_client_only_the_vip() {
	local i
	for i in 1 2 3; do
		expect_equal "clients of server$i" "$CLIENT_IP" "$(cut -d' ' -f1 "$TEST_DIR/server$i/access.log" | sort -u)"
	done
	expect_equal "packets at the client from the servers' network" 0 "$(counted_packets "$CLIENT" from_servers)"
	expect_range "packets at the client from the VIP" 200 100000 "$(counted_packets "$CLIENT" from_vip)"
}

# What both sides have counted: CONNECTIONS IN-PACKETS OUT-PACKETS IN-BYTES OUT-BYTES.
counters_match() {
	local in out in_bytes out_bytes
	read -r in in_bytes < <(counted "$CLIENT" to_web)
	read -r out out_bytes < <(counted "$CLIENT" from_web)
	seen_by_client="25 $in $out $in_bytes $out_bytes"
	seen_by_lb=$(lb_sum "$WEB" "${WEB_SERVERS[@]}")
	[ "$seen_by_lb" = "$seen_by_client" ]
}

service_added_again_counts_from_zero() {
	# What IPVS has not summed up by now it would count for the new service (ip_vs_zero_stats()).
	lb_counters_settle
	web_service wrr 1 1 1
	expect_equal "counters" "0 0 0 0 0" "$(lb_sum "$WEB" "${WEB_SERVERS[@]}")"
}

counters_are_those_of_the_client() {
	web_service wrr 3 2 1
	count_packets "$CLIENT" to_web output "$IP daddr $VIP tcp dport 80"
	count_packets "$CLIENT" from_web input "$IP saddr $VIP tcp sport 80"
	fetch 25 "$TEST_DIR/counted"
	expect_equal "answers" 25 "$(answers "$TEST_DIR/counted" "$VIP")"
	# The last acknowledgments are on their way; IPVS sums up every two seconds only.
	wait_until 5 counters_match ||
		fail "counters (connections, packets in and out, bytes in and out):" \
			"expected '$seen_by_client', saw '$seen_by_lb'"
}

download_has_begun() {
	[ -s "$TEST_DIR/download" ]
}

weight_0_lets_a_download_end() {
	local download
	web_service rr 1 0 0
	head -c 8000000 /dev/urandom >"$TEST_DIR/files/large"
	ip netns exec "$CLIENT" curl -sS --limit-rate 2M -o "$TEST_DIR/download" "http://$VIP_HOST/files/large" &
	download=$!
	wait_until 10 download_has_begun || fail "the download did not begin"
	# It stands still in the middle, however long the changes take.
	kill -STOP "$download"

	expect_success lb_server_weight "$WEB" "${WEB_SERVERS[0]}" 0
	expect_success lb_server_weight "$WEB" "${WEB_SERVERS[1]}" 1
	fetch 6 "$TEST_DIR/drained"
	expect_shares "$TEST_DIR/drained" 0 6 0
	expect_range "bytes of the download by now" 1 7999999 "$(stat -c %s "$TEST_DIR/download")"
	kill -CONT "$download"
	wait "$download" || fail "the download ended with exit status $?"
	cmp "$TEST_DIR/files/large" "$TEST_DIR/download" || fail "the download differs from the file"
}

# Services of the following cases: connections are kept open across changes.
talk_service() {
	local server
	expect_success lb_service_add "$TALK" rr
	for server in "$@"; do
		expect_success lb_server_add "$TALK" "$server" 1
	done
}

removed_server_gets_nothing() {
	talk_service "${TALK_SERVERS[0]}"
	expect_match "opening" '^ok' "$(talk me open old tcp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk me ask old)"

	expect_success lb_server_add "$TALK" "${TALK_SERVERS[1]}" 1
	expect_success lb_server_del "$TALK" "${TALK_SERVERS[0]}"
	expect_equal "the removed server's connection" timeout "$(talk me ask old 1)"
	expect_match "opening another" '^ok' "$(talk me open new tcp "$VIP" 7000)"
	expect_equal "who answers the other" server2 "$(talk me ask new)"
}

returning_server_keeps_its_connections() {
	expect_success lb_server_add "$TALK" "${TALK_SERVERS[0]}" 1
	expect_equal "the connection of before" server1 "$(talk me ask old 20)"
	expect_equal "the other one" server2 "$(talk me ask new)"
}

deleted_service_serves_no_one() {
	expect_success lb_service_del "$TALK"
	expect_equal "a connection of before" timeout "$(talk me ask old 1)"
	expect_equal "a new one" ECONNREFUSED "$(talk me open none tcp "$VIP" 7000)"

	talk_service "${TALK_SERVERS[0]}"
	expect_equal "the connection of before, after the return" server1 "$(talk me ask old 20)"
}

port_without_service_is_refused() {
	local before after
	before=$(counted_packets "$CLIENT" resets)
	expect_equal "opening" ECONNREFUSED "$(talk me open none tcp "$VIP" 81)"
	after=$(counted_packets "$CLIENT" resets)
	expect_equal "TCP resets of the director" 1 $((after - before))
}

service_without_server_is_unreachable_at_once() {
	local before after
	lb_flush
	talk_service
	before=$(counted_packets "$CLIENT" port_unreachable)
	# Who gets no answer tries for minutes; this client gives up after seconds, and says "timeout".
	expect_equal "opening" ECONNREFUSED "$(talk me open none tcp "$VIP" 7000)"
	# A server that takes no new connections is none.
	expect_success lb_server_add "$TALK" "${TALK_SERVERS[0]}" 0
	expect_equal "opening" ECONNREFUSED "$(talk me open none tcp "$VIP" 7000)"
	after=$(counted_packets "$CLIENT" port_unreachable)
	# With IPv6 the error finds connect() at work, which tries once more.
	expect_equal "ICMP port unreachable from the VIP" "$([ "$FAMILY" = v4 ] && echo 2 || echo 4)" $((after - before))
}

test_begin
for i in 1 2 3; do
	http_server_start "$i" 8080 || bail "nginx does not start"
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000
done
talk_client_start me "$CLIENT"
count_packets "$CLIENT" from_servers input "$IP saddr $SERVER_NET"
count_packets "$CLIENT" from_vip input "$IP saddr $VIP"
count_packets "$CLIENT" resets input "$IP saddr $VIP tcp sport 81 tcp flags & rst == rst"
count_packets "$CLIENT" port_unreachable input "$IP saddr $VIP $ICMP type destination-unreachable $ICMP code port-unreachable"

ktap_run \
	wrr_follows_weights \
	rr_ignores_weights \
	servers_see_the_client_and_the_client_only_the_vip \
	service_added_again_counts_from_zero \
	counters_are_those_of_the_client \
	weight_0_lets_a_download_end \
	removed_server_gets_nothing \
	returning_server_keeps_its_connections \
	deleted_service_serves_no_one \
	port_without_service_is_refused \
	service_without_server_is_unreachable_at_once
