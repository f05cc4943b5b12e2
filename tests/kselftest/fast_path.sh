#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The fast path takes the later packets of a flow, and notices at once what changes under it. Each case has one flow, which
# is fast before the change; the next packet is to do what the slow path would.
. "$(dirname "$0")/lib.sh"

SERVICE=udp/$VIP_HOST:7000
SERVER=${SERVER_HOSTS[0]}:7000
OTHER=${SERVER_HOSTS[1]}:7000
TCP_SERVICE=tcp/$VIP_HOST:7001
TCP_SERVER=${SERVER_HOSTS[0]}:7001
# Of a link with IPv6 none is less than 1280.
case $FAMILY in
v4) small_mtu=1200 ;;
v6) small_mtu=1290 ;;
esac
# Seconds in which no answer comes. What would answer does so within milliseconds.
SILENCE=0.5

# expect_answers FLOW SERVER COUNT
expect_answers() {
	local i
	for ((i = 0; i < $3; i++)); do
		expect_equal "who answers" "$2" "$(talk me ask "$1")"
	done
}

# expect_paths FAST SLOW COMMAND...: how many packets take which path while the command runs.
expect_paths() {
	local fast slow fast_before slow_before expected="$1 fast, $2 slow"
	read -r fast_before slow_before < <(paths fast slow)
	"${@:3}"
	read -r fast slow < <(paths fast slow)
	expect_equal "packets of ${*:3}" "$expected" "$((fast - fast_before)) fast, $((slow - slow_before)) slow"
}

# expect_left REASON COUNT COMMAND...: how many packets the fast path leaves for this reason.
expect_left() {
	local before
	before=$(paths "left.$1")
	"${@:3}"
	expect_equal "left for '$1'" "$2" $(($(paths "left.$1") - before))
}

# expect_answer ANSWER ARGUMENT...: to one question of the flow.
expect_answer() {
	expect_equal "answer" "$1" "$(talk me ask flow "${@:2}")"
}

# expect_silence: the flow gets no answer, and nothing is sent by the fast path.
expect_silence() {
	local before
	before=$(paths fast)
	expect_equal "answer" timeout "$(talk me ask flow "$SILENCE")"
	expect_equal "packets sent by the fast path" "$before" "$(paths fast)"
}

# A flow whose requests and replies are fast.
make_fast() {
	expect_answers flow server1 1
	expect_paths 4 0 expect_answers flow server1 2
}

# fast_packets_of_a_question: how many of the question and its answer are fast.
fast_packets_of_a_question() {
	local before
	before=$(paths fast)
	talk me ask flow >"$TEST_DIR/answer"
	echo $(($(paths fast) - before))
}

first_packets_are_slow_later_ones_fast() {
	expect_match "opening" '^ok' "$(talk me open flow udp "$VIP" 7000)"
	expect_paths 0 2 expect_answers flow server1 1
	expect_paths 20 0 expect_answers flow server1 10
	expect_equal "packets counted, in and out" "11 11" "$(lb_counters "$SERVICE" "$SERVER" | cut -d' ' -f2,3)"
}

rule_chains_see_the_slow_path_only() {
	count_packets "$DIRECTOR" requests prerouting "$IP daddr $VIP udp dport 7000" -300
	count_packets "$DIRECTOR" replies forward "udp sport 7000" -300
	make_fast
	expect_equal "requests and replies in the chains" "0 0" \
		"$(counted_packets "$DIRECTOR" requests) $(counted_packets "$DIRECTOR" replies)"
}

switch_is_noticed() {
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.fast_path=0
	expect_paths 0 6 expect_answers flow server1 3
	expect_equal "requests and replies in the chains" "3 3" \
		"$(counted_packets "$DIRECTOR" requests) $(counted_packets "$DIRECTOR" replies)"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.fast_path=1
	make_fast
}

flag_of_the_service_is_noticed() {
	expect_success director_rvsadm service set "$SERVICE" --fast-path off
	expect_left switched_off 6 expect_paths 0 6 expect_answers flow server1 3
	expect_success director_rvsadm service set "$SERVICE" --fast-path on
	make_fast
}

connection_tracking_changes_nothing() {
	expect_success in_ns "$DIRECTOR" nft add table "$IP" track
	expect_success in_ns "$DIRECTOR" nft "add chain $IP track input { type filter hook prerouting priority 0; }"
	expect_success in_ns "$DIRECTOR" nft "add rule $IP track input ct state invalid counter drop"
	make_fast
	expect_success in_ns "$DIRECTOR" nft delete table "$IP" track
}

route_to_the_server_is_noticed() {
	count_packets "${SERVERS[1]}" detour forward "$IP daddr ${SERVER_IPS[0]} udp dport 7000"
	in_ns "${SERVERS[1]}" sysctl -qw "$FORWARDING=1" net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.eth0.send_redirects=0
	make_fast
	expect_success ip -n "$DIRECTOR" route add "${SERVER_IPS[0]}/$HOST_BITS" via "${SERVER_IPS[1]}" dev servers
	expect_answers flow server1 3
	expect_equal "requests by way of server2" 3 "$(counted_packets "${SERVERS[1]}" detour)"
	expect_success ip -n "$DIRECTOR" route del "${SERVER_IPS[0]}/$HOST_BITS"
	expect_answers flow server1 3
	expect_equal "requests by way of server2 afterwards" 3 "$(counted_packets "${SERVERS[1]}" detour)"
	make_fast
}

route_to_the_client_is_noticed() {
	expect_success ip -n "$DIRECTOR" route add blackhole "$CLIENT_IP/$HOST_BITS"
	expect_silence
	expect_success ip -n "$DIRECTOR" route del blackhole "$CLIENT_IP/$HOST_BITS"
	make_fast
}

address_of_the_service_is_noticed() {
	expect_success ip -n "$DIRECTOR" addr del "$VIP/$HOST_BITS" dev lo
	# Whoever has the address now gets the packets.
	expect_success ip -n "$DIRECTOR" route add blackhole "$VIP/$HOST_BITS"
	expect_silence
	expect_success ip -n "$DIRECTOR" route del blackhole "$VIP/$HOST_BITS"
	expect_success ip -n "$DIRECTOR" addr add "$VIP/$HOST_BITS" dev lo
	make_fast
}

# Nothing takes its place, so that nothing else tells of it.
local_route_of_the_service_is_noticed() {
	local before
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" route del local "$VIP" dev lo table local
	before=$(paths fast)
	expect_match "answer" '^(ENETUNREACH|EHOSTUNREACH|timeout)$' "$(talk me ask flow "$SILENCE")"
	expect_equal "packets sent by the fast path" "$before" "$(paths fast)"
	# With the address it comes back.
	expect_success ip -n "$DIRECTOR" addr del "$VIP/$HOST_BITS" dev lo
	expect_success ip -n "$DIRECTOR" addr add "$VIP/$HOST_BITS" dev lo
	make_fast
}

forwarding_switched_off_is_noticed() {
	expect_success in_ns "$DIRECTOR" sysctl -qw "$FORWARDING=0"
	expect_equal "answer" timeout "$(talk me ask flow "$SILENCE")"
	expect_success in_ns "$DIRECTOR" sysctl -qw "$FORWARDING=1"
	make_fast
}

link_layer_address_is_noticed() {
	local address=02:00:00:00:00:99
	expect_success ip -n "${SERVERS[0]}" link set eth0 address "$address"
	expect_success ip -n "$DIRECTOR" neigh replace "${SERVER_IPS[0]}" lladdr "$address" dev servers nud reachable
	expect_answers flow server1 3
	make_fast
}

# neighbours_stay NAMESPACE: it sends no probes to those that it knows, which would know it again by them.
neighbours_stay() {
	local address device link_address
	while read -r address device link_address; do
		expect_success ip -n "$1" neigh change "$address" dev "$device" lladdr "$link_address" nud permanent
	done < <(ip -n "$1" neigh show | awk '$4 == "lladdr" { print $1, $3, $5 }')
}

forgotten_neighbours_are_found_again() {
	local namespace
	for namespace in "$CLIENT" "${SERVERS[0]}"; do
		neighbours_stay "$namespace"
	done
	expect_success ip -n "$DIRECTOR" neigh flush dev servers
	expect_success ip -n "$DIRECTOR" neigh flush dev client
	expect_left neighbour 2 expect_paths 0 2 expect_answers flow server1 1
	for namespace in "$CLIENT" "${SERVERS[0]}"; do
		expect_success ip -n "$namespace" neigh flush nud permanent
	done
	make_fast
}

device_that_goes_down_is_noticed() {
	expect_success ip -n "$DIRECTOR" link set servers down
	expect_silence
	expect_success ip -n "$DIRECTOR" link set servers up
	expect_answers flow server1 1
	# The carrier of the bridge comes back in its own time, and changes the routes once more.
	expect_soon "fast packets of a question and its answer" 2 fast_packets_of_a_question
}

mtu_is_noticed() {
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	expect_equal "who answers 1400 bytes" server1 "$(talk me ask flow 5 1400)"
	expect_success ip -n "$DIRECTOR" link set servers mtu 1300
	expect_answer EMSGSIZE 5 1400
	# By the routes of now a packet of the flow has to pass first.
	expect_answers flow server1 1
	expect_left too_big 1 expect_answer EMSGSIZE 5 1400
	expect_success ip -n "$DIRECTOR" link set servers mtu 1500
	expect_equal "who answers 1400 bytes afterwards" server1 "$(talk me ask flow 5 1400)"
	make_fast
}

path_mtu_is_noticed() {
	expect_success ip -n "$DIRECTOR" route add "${SERVER_IPS[0]}/$HOST_BITS" dev servers mtu "$small_mtu"
	expect_equal "answer to 1400 bytes" EMSGSIZE "$(talk me ask flow 5 1400)"
	expect_success ip -n "$DIRECTOR" route del "${SERVER_IPS[0]}/$HOST_BITS"
	expect_equal "who answers 1400 bytes afterwards" server1 "$(talk me ask flow 5 1400)"
	expect_equal "may be fragmented" ok "$(talk me set flow df off)"
	make_fast
}

fragments_and_short_lives_are_left() {
	expect_equal "who answers 8000 bytes" server1 "$(talk me ask flow 5 8000)"
	expect_equal "time to live" ok "$(talk me set flow ttl 1)"
	count_packets "$CLIENT" exceeded input "$ICMP type time-exceeded"
	expect_left ttl 1 expect_silence
	expect_equal "errors about it" 1 "$(counted_packets "$CLIENT" exceeded)"
	expect_equal "time to live" ok "$(talk me set flow ttl 64)"
	make_fast
}

weights_change_nothing_for_a_flow() {
	local weight
	for weight in 0 7 1; do
		expect_success lb_server_weight "$SERVICE" "$SERVER" "$weight"
		expect_paths 6 0 expect_answers flow server1 3
	done
	expect_success lb_server_add "$SERVICE" "$OTHER" 1
	expect_paths 6 0 expect_answers flow server1 3
	expect_success lb_server_del "$SERVICE" "$OTHER"
	expect_paths 6 0 expect_answers flow server1 3
}

removed_server_is_noticed() {
	expect_success lb_server_del "$SERVICE" "$SERVER"
	expect_left unavailable 1 expect_silence
	expect_success lb_server_add "$SERVICE" "$SERVER" 1
	make_fast
}

deleted_service_is_noticed() {
	expect_success lb_service_del "$SERVICE"
	expect_answer ECONNREFUSED
	expect_success lb_service_add "$SERVICE" rr
	expect_success lb_server_add "$SERVICE" "$SERVER" 1
	make_fast
}

connections_of_tcp_are_as_on_the_slow_path() {
	expect_success lb_service_add "$TCP_SERVICE" rr
	expect_success lb_server_add "$TCP_SERVICE" "$TCP_SERVER" 1
	expect_match "opening" '^ok' "$(talk me open stream tcp "$VIP" 7001)"
	expect_answers stream server1 3
	expect_equal "active and inactive, open" "1 0" "$(lb_connections "$TCP_SERVICE" "$TCP_SERVER")"
	expect_equal "finishing" ok "$(talk me finish stream)"
	expect_soon "active and inactive, finished" "0 1" lb_connections "$TCP_SERVICE" "$TCP_SERVER"
	expect_match "opening" '^ok' "$(talk me open stream tcp "$VIP" 7001)"
	expect_answers stream server1 3
	expect_equal "resetting" ok "$(talk me reset stream)"
	expect_soon "active and inactive, reset" "0 2" lb_connections "$TCP_SERVICE" "$TCP_SERVER"
}

ports_of_a_closed_connection_are_used_again() {
	local port=41000
	open_stream "$port"
	expect_answers stream server1 1
	expect_equal "resetting" ok "$(talk me reset stream)"
	expect_soon "state of what was reset" CLOSE states_of_port "$port"
	expect_left begins 1 open_stream "$port"
	expect_answers stream server1 3
	expect_equal "states, opened again" ESTABLISHED "$(states_of_port "$port")"
	# How many are inactive, time decides too.
	expect_equal "active" 1 "$(lb_connections "$TCP_SERVICE" "$TCP_SERVER" | cut -d' ' -f1)"
	expect_equal "closing" ok "$(talk me finish stream)"
}

# open_stream PORT: of the client's.
open_stream() {
	expect_equal "opening" "ok $1" "$(talk me open stream tcp "$VIP" 7001 "$1")"
}

# states_of_port PORT: of the connections from this port of a client; those of other ports end meanwhile.
states_of_port() {
	lb_connection_list "$TCP_SERVICE" | awk -v port="$1" '{ sub(/.*:/, "", $2) } $2 == port { print $5 }'
}

# br_netfilter shows the hooks of IP what comes in by a port of a bridge, for whatever host, and does not show it again.
packets_that_a_bridge_shows_are_left() {
	if ! modprobe br_netfilter 2>"$TEST_DIR/modprobe"; then
		skip "there is no br_netfilter"
		return
	fi
	expect_answers flow server1 1
	expect_paths 3 3 expect_answers flow server1 3
	expect_success rmmod br_netfilter
	make_fast
}

# The last case: a kernel that had a rule once looks for rules ever after.
policy_routing_is_noticed() {
	make_fast
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" rule add from "$VIP" lookup main pref 100
	expect_answers flow server1 1
	expect_left policy 3 expect_paths 3 3 expect_answers flow server1 3
}

lb_needs rvs "IPVS has no fast path"
# shellcheck disable=SC2034 # read by lib/backend_rvs.sh
FAST_PATH=on
test_begin
talk_server_start "${SERVERS[0]}" server1 udp:7000 tcp:7001
talk_server_start "${SERVERS[1]}" server2 udp:7000
talk_client_start me "$CLIENT"
# Neighbours that the director has not asked for are confirmed after seconds only (delay_first_probe_time). What is confirmed
# stays so until the test says otherwise.
for device in client servers; do
	in_ns "$DIRECTOR" sysctl -qw "$SYSCTL.neigh.$device.base_reachable_time_ms=3600000"
done
ip -n "$DIRECTOR" neigh replace "$CLIENT_IP" dev client nud reachable \
	lladdr "$(in_ns "$CLIENT" cat /sys/class/net/eth0/address)" || bail "no neighbour"
lb_service_add "$SERVICE" rr || bail "no service"
lb_server_add "$SERVICE" "$SERVER" 1 || bail "no server"

ktap_run \
	first_packets_are_slow_later_ones_fast \
	rule_chains_see_the_slow_path_only \
	switch_is_noticed \
	flag_of_the_service_is_noticed \
	connection_tracking_changes_nothing \
	route_to_the_server_is_noticed \
	route_to_the_client_is_noticed \
	address_of_the_service_is_noticed \
	local_route_of_the_service_is_noticed \
	forwarding_switched_off_is_noticed \
	link_layer_address_is_noticed \
	forgotten_neighbours_are_found_again \
	device_that_goes_down_is_noticed \
	mtu_is_noticed \
	path_mtu_is_noticed \
	fragments_and_short_lives_are_left \
	weights_change_nothing_for_a_flow \
	removed_server_is_noticed \
	deleted_service_is_noticed \
	connections_of_tcp_are_as_on_the_slow_path \
	ports_of_a_closed_connection_are_used_again \
	packets_that_a_bridge_shows_are_left \
	policy_routing_is_noticed
