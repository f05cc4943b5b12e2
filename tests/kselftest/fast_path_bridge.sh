#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Client and server are on ports of one bridge of the director, and br_netfilter shows their packets to the hooks of IPv4. What
# has the place of a route there is a part of the bridge: nobody may keep it, for the bridge may be deleted. A kernel that checks
# its memory (qemu/boot --flavour debug, or --append slub_debug=FZPU) tells of it.
. "$(dirname "$0")/lib.sh"

SERVICE=udp/$VIP:7000
SERVER=${SERVER_IPS[0]}:7000
# The other host on the bridge, which is the client.
INSIDE=${SERVERS[2]}

answers_come() {
	local i
	expect_match "opening" '^ok' "$(talk me open flow udp "$VIP" 7000)"
	for i in {1..20}; do
		expect_equal "answer $i" server1 "$(talk me ask flow)"
	done
}

bridge_is_deleted_and_all_goes_on() {
	local i address
	address=$(in_ns "$DIRECTOR" cat /sys/class/net/servers/address)
	expect_success ip -n "$DIRECTOR" link del servers
	# Another bridge with the same addresses, by which the hosts know the director.
	expect_success ip -n "$DIRECTOR" link add servers address "$address" type bridge
	expect_success ip -n "$DIRECTOR" addr add "$DIRECTOR_LAN_IP/24" dev servers
	expect_success ip -n "$DIRECTOR" link set servers up
	for i in 1 3; do
		expect_success ip -n "$DIRECTOR" link set "server$i" master servers
	done
	for i in {1..30}; do
		expect_match "opening $i" '^ok' "$(talk me open "flow$i" udp "$VIP" 7000)"
		expect_equal "answer $i of a new bridge" server1 "$(talk me ask "flow$i")"
	done
	for i in {1..5}; do
		expect_equal "answer $i of a flow from before" server1 "$(talk me ask flow)"
	done
}

# With all routes that the load balancer holds.
load_balancer_goes_and_comes() {
	lb_flush
	expect_success lb_unload
	expect_success lb_load
	lb_prepare
	lb_begin "$SERVICE" rr "$SERVER"
	expect_match "opening" '^ok' "$(talk me open again udp "$VIP" 7000)"
	expect_equal "answer" server1 "$(talk me ask again)"
}

test_begin
modprobe br_netfilter 2>"$TEST_DIR/modprobe" || skip_all "there is no br_netfilter"
# The tests that come after have bridges, too.
trap 'test_end; rmmod br_netfilter' EXIT
talk_server_start "${SERVERS[0]}" server1 udp:7000
talk_client_start me "$INSIDE"
lb_begin "$SERVICE" rr "$SERVER"

ktap_run \
	answers_come \
	bridge_is_deleted_and_all_goes_on \
	load_balancer_goes_and_comes
