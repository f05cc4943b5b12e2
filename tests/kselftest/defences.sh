#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The defences of net.ipv4.vs: drop_entry, drop_packet and secure_tcp, always at work or when memory is short; the same
# verdicts as with IPVS, whose documentation (ipvs-sysctl.rst) the expectations are of. QUIET=1 waits for more than a
# minute, and sees what becomes of connections that were quiet for so long.
. "$(dirname "$0")/lib.sh"

# Answered by two servers; by none, which are deaf; by none, and without the director in the way of answers.
TALK=tcp/$VIP:7000
DEAF=tcp/$VIP:7100
DIRECT=tcp/$VIP:7200
PERSISTENT=tcp/$VIP:7400
DATAGRAMS=udp/$VIP:7100
# Nearly all of what a machine can have.
MOST_PAGES=2147483647
HALF_OPEN=1600
OPEN=10
TEMPLATES=400

# setting NAME [VALUE]: reads or writes one.
setting() {
	in_ns "$DIRECTOR" sysctl ${2+-q} -n "net.ipv4.vs.$1${2+=$2}"
}

# short_memory: is what the director takes it for, until enough_memory.
short_memory() {
	setting amemthresh "$MOST_PAGES"
}

enough_memory() {
	setting amemthresh 1
}

# connections SERVICE [STATE]: how many there are, of which only those in this state.
connections() {
	lb_connection_list "$1" | awk -v state="${2-}" 'state == "" || $5 == state { count++ } END { print count + 0 }'
}

# state_of SERVICE PORT: of the connection from this port of the client.
state_of() {
	lb_connection_list "$1" | awk -v port=":$2" '$2 ~ port "$" { print $5 }'
}

half_open() {
	in_ns "$CLIENT" python3 -S "$HELPERS/half_open.py" "$VIP" "$@"
}

# datagrams FIRST-PORT FLOWS
datagrams() {
	in_ns "$CLIENT" python3 -S "$HELPERS/datagrams.py" "$VIP" 7100 "$@" 1
}

# counted NAME: what RVS says that a defence has done, which IPVS does not.
counted() {
	[ "$LB_BACKEND" = rvs ] || return
	paths "$1"
}

# expect_counted NAME BEFORE MORE
expect_counted() {
	[ "$LB_BACKEND" != rvs ] || expect_equal "counted as $1" $(($2 + $3)) "$(paths "$1")"
}

modes_follow_the_memory() {
	local name
	for name in drop_entry drop_packet secure_tcp; do
		expect_success enough_memory
		expect_success setting "$name" 1
		expect_equal "$name" 1 "$(setting "$name")"
		expect_success setting "$name" 2
		expect_soon "$name with enough memory" 1 setting "$name"
		expect_success short_memory
		expect_soon "$name when memory is short" 2 setting "$name"
		expect_success enough_memory
		expect_soon "$name when there is enough again" 1 setting "$name"
		expect_success short_memory
		expect_soon "$name when memory is short once more" 2 setting "$name"
		expect_success setting "$name" 3
		expect_equal "$name, always" 3 "$(setting "$name")"
		expect_success enough_memory
		expect_success setting "$name" 0
		expect_equal "$name, never" 0 "$(setting "$name")"
	done
}

one_of_some_first_packets_is_dropped() {
	local before
	before=$(counted drop_packet)
	expect_success setting am_droprate 3
	expect_success setting drop_packet 3
	expect_success datagrams 20000 30
	expect_equal "flows of 30 datagrams" 20 "$(connections "$DATAGRAMS")"
	expect_counted drop_packet "$before" 10
	# Those that are there pass; of the others one of three does not, wherever that counting is.
	expect_success datagrams 20000 30
	expect_range "flows when they come again" 26 27 "$(connections "$DATAGRAMS")"
	expect_success setting drop_packet 0
	expect_success setting am_droprate 2
	expect_success setting drop_packet 3
	expect_success half_open 7100 20000 20
	expect_range "connections of 20 SYNs" 10 11 "$(connections "$DEAF")"
	expect_success setting drop_packet 0
	expect_success setting am_droprate 0
	expect_success setting drop_packet 3
	expect_success datagrams 21000 30
	expect_range "flows, where none of any number is dropped" 56 57 "$(connections "$DATAGRAMS")"
	expect_success setting drop_packet 0
}

open_connections_pass_where_all_new_ones_are_dropped() {
	local before
	before=$(counted drop_packet)
	expect_match "opening" '^ok' "$(talk me open one tcp "$VIP" 7000)"
	expect_success setting am_droprate 1
	expect_success setting drop_packet 3
	expect_match "who answers" '^server' "$(talk me ask one)"
	expect_equal "another" timeout "$(talk me open two tcp "$VIP" 7000)"
	expect_equal "connections" 1 "$(connections "$TALK")"
	expect_match "who answers" '^server' "$(talk me ask one)"
	expect_success setting drop_packet 0
	expect_match "another" '^ok' "$(talk me open two tcp "$VIP" 7000)"
	if [ "$LB_BACKEND" = rvs ]; then
		# A SYN, and those that repeat it.
		expect_range "counted" $((before + 2)) $((before + 10)) "$(paths drop_packet)"
	fi
}

packets_are_dropped_when_memory_is_short() {
	local there
	there=$(connections "$DATAGRAMS")
	expect_success setting drop_packet 1
	expect_success short_memory
	expect_soon "drop_packet" 2 setting drop_packet
	# All pages that could be are missing, so one of one is dropped.
	expect_success datagrams 22000 20
	expect_equal "flows, when memory is short" "$there" "$(connections "$DATAGRAMS")"
	expect_success enough_memory
	expect_soon "drop_packet" 1 setting drop_packet
	expect_success datagrams 22000 20
	expect_equal "flows, when there is enough" $((there + 20)) "$(connections "$DATAGRAMS")"
	expect_success setting drop_packet 0
}

# What the client says does not make a connection established; what the server says then does.
client_alone_establishes_nothing() {
	local port mode
	for mode in 3 1; do
		expect_success setting secure_tcp "$mode"
		[ "$mode" = 3 ] || { expect_success short_memory && expect_soon secure_tcp 2 setting secure_tcp; }
		port=$((40000 + mode))
		expect_equal "opening" "ok $port" "$(talk me open "secure$mode" tcp "$VIP" 7000 "$port")"
		expect_soon "state when it is open" SYNACK state_of "$TALK" "$port"
		expect_match "who answers" '^server' "$(talk me ask "secure$mode")"
		expect_soon "state when it was answered" ESTABLISHED state_of "$TALK" "$port"
	done
	expect_success enough_memory
	expect_soon secure_tcp 1 setting secure_tcp
	expect_success setting secure_tcp 0
	expect_equal "opening" "ok 40000" "$(talk me open usual tcp "$VIP" 7000 40000)"
	expect_soon "state when it is open" ESTABLISHED state_of "$TALK" 40000
	# One that has begun by the one table goes on by the other.
	expect_success setting secure_tcp 3
	expect_match "who answers" '^server' "$(talk me ask usual)"
	expect_equal "closing" ok "$(talk me finish usual)"
	expect_soon "state of what both have closed" TIME_WAIT state_of "$TALK" 40000
}

# Where answers do not pass the director.
first_packet_is_taken_as_answered() {
	expect_success setting secure_tcp 3
	expect_success half_open 7200 41003 1
	expect_soon "state" SYNACK state_of "$DIRECT" 41003
	expect_success setting secure_tcp 0
	expect_success half_open 7200 41000 1
	expect_soon "state without it" SYN_RECV state_of "$DIRECT" 41000
}

half_open_ones_end_and_others_stay() {
	local i open flows left before
	for ((i = 0; i < OPEN; i++)); do
		expect_match "opening" '^ok' "$(talk me open "open$i" tcp "$VIP" 7000)"
		expect_match "who answers" '^server' "$(talk me ask "open$i")"
	done
	open=$(connections "$TALK")
	flows=$(connections "$DATAGRAMS")
	expect_success half_open 7100 30000 "$HALF_OPEN"
	left=$(connections "$DEAF" SYN_RECV)
	expect_range "half open" "$HALF_OPEN" $((HALF_OPEN + 20)) "$left"
	half=$left
	before=$(counted drop_entry)
	expect_success setting drop_entry 3
	# A 32nd of them each second.
	wait_until 30 half_open_less_than $((half - 150)) || fail "of $half half open ones there are $(connections "$DEAF") still"
	expect_success setting drop_entry 0
	left=$(connections "$DEAF")
	expect_range "that are still there" 1 $((half - 150)) "$left"
	expect_equal "open ones" "$open" "$(connections "$TALK")"
	expect_equal "flows of datagrams" "$flows" "$(connections "$DATAGRAMS")"
	for ((i = 0; i < OPEN; i++)); do
		expect_match "who answers" '^server' "$(talk me ask "open$i")"
	done
	if [ "$LB_BACKEND" = rvs ]; then
		# Two half open ones of another service may be among them.
		expect_range "counted" $((before + half - left)) $((before + half - left + 2)) "$(paths drop_entry)"
	fi
}

# Each client of a flood makes one; one that has reached its server stays.
templates_without_a_connection_end() {
	local kept=tcp/$VIP:7300
	expect_success lb_service_persistent "$kept" rr 300
	expect_success lb_server_add "$kept" "${SERVER_IPS[0]}:7000" 1
	expect_match "opening" '^ok' "$(talk me open kept tcp "$VIP" 7300)"
	expect_equal "who answers" server1 "$(talk me ask kept)"
	expect_success lb_service_persistent "$PERSISTENT" rr 300
	expect_success lb_server_add "$PERSISTENT" "${SERVER_IPS[2]}:7100" 1
	expect_success in_ns "$CLIENT" python3 -S "$HELPERS/syns.py" "$VIP" 7400 172.16.0.1 "$TEMPLATES"
	expect_equal "templates" "$TEMPLATES" "$(lb_persistent "$PERSISTENT" "${SERVER_IPS[2]}:7100")"
	expect_success setting drop_entry 3
	wait_until 50 templates_less_than $((TEMPLATES - 20)) || fail "all templates are still there"
	expect_success setting drop_entry 0
	expect_equal "templates of who was served" 1 "$(lb_persistent "$kept" "${SERVER_IPS[0]}:7000")"
	expect_equal "who answers" server1 "$(talk me ask kept)"
}

templates_less_than() {
	[ "$(lb_persistent "$PERSISTENT" "${SERVER_IPS[2]}:7100")" -lt "$1" ]
}

half_open_less_than() {
	[ "$(connections "$DEAF")" -lt "$1" ]
}

fewer_than() {
	[ "$(connections "$2")" -lt "$1" ]
}

# IPVS takes all that few packets have come of for what a flood has made; RVS what was not answered.
quiet_ones_end() {
	local open flows
	if [ -z "${QUIET-}" ]; then
		skip "QUIET=1 waits for that"
		return
	fi
	expect_success datagrams 23000 400
	open=$(connections "$TALK") flows=$(connections "$DATAGRAMS")
	expect_success setting drop_entry 3
	wait_until 100 fewer_than $((flows - 100)) "$DATAGRAMS" || fail "all flows of datagrams are still there"
	if [ "$LB_BACKEND" = rvs ]; then
		expect_equal "open ones" "$open" "$(connections "$TALK")"
	else
		wait_until 60 fewer_than "$open" "$TALK" || fail "all open connections are still there"
	fi
	expect_success setting drop_entry 0
}

test_begin
for i in 1 2; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000
done
in_ns "${SERVERS[2]}" nft -f - <<-END
	table ip deaf { chain input { type filter hook input priority 0; tcp dport 7100 drop; udp dport 7100 drop; }; }
END
# Where the clients of a flood are.
ip -n "$DIRECTOR" route add 172.16.0.0/12 via "$CLIENT_IP"
talk_client_start me "$CLIENT"
lb_begin "$TALK" rr "${SERVER_IPS[0]}:7000" "${SERVER_IPS[1]}:7000"
lb_begin "$DEAF" rr "${SERVER_IPS[2]}:7100"
lb_begin "$DATAGRAMS" rr "${SERVER_IPS[2]}:7100"
LB_FORWARD=dr lb_begin "$DIRECT" rr "${SERVER_IPS[2]}:7200"

ktap_run modes_follow_the_memory one_of_some_first_packets_is_dropped open_connections_pass_where_all_new_ones_are_dropped \
	packets_are_dropped_when_memory_is_short client_alone_establishes_nothing first_packet_is_taken_as_answered \
	half_open_ones_end_and_others_stay templates_without_a_connection_end quiet_ones_end
