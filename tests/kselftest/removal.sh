#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What becomes of connections whose server was removed, and of those that are over when their client uses the port again.
. "$(dirname "$0")/lib.sh"

TCP=tcp/$VIP:7000
UDP=udp/$VIP:7000
ONE=${SERVER_IPS[0]}:7000
TWO=${SERVER_IPS[1]}:7000

# set_to NAME VALUE: a setting of the director.
set_to() {
	expect_success in_ns "$DIRECTOR" sysctl -qw "net.ipv4.vs.$1=$2"
}

# service SERVICE SERVER...: anew, by rr, which chooses the last of them first.
service() {
	local service=$1 server
	shift
	lb_service_del "$service" 2>"$TEST_DIR/no-service"
	expect_success lb_service_add "$service" rr
	for server; do
		expect_success lb_server_add "$service" "$server" 1
	done
}

# replace SERVICE OLD NEW: another server takes the place of one.
replace() {
	expect_success lb_server_add "$1" "$3" 1
	expect_success lb_server_del "$1" "$2"
}

# opens NAME PROTOCOL [PORT]: a connection of the client, and who answers it.
opens() {
	expect_match "opening $1" '^ok' "$(talk me open "$1" "$2" "$VIP" 7000 "${3:-0}")"
	talk me ask "$1"
}

# servers_of CLIENT-PORT: the real servers of its connections.
servers_of() {
	lb_connection_list | awk -v client="$CLIENT_IP:$1" '$2 == client { print $4 }' | paste -sd' '
}

# states_of CLIENT-PORT: server and state of its connections.
states_of() {
	lb_connection_list | awk -v client="$CLIENT_IP:$1" '$2 == client { print $4, $5 }' | paste -sd' '
}

close_all() {
	local name
	for name; do
		talk me close "$name" >"$TEST_DIR/closed"
	done
}

# deaf NUMBER: this server loses each SYN.
deaf() {
	in_ns "${SERVERS[$1 - 1]}" nft -f - <<-EOF
		table ip deaf {
			chain input { type filter hook input priority 0; tcp dport 7000 tcp flags syn drop; }
		}
	EOF
}

hears_again() {
	in_ns "${SERVERS[$1 - 1]}" nft delete table ip deaf
}

datagrams_of_a_removed_server_go_to_another() {
	service "$UDP" "$ONE"
	set_to expire_nodest_conn 0
	expect_equal "who answers" server1 "$(opens flow udp)"
	replace "$UDP" "$ONE" "$TWO"
	expect_equal "who answers when it was removed" timeout "$(talk me ask flow 1)"
	set_to expire_nodest_conn 1
	expect_equal "who answers when such connections end" server2 "$(talk me ask flow)"
	replace "$UDP" "$TWO" "$ONE"
	expect_equal "who answers after another removal" server1 "$(talk me ask flow)"
	close_all flow
}

idle_connections_end_with_their_server() {
	service "$UDP" "$ONE"
	service "$TCP" "$ONE"
	expect_equal "who answers" server1 "$(opens idle udp 42011)"
	expect_equal "who answers" server1 "$(opens quiet tcp 42012)"
	expect_equal "servers" "$ONE $ONE" "$(servers_of 42011) $(servers_of 42012)"
	replace "$UDP" "$ONE" "$TWO"
	replace "$TCP" "$ONE" "$TWO"
	expect_soon "connection of a removed server" "" servers_of 42011
	expect_soon "connection of a removed server" "" servers_of 42012
	expect_equal "what the client hears" ECONNRESET "$(talk me ask quiet)"
	close_all idle quiet
}

connections_of_a_deleted_service_end() {
	service "$TCP" "$ONE"
	expect_equal "who answers" server1 "$(opens last tcp 42013)"
	expect_equal server "$ONE" "$(servers_of 42013)"
	expect_success lb_service_del "$TCP"
	expect_soon "connection of a deleted service" "" servers_of 42013
	close_all last
}

without_it_they_wait_for_their_server() {
	set_to expire_nodest_conn 0
	service "$TCP" "$ONE"
	expect_equal "who answers" server1 "$(opens waiting tcp)"
	replace "$TCP" "$ONE" "$TWO"
	expect_equal "who answers when it was removed" timeout "$(talk me ask waiting 1.5)"
	expect_success lb_server_add "$TCP" "$ONE" 1
	expect_equal "who answers when it is back" server1 "$(talk me ask waiting)"
	close_all waiting
}

a_syn_that_is_sent_again_reaches_another_server() {
	set_to expire_nodest_conn 1
	service "$TCP" "$ONE"
	deaf 1
	tell me open patient tcp "$VIP" 7000 42001
	expect_soon "where the first one goes" "$ONE SYN_RECV" states_of 42001
	replace "$TCP" "$ONE" "$TWO"
	expect_equal "opening" "ok 42001" "$(hear me)"
	expect_equal "who answers" server2 "$(talk me ask patient)"
	hears_again 1
	set_to expire_nodest_conn 0
	close_all patient
}

# again PORT: who answers a client that has closed a connection, and opens another one from its port.
again() {
	local answer=EADDRNOTAVAIL deadline=$((SECONDS + 5))
	# Its own kernel holds the port back until the clock of its timestamps has moved.
	while [ "$answer" = EADDRNOTAVAIL ] && [ "$SECONDS" -lt "$deadline" ]; do
		answer=$(talk me open again tcp "$VIP" 7000 "$1")
	done
	expect_equal opening "ok $1" "$answer"
	talk me ask again
}

# finishes [NAME]
finishes() {
	expect_equal closing ok "$(talk me finish "$1")"
}

a_port_that_is_used_again_gets_the_next_server() {
	local mode
	in_ns "$CLIENT" sysctl -qw net.ipv4.tcp_tw_reuse=1
	for mode in 1 2 3 -1; do
		set_to conn_reuse_mode "$mode"
		service "$TCP" "$ONE" "$TWO"
		expect_equal "who answers, mode $mode" server2 "$(again "4210$((mode + 1))")"
		finishes again
		expect_soon "state, mode $mode" "$TWO TIME_WAIT" states_of "4210$((mode + 1))"
		expect_equal "who answers the next, mode $mode" server1 "$(again "4210$((mode + 1))")"
		finishes again
	done
}

a_port_that_is_used_again_keeps_its_server() {
	set_to conn_reuse_mode 0
	service "$TCP" "$ONE" "$TWO"
	expect_equal "who answers" server2 "$(again 42110)"
	finishes again
	expect_soon state "$TWO TIME_WAIT" states_of 42110
	expect_equal "who answers the next" server2 "$(again 42110)"
	finishes again
	expect_equal "who answers another client" server1 "$(again 42111)"
	finishes again
	set_to conn_reuse_mode 1
}

# segment FLAGS PORT STATES: to a service whose servers answer past the director; what the connection is then.
segment() {
	in_ns "$CLIENT" python3 -S "$HELPERS/tcp_segment.py" "$1" "$CLIENT_IP" "$2" "$VIP" 7001
	expect_soon "after $1" "$3" states_of "$2"
}

without_replies_a_finished_connection_may_give_way() {
	local one=${SERVER_IPS[0]}:7001 two=${SERVER_IPS[1]}:7001
	LB_FORWARD=dr service "tcp/$VIP:7001" "$one" "$two"
	segment S 42201 "$two SYN_RECV"
	segment A 42201 "$two ESTABLISHED"
	segment FA 42201 "$two FIN_WAIT"
	segment S 42201 "$two SYN_RECV"
	segment A 42201 "$two ESTABLISHED"
	segment FA 42201 "$two FIN_WAIT"
	set_to conn_reuse_mode 2
	segment S 42201 "$one SYN_RECV"
	segment A 42201 "$one ESTABLISHED"
	segment S 42201 "$one ESTABLISHED"
	set_to conn_reuse_mode 1
}

replies_take_the_route_of_the_virtual_address() {
	service "$UDP" "$ONE"
	expect_equal "who answers" server1 "$(opens routed udp)"
	ip -n "$DIRECTOR" route add unreachable default table 100
	ip -n "$DIRECTOR" rule add from "$VIP" table 100
	expect_equal "who answers when there is none" timeout "$(talk me ask routed 1)"
	set_to snat_reroute 0
	expect_equal "who answers by the route that the stack has chosen" server1 "$(talk me ask routed)"
	set_to snat_reroute 1
	expect_equal "who answers again" timeout "$(talk me ask routed 1)"
	ip -n "$DIRECTOR" rule del from "$VIP" table 100
	close_all routed
}

test_begin
for number in 1 2; do
	talk_server_start "${SERVERS[number - 1]}" "server$number" tcp:7000 udp:7000
done
talk_client_start me "$CLIENT"
ktap_run datagrams_of_a_removed_server_go_to_another idle_connections_end_with_their_server \
	connections_of_a_deleted_service_end without_it_they_wait_for_their_server \
	a_syn_that_is_sent_again_reaches_another_server a_port_that_is_used_again_gets_the_next_server \
	a_port_that_is_used_again_keeps_its_server without_replies_a_finished_connection_may_give_way \
	replies_take_the_route_of_the_virtual_address
