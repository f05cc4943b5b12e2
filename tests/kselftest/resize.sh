#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The connection table follows the number of connections, and no flow is lost when it does.
. "$(dirname "$0")/lib.sh"

# Flows of each of two clients. A connection has two entries in the table, so that the first client's fit in 2048 buckets of four
# entries, and both clients' do not.
FLOWS=2500
TCP_CONNECTIONS=1800
FIRST_PORTS=(20000 40000)
TALK_SECONDS=600

TCP=tcp/$VIP:7000
UDP=udp/$VIP:7000

# info MEMBER: of the object "info" of rvsadm show.
info() {
	director_rvsadm --json show | awk -f "$KSELFTEST_DIR/lib/json.awk" | awk -v name=".info.$1" '$1 == name { print $2 }'
}

# created SERVICE: connections since it was added.
created() {
	local sums
	read -ra sums < <(lb_sum "$1" "${SERVER_IPS[@]/%/:7000}")
	echo "${sums[0]}"
}

service_add() {
	local server
	lb_service_add "$1" rr || return
	for server in "${SERVER_IPS[@]/%/:7000}"; do
		lb_server_add "$1" "$server" 1 || return
	done
}

# spread FLOWS: pattern of what three servers answer when each flow is a turn, whichever comes first.
spread() {
	local share="($(($1 / 3))|$((($1 + 2) / 3)))"
	echo "^answered=$1 moved=0 server1=$share server2=$share server3=$share\$"
}

table_grows_with_tcp_connections() {
	buckets_empty=$(info buckets)
	expect_range "buckets of the empty table" 1 4096 "$buckets_empty"
	expect_equal "opening" ok "$(talk tcp open "$TCP_CONNECTIONS")"
	expect_equal "connections" "$TCP_CONNECTIONS" "$(info connections)"
	expect_equal "connections created" "$TCP_CONNECTIONS" "$(created "$TCP")"
	# It grows in the background.
	wait_until 10 buckets_exceed "$buckets_empty" || fail "the table has $(info buckets) buckets still"
}

buckets_exceed() {
	[ "$(info buckets)" -gt "$1" ]
}

buckets_are_few() {
	[ "$(info buckets)" -le "$buckets_empty" ]
}

reset_connections_expire_and_the_table_shrinks() {
	expect_equal "reset" ok "$(talk tcp reset)"
	# The timeout of the state CLOSE is 10 seconds, and the wheel of expiry turns once a second.
	wait_until 20 prints 0 info connections || fail "$(info connections) connections are still there"
	wait_until 10 buckets_are_few || fail "the table has $(info buckets) buckets still, $buckets_empty when empty"
}

each_flow_is_one_connection() {
	expect_match "answers" "$(spread "$FLOWS")" "$(talk first send)"
	expect_equal "connections" "$FLOWS" "$(info connections)"
	expect_equal "connections created" "$FLOWS" "$(created "$UDP")"
}

flows_stay_while_the_table_grows() {
	local before answer
	before=$(info buckets)
	# One client's new flows make it grow; the other's, on the other processor, are to be found meanwhile.
	tell second send
	expect_match "answers to flows that are there" "^answered=$FLOWS moved=0 " "$(talk first send)"
	answer=$(hear second)
	expect_match "answers to new flows" "^answered=$FLOWS moved=0 " "$answer"
	expect_equal "connections" $((2 * FLOWS)) "$(info connections)"
	expect_equal "connections created" $((2 * FLOWS)) "$(created "$UDP")"
	wait_until 10 buckets_exceed "$before" || fail "the table has $before buckets still"
	diagnose "$(info buckets) buckets for $(info connections) connections, $buckets_empty when empty"
}

flows_stay_afterwards() {
	expect_match "answers of the first" "^answered=$FLOWS moved=0 " "$(talk first send)"
	expect_match "answers of the second" "^answered=$FLOWS moved=0 " "$(talk second send)"
	expect_equal "connections" $((2 * FLOWS)) "$(info connections)"
	expect_equal "connections created" $((2 * FLOWS)) "$(created "$UDP")"
}

flows_survive_flush_and_restore() {
	expect_success lb_flush
	expect_equal "services" 0 "$(info services)"
	# They wait for their servers, until they have been idle for too long.
	expect_equal "connections" $((2 * FLOWS)) "$(info connections)"
	expect_success service_add "$UDP"
	expect_match "answers" "^answered=$FLOWS moved=0 " "$(talk first send)"
	expect_equal "connections" $((2 * FLOWS)) "$(info connections)"
}

# All at once, with the namespace.
namespace_takes_its_connections_along() {
	expect_range "objects of slab rvs_conn" $((2 * FLOWS)) $((3 * FLOWS)) "$(slab_objects rvs_conn)"
	topology_destroy
	wait_until 60 prints 0 slab_objects rvs_conn || fail "$(slab_objects rvs_conn) connections are still in memory"
}

# Each socket of a flow holds some of the memory that all UDP sockets of a machine share; on a small one it runs out, and
# datagrams are lost at the real servers (MemErrors of /proc/net/snmp).
udp_mem_raise() {
	udp_mem=$(sysctl -n net.ipv4.udp_mem)
	trap 'sysctl -qw net.ipv4.udp_mem="$udp_mem"; test_end' EXIT
	sysctl -qw net.ipv4.udp_mem="1000000 1000000 1000000"
}

lb_needs rvs "it asks for the buckets of RVS"
test_begin
udp_mem_raise
for i in 1 2 3; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000 udp:7000
done
talk_start tcp "$CLIENT" tcp_flows.py "$VIP" 7000
talk_start first "$CLIENT" udp_flows.py "$VIP" 7000 "${FIRST_PORTS[0]}" "$FLOWS"
talk_start second "$CLIENT" udp_flows.py "$VIP" 7000 "${FIRST_PORTS[1]}" "$FLOWS"
for client in first second; do
	[ "$(hear "$client")" = ready ] || bail "the client does not start"
done
service_add "$TCP" || bail "no service"
service_add "$UDP" || bail "no service"

ktap_run \
	table_grows_with_tcp_connections \
	reset_connections_expire_and_the_table_shrinks \
	each_flow_is_one_connection \
	flows_stay_while_the_table_grows \
	flows_stay_afterwards \
	flows_survive_flush_and_restore \
	namespace_takes_its_connections_along
