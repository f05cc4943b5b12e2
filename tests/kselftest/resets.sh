#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A RST that neither end believes, as only the ports are right, does not end a connection; a true one does.
. "$(dirname "$0")/lib.sh"

SERVICE=tcp/$VIP_HOST:7000
SERVER=${SERVER_HOSTS[0]}:7000

rvs_alone() {
	[ "$LB_BACKEND" = rvs ] || { skip "with IPVS $1"; return 1; }
}

# state PORT: that of the connection of this port.
state() {
	lb_connection_list "$SERVICE" | awk -v client="$CLIENT_HOST:$1" '$2 == client { print $5 }'
}

# reset_by SENDER PORT [COUNT [SECONDS]]: client or server.
reset_by() {
	case $1 in
	client) in_ns "$CLIENT" python3 -S "$HELPERS/tcp_segment.py" R "$CLIENT_IP" "$2" "$VIP" 7000 "${@:3}" ;;
	server) in_ns "${SERVERS[0]}" python3 -S "$HELPERS/tcp_segment.py" R "${SERVER_IPS[0]}" 7000 "$CLIENT_IP" "$2" "${@:3}" ;;
	esac
}

connection_goes_on() {
	local sender port=44000
	rvs_alone "the connection stays closed, and ends after 10 seconds" || return
	for sender in client server; do
		port=$((port + 1))
		expect_equal "opening" "ok $port" "$(talk me open "$sender" tcp "$VIP" 7000 "$port")"
		expect_equal "who answers" server1 "$(talk me ask "$sender")"
		expect_success reset_by "$sender" "$port"
		expect_soon "state after the RST of $sender" CLOSE state "$port"
		expect_equal "active and inactive" "$((port - 44001)) 1" "$(lb_connections "$SERVICE" "$SERVER")"
		expect_equal "who answers then" server1 "$(talk me ask "$sender")"
		expect_equal "state then" ESTABLISHED "$(state "$port")"
		expect_equal "active and inactive then" "$((port - 44000)) 0" "$(lb_connections "$SERVICE" "$SERVER")"
	done
}

true_reset_ends_it() {
	expect_equal "opening" "ok 44010" "$(talk me open lost tcp "$VIP" 7000 44010)"
	expect_equal "who answers" server1 "$(talk me ask lost)"
	expect_equal "reset" ok "$(talk me reset lost)"
	expect_soon "state" CLOSE state 44010
}

is_gone() {
	[ -z "$(state "$1")" ]
}

# Who repeats the RST does not hold the connection; 10 seconds are the timeout of CLOSE.
repeated_resets_prolong_nothing() {
	rvs_alone "each RST prolongs it" || return
	local started
	expect_equal "opening" "ok 44020" "$(talk me open held tcp "$VIP" 7000 44020)"
	expect_equal "who answers" server1 "$(talk me ask held)"
	reset_by client 44020 25 1 &
	expect_soon "state" CLOSE state 44020
	started=$SECONDS
	wait_until 20 is_gone 44020 || fail "it is still there"
	expect_range "seconds until then" 7 16 $((SECONDS - started))
	kill $! 2>/dev/null
	wait $! 2>/dev/null
}

# Those that were reset and went on are there after these ten seconds and more.
connections_that_went_on_stay() {
	rvs_alone "they have ended" || return
	for sender in client server; do
		expect_equal "who answers" server1 "$(talk me ask "$sender")"
	done
}

test_begin
talk_server_start "${SERVERS[0]}" server1 tcp:7000
talk_client_start me "$CLIENT"
lb_begin "$SERVICE" rr "$SERVER"

ktap_run \
	connection_goes_on \
	true_reset_ends_it \
	repeated_resets_prolong_nothing \
	connections_that_went_on_stay
