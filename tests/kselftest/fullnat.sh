#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Full NAT: director, real servers, clients and a router between all of them share no network. Real servers see a local address
# of the director's pool, clients the virtual one.
. "$(dirname "$0")/lib.sh"
fullnat_site

WEB=tcp/$VIP_HOST:80
TALK=("tcp/$VIP_HOST:7000" "udp/$VIP_HOST:7000")

# local_addresses: as a pattern.
local_addresses() {
	local IFS='|'
	echo "(${LOCAL_IPS[*]})"
}

http_is_served_from_everywhere() {
	fetch 30 "$TEST_DIR/answers"
	expect_shares "$TEST_DIR/answers" 10 10 10
	expect_equal "addresses that answered" 30 "$(answers "$TEST_DIR/answers" "$VIP")"
	expect_equal "whom the server has seen" "" \
		"$(awk '{ print $1 }' "$TEST_DIR/server1/access.log" | grep -vxE "$(local_addresses)")"
}

flows_of_tcp_and_udp_are_served() {
	local protocol
	for protocol in tcp udp; do
		expect_match "opening $protocol" '^ok' "$(talk me open "$protocol" "$protocol" "$VIP" 7000)"
		expect_match "who answers $protocol" '^server[123]$' "$(talk me ask "$protocol")"
		expect_match "who answers it again" '^server[123]$' "$(talk me ask "$protocol" 5 1200)"
	done
	# Fragments, both ways.
	expect_match "who answers 8000 bytes" '^server[123]$' "$(talk me ask udp 5 8000)"
}

connections_tell_their_local_endpoint() {
	local seen local
	expect_match "opening" '^ok' "$(talk me open seen udp "$VIP" 7000)"
	seen=$(director_rvsadm --json connection list "udp/$VIP_HOST:7000" | python3 -c '
import json, sys
for one in json.load(sys.stdin)["connections"]:
    print(one["server_address"], one["server_port"], one["local_address"], one["local_port"])' | tail -n 1)
	read -r local <<<"${seen#* * }"
	expect_match "local address" "^$(local_addresses) [0-9]+$" "$local"
	expect_match "as text" "fullnat,\[?$(local_addresses)\]?:${local#* } " "$(director_rvsadm connection list "udp/$VIP_HOST:7000")"
	expect_match "closing" '^ok' "$(talk me close seen)"
}

large_transfers_are_whole() {
	head -c 4000000 /dev/urandom >"$TEST_DIR/files/large"
	expect_equal "sha256" "$(sha256sum <"$TEST_DIR/files/large")" \
		"$(in_ns "$CLIENT" curl -sS --max-time 30 "http://$VIP_HOST/files/large" | sha256sum)"
}

ports_and_addresses_are_chosen_at_random() {
	local counts=() i
	count_packets "$ROUTER" from_clients forward "$IP saddr $CLIENT_IP oifname \"server*\""
	expect_equal "answers" "server1=100 server2=100 server3=100" "$(talk me many opened 300 udp "$VIP" 7000)"
	for i in "${!LOCAL_IPS[@]}"; do
		counts+=("$(pool_value "addresses.$i.given")")
	done
	# Of 300 and more, each has more than a third; else by chance once in a million.
	for i in "${!LOCAL_IPS[@]}"; do
		expect_range "connections from ${LOCAL_IPS[i]}" $(((counts[0] + counts[1]) / 3)) 1000 "${counts[i]}"
	done
	expect_equal "packets from the client at real servers" 0 "$(counted_packets "$ROUTER" from_clients)"
	for ((i = 1; i <= 300; i++)); do
		tell me close "opened.$i"
		hear me >"$TEST_DIR/closed"
	done
}

errors_of_servers_reach_the_client() {
	local service=udp/$VIP_HOST:7002
	# What comes back in the error is to have its full checksum.
	expect_success in_ns "$CLIENT" ethtool -K eth0 tx off
	expect_success lb_service_add "$service" rr
	expect_success lb_server_add "$service" "${SERVER_HOSTS[0]}:7009" 1
	expect_equal "what the client gets" "ECONNREFUSED $NO_PORT from $VIP about self > $VIP:7002" "$(client_error 7002)"
	expect_success lb_service_del "$service"
}

a_host_in_the_network_of_a_server_is_a_client() {
	talk_client_start hairpin "${SERVERS[2]}"
	expect_match "opening" '^ok' "$(talk hairpin open one tcp "$VIP" 7000)"
	expect_match "who answers" '^server[123]$' "$(talk hairpin ask one)"
	# Of each server, hence of itself, too.
	expect_equal "answers" "server1=2 server2=2 server3=2" "$(talk hairpin many more 6 udp "$VIP" 7000)"
}

the_director_is_a_real_server() {
	local service=tcp/$VIP_HOST:7100
	talk_server_start "$DIRECTOR" director "tcp:7101"
	expect_success lb_service_add "$service" rr
	expect_success lb_server_add "$service" "$DIRECTOR_LAN_HOST:7101" 1
	expect_match "opening" '^ok' "$(talk me open local tcp "$VIP" 7100)"
	expect_equal "who answers" director "$(talk me ask local)"
	expect_success lb_service_del "$service"
}

addresses_that_are_routed_to_the_director_do() {
	expect_success director_rvsadm pool add routed "$ROUTED_IP"
	expect_success director_rvsadm service add "udp/$VIP_HOST:7003" --scheduler rr --fullnat --pool routed
	expect_success lb_server_add "udp/$VIP_HOST:7003" "${SERVER_HOSTS[0]}:7000" 1
	expect_match "opening" '^ok' "$(talk me open routed udp "$VIP" 7003)"
	expect_equal "who answers" server1 "$(talk me ask routed)"
	expect_equal "who answers again" server1 "$(talk me ask routed)"
	expect_success lb_service_del "udp/$VIP_HOST:7003"
	expect_success director_rvsadm pool del routed
}

addresses_come_and_go_under_traffic() {
	expect_match "opening" '^ok' "$(talk me open stays tcp "$VIP" 7000)"
	expect_match "who answers" '^server[123]$' "$(talk me ask stays)"
	requests_start
	local begin
	begin=$(now)
	wait_until 5 requests_since "$begin" '^server' 5 || fail "no requests"
	expect_success director_rvsadm pool del-address "$LB_POOL" "${LOCAL_IPS[0]}"
	wait_until 5 requests_since "$(now)" '^server' 10 || fail "no requests with one address less"
	expect_match "one that had it, perhaps" '^server[123]$' "$(talk me ask stays)"
	expect_success director_rvsadm pool add-address "$LB_POOL" "${LOCAL_IPS[0]}"
	wait_until 5 requests_since "$(now)" '^server' 10 || fail "no requests with it again"
	requests_end
	expect_all_answered "all the time" "$begin" 999999999
}

a_pool_runs_dry_and_says_so() {
	local service=udp/$VIP_HOST:7004 i
	expect_success director_rvsadm pool add small "$ROUTED_IP" --ports 30000-30009
	expect_success director_rvsadm service add "$service" --scheduler rr --fullnat --pool small
	expect_success lb_server_add "$service" "${SERVER_HOSTS[0]}:7000" 1
	pool_watch_start
	# Refused at once, not by silence.
	expect_equal "answers" "ECONNREFUSED=3 server1=10" "$(talk me many dry 13 udp "$VIP" 7004)"
	wait_until 5 pool_was_told "small dry udp/$(literal "${SERVER_HOSTS[0]}"):7000 10/10" || fail "not told: $(<"$TEST_DIR/pool-events")"
	expect_match "what is shown" "small +30000-30009 +1 +10 +0 +3 +udp/.*:7000 +10/10 +100%" "$(director_rvsadm pool show small)"
	# Others go on.
	expect_equal "who answers the first" server1 "$(talk me ask dry.1)"
	expect_match "another pool" '^ok' "$(talk me open other udp "$VIP" 7000)"
	expect_match "who answers there" '^server[123]$' "$(talk me ask other)"
	# With one address more there are ports again.
	expect_success director_rvsadm pool add-address small "${ROUTED_IP%1}2"
	wait_until 5 pool_was_told "small ample udp/.* 10/20" || fail "not told: $(<"$TEST_DIR/pool-events")"
	expect_match "opening" '^ok' "$(talk me open wet udp "$VIP" 7004)"
	expect_equal "who answers" server1 "$(talk me ask wet)"
	kill "$pool_watch"
	expect_success lb_service_del "$service"
	expect_success director_rvsadm pool del small
}

lb_needs rvs "IPVS has no such forward method"
test_begin --fullnat
for number in 1 2 3; do
	http_server_start "$number" 8080
	talk_server_start "${SERVERS[number - 1]}" "server$number" tcp:7000 udp:7000
done
talk_client_start me "$CLIENT"
fullnat_pool || bail "no pool"
lb_begin "$WEB" rr "${SERVER_HOSTS[@]/%/:8080}"
for service in "${TALK[@]}"; do
	lb_begin "$service" rr "${SERVER_HOSTS[@]/%/:7000}"
done

ktap_run http_is_served_from_everywhere flows_of_tcp_and_udp_are_served connections_tell_their_local_endpoint large_transfers_are_whole \
	ports_and_addresses_are_chosen_at_random errors_of_servers_reach_the_client \
	a_host_in_the_network_of_a_server_is_a_client the_director_is_a_real_server \
	addresses_that_are_routed_to_the_director_do addresses_come_and_go_under_traffic a_pool_runs_dry_and_says_so
