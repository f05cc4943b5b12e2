#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two directors behind one router, which spreads what is for the VIP over both: full NAT, each with a pool of its own, and the
# scheduler mh, by which both choose alike.
. "$(dirname "$0")/lib.sh"
fullnat_site

WEB=tcp/$VIP_HOST:80
# What a router says of a packet that is too large, as nftables calls it.
case $FAMILY in
v4) TOO_LARGE=destination-unreachable ;;
v6) TOO_LARGE=packet-too-big ;;
esac

# connections_of DIRECTOR: how many it has counted.
connections_of() {
	rvsadm --netns "$1" --json stats | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk '$1 == ".totals.connections" { print $2 }'
}

# configure TOOL ADDRESS...: one of both directors, all services, with these local addresses.
configure() {
	local tool=$1 service server
	shift
	"$tool" pool add local "$@" || return
	for service in "$WEB 8080" "tcp/$VIP_HOST:7000 7000"; do
		"$tool" service add "${service% *}" --scheduler mh --fullnat --pool local || return
		for server in "${SERVER_HOSTS[@]}"; do
			"$tool" server add "${service% *}" "$server:${service#* }" || return
		done
	done
}

# ask_from_everywhere FILE: three requests of each client.
ask_from_everywhere() {
	local address
	for address in "${ECMP_CLIENTS[@]}"; do
		in_ns "$CLIENT" curl -sS --max-time 10 --interface "$address" -H 'Connection: close' "http://$VIP_HOST/[1-3]" |
			sed "s/^/$address /"
	done >"$1" 2>&1
}

requests_are_served_whichever_director_they_reach() {
	local first second
	ecmp_hash 1
	first=$(connections_of "$DIRECTOR") second=$(connections_of "$SECOND_DIRECTOR")
	ask_from_everywhere "$TEST_DIR/answers"
	first=$(($(connections_of "$DIRECTOR") - first)) second=$(($(connections_of "$SECOND_DIRECTOR") - second))
	expect_equal "answers" 18 "$(grep -cE ' server[123]$' "$TEST_DIR/answers")"
	expect_equal "connections of both" 18 $((first + second))
	# By the ports of the client, as chance has it.
	expect_range "connections of the first" 1 17 "$first"
	# A client has its server, whichever director has chosen.
	expect_equal "clients with their servers" 6 "$(sort -u "$TEST_DIR/answers" | wc -l)"
	expect_range "servers" 2 3 "$(awk '{ print $2 }' "$TEST_DIR/answers" | sort -u | wc -l)"
}

# ask_all COUNT: what becomes of the connections one.1 to one.COUNT: how many are answered, how many are not.
ask_all() {
	local number
	for ((number = 1; number <= $1; number++)); do
		talk me ask "one.$number"
	done | awk '{ answered += /^server[123]$/; reset += /^ECONNRESET$/ } END { print answered + 0, "answered,", reset + 0, "reset" }'
}

# second_serves BEFORE: the second director has more connections than before; those that live are not silent for long.
second_serves() {
	ask_all 20 >"$TEST_DIR/asked"
	fetch 8 "$TEST_DIR/answers"
	[ "$(connections_of "$SECOND_DIRECTOR")" -gt "$1" ]
}

a_director_leaves_and_returns_while_clients_go_on() {
	local first begin leaving left
	ecmp_hash 1
	first=$(connections_of "$DIRECTOR")
	expect_match "who answers" "^server[123]=20$" "$(talk me many one 20 tcp "$VIP" 7000)"
	first=$(($(connections_of "$DIRECTOR") - first))
	expect_range "connections of the first" 1 19 "$first"
	requests_start
	begin=$(now)
	wait_until 30 requests_since "$begin" '^server' 10 || fail "no requests"
	leaving=$(now)
	expect_success ecmp_first
	left=$(now)
	wait_until 30 requests_since "$left" '^server' 20 || fail "no requests with one director"
	# The other one's host knows no socket of theirs, and says so.
	expect_equal "connections, those of the other one" "$first answered, $((20 - first)) reset" "$(ask_all 20)"
	requests_end
	expect_all_answered "when a director has left" "$left" 999999999
	# One that was on its way then is a connection of the other one, too.
	expect_equal "requests before it without an answer of a server, nor reset" "" \
		"$(awk -v to="$left" '$1 < to && $2 !~ /^(server|ECONNRESET)/' "$TEST_DIR/requests")"
	expect_equal "requests that were reset long before it" 0 \
		"$(requests_between "$begin" $((leaving - request_seconds * 1000)) '^ECONNRESET')"
	expect_success ecmp_both
	# Buckets without traffic go back.
	wait_until 20 second_serves "$(connections_of "$SECOND_DIRECTOR")" || fail "the second director gets nothing"
	expect_equal "all answers when it is there again" 8 "$(grep -c '^server' "$TEST_DIR/answers")"
	expect_match "those of the first are where they were" "^$first answered" "$(ask_all 20)"
}

# Hashed by addresses, an error about a reply goes where its client's packets go: the router has it from within (RFC 792, RFC 4443).
errors_find_the_director_of_their_client() {
	local address first second namespace
	ecmp_hash 0
	# Of IPv6 the flow label counts, too: each side of a connection has one of its own, unless they are told to have none.
	for namespace in "$CLIENT" "${SERVERS[@]}"; do
		[ "$FAMILY" = v4 ] || expect_success in_ns "$namespace" sysctl -qw net.ipv6.auto_flowlabels=0
	done
	# Each client has its director, whenever this runs.
	expect_success in_ns "$ROUTER" sysctl -qw net.ipv4.fib_multipath_hash_seed=1
	expect_success ip -n "$ROUTER" nexthop flush
	expect_success ecmp_both
	transfer_file 50000
	first=$(connections_of "$DIRECTOR") second=$(connections_of "$SECOND_DIRECTOR")
	expect_success ip -n "$ROUTER" link set client mtu 1300
	for address in "${ECMP_CLIENTS[@]}"; do
		expect_equal "sha256 of the download of $address" "$file_sum" \
			"$(in_ns "$CLIENT" curl -sS --max-time 10 --interface "$address" "http://$VIP_HOST/files/large" | sha256sum)"
	done
	expect_range "connections of the first" 1 5 $(($(connections_of "$DIRECTOR") - first))
	expect_range "connections of the second" 1 5 $(($(connections_of "$SECOND_DIRECTOR") - second))
}

# What the router says itself goes to the second director, whatever it is about.
an_error_at_the_other_director_is_lost() {
	local second server
	for server in "${SERVERS[@]}"; do
		ip "$IP_FAMILY" -n "$server" route flush cache
	done
	expect_success ecmp_first
	expect_success ip -n "$ROUTER" route add "$VIP" via "$SECOND_LAN_IP" table 100
	expect_success ip "$IP_FAMILY" -n "$ROUTER" rule add iif lo to "$VIP" lookup 100
	count_packets "$SECOND_DIRECTOR" errors prerouting "$ICMP type $TOO_LARGE"
	second=$(connections_of "$SECOND_DIRECTOR")
	in_ns "$CLIENT" curl -sS --max-time 1 -o "$TEST_DIR/part" "http://$VIP_HOST/files/large" 2>"$TEST_DIR/error"
	expect_equal "exit status of curl: a timeout" 28 $?
	expect_range "errors at the second director" 1 100 "$(counted_packets "$SECOND_DIRECTOR" errors)"
	expect_equal "connections of the second" "$second" "$(connections_of "$SECOND_DIRECTOR")"
	expect_success ip "$IP_FAMILY" -n "$ROUTER" rule del iif lo to "$VIP" lookup 100
	expect_success ip -n "$ROUTER" link set client mtu 1500
}

lb_needs rvs "IPVS has no full NAT"
test_begin --ecmp
for number in 1 2 3; do
	http_server_start "$number" 8080 || bail "nginx does not start"
	talk_server_start "${SERVERS[number - 1]}" "server$number" tcp:7000
done
talk_client_start me "$CLIENT"
configure director_rvsadm "${LOCAL_IPS[@]}" || bail "the director takes no services"
configure second_rvsadm "${SECOND_LOCAL_IPS[@]}" || bail "the second director takes no services"

ktap_run requests_are_served_whichever_director_they_reach a_director_leaves_and_returns_while_clients_go_on \
	errors_find_the_director_of_their_client an_error_at_the_other_director_is_lost
