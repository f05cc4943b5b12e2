#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What becomes of connections whose server was removed, and of those that are over when their client uses the port again.
. "$(dirname "$0")/lib.sh"

TCP=tcp/$VIP_HOST:7000
UDP=udp/$VIP_HOST:7000
ONE=${SERVER_HOSTS[0]}:7000
TWO=${SERVER_HOSTS[1]}:7000

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
	lb_connection_list | awk -v client="$CLIENT_HOST:$1" '$2 == client { print $4 }' | paste -sd' '
}

# states_of CLIENT-PORT: server and state of its connections.
states_of() {
	lb_connection_list | awk -v client="$CLIENT_HOST:$1" '$2 == client { print $4, $5 }' | paste -sd' '
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
		table $IP deaf {
			chain input { type filter hook input priority 0; tcp dport 7000 tcp flags syn drop; }
		}
	EOF
}

hears_again() {
	in_ns "${SERVERS[$1 - 1]}" nft delete table "$IP" deaf
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

a_syn_that_is_sent_again_leaves_a_server_without_weight() {
	set_to expire_nodest_conn 1
	service "$TCP" "$ONE"
	deaf 1
	tell me open drained tcp "$VIP" 7000 42002
	expect_soon "where the first one goes" "$ONE SYN_RECV" states_of 42002
	expect_success lb_server_add "$TCP" "$TWO" 1
	expect_success lb_server_weight "$TCP" "$ONE" 0
	expect_equal "opening" "ok 42002" "$(hear me)"
	expect_equal "who answers" server2 "$(talk me ask drained)"
	hears_again 1
	set_to expire_nodest_conn 0
	close_all drained
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
	local one=${SERVER_HOSTS[0]}:7001 two=${SERVER_HOSTS[1]}:7001
	LB_FORWARD=dr service "tcp/$VIP_HOST:7001" "$one" "$two"
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
	ip -n "$DIRECTOR" "$IP_FAMILY" route add unreachable default table 100
	ip -n "$DIRECTOR" "$IP_FAMILY" rule add from "$VIP" table 100
	expect_equal "who answers when there is none" timeout "$(talk me ask routed 1)"
	set_to snat_reroute 0
	expect_equal "who answers by the route that the stack has chosen" server1 "$(talk me ask routed)"
	set_to snat_reroute 1
	expect_equal "who answers again" timeout "$(talk me ask routed 1)"
	ip -n "$DIRECTOR" "$IP_FAMILY" rule del from "$VIP" table 100
	close_all routed
}

# Only rvsadm knows what follows.
needs_rvsadm() {
	[ "$LB_BACKEND-$LB_TOOL" = rvs-rvsadm ] || {
		skip "there is no such thing with IPVS, nor by ipvsadm"
		return 1
	}
}

# removal SERVICE default|keep|expire|reset
removal() {
	expect_success director_rvsadm service set "$1" --removal "$2"
}

# sockets NAMESPACE CLIENT-PORT: the server's, of that connection.
sockets() {
	in_ns "$1" ss -Htn state established "dport = :$2" | wc -l
}

a_service_says_it_itself() {
	needs_rvsadm || return
	service "$UDP" "$ONE"
	expect_equal "what is shown" "" "$(director_rvsadm -j show "$UDP" | grep -o '"removal":"[a-z]*"')"
	removal "$UDP" expire
	expect_equal "what is shown" '"removal":"expire"' "$(director_rvsadm -j show "$UDP" | grep -o '"removal":"[a-z]*"')"
	expect_equal "who answers" server1 "$(opens own udp)"
	replace "$UDP" "$ONE" "$TWO"
	expect_equal "who answers when it was removed" server2 "$(talk me ask own)"
	set_to expire_nodest_conn 1
	removal "$UDP" keep
	replace "$UDP" "$TWO" "$ONE"
	expect_equal "who answers when it is to be kept" timeout "$(talk me ask own 1)"
	removal "$UDP" default
	expect_equal "who answers when the namespace says so" server1 "$(talk me ask own)"
	set_to expire_nodest_conn 0
	removal "$UDP" reset
	replace "$UDP" "$ONE" "$TWO"
	expect_equal "who answers: datagrams have no reset" server2 "$(talk me ask own)"
	close_all own
}

# resets_both_ends CLIENT SERVER-NAMESPACE SERVER PORT: a segment of the client.
resets_both_ends() {
	local client=$1 namespace=$2 server=$3 port=$4
	service "$TCP" "$server"
	removal "$TCP" reset
	expect_equal opening "ok $port" "$(talk "$client" open ended tcp "$VIP" 7000 "$port")"
	expect_match "who answers" "^server" "$(talk "$client" ask ended)"
	expect_match "who answers again" "^server" "$(talk "$client" ask ended)"
	expect_equal "sockets of the server" 1 "$(sockets "$namespace" "$port")"
	expect_success lb_server_del "$TCP" "$server"
	expect_equal "what the client hears" ECONNRESET "$(talk "$client" ask ended 5 40000)"
	expect_soon "sockets of the server" 0 sockets "$namespace" "$port"
	talk "$client" close ended >"$TEST_DIR/closed"
}

a_segment_of_the_client_resets_both_ends() {
	needs_rvsadm || return
	resets_both_ends me "${SERVERS[0]}" "$ONE" 42301
	expect_match "state" "^($(literal "$ONE") CLOSE)?\$" "$(states_of 42301)"
}

with_a_server_on_the_director_too() {
	needs_rvsadm || return
	resets_both_ends me "$DIRECTOR" "$DIRECTOR_LAN_HOST:7000" 42302
}

with_a_client_on_the_director_too() {
	needs_rvsadm || return
	resets_both_ends director "${SERVERS[0]}" "$ONE" 42303
}

a_segment_of_the_server_resets_both_ends() {
	local process
	needs_rvsadm || return
	ip netns exec "${SERVERS[0]}" python3 -S "$HELPERS/talk_server.py" server1 tcp:7002 >"$TEST_DIR/ready.mortal" &
	process=$!
	wait_until 20 test -s "$TEST_DIR/ready.mortal" || fail "no server"
	service "$TCP" "${SERVER_HOSTS[0]}:7002"
	removal "$TCP" reset
	expect_equal opening "ok 42304" "$(talk me open left tcp "$VIP" 7000 42304)"
	expect_equal "who answers" server1 "$(talk me ask left)"
	expect_equal "who answers again" server1 "$(talk me ask left)"
	expect_success lb_server_del "$TCP" "${SERVER_HOSTS[0]}:7002"
	# It sends a FIN, of which the client would hear "closed".
	kill "$process"
	wait "$process" 2>"$TEST_DIR/killed"
	expect_soon "sockets of the client" 0 sockets_to_vip 42304
	expect_equal "what the client hears" ECONNRESET "$(talk me ask left)"
	expect_soon "sockets of the server" 0 sockets "${SERVERS[0]}" 42304
	close_all left
}

sockets_to_vip() {
	in_ns "$CLIENT" ss -Htn state established "sport = :$1" | wc -l
}

# stranger PORT: three segments of the client's port, of which nothing else is right.
stranger() {
	in_ns "$CLIENT" python3 -S "$HELPERS/tcp_segment.py" A "$CLIENT_IP" "$1" "$VIP" 7000 3
}

# Each of its segments has both ends get a RST, which neither believes; the client's own has RSTs that both do.
a_segment_of_a_stranger_resets_nobody() {
	local name
	needs_rvsadm || return
	service "$TCP" "$ONE"
	removal "$TCP" reset
	expect_equal opening "ok 42305" "$(talk me open idle tcp "$VIP" 7000 42305)"
	expect_equal opening "ok 42306" "$(talk me open held tcp "$VIP" 7000 42306)"
	for name in idle held; do
		expect_equal "who answers $name" server1 "$(talk me ask "$name")"
	done
	count_packets "${SERVERS[0]}" rst prerouting "tcp dport 7000 tcp sport 42305 tcp flags & rst == rst"
	count_packets "$CLIENT" rst prerouting "tcp sport 7000 tcp dport 42305 tcp flags & rst == rst"
	expect_success lb_server_del "$TCP" "$ONE"
	stranger 42305
	expect_soon "RSTs that the server gets" 3 counted_packets "${SERVERS[0]}" rst
	expect_soon "RSTs that the client gets" 3 counted_packets "$CLIENT" rst
	expect_equal "sockets of the server" 1 "$(sockets "${SERVERS[0]}" 42305)"
	expect_equal "sockets of the client" 1 "$(sockets_to_vip 42305)"
	# The state CLOSE lasts 10 s: at once.
	stranger 42306
	expect_equal "what the client hears" ECONNRESET "$(talk me ask held)"
	expect_soon "sockets of the server" 0 sockets "${SERVERS[0]}" 42306
	close_all idle held
}

test_begin
for number in 1 2; do
	talk_server_start "${SERVERS[number - 1]}" "server$number" tcp:7000 udp:7000
done
talk_server_start "$DIRECTOR" server3 "tcp:$DIRECTOR_LAN_IP:7000"
talk_client_start me "$CLIENT"
talk_client_start director "$DIRECTOR"
ktap_run datagrams_of_a_removed_server_go_to_another idle_connections_end_with_their_server \
	connections_of_a_deleted_service_end without_it_they_wait_for_their_server \
	a_syn_that_is_sent_again_reaches_another_server a_syn_that_is_sent_again_leaves_a_server_without_weight a_port_that_is_used_again_gets_the_next_server \
	a_port_that_is_used_again_keeps_its_server without_replies_a_finished_connection_may_give_way \
	replies_take_the_route_of_the_virtual_address a_service_says_it_itself a_segment_of_the_client_resets_both_ends \
	with_a_server_on_the_director_too with_a_client_on_the_director_too a_segment_of_the_server_resets_both_ends \
	a_segment_of_a_stranger_resets_nobody
