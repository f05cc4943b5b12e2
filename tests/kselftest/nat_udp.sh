#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# UDP through NAT: flows stay with their server, datagrams without checksum stay without, fragmented ones arrive whole, and
# packets of IPsec go where their key exchange has gone.
. "$(dirname "$0")/lib.sh"
# shellcheck source=cases/ipsec.sh
. "$KSELFTEST_DIR/cases/ipsec.sh"

ECHO=udp/$VIP_HOST:7000
ECHO_SERVERS=("${SERVER_HOSTS[@]/%/:7000}")

new_flows_go_round() {
	local i answers=()
	for i in 1 2 3 4 5 6; do
		expect_match "opening" '^ok' "$(talk me open "flow$i" udp "$VIP" 7000)"
		answers+=("$(talk me ask "flow$i")")
	done
	expect_equal "first round" "server1 server2 server3" "$(sorted "${answers[@]:0:3}")"
	expect_equal "second round" "${answers[*]:0:3}" "${answers[*]:3:3}"
	first_answers=("${answers[@]}")
}

# sorted WORD...: on one line.
sorted() {
	printf '%s\n' "$@" | sort | paste -sd' '
}

flows_stay_with_their_server() {
	local i round
	for round in 1 2 3; do
		for i in 1 2 3 4 5 6; do
			expect_equal "round $round of flow $i" "${first_answers[i - 1]}" "$(talk me ask "flow$i")"
		done
	done
	expect_equal "connections" 6 "$(lb_connection_count)"
}

same_source_port_is_the_same_flow() {
	local answer port=40000
	expect_equal "opening" "ok $port" "$(talk me open fixed udp "$VIP" 7000 "$port")"
	answer=$(talk me ask fixed)
	expect_match "who answers" '^server' "$answer"
	talk me close fixed >"$TEST_DIR/closed"
	expect_equal "opening again" "ok $port" "$(talk me open fixed udp "$VIP" 7000 "$port")"
	expect_equal "who answers then" "$answer" "$(talk me ask fixed)"
	expect_equal "connections" 7 "$(lb_connection_count)"
}

large_datagrams_are_fragmented_both_ways() {
	local i
	count_packets "$CLIENT" fragments_in prerouting "$IP saddr $VIP $FRAGMENT"
	for i in 1 2 3; do
		# A change of one bit in 8000 bytes shows: the answer holds the question.
		expect_equal "who answers 8000 bytes" "${first_answers[i - 1]}" "$(talk me ask "flow$i" 5 8000)"
		expect_equal "who answers 1472 bytes" "${first_answers[i - 1]}" "$(talk me ask "flow$i" 5 1464)"
	done
	expect_range "fragments that reached the client" 18 100 "$(counted_packets "$CLIENT" fragments_in)"
	expect_equal "connections" 7 "$(lb_connection_count)"
}

first_packet_may_be_fragmented() {
	expect_match "opening" '^ok' "$(talk me open large udp "$VIP" 7000)"
	expect_match "who answers 8000 bytes" '^server[123]$' "$(talk me ask large 5 8000)"
	expect_equal "connections" 8 "$(lb_connection_count)"
}

no_checksum_stays_no_checksum() {
	local i service=udp/$VIP_HOST:7001
	if [ "$FAMILY" = v6 ]; then
		skip "with IPv6 there is always one (RFC 8200 section 8.1)"
		return
	fi
	if [ "$LB_BACKEND" = ipvs ]; then
		skip "IPVS computes a checksum where there was none (udp_dnat_handler())"
		return
	fi
	count_packets "${SERVERS[0]}" zero_in prerouting "udp dport 7001 udp checksum 0"
	count_packets "$CLIENT" zero_back prerouting "$IP saddr $VIP udp sport 7001 udp checksum 0"
	expect_success lb_service_add "$service" rr
	expect_success lb_server_add "$service" "${SERVER_HOSTS[0]}:7001" 1

	expect_match "opening" '^ok' "$(talk me open zero udp-without-checksum "$VIP" 7001)"
	for i in 1 2 3 4 5; do
		expect_equal "who answers" server1 "$(talk me ask zero)"
	done
	expect_equal "datagrams without checksum at the server" 5 "$(counted_packets "${SERVERS[0]}" zero_in)"
	expect_equal "datagrams without checksum at the client" 5 "$(counted_packets "$CLIENT" zero_back)"
}

# Without a checksum a datagram has 0 there, and with one never: what comes out as 0 is sent as 65535 (RFC 768).
checksum_of_zero_is_sent_as_one() {
	lb_begin "udp/$VIP_HOST:7002" rr "${SERVER_HOSTS[0]}:7000"
	count_packets "${SERVERS[0]}" all_ones prerouting "udp dport 7000 udp checksum 65535"
	expect_equal "who answers" server1 "$(in_ns "$CLIENT" python3 -S "$HELPERS/odd_datagram.py" sum-of-zero \
		"$CLIENT_IP" 45000 "$VIP" 7002 "${SERVER_IPS[0]}" 7000)"
	expect_equal "such datagrams at the server" 1 "$(counted_packets "${SERVERS[0]}" all_ones)"
}

test_begin
ipsec_start "${SERVER_IPS[0]}"
for i in 1 2 3; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" udp:7000 udp:500 udp-without-checksum:7001
done
talk_client_start me "$CLIENT"
lb_service_add "$ECHO" rr || bail "no service"
for server in "${ECHO_SERVERS[@]}"; do
	lb_server_add "$ECHO" "$server" 1 || bail "no server"
done

ktap_run \
	new_flows_go_round \
	flows_stay_with_their_server \
	same_source_port_is_the_same_flow \
	large_datagrams_are_fragmented_both_ways \
	first_packet_may_be_fragmented \
	no_checksum_stays_no_checksum \
	ipsec_follows_its_key_exchange \
	checksum_of_zero_is_sent_as_one
