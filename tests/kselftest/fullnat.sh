#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Full NAT: director, real servers, clients and a router between all of them share no network. Real servers see a local address
# of the director's pool, clients the virtual one. More of one packet and connection: fullnat_path.sh.
#	FLOWS          that are spread over a pool; 200000 with make test-transfers
#	SIZE           of a file, in bytes; 50000000 with make test-transfers
. "$(dirname "$0")/lib.sh"
fullnat_site

FLOWS=${FLOWS:-1200}
SIZE=${SIZE:-1000000}
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
	local seen endpoint
	expect_match "opening" '^ok' "$(talk me open seen udp "$VIP" 7000)"
	seen=$(director_rvsadm --json connection list "udp/$VIP_HOST:7000" | python3 -c '
import json, sys
for one in json.load(sys.stdin)["connections"]:
    print(one["server_address"], one["server_port"], one["local_address"], one["local_port"])' | tail -n 1)
	read -r endpoint <<<"${seen#* * }"
	expect_match "local address" "^$(local_addresses) [0-9]+$" "$endpoint"
	expect_match "as text" "fullnat,\[?$(local_addresses)\]?:${endpoint#* } " "$(director_rvsadm connection list "udp/$VIP_HOST:7000")"
	expect_match "closing" '^ok' "$(talk me close seen)"
}

# Connections outlive service and pool: each case has its addresses.

# many FLOWS FIRST-SOURCE PORT: flows from so many sources to this port of the VIP.
many() {
	in_ns "$CLIENT" python3 -S "$HELPERS/many_sources.py" eth0 "$VIP" "$3" "$2" "$1"
}

# The fourth server is another port of the third.
connections_are_spread_evenly_over_ports_and_addresses() {
	local service=udp/$VIP_HOST:7001 quarter=$((FLOWS / 4)) far
	[ "$FAMILY" = v4 ] || { skip "the flows are of IPv4" && return; }
	count_packets "$ROUTER" from_clients forward "$IP saddr $FLOOD_NET oifname \"server*\""
	expect_success director_rvsadm pool add three "${ROUTED_IP%1}1-${ROUTED_IP%1}3"
	# All are there in the end, however long it takes.
	expect_success director_rvsadm service add "$service" --scheduler rr --fullnat --pool three --timeout 3600
	for server in "${SERVER_HOSTS[0]}:7000" "${SERVER_HOSTS[1]}:7000" "${SERVER_HOSTS[2]}:7000" "${SERVER_HOSTS[2]}:7001"; do
		expect_success lb_server_add "$service" "$server" 1
	done
	expect_equal "what became of flows" \
		"answered=$FLOWS refused=0 silent=0 server1=$quarter server2=$quarter server3=$quarter server4=$quarter" \
		"$(many "$FLOWS" 172.16.0.1 7001)"
	expect_equal "packets from clients at real servers" 0 "$(counted_packets "$ROUTER" from_clients)"
	director_rvsadm --json connection list "$service" | python3 -S "$HELPERS/local_spread.py" 1024 65535 >"$TEST_DIR/spread"
	# As chance has it: by more than five standard deviations once in a million. With 200000 flows that is within 5 %.
	read -r _ far _ ports_far shared <"$TEST_DIR/spread"
	expect_range "thousandths that an address is off the mean" 0 "$(deviation 3)" "${far#off=}"
	expect_range "thousandths that a sixteenth of the ports is off" 0 "$(deviation 16)" "${ports_far#off=}"
	expect_equal "connections with the local endpoint of another one at the same server" "shared=0" "$shared"
	expect_match "addresses and parts of the ports" "^addresses=3 .* ports=16 " "$(<"$TEST_DIR/spread")"
	expect_success lb_service_del "$service"
	expect_success director_rvsadm pool del three
}

# deviation PARTS: five standard deviations of the flows that one of so many parts has, in thousandths of the mean; 50 at least.
deviation() {
	awk -v mean="$((FLOWS / $1))" 'BEGIN { off = 5000 / sqrt(mean); print int(off < 50 ? 50 : off) }'
}

# transfer_beside COMMAND: a transfer, after which the connection that stays goes on. What says nothing ends, after a while.
transfer_beside() {
	"$1"
	expect_match "one that had an address, perhaps, after the $1" '^server[123]$' "$(talk me ask stays)"
}

# While addresses leave the pool and return, one after the other, that of the transfer among them.
transfers_are_whole_while_addresses_come_and_go() {
	local begin
	expect_match "opening" '^ok' "$(talk me open stays tcp "$VIP" 7000)"
	expect_match "who answers" '^server[123]$' "$(talk me ask stays)"
	REQUESTS_PER_SECOND=5 requests_start
	begin=$(now)
	wait_until 30 requests_since "$begin" '^server' 3 || fail "no requests"
	pool_changes_start "$LB_POOL"
	transfer_file "$SIZE"
	transfer_beside download
	transfer_beside upload
	expect_success offloads tso off gso off gro off tx off
	transfer_file "$((SIZE < 50000000 ? SIZE / 4 : SIZE))"
	transfer_beside download
	transfer_beside upload
	expect_success offloads tso on gso on gro on tx on
	pool_changes_end
	requests_end
	expect_all_answered "all the time" "$begin" 999999999
}

# pool_line NAME: how the pool is shown.
pool_line() {
	director_rvsadm pool show "$1" | grep "^$1 "
}

a_pool_serves_to_its_last_port_and_tells_that_it_is_dry() {
	local service=udp/$VIP_HOST:7004 server refused
	server=udp/$(literal "${SERVER_HOSTS[0]}"):7000
	[ "$FAMILY" = v4 ] || { skip "the flows are of IPv4" && return; }
	refused=$(paths no_local)
	expect_success director_rvsadm pool add small "${ROUTED_IP%1}11-${ROUTED_IP%1}13" --ports 30000-30099
	expect_success director_rvsadm service add "$service" --scheduler rr --fullnat --pool small
	expect_success lb_server_add "$service" "${SERVER_HOSTS[0]}:7000" 1
	expect_success director_rvsadm service add "tcp/$VIP_HOST:7004" --scheduler rr --fullnat --pool small
	expect_success lb_server_add "tcp/$VIP_HOST:7004" "${SERVER_HOSTS[0]}:7000" 1
	pool_watch_start
	expect_match "opening" '^ok' "$(talk me open early udp "$VIP" 7004)"
	expect_equal "who answers" server1 "$(talk me ask early)"
	expect_equal "up to 90 %" "answered=269 refused=0 silent=0 server1=269" "$(many 269 172.17.0.1 7004)"
	wait_until 5 pool_was_told "small scarce $server 2[4-7][0-9]/300" || fail "not told: $(<"$TEST_DIR/pool-events")"
	expect_match "what is shown" "small +30000-30099 +2 +270 +0 +0 +0 +$server +270/300 +90%" "$(pool_line small)"
	expect_equal "from there to the last one" "answered=30 refused=0 silent=0 server1=30" "$(many 30 172.17.1.1 7004)"
	# Refused at once, not by silence.
	expect_equal "without any left" "answered=0 refused=20 silent=0" "$(many 20 172.17.2.1 7004)"
	wait_until 5 pool_was_told "small dry $server 300/300" || fail "not told: $(<"$TEST_DIR/pool-events")"
	expect_match "what is shown" "small +30000-30099 +2 +300 +0 +20 +0 +$server +300/300 +100%" "$(pool_line small)"
	expect_equal "counted for the namespace" $((refused + 20)) "$(paths no_local)"
	# Others go on: one that is there, other servers, TCP, other pools.
	expect_equal "who answers the first" server1 "$(talk me ask early)"
	expect_match "another pool" '^ok' "$(talk me open other udp "$VIP" 7000)"
	expect_match "who answers there" '^server[123]$' "$(talk me ask other)"
	expect_success lb_server_add "$service" "${SERVER_HOSTS[1]}:7000" 1
	expect_equal "with another server" "answered=10 refused=0 silent=0 server2=10" "$(many 10 172.17.3.1 7004)"
	expect_success lb_server_del "$service" "${SERVER_HOSTS[1]}:7000"
	expect_equal "by TCP" "server1=5" "$(talk me many tcp 5 tcp "$VIP" 7004)"
	# With one address more there are ports again.
	expect_success director_rvsadm pool add-address small "${ROUTED_IP%1}14-${ROUTED_IP%1}15"
	wait_until 5 pool_was_told "small ample $server 300/500" || fail "not told: $(<"$TEST_DIR/pool-events")"
	expect_equal "with more addresses" "answered=20 refused=0 silent=0 server1=20" "$(many 20 172.17.4.1 7004)"
	kill "$pool_watch"
	expect_success lb_service_del "$service"
	expect_success lb_service_del "tcp/$VIP_HOST:7004"
	expect_success director_rvsadm pool del small
}

# Ports of connections from before it was deleted, which it does not know of, are met and left alone. The chance that it takes 16 of
# the 40 in a row for one of the 60 is one in 40000.
a_pool_that_is_added_again_serves_to_its_last_port() {
	local service=udp/$VIP_HOST:7006 server
	server=udp/$(literal "${SERVER_HOSTS[0]}"):7000
	[ "$FAMILY" = v4 ] || { skip "the flows are of IPv4" && return; }
	expect_success director_rvsadm pool add again "${ROUTED_IP%1}51" --ports 32000-32099
	expect_success director_rvsadm pool add meanwhile "${ROUTED_IP%1}52"
	expect_success director_rvsadm service add "$service" --scheduler rr --fullnat --pool again
	expect_success lb_server_add "$service" "${SERVER_HOSTS[0]}:7000" 1
	expect_match "opening" '^ok' "$(talk me open before udp "$VIP" 7006)"
	expect_equal "who answers" server1 "$(talk me ask before)"
	expect_equal "before" "answered=39 refused=0 silent=0 server1=39" "$(many 39 172.18.0.1 7006)"
	expect_success director_rvsadm service set "$service" --pool meanwhile
	expect_success director_rvsadm pool del again
	expect_success director_rvsadm pool add again "${ROUTED_IP%1}51" --ports 32000-32099
	expect_success director_rvsadm service set "$service" --pool again
	pool_watch_start
	expect_equal "afterwards" "answered=60 refused=0 silent=0 server1=60" "$(many 60 172.18.1.1 7006)"
	expect_equal "without any left" "answered=0 refused=20 silent=0" "$(many 20 172.18.2.1 7006)"
	wait_until 5 pool_was_told "again dry $server 100/100" || fail "not told: $(<"$TEST_DIR/pool-events")"
	expect_match "what is shown" "again +32000-32099 +1 +60 +40 +20 +0 +$server +100/100 +100%" "$(pool_line again)"
	expect_equal "who answers one from before" server1 "$(talk me ask before)"
	kill "$pool_watch"
	expect_success lb_service_del "$service"
	expect_success director_rvsadm pool del again
	expect_success director_rvsadm pool del meanwhile
}

# Of TCP, too, who is refused hears of it.
connections_of_tcp_are_refused_at_once() {
	expect_success director_rvsadm pool add small "${ROUTED_IP%1}21" --ports 30000-30009
	expect_success director_rvsadm service add "tcp/$VIP_HOST:7004" --scheduler rr --fullnat --pool small
	expect_success lb_server_add "tcp/$VIP_HOST:7004" "${SERVER_HOSTS[0]}:7000" 1
	expect_equal "answers" "ECONNREFUSED=3 server1=10" "$(talk me many dry 13 tcp "$VIP" 7004)"
	expect_equal "who answers the first" server1 "$(talk me ask dry.1)"
	# A client of IPv6 that hears of it while it is sending asks once more.
	expect_match "what is shown" "small +30000-30009 +1 +10 +0 +[3-6] +0 +tcp/.*:7000 +10/10 +100%" "$(pool_line small)"
	# One that was reset needs no rest: the next client has its port.
	expect_equal "resetting one" ok "$(talk me reset dry.2)"
	wait_until 5 opens_again || fail "its port is not to be had"
	expect_success lb_service_del "tcp/$VIP_HOST:7004"
	expect_success director_rvsadm pool del small
}

# opens_again [PROTOCOL]
opens_again() {
	[ "$(talk me many again 1 "${1-tcp}" "$VIP" 7004)" = "server1=1" ]
}

datagrams_without_an_answer_leave_their_port() {
	local service=udp/$VIP_HOST:7004
	expect_success director_rvsadm pool add small "${ROUTED_IP%1}31" --ports 30000-30009
	expect_success director_rvsadm service add "$service" --scheduler rr --fullnat --pool small
	expect_success lb_server_add "$service" "${SERVER_HOSTS[0]}:7000" 1
	in_ns "${SERVERS[0]}" nft -f - <<-EOF || fail "no rule"
		table inet silent {
			chain input { type filter hook input priority 0; udp dport 7000 drop; }
		}
	EOF
	expect_success in_ns "$CLIENT" python3 -S "$HELPERS/datagrams.py" "$VIP" 7004 20000 10 1
	expect_success in_ns "${SERVERS[0]}" nft delete table inet silent
	# Their answer may be on its way yet.
	expect_equal "as long as they are not silent for long" "ECONNREFUSED=1" "$(talk me many early 1 udp "$VIP" 7004)"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.udp_reuse_after=1
	wait_until 5 opens_again udp || fail "none of their ports is to be had"
	expect_equal "connections that gave their port away" 1 "$(LB_POOL=small pool_value evicted)"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.udp_reuse_after=5
	expect_success lb_service_del "$service"
	expect_success director_rvsadm pool del small
}

# SYNs from nowhere fill a pool in less than two seconds, and go on. The server has more of them than it keeps (SYN cookies), as it would
# have of a pool of the usual size.
a_flood_of_syns_leaves_ports_to_clients() {
	local begin syns=5000
	[ "$FAMILY" = v4 ] || { skip "the flood is of IPv4" && return; }
	# With sanitizers 1500 a second would leave no time for anything else. Ports of those that were served rest for a while: they are
	# to be few of the pool, however long the flood takes.
	[ ! -w "$kmemleak" ] || syns=1500 REQUESTS_PER_SECOND=1
	expect_success director_rvsadm pool add flooded "${ROUTED_IP%1}41" --ports "31000-$((31000 + syns * 28 / 100 - 1))"
	expect_success director_rvsadm service add "tcp/$VIP_HOST:7005" --scheduler rr --fullnat --pool flooded
	expect_success lb_server_add "tcp/$VIP_HOST:7005" "${SERVER_HOSTS[0]}:8080" 1
	begin=$(now)
	# Whose SYN the server takes for one of the connection before sends another one, after a second or three.
	REQUESTS_TIMEOUT=10 requests_start 7005
	expect_success in_ns "$CLIENT" python3 -S "$HELPERS/syns.py" "$VIP" 7005 172.16.0.1 "$syns" "$((syns * 3 / 10))"
	expect_range "answers until then" 10 1000 "$(grep -c ' server1$' "$TEST_DIR/requests")"
	requests_end
	expect_all_answered "while SYNs come from nowhere" "$begin" 999999999
	expect_range "connections that were half open and gave their port away" "$((syns / 5))" "$syns" "$(LB_POOL=flooded pool_value evicted)"
	expect_success lb_service_del "tcp/$VIP_HOST:7005"
	expect_success director_rvsadm pool del flooded
}

lb_needs rvs "IPVS has no such forward method"
test_begin --fullnat
for number in 1 2 3; do
	http_server_start "$number" 8080
	talk_server_start "${SERVERS[number - 1]}" "server$number" tcp:7000 udp:7000
done
talk_server_start "${SERVERS[2]}" server4 udp:7001
upload_server_start "${SERVERS[0]}"
talk_client_start me "$CLIENT"
if [ "$FAMILY" = v4 ]; then
	# Many sources, which are behind the client; it does not care for what comes back.
	ip -n "$ROUTER" route add "$FLOOD_NET" via "$CLIENT_IP" || bail "no route"
	ip -n "$CLIENT" route add blackhole "$FLOOD_NET" || bail "no route"
fi
fullnat_pool || bail "no pool"
lb_begin "$WEB" rr "${SERVER_HOSTS[@]/%/:8080}"
lb_begin "tcp/$VIP_HOST:9000" rr "${SERVER_HOSTS[0]}:9000"
for service in "${TALK[@]}"; do
	lb_begin "$service" rr "${SERVER_HOSTS[@]/%/:7000}"
done

ktap_run http_is_served_from_everywhere flows_of_tcp_and_udp_are_served connections_tell_their_local_endpoint \
	connections_are_spread_evenly_over_ports_and_addresses transfers_are_whole_while_addresses_come_and_go \
	a_pool_serves_to_its_last_port_and_tells_that_it_is_dry a_pool_that_is_added_again_serves_to_its_last_port \
	connections_of_tcp_are_refused_at_once \
	datagrams_without_an_answer_leave_their_port a_flood_of_syns_leaves_ports_to_clients
