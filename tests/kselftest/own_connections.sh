#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The director's own connections from the address and port of a service; and that a socket there takes nobody's service.
. "$(dirname "$0")/lib.sh"

SERVICE_PORT=7010
SERVER=${SERVER_HOSTS[0]}:7000

rvs_alone() {
	[ "$LB_BACKEND" = rvs ] || { skip "with IPVS $1"; return 1; }
}

connection_of_the_director_from_a_service() {
	rvs_alone "the SYN-ACK begins a connection, and this one hangs" || return
	expect_equal "opening" "ok $SERVICE_PORT" \
		"$(talk director open own tcp "$CLIENT_IP" 7020 "$SERVICE_PORT" "$VIP")"
	expect_equal "who answers" client "$(talk director ask own)"
	expect_equal "who answers again" client "$(talk director ask own)"
	expect_equal "connections" "0 0" "$(lb_connections "tcp/$VIP_HOST:$SERVICE_PORT" "$SERVER")"
	talk director reset own >"$TEST_DIR/closed"
}

datagrams_of_the_director_from_a_service() {
	local bound
	rvs_alone "the answer begins a connection, and is sent to the server" || return
	expect_equal "opening" "ok $SERVICE_PORT" \
		"$(talk director open own udp "$CLIENT_IP" 7020 "$SERVICE_PORT" "$VIP")"
	expect_equal "who answers a connected socket" client "$(talk director ask own)"
	talk director close own >"$TEST_DIR/closed"
	for bound in "$VIP" "$ANY_IP"; do
		expect_equal "who answers one bound to $bound" client "$(in_ns "$DIRECTOR" \
			python3 -S "$HELPERS/own_socket.py" "$VIP" "$SERVICE_PORT" "$CLIENT_IP" 7021 "$bound")"
	done
	expect_equal "connections" "0 0" "$(lb_connections "udp/$VIP_HOST:$SERVICE_PORT" "$SERVER")"
}

# As of a DNS server on the director, bound to all its addresses or to each of them.
open_sockets_take_no_service() {
	local name protocol
	for name in "any:$ANY_IP" "each:$VIP"; do
		talk_server_start "$DIRECTOR" "${name%%:*}" "udp:${name#*:}:$SERVICE_PORT"
		expect_match "opening" '^ok' "$(talk me open flow udp "$VIP" "$SERVICE_PORT")"
		expect_equal "who answers beside a socket of ${name#*:}" server1 "$(talk me ask flow)"
		talk me close flow >"$TEST_DIR/closed"
	done
	talk_server_start "$DIRECTOR" listener "tcp:$VIP:$SERVICE_PORT"
	expect_match "opening" '^ok' "$(talk me open flow tcp "$VIP" "$SERVICE_PORT")"
	expect_equal "who answers beside a listener" server1 "$(talk me ask flow)"
	talk me close flow >"$TEST_DIR/closed"
}

segments_with_ack_begin_nothing() {
	local before
	rvs_alone "a SYN-ACK begins a connection" || return
	before=$(lb_connection_count)
	for flags in SA A FA RA R; do
		in_ns "$CLIENT" python3 -S "$HELPERS/tcp_segment.py" "$flags" "$CLIENT_IP" 43001 "$VIP" "$SERVICE_PORT"
	done
	expect_equal "connections" "$before" "$(lb_connection_count)"
}

test_begin
talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000
talk_server_start "$CLIENT" client tcp:7020 udp:7020 udp:7021
talk_client_start me "$CLIENT"
talk_client_start director "$DIRECTOR"
lb_begin "tcp/$VIP_HOST:$SERVICE_PORT" rr "$SERVER"
lb_begin "udp/$VIP_HOST:$SERVICE_PORT" rr "$SERVER"

ktap_run \
	connection_of_the_director_from_a_service \
	datagrams_of_the_director_from_a_service \
	open_sockets_take_no_service \
	segments_with_ack_begin_nothing
