#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The director itself as client (LOCAL_OUT), as real server, and as both.
. "$(dirname "$0")/lib.sh"

# serve SERVICE SERVER: the service with this server alone.
serve() {
	lb_flush
	expect_success lb_service_add "$1" rr
	expect_success lb_server_add "$1" "$2" 1
}

director_is_client() {
	local protocol
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7000"
		expect_served director "$protocol" server1
		expect_served director "$protocol" server1 "$DIRECTOR_LAN_IP"
		expect_soon "connections of server1" 4 connections_of "$protocol/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7000"
	done
}

# connections_of SERVICE SERVER: how many were created.
connections_of() {
	lb_counters "$@" | cut -d' ' -f1
}

datagram_too_large_for_the_way_is_refused_as_such() {
	serve "udp/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7000"
	expect_match "opening" '^ok' "$(talk director open large udp "$VIP" 7000)"
	# The way to the VIP is the loopback device and takes it, that to the real server does not.
	expect_equal "answer to 3000 bytes" EMSGSIZE "$(talk director ask large 5 3000)"
	expect_equal "who answers less" server1 "$(talk director ask large 5 1000)"
}

director_is_real_server() {
	local protocol
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_HOST:7005"
		expect_served client "$protocol" director
		expect_soon "connections of the director" 2 connections_of "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_HOST:7005"
	done
	expect_equal "packets at the client from the servers' network" 0 "$(counted_packets "$CLIENT" from_servers)"
}

director_is_client_and_real_server() {
	local protocol
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_HOST:7005"
		expect_served director "$protocol" director
		expect_served director "$protocol" director "$DIRECTOR_LAN_IP"
		expect_soon "connections of the director" 4 connections_of "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_HOST:7005"
	done
}

# What comes there from the one service is for the director's own socket, and not balanced once more; what clients send
# there is.
another_virtual_address_is_a_real_server() {
	local protocol other
	other=$(host "$OTHER_VIP"):7005
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "$other"
		expect_success lb_service_add "$protocol/$other" rr
		expect_success lb_server_add "$protocol/$other" "${SERVER_HOSTS[0]}:7000" 1
		expect_served client "$protocol" director
		expect_served director "$protocol" director
		expect_match "opening" '^ok' "$(talk client open balanced "$protocol" "$OTHER_VIP" 7005)"
		expect_equal "who answers at the other address" server1 "$(talk client ask balanced)"
		expect_match "closing" '^ok' "$(talk client close balanced)"
	done
}

strangers_do_not_reach_the_loopback_address() {
	serve "udp/$VIP_HOST:7000" "$(host "$LOOPBACK_IP"):7005"
	expect_match "opening" '^ok' "$(talk client open stranger udp "$VIP" 7000)"
	expect_equal "who answers" timeout "$(talk client ask stranger 1)"
	expect_equal "datagrams to the loopback address" 0 "$(counted_packets "$DIRECTOR" to_loopback)"
}

test_begin
talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000
ip -n "$DIRECTOR" addr add "$OTHER_VIP/$HOST_BITS" dev lo || bail "no other address"
talk_server_start "$DIRECTOR" director {tcp,udp}:"$OTHER_VIP:7005" "udp:$LOOPBACK_IP:7005" "tcp:$DIRECTOR_LAN_IP:7005" "udp:$DIRECTOR_LAN_IP:7005"
talk_client_start director "$DIRECTOR"
talk_client_start client "$CLIENT"
count_packets "$CLIENT" from_servers input "$IP saddr $SERVER_NET"
# The socket sees a datagram after this hook.
count_packets "$DIRECTOR" to_loopback input "$IP daddr $LOOPBACK_IP udp dport 7005"

ktap_run \
	director_is_client \
	datagram_too_large_for_the_way_is_refused_as_such \
	director_is_real_server \
	director_is_client_and_real_server \
	another_virtual_address_is_a_real_server \
	strangers_do_not_reach_the_loopback_address
