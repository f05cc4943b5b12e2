#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The life of TCP connections in the table: when they count as active, when their ports may be used again, when they go.
. "$(dirname "$0")/lib.sh"

TALK=tcp/$VIP:7000
SERVER=${SERVER_IPS[0]}:7000
# A second service, without a past.
OTHER=tcp/$VIP:7100

# connections_of_all [SERVICE]: active and inactive ones, over its servers.
connections_of_all() {
	local server
	for server in "${SERVER_IPS[@]:0:2}"; do
		lb_connections "${1:-$TALK}" "$server:7000"
	done | awk '{ active += $1; inactive += $2 } END { print active + 0, inactive + 0 }'
}

established_is_active() {
	expect_match "opening" '^ok' "$(talk me open one tcp "$VIP" 7000)"
	expect_match "who answers" '^server' "$(talk me ask one)"
	expect_soon "active and inactive connections" "1 0" connections_of_all
	expect_match "opening another" '^ok' "$(talk me open two tcp "$VIP" 7000)"
	expect_soon "active and inactive connections" "2 0" connections_of_all
}

half_open_is_active() {
	# Both servers lose what comes, so that the first packet stays the only one.
	local i
	for i in 0 1; do
		in_ns "${SERVERS[i]}" nft -f - <<-EOF
			table ip deaf {
				chain input { type filter hook input priority 0; tcp dport 7000 tcp flags syn drop; }
			}
		EOF
	done
	expect_equal "opening" timeout "$(talk me open deaf tcp "$VIP" 7000)"
	expect_soon "active and inactive connections" "3 0" connections_of_all
	for i in 0 1; do
		in_ns "${SERVERS[i]}" nft delete table ip deaf
	done
}

closed_is_inactive() {
	expect_equal "closing" ok "$(talk me finish one)"
	expect_soon "active and inactive connections" "2 1" connections_of_all
}

# The client's own kernel holds the port back until the clock of its timestamps has moved.
open_when_free() {
	local answer=EADDRNOTAVAIL deadline=$((SECONDS + 5))
	while [ "$answer" = EADDRNOTAVAIL ] && [ "$SECONDS" -lt "$deadline" ]; do
		answer=$(talk me open again tcp "$VIP" 7000 "$1")
	done
	echo "$answer"
}

# port_is_served_again_after finish|reset PORT: a client that reconnects from the port of a connection that is over.
port_is_served_again_after() {
	local way=$1 port=$2 round
	for round in 1 2 3; do
		expect_equal "opening in round $round" "ok $port" "$(open_when_free "$port")"
		expect_match "who answers in round $round" '^server' "$(talk me ask again)"
		expect_equal "ending in round $round" ok "$(talk me "$way" again)"
	done
}

port_is_served_again_after_close() {
	in_ns "$CLIENT" sysctl -qw net.ipv4.tcp_tw_reuse=1
	port_is_served_again_after finish 41000
}

port_is_served_again_after_reset() {
	port_is_served_again_after reset 41001
}

reset_connection_expires_and_the_established_stays() {
	local started took
	expect_success lb_service_add "$OTHER" rr
	expect_success lb_server_add "$OTHER" "$SERVER" 1
	expect_match "opening" '^ok' "$(talk me open kept tcp "$VIP" 7100)"
	expect_equal "who answers" server1 "$(talk me ask kept)"
	expect_match "opening another" '^ok' "$(talk me open lost tcp "$VIP" 7100)"
	expect_equal "who answers" server1 "$(talk me ask lost)"
	expect_soon "active and inactive connections" "2 0" connections_of_all "$OTHER"
	expect_equal "reset" ok "$(talk me reset lost)"
	started=${EPOCHREALTIME/./}
	expect_soon "active and inactive connections" "1 1" connections_of_all "$OTHER"

	# The timeout of the state CLOSE is 10 seconds.
	wait_until 40 prints "1 0" connections_of_all "$OTHER" || fail "the connection that was reset is still there"
	took=$(((${EPOCHREALTIME/./} - started) / 1000))
	# That of the state before is 15 minutes; looking takes its time on a slow machine.
	expect_range "milliseconds until then" 9000 50000 "$took"
	expect_equal "who answers the established one" server1 "$(talk me ask kept)"
}

returning_server_counts_its_connections() {
	expect_success lb_service_del "$OTHER"
	expect_success lb_service_add "$OTHER" rr
	expect_equal "active and inactive connections" "0 0" "$(connections_of_all "$OTHER")"
	expect_success lb_server_add "$OTHER" "$SERVER" 1
	expect_equal "active and inactive connections" "1 0" "$(connections_of_all "$OTHER")"
	expect_equal "who answers" server1 "$(talk me ask kept)"
}

udp_is_inactive() {
	expect_success lb_service_add "udp/$VIP:7000" rr
	expect_success lb_server_add "udp/$VIP:7000" "$SERVER" 1
	expect_match "opening" '^ok' "$(talk me open datagrams udp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk me ask datagrams)"
	expect_equal "active and inactive connections" "0 1" "$(lb_connections "udp/$VIP:7000" "$SERVER")"
}

test_begin
for i in 1 2; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000 udp:7000
done
talk_client_start me "$CLIENT"
lb_service_add "$TALK" rr || bail "no service"
for i in 1 2; do
	lb_server_add "$TALK" "${SERVER_IPS[i - 1]}:7000" 1 || bail "no server"
done

ktap_run \
	established_is_active \
	half_open_is_active \
	closed_is_inactive \
	port_is_served_again_after_close \
	port_is_served_again_after_reset \
	reset_connection_expires_and_the_established_stays \
	returning_server_counts_its_connections \
	udp_is_inactive
