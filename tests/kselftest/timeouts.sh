#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How long connections may be idle: what can be set for the namespace and for a service, and that it holds for connections
# that exist.
. "$(dirname "$0")/lib.sh"

TALK=tcp/$VIP:7000
OTHER=tcp/$VIP:7100
ECHO=udp/$VIP:7000
WEB=tcp/$VIP:80
SERVER=${SERVER_IPS[0]}

# connections SERVICE: how many there are.
connections() {
	lb_connection_list "$1" | wc -l
}

# seconds_left SERVICE STATE: of its connections in this state, on one line.
seconds_left() {
	lb_connection_list "$1" | awk -v state="$2" '$5 == state { print $6 }' | paste -sd' '
}

# expect_end SERVICE SECONDS SINCE: its connections end when they have been idle for so long, from this time (of
# EPOCHREALTIME) on. The wheel of RVS looks up to two seconds later, and a slow machine again.
expect_end() {
	local took
	wait_until $(($2 + 12)) prints 0 connections "$1" || fail "connections of $1 are still there: $(lb_connection_list "$1")"
	took=$(((${EPOCHREALTIME/./} - ${3/./}) / 1000))
	expect_range "milliseconds until connections of $1 ended" $(($2 * 1000 - 100)) $(($2 * 1000 + 8000)) "$took"
}

# opened NAME PROTOCOL PORT: a connection that has been used.
opened() {
	expect_match "opening $1" '^ok' "$(talk me open "$1" "$2" "$VIP" "$3")"
	expect_equal "who answers $1" server1 "$(talk me ask "$1")"
}

timeouts_are_those_of_ipvs() {
	expect_equal "tcp, tcp-fin and udp" "900 120 300" "$(lb_timeouts)"
}

what_is_not_named_stays() {
	expect_success lb_timeouts_set 800 0 0
	expect_equal "tcp, tcp-fin and udp" "800 120 300" "$(lb_timeouts)"
	expect_success lb_timeouts_set 0 100 0
	expect_equal "tcp, tcp-fin and udp" "800 100 300" "$(lb_timeouts)"
	expect_success lb_timeouts_set 900 120 3
	expect_equal "tcp, tcp-fin and udp" "900 120 3" "$(lb_timeouts)"
}

new_flow_of_udp_ends() {
	local since
	opened datagrams udp 7000
	since=$EPOCHREALTIME
	expect_end "$ECHO" 3 "$since"
}

flow_in_use_stays() {
	local i
	opened used udp 7000
	# For longer than it could be idle.
	for i in 1 2 3 4 5 6; do
		sleep 1
		expect_equal "who answers in second $i" server1 "$(talk me ask used)"
		expect_equal "connections in second $i" 1 "$(connections "$ECHO")"
	done
	expect_equal "connections that were made" 2 "$(lb_counters_settle && lb_counters "$ECHO" "$SERVER:7000" | cut -d' ' -f1)"
}

longer_timeout_holds_at_once() {
	opened long udp 7000
	expect_success lb_timeouts_set 0 0 300
	# With IPVS it is that of the last packet.
	expect_equal "who answers" server1 "$(talk me ask long)"
	expect_range "seconds left" 290 300 "$(seconds_left "$ECHO" UDP | cut -d' ' -f1)"
}

# That of the connection is 900 s, for which it would not be looked at.
shorter_timeout_holds_for_established_connections() {
	local since
	opened talking tcp 7000
	expect_range "seconds left before" 890 900 "$(seconds_left "$TALK" ESTABLISHED)"
	expect_success lb_timeouts_set 4 0 0
	expect_equal "who answers" server1 "$(talk me ask talking)"
	since=$EPOCHREALTIME
	expect_equal "connections" 1 "$(connections "$TALK")"
	expect_end "$TALK" 4 "$since"
	expect_success lb_timeouts_set 900 0 0
}

# IPVS has a timer for each, which the next packet sets: a silent connection keeps the timeout that it had.
shorter_timeout_and_silent_connections() {
	local since
	opened silent tcp 7100
	since=$EPOCHREALTIME
	expect_success lb_timeouts_set 4 0 0
	if [ "$LB_BACKEND" = ipvs ]; then
		expect_range "seconds left" 850 900 "$(seconds_left "$OTHER" ESTABLISHED)"
	else
		expect_end "$OTHER" 4 "$since"
	fi
	expect_success lb_timeouts_set 900 0 0
}

# The server closes first, the client keeps its side open.
half_closed_connection_ends() {
	local since client
	expect_success lb_timeouts_set 0 4 0
	ip netns exec "$CLIENT" bash -c "exec 3<>/dev/tcp/$VIP/80; printf 'GET / HTTP/1.0\r\n\r\n' >&3
		cat <&3 >/dev/null; exec sleep 60" &
	client=$!
	disown
	wait_until 5 seconds_in_state "$WEB" FIN_WAIT || fail "no connection in FIN_WAIT: $(lb_connection_list "$WEB")"
	since=$EPOCHREALTIME
	expect_range "seconds left" 1 4 "$(seconds_left "$WEB" FIN_WAIT)"
	# It was in this state before it was seen there.
	expect_end "$WEB" 3 "$since"
	kill "$client"
	expect_success lb_timeouts_set 0 120 0
}

# seconds_in_state SERVICE STATE: whether there are connections in the state.
seconds_in_state() {
	[ -n "$(seconds_left "$@")" ]
}

# own_timeouts SERVICE: the members of its JSON.
own_timeouts() {
	director_rvsadm --json show "$1" | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk '/\.services\.0\.timeouts\./ { sub(/.*\./, "", $1); print $1, $2 }' | paste -sd' '
}

service_may_have_its_own() {
	local since
	[ "$LB_BACKEND" = rvs ] || { skip "IPVS has none for a service"; return; }
	opened mine tcp 7000
	opened others tcp 7100
	since=$EPOCHREALTIME
	expect_success director_rvsadm service set "$TALK" --timeout established=4
	expect_equal "own timeouts" "tcp 4" "$(own_timeouts "$TALK")"
	expect_equal "own timeouts of another one" "" "$(own_timeouts "$OTHER")"
	expect_end "$TALK" 4 "$since"
	expect_range "seconds left of another service's" 870 900 "$(seconds_left "$OTHER" ESTABLISHED)"
}

own_timeout_outlives_that_of_the_namespace() {
	[ "$LB_BACKEND" = rvs ] || { skip "IPVS has none for a service"; return; }
	expect_success director_rvsadm service set "$TALK" --timeout established=5000,fin=30
	expect_success lb_timeouts_set 700 0 0
	opened mine tcp 7000
	expect_range "seconds left" 4990 5000 "$(seconds_left "$TALK" ESTABLISHED)"
	expect_success director_rvsadm service set "$TALK" --timeout default
	expect_equal "own timeouts" "" "$(own_timeouts "$TALK")"
	expect_range "seconds left" 680 700 "$(seconds_left "$TALK" ESTABLISHED)"
	expect_success director_rvsadm service set "$ECHO" --timeout 7
	expect_equal "own timeouts" "udp 7" "$(own_timeouts "$ECHO")"
	expect_success lb_timeouts_set 900 0 0
}

# expect_refusal PATTERN ARGUMENT...: of rvsadm.
expect_refusal() {
	local pattern=$1 output
	shift
	output=$(director_rvsadm "$@" 2>&1) && fail "$*: not refused"
	expect_match "$*" "$pattern" "$output"
}

refusals_tell_why() {
	[ "$LB_BACKEND" = rvs ] || { skip "words of rvsadm"; return; }
	expect_refusal '--tcp 2147483648: .*longer than' timeouts --tcp 2147483648
	expect_refusal '--timeout established=2147483648: .*longer than' service set "$TALK" --timeout established=2147483648
	expect_refusal '--udp 0: not a timeout' timeouts --udp 0
	expect_refusal '--timeout established=5: not a timeout' service set "$ECHO" --timeout established=5
	expect_equal "tcp, tcp-fin and udp" "900 120 300" "$(lb_timeouts)"
}

test_begin
talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000
http_server_start 1 80
talk_client_start me "$CLIENT"
lb_begin "$TALK" rr "$SERVER:7000"
lb_begin "$OTHER" rr "$SERVER:7000"
lb_begin "$ECHO" rr "$SERVER:7000"
lb_begin "$WEB" rr "$SERVER:80"

ktap_run \
	timeouts_are_those_of_ipvs \
	what_is_not_named_stays \
	new_flow_of_udp_ends \
	flow_in_use_stays \
	longer_timeout_holds_at_once \
	shorter_timeout_holds_for_established_connections \
	shorter_timeout_and_silent_connections \
	half_closed_connection_ends \
	service_may_have_its_own \
	own_timeout_outlives_that_of_the_namespace \
	refusals_tell_why
