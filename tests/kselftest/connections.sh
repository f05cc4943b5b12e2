#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The list of connections: states, one service, JSON, and that none is missing or doubled while the table grows and shrinks.
. "$(dirname "$0")/lib.sh"
# shellcheck source=cases/connections.sh
. "$KSELFTEST_DIR/cases/connections.sh"

# Flows that stay, and flows that come while others are listed.
STAYING=300
STAYING_FIRST=20000
STAYING_LAST=$((STAYING_FIRST + STAYING - 1))
COMING=6000
COMING_FIRST=30000
MORE=3000
MORE_FIRST=50000
# A server holds no more than 1000.
TCP_CONNECTIONS=900
TALK_SECONDS=600

rvs_alone() {
	[ "$LB_BACKEND" = rvs ] || { skip "$1"; return 1; }
}

# listed_from FILE FIRST-PORT LAST-PORT: how many of the clients of a list have such a port.
listed_from() {
	awk -F: -v first="$2" -v last="$3" '$NF >= first && $NF <= last' "$1" | wc -l
}

# rvsadm_list ARGUMENT...: of connection list; sets out, err and status.
rvsadm_list() {
	status=0
	out=$(director_rvsadm connection list "$@" 2>"$TEST_DIR/err") || status=$?
	err=$(<"$TEST_DIR/err")
}

# rows [SERVICE]: the connections, without the seconds.
rows() {
	lb_connection_list "$@" | sed 's/ [0-9]*$//' | sort
}

one_service_is_listed_alone() {
	local before both after
	expect_match "connections of TCP" '^(tcp [^ ]+ [^ ]+ [^ ]+ [A-Z_]+ [0-9]+'$'\n''?)+$' "$(lb_connection_list "$SERVICE")"
	expect_match "connections of UDP" "^udp $(literal "$CLIENT_HOST:40001 $VIP_HOST:7000 $SERVER") UDP [0-9]+\$" "$(lb_connection_list "$DATAGRAMS")"
	expect_equal "connections of another port" "" "$(lb_connection_list "udp/$VIP_HOST:7001")"
	# Some may expire meanwhile, but none comes.
	before=$(rows) both=$({ rows "$SERVICE"; rows "$DATAGRAMS"; } | sort) after=$(rows)
	expect_equal "of both services, but not of all before" "" "$(comm -23 <(echo "$both") <(echo "$before"))"
	expect_equal "of all afterwards, but of neither service" "" "$(comm -23 <(echo "$after") <(echo "$both"))"
}

connections_outlive_their_service() {
	expect_success lb_service_del "$DATAGRAMS"
	expect_match "connections" "^udp $(literal "$CLIENT_HOST:40001 $VIP_HOST:7000 $SERVER") UDP [0-9]+\$" "$(lb_connection_list "$DATAGRAMS")"
	lb_begin "$DATAGRAMS" rr "$SERVER"
	expect_equal "who answers" server1 "$(talk me ask datagrams)"
}

forward_method_is_that_of_the_connection() {
	rvs_alone "IPVS does not list it" || return
	rvsadm_list "$DATAGRAMS"
	expect_equal "forward method" nat "$(awk 'NR == 2 { print $4 }' <<<"$out")"
	expect_success director_rvsadm server set "$DATAGRAMS" "$SERVER" --dr
	rvsadm_list "$DATAGRAMS"
	expect_equal "forward method" nat "$(awk 'NR == 2 { print $4 }' <<<"$out")"
	expect_success director_rvsadm server set "$DATAGRAMS" "$SERVER" --nat
}

json_tells_the_same() {
	local member expected
	rvs_alone "it is about rvsadm" || return
	rvsadm_list --json "$DATAGRAMS"
	out=$(awk -f "$KSELFTEST_DIR/lib/json.awk" <<<"$out")
	expected="service $DATAGRAMS
protocol udp
address $VIP
port 7000
client_address $CLIENT_IP
client_port 40001
server_address ${SERVER_IPS[0]}
server_port 7000
forward nat
state UDP"
	while read -r member; do
		expect_match "JSON" "(^|"$'\n'")\\.connections\\.0\\.$(literal "$member")("$'\n'"|\$)" "$out"
	done <<<"$expected"
	expect_match "JSON" '\.connections\.0\.expires [0-9]+$' "$out"
	rvsadm_list --json "udp/$VIP_HOST:7001"
	expect_equal "JSON of none" '{"connections":[]}' "$out"
}

wrong_services_are_refused() {
	rvs_alone "it is about rvsadm" || return
	rvsadm_list "udp/$VIP_HOST:0"
	expect_equal "exit status" 1 "$status"
	expect_match "reason" "^rvsadm: connection list: $(literal "udp/$VIP_HOST:0"): not a port" "$err"
	rvsadm_list "udp/224.0.0.1:53"
	expect_equal "exit status" 2 "$status"
	expect_match "reason" "^rvsadm: connection list: udp/224.0.0.1:53: the address is not that of one host" "$err"
	expect_equal "output" "" "$out"
}

other_namespaces_have_none() {
	rvs_alone "it is about rvsadm" || return
	expect_equal "of the client" "no connections" "$(rvsadm --netns "$CLIENT" connection list)"
}

# buckets: of the table.
buckets() {
	director_rvsadm --json show | awk -f "$KSELFTEST_DIR/lib/json.awk" | awk '$1 == ".info.buckets" { print $2 }'
}

buckets_exceed() {
	[ "$(buckets)" -gt "$1" ]
}

buckets_are_fewer_than() {
	[ "$(buckets)" -lt "$1" ]
}

staying_flows() {
	expect_match "answers to flows that stay" "^answered=$STAYING moved=0 " "$(talk staying send)"
}

# expect_complete: the rest of the dump that has begun; each flow that stays is in it once.
expect_complete() {
	local answer
	answer=$(talk dump end "$STAYING_FIRST" "$STAYING_LAST")
	expect_match "end" "^rows=[0-9]+ twice=0 wanted=$STAYING\$" "$answer"
	diagnose "$answer, $(buckets) buckets"
}

# A dump that has begun goes on while the table is replaced.
dump_is_complete_while_the_table_grows() {
	local before
	rvs_alone "the table of IPVS is not asked for" || return
	staying_flows
	before=$(buckets)
	expect_equal "begin" ok "$(talk dump begin)"
	expect_equal "opening" ok "$(talk tcp open "$TCP_CONNECTIONS")"
	wait_until 20 buckets_exceed "$before" || fail "the table has $(buckets) buckets still"
	expect_complete
}

dump_is_complete_while_the_table_shrinks() {
	local before
	rvs_alone "the table of IPVS is not asked for" || return
	staying_flows
	before=$(buckets)
	expect_equal "begin" ok "$(talk dump begin)"
	expect_equal "reset" ok "$(talk tcp reset)"
	# The timeout of the state CLOSE is 10 seconds.
	wait_until 60 buckets_are_fewer_than "$before" || fail "the table has $(buckets) buckets still"
	expect_complete
}

dump_is_complete_while_flows_come() {
	local before
	rvs_alone "the table of IPVS is not asked for" || return
	staying_flows
	before=$(buckets)
	expect_equal "begin" ok "$(talk dump begin)"
	tell coming send
	expect_equal "reading meanwhile" ok "$(talk dump read 4)"
	expect_match "answers to flows that come" "^answered=$COMING " "$(hear coming)"
	wait_until 20 buckets_exceed "$before" || fail "the table has $(buckets) buckets still"
	expect_equal "reading on" ok "$(talk dump read 4)"
	expect_complete
}

list_is_complete_while_connections_come() {
	local rounds list=$TEST_DIR/list
	rvs_alone "a list of IPVS may miss some when its table is replaced meanwhile" || return
	staying_flows
	tell more send
	for rounds in 1 2 3 4 5; do
		lb_connection_list "$DATAGRAMS" | awk '{ print $2 }' >"$list"
		expect_equal "listed twice in round $rounds" "" "$(uniq -d "$list")"
		expect_equal "listed in round $rounds of those that stay" "$STAYING" \
			"$(listed_from "$list" "$STAYING_FIRST" "$STAYING_LAST")"
	done
	expect_match "answers to flows that come" "^answered=$MORE " "$(hear more)"
	lb_connection_list "$DATAGRAMS" | awk '{ print $2 }' >"$list"
	expect_equal "listed at last of those that came" "$MORE" \
		"$(listed_from "$list" "$MORE_FIRST" $((MORE_FIRST + MORE - 1)))"
}

# Each socket of a flow holds some of the memory that all UDP sockets of a machine share.
udp_mem_raise() {
	udp_mem=$(sysctl -n net.ipv4.udp_mem)
	trap 'sysctl -qw net.ipv4.udp_mem="$udp_mem"; test_end' EXIT
	sysctl -qw net.ipv4.udp_mem="1000000 1000000 1000000"
}

connections_begin
udp_mem_raise
talk_start tcp "$CLIENT" tcp_flows.py "$VIP" 7000
talk_start staying "$CLIENT" udp_flows.py "$VIP" 7000 "$STAYING_FIRST" "$STAYING"
talk_start coming "$CLIENT" udp_flows.py "$VIP" 7000 "$COMING_FIRST" "$COMING"
talk_start more "$CLIENT" udp_flows.py "$VIP" 7000 "$MORE_FIRST" "$MORE"
for client in staying coming more; do
	[ "$(hear "$client")" = ready ] || bail "the client does not start"
done
[ "$LB_BACKEND" != rvs ] || talk_start dump "$DIRECTOR" connection_dump.py

ktap_run "${connections_cases[@]}" \
	one_service_is_listed_alone \
	connections_outlive_their_service \
	forward_method_is_that_of_the_connection \
	json_tells_the_same \
	wrong_services_are_refused \
	other_namespaces_have_none \
	dump_is_complete_while_the_table_grows \
	dump_is_complete_while_the_table_shrinks \
	dump_is_complete_while_flows_come \
	list_is_complete_while_connections_come
