#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random messages to the netlink families of the load balancer, by several processes, while clients have connections: see
# helpers/netlink_fuzz.py.
#	MESSAGES       how many (default 6000)
#	SEED           another one has other messages (default: of the time)
# For 100 000 messages run_all wants a larger TIMEOUT_SCALE.
. "$(dirname "$0")/lib.sh"

MESSAGES=${MESSAGES:-6000}
SEED=${SEED:-$(date +%s)}

# fuzzer NAMESPACE ARGUMENT...
fuzzer() {
	in_ns "$1" python3 -S "$HELPERS/netlink_fuzz.py" "${@:2}"
}

# The fuzzers may make any of this service. It goes on whatever becomes of one packet.
traffic_start() {
	talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000
	talk_server_start "${SERVERS[1]}" server2 tcp:80 udp:80
	ip netns exec "$CLIENT" curl -sN --rate 20/s --connect-timeout 1 --max-time 1 -H 'Connection: close' \
		"http://$VIP/?[1-10000000]" >"$TEST_DIR/http" 2>&1 &
	disown
	ip netns exec "$CLIENT" python3 -S "$HELPERS/udp_flood.py" "$VIP" 7000 50 100 >"$TEST_DIR/udp" &
	disown
}

# Two in the director at once, and one in a namespace without traffic.
messages_are_answered() {
	local i namespaces=("$DIRECTOR" "$DIRECTOR" "${SERVERS[2]}") processes=()
	diagnose "SEED=$SEED MESSAGES=$MESSAGES, families: ${families[*]}"
	for i in 0 1 2; do
		fuzzer "${namespaces[i]}" fuzz $((MESSAGES / 3)) $((SEED + i)) "${families[@]}" >"$TEST_DIR/fuzz.$i" 2>&1 &
		processes+=($!)
	done
	for i in 0 1 2; do
		wait "${processes[i]}" || fail "fuzzer $i ended with status $?"
		diagnose "$(head -n 20 "$TEST_DIR/fuzz.$i")"
	done
}

what_is_left_is_known() {
	local namespace
	for namespace in "$DIRECTOR" "${SERVERS[2]}"; do
		expect_success fuzzer "$namespace" left "${families[@]}"
	done
}

it_still_serves() {
	talk_client_start me "$CLIENT"
	expect_success lb_service_add "tcp/$VIP:7000" rr
	expect_success lb_server_add "tcp/$VIP:7000" "${SERVER_IPS[0]}:7000" 1
	expect_match "opening" '^ok' "$(talk me open one tcp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk me ask one)"
}

nothing_is_left() {
	topology_destroy
	expect_success lb_unload
	! lb_is_loaded || fail "the module is still there"
	expect_equal "slab of connections" "" "$(slab_objects rvs_conn)$(slab_objects ip_vs_conn)"
	expect_equal "what kmemleak has found" "" "$(kmemleak_of_module rvs)$(kmemleak_of_module ip_vs)"
}

test_begin
kmemleak_begin
mapfile -t families < <(fuzzer "$DIRECTOR" families)
# With C ip_vs beside RVS its family is not that of RVS.
[ "$LB_BACKEND" != rvs ] || [ ! -d /sys/module/ip_vs ] || families=(rvs)
[ ${#families[@]} -gt 0 ] || bail "there is no family"
traffic_start

ktap_run \
	messages_are_answered \
	what_is_left_is_known \
	it_still_serves \
	nothing_is_left
