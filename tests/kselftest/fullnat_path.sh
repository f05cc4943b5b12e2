#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Full NAT: the real servers are behind a router that knows no way to client or VIP, and answer the director's local addresses. They may be
# of another family than clients and VIP.
#	SIZE  of a file, in bytes; 50000000 with make test-transfers
. "$(dirname "$0")/lib.sh"

[ "$LB_BACKEND" = rvs ] || skip_all "IPVS has no full NAT"
[ "${LB_TOOL-rvsadm}" = rvsadm ] || skip_all "only rvsadm configures full NAT"
LB_FORWARD=fullnat
SIZE=${SIZE:-2000000}
WEB=tcp/$VIP_HOST:80

# service NAME SCHEDULER [OPTION...]: a fresh one, with the pool.
service() {
	director_rvsadm flush
	expect_success director_rvsadm service add "$1" --scheduler "$2" --fullnat --pool web "${@:3}"
}

# serve SERVICE SERVER: by this server alone.
serve() {
	service "$1" rr
	expect_success lb_server_add "$1" "$2" 1
}

# Whether clients and real servers are of different families.
is_between_families() {
	[ "${UNDERLAY:-$FAMILY}" != "$FAMILY" ]
}

# pool_figure MEMBER: of the pool.
pool_figure() {
	director_rvsadm --json pool show "${2-web}" | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk -v member="$1" '$1 ~ "^.pools.0." member "$" { print $2 }'
}

servers_share_requests_and_see_local_addresses() {
	local i
	service "$WEB" rr
	for i in 0 1 2; do
		expect_success lb_server_add "$WEB" "${SERVER_HOSTS[i]}:8080" 1
	done
	fetch 9 "$TEST_DIR/answers"
	expect_shares "$TEST_DIR/answers" 3 3 3
	expect_equal "answers of the VIP" 9 "$(answers "$TEST_DIR/answers" "$VIP")"
	for i in 1 2 3; do
		expect_equal "whom server$i has served" "3 of ${LOCAL_IPS[0]%1}" \
			"$(awk '{ sub(/[0-9]$/, "", $1); print $1 }' "$TEST_DIR/server$i/access.log" | sort | uniq -c | awk '{ print $1 " of " $2 }')"
	done
	expect_equal "packets at the servers from anybody else" 0 "$(behind counted_packets "${SERVERS[0]}" from_others)"
}

tcp_and_udp_are_served() {
	local protocol
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
		expect_served client "$protocol" server1
	done
}

connections_are_told_by_each_tool() {
	local service=tcp/$VIP_HOST:7000 server=${SERVER_HOSTS[0]}:7005
	serve "$service" "$server"
	expect_match "opening" '^ok' "$(talk client open told tcp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk client ask told)"
	expect_match "by rvsadm" "^$(literal "$service") +$(literal "$CLIENT_HOST:")[0-9]+ +$(literal "$server") +fullnat,\\[?$(literal "${LOCAL_IPS[0]%1}")[12]\\]?:[0-9]+ +ESTABLISHED" \
		"$(director_rvsadm connection list "$service" | grep ESTABLISHED)"
	# Their ports, and that of the client, in hexadecimal.
	expect_match "in /proc" '^TCP [^ ]+ [0-9A-F]{4} [^ ]+ 1B58 [^ ]+ 1B5D ESTABLISHED ' \
		"$(in_ns "$DIRECTOR" grep ESTABLISHED /proc/net/ip_vs_conn)"
	expect_match "by ipvsadm" "-> $(literal "$server") +Masq +1 +1 " "$(in_ns "$DIRECTOR" ipvsadm -ln)"
	expect_match "closing" '^ok' "$(talk client close told)"
}

# What one family asks for and the other does not: a checksum of UDP, and headers between.
datagrams_without_a_checksum_and_options_of_packets_are_no_hindrance() {
	local protocol protocols=(udp-without-checksum)
	[ "$FAMILY" = v4 ] || protocols=(udp-with-options tcp-with-options)
	for protocol in "${protocols[@]}"; do
		serve "${protocol%%-*}/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
		expect_served client "$protocol" server1
	done
}

later_packets_are_fast() {
	local before i
	[ "${FAST_PATH-on}" = on ] || { skip "without the fast path" && return; }
	serve "udp/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
	expect_match "opening" '^ok' "$(talk client open fast udp "$VIP" 7000)"
	for i in 1 2 3; do
		expect_equal "who answers" server1 "$(talk client ask fast)"
	done
	before=$(paths fast)
	for i in 1 2 3; do
		expect_equal "who answers" server1 "$(talk client ask fast)"
	done
	expect_equal "fast packets of three questions and answers" 6 "$(($(paths fast) - before))"
	# Each flow passes the hooks once more after a change of routes.
	expect_success ip -n "$DIRECTOR" route add "$BEHIND_ELSEWHERE_NET" via "$INNER_IP"
	! is_between_families || expect_success ip -n "$DIRECTOR" route add "$ELSEWHERE_NET" via "$NEAR_CLIENT_IP"
	expect_equal "who answers" server1 "$(talk client ask fast)"
	expect_equal "fast packets after a change of routes" 6 "$(($(paths fast) - before))"
	expect_equal "who answers" server1 "$(talk client ask fast)"
	expect_equal "fast packets of the question after that" 8 "$(($(paths fast) - before))"
	expect_success ip -n "$DIRECTOR" route del "$BEHIND_ELSEWHERE_NET"
	! is_between_families || expect_success ip -n "$DIRECTOR" route del "$ELSEWHERE_NET"
	expect_match "closing" '^ok' "$(talk client close fast)"
}

transfers_are_whole_while_addresses_come_and_go() {
	service "$WEB" rr
	expect_success lb_server_add "$WEB" "${SERVER_HOSTS[0]}:8080" 1
	expect_success director_rvsadm service add "tcp/$VIP_HOST:9000" --scheduler rr --fullnat --pool web
	expect_success lb_server_add "tcp/$VIP_HOST:9000" "${SERVER_HOSTS[0]}:9000" 1
	pool_changes_start web
	transfer_file "$SIZE"
	download
	upload
	expect_success offloads tso off gso off gro off tx off
	transfer_file "$((SIZE < 50000000 ? SIZE / 4 : SIZE))"
	download
	upload
	pool_changes_end
	expect_success offloads tso on gso on gro on tx on
}

# Those that a socket sends at once, and lists that the director makes of what it receives, in which each packet keeps its headers.
bursts_and_lists_of_packets_are_served() {
	serve "udp/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
	expect_equal "datagrams answered" 40 "$(burst)"
	expect_success director_rvsadm service add "tcp/$VIP_HOST:9000" --scheduler rr --fullnat --pool web
	expect_success lb_server_add "tcp/$VIP_HOST:9000" "${SERVER_HOSTS[0]}:9000" 1
	expect_success offloads_of "$CLIENT" tso off gso off
	expect_success offloads_of "$DIRECTOR" gro on rx-gro-list on
	expect_success merging_waits "$DIRECTOR" 2000000
	transfer_file 500000
	count_packets "$DIRECTOR" datagrams prerouting "$IP daddr $VIP udp dport 7000"
	expect_equal "datagrams answered of a list" 40 "$(burst)"
	upload
	expect_range "mean size of datagrams that come to the director" 1200 70000 "$(mean_size "$DIRECTOR" datagrams)"
	expect_success merging_waits "$DIRECTOR" 0
	expect_success offloads_of "$DIRECTOR" gro off rx-gro-list off
	expect_success offloads_of "$CLIENT" tso on gso on
}

# burst: how many of 40 datagrams of one burst are answered.
burst() {
	in_ns "$CLIENT" python3 -S "$HELPERS/udp_burst.py" "$VIP" 7000 40 1000
}

fragments_are_served() {
	local before
	serve "udp/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
	expect_match "opening" '^ok' "$(talk client open large udp "$VIP" 7000)"
	before=$(behind counted_packets "${SERVERS[0]}" fragments)
	expect_equal "who answers 5000 bytes" server1 "$(talk client ask large 5 5000)"
	expect_range "fragments at the server" 1 100 "$(($(behind counted_packets "${SERVERS[0]}" fragments) - before))"
	expect_match "closing" '^ok' "$(talk client close large)"
}

errors_of_either_side_arrive() {
	# What comes back in an error is to have its full checksum.
	expect_success in_ns "$CLIENT" ethtool -K eth0 tx off
	serve "udp/$VIP_HOST:7002" "${SERVER_HOSTS[0]}:7009"
	expect_equal "what the client gets" "ECONNREFUSED $NO_PORT from $VIP about self > $VIP:7002" "$(client_error 7002)"
	# The third hop is the router before the servers.
	expect_equal "what the client gets" "EHOSTUNREACH $NO_HOPS from $VIP about self > $VIP:7002" "$(client_error 7002 2)"
	expect_equal "what the client gets" "EHOSTUNREACH $NO_HOPS from $VIP about self > $VIP:7002" "$(client_error 7002 3)"
}

small_mtus_are_learnt() {
	# A packet of 1300 bytes is longer or shorter in the other family.
	local at_the_server=1300 at_the_client=1300
	case $FAMILY-${UNDERLAY:-$FAMILY} in
	v6-v4) at_the_server=1280 at_the_client=1320 ;;
	v4-v6) at_the_server=1320 at_the_client=1280 ;;
	esac
	transfer_file 500000
	serve "tcp/$VIP_HOST:9000" "${SERVER_HOSTS[0]}:9000"
	expect_success director_rvsadm service add "$WEB" --scheduler rr --fullnat --pool web
	expect_success lb_server_add "$WEB" "${SERVER_HOSTS[0]}:8080" 1
	expect_success ip -n "$ROUTER" link set client mtu 1300
	download
	expect_match "what the server has learnt" "$(literal "${LOCAL_IPS[0]%1}")[12].* mtu $at_the_server" "$(mtus "${SERVERS[0]}")"
	expect_success ip -n "$ROUTER" link set client mtu 1500
	# It would tell the client of smaller segments by itself.
	expect_success behind flush_cache "${SERVERS[0]}"
	# Else the client hears of less, by what the option needs.
	expect_success director_rvsadm service set "tcp/$VIP_HOST:9000" --toa off
	expect_success ip -n "$INNER" link set servers mtu 1300
	upload
	expect_equal "path MTU of the client" "mtu $at_the_client" "$(path_mtu "$CLIENT" "$VIP")"
	if [ "$FAMILY-${UNDERLAY-}" = v6-v4 ]; then
		# Clients of IPv6 make packets no smaller, so that routers have to do it.
		expect_success ip -n "$INNER" link set servers mtu 1000
		upload
		expect_equal "path MTU of the client" "mtu 1280" "$(path_mtu "$CLIENT" "$VIP")"
	fi
	expect_success ip -n "$INNER" link set servers mtu 1500
}

# flush_cache NAMESPACE: it forgets what it has learnt.
flush_cache() {
	ip "-${FAMILY#v}" -n "$1" route flush cache
}

# mtus NAMESPACE: what it has learnt of the path to each local address.
mtus() {
	local address
	for address in "${LOCAL_IPS[@]}"; do
		echo "$address $(path_mtu "$1" "$address")"
	done
}

director_is_client_server_and_both() {
	local protocol
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
		expect_served director "$protocol" server1
		serve "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_HOST:7005"
		expect_served client "$protocol" director
		expect_served director "$protocol" director
	done
}

a_server_is_client_of_its_own_service() {
	! is_between_families || { skip "the servers do not speak the family of the VIP" && return; }
	local protocol
	ip -n "$INNER" route add "$VIP" via "$DIRECTOR_LAN_IP" || fail "no route to the VIP"
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
		expect_served server "$protocol" server1
	done
	ip -n "$INNER" route del "$VIP"
}

local_addresses_may_be_routed_to_the_director_alone() {
	local protocol
	expect_success ip -n "$DIRECTOR" route del local "$LOCAL_NET" dev lo
	expect_success ip -n "$DIRECTOR" route add "$LOCAL_NET" via "$INNER_IP"
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
		expect_served client "$protocol" server1
	done
	expect_success ip -n "$DIRECTOR" route del "$LOCAL_NET"
	expect_success ip -n "$DIRECTOR" route add local "$LOCAL_NET" dev lo
}

tracked_connections_are_served() {
	! is_between_families || { skip "connection tracking knows no connection between families" && return; }
	local protocol
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.conntrack=1
	expect_success in_ns "$DIRECTOR" nft -f - <<-EOF
		table inet strict {
			chain input { type filter hook input priority 0; policy accept; ct state invalid drop; }
			chain output { type filter hook output priority 0; policy accept; ct state invalid drop; }
			chain track { type filter hook prerouting priority 0; policy accept; ct state new accept; }
		}
	EOF
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
		expect_served client "$protocol" server1
	done
	expect_success in_ns "$DIRECTOR" nft delete table inet strict
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.conntrack=0
}

both_ends_of_a_removed_server_hear_of_it() {
	service "tcp/$VIP_HOST:7000" rr --removal reset
	expect_success lb_server_add "tcp/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005" 1
	expect_match "opening" '^ok' "$(talk client open cut tcp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk client ask cut)"
	expect_equal "connections at the server" 1 "$(at_the_server)"
	expect_success lb_server_del "tcp/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005"
	expect_equal "what the client hears" ECONNRESET "$(talk client ask cut 5 40000)"
	expect_soon "connections at the server after that" 0 at_the_server
}

# at_the_server: established connections of server1.
at_the_server() {
	in_ns "${SERVERS[0]}" ss -Htn state established "sport = :7005" | wc -l
}

a_dry_pool_refuses_at_once_and_another_server_is_taken() {
	expect_success director_rvsadm pool add small "${LOCAL_IPS[0]%1}9" --ports 20000-20001
	director_rvsadm flush
	expect_success director_rvsadm service add "udp/$VIP_HOST:7000" --scheduler rr --fullnat --pool small
	expect_success lb_server_add "udp/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005" 1
	expect_match "connections" 'ECONNREFUSED=1 server1=2' "$(talk client many dry 3 udp "$VIP" 7000)"
	expect_range "refused" 1 3 "$(pool_figure refused small)"
	expect_equal "who answers one that is there" server1 "$(talk client ask dry.1)"
	# The same ports serve another server.
	expect_success lb_server_add "udp/$VIP_HOST:7000" "${SERVER_HOSTS[1]}:7005" 1
	expect_match "connections" 'ECONNREFUSED=1 server2=2' "$(talk client many wet 3 udp "$VIP" 7000)"
	director_rvsadm flush
	expect_success director_rvsadm pool del small
}

ports_of_the_directors_sockets_are_left_to_it() {
	expect_success director_rvsadm pool add narrow "${LOCAL_IPS[0]%1}9" --ports 7004-7005
	director_rvsadm flush
	expect_success director_rvsadm service add "udp/$VIP_HOST:7000" --scheduler rr --fullnat --pool narrow
	expect_success lb_server_add "udp/$VIP_HOST:7000" "${SERVER_HOSTS[0]}:7005" 1
	# The director itself has port 7005.
	expect_match "connections" 'ECONNREFUSED=1 server1=1' "$(talk client many beside 2 udp "$VIP" 7000)"
	director_rvsadm flush
	expect_success director_rvsadm pool del narrow
}

what_cannot_be_is_refused() {
	local elsewhere=fd99::1
	[ "$FAMILY" = v4 ] || elsewhere=10.99.0.1
	director_rvsadm flush
	expect_success director_rvsadm service add "$WEB" --scheduler rr
	expect_match "a server without a pool" "needs? a pool" \
		"$(director_rvsadm server add "$WEB" "${SERVER_HOSTS[0]}:8080" --fullnat 2>&1)"
	expect_success director_rvsadm service add "sctp/$VIP_HOST:80" --scheduler rr --pool web
	expect_match "one of SCTP" "TCP and UDP" \
		"$(director_rvsadm server add "sctp/$VIP_HOST:80" "${SERVER_HOSTS[0]}:8080" --fullnat 2>&1)"
	expect_success director_rvsadm pool add other "$(in_the_family_of_the_vip)"
	expect_success director_rvsadm service set "$WEB" --pool other
	expect_match "a server of another family without a local address" "the pool of the service has none" \
		"$(director_rvsadm server add "$WEB" "$(host "$elsewhere"):8080" --fullnat 2>&1)"
	director_rvsadm flush
	expect_success director_rvsadm pool del other
}

# in_the_family_of_the_vip: an address that is no local one yet.
in_the_family_of_the_vip() {
	case $FAMILY in
	v4) echo 10.8.0.1 ;;
	v6) echo fd08::1 ;;
	esac
}

test_begin --routed
for number in 1 2 3; do
	behind http_server_start "$number" 8080 || bail "nginx does not start"
done
behind upload_server_start "${SERVERS[0]}"
behind talk_server_start "${SERVERS[0]}" server1 tcp:7005 udp:7005
behind talk_server_start "${SERVERS[1]}" server2 tcp:7005 udp:7005
behind talk_server_start "$DIRECTOR" director "tcp:$DIRECTOR_LAN_IP:7005" "udp:$DIRECTOR_LAN_IP:7005"
talk_client_start client "$CLIENT"
talk_client_start director "$DIRECTOR"
talk_client_start server "${SERVERS[0]}"
behind count_packets "${SERVERS[0]}" from_others input "$BEHIND_IP saddr != $LOCAL_NET meta l4proto { tcp, udp }"
behind count_packets "${SERVERS[0]}" fragments prerouting "$BEHIND_FRAGMENT"
director_rvsadm pool add web "${LOCAL_IPS[0]}-${LOCAL_IPS[1]}" --ports 10000-60000 || bail "no pool"

# What fullnat.sh shows within a family.
transfers=()
! is_between_families || transfers=(transfers_are_whole_while_addresses_come_and_go)

ktap_run \
	servers_share_requests_and_see_local_addresses \
	tcp_and_udp_are_served \
	connections_are_told_by_each_tool \
	datagrams_without_a_checksum_and_options_of_packets_are_no_hindrance \
	later_packets_are_fast \
	${transfers[@]+"${transfers[@]}"} \
	bursts_and_lists_of_packets_are_served \
	fragments_are_served \
	errors_of_either_side_arrive \
	small_mtus_are_learnt \
	director_is_client_server_and_both \
	a_server_is_client_of_its_own_service \
	local_addresses_may_be_routed_to_the_director_alone \
	tracked_connections_are_served \
	both_ends_of_a_removed_server_hear_of_it \
	a_dry_pool_refuses_at_once_and_another_server_is_taken \
	ports_of_the_directors_sockets_are_left_to_it \
	what_cannot_be_is_refused
