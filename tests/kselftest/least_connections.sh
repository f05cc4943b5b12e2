#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Least connections over many servers: a new connection goes where fewest are, whatever has happened since the last one.
#
# Each expectation is the same reasoning: connections that are opened one after the other fill the servers that have
# fewest for their weight, until all have the same.
. "$(dirname "$0")/lib.sh"

SERVICE=tcp/$VIP:7000
SWITCHED=tcp/$VIP:7001
COUNT=40
PORTS=()
for ((port = 8001; port <= 8000 + COUNT; port++)); do
	PORTS+=("$port")
done

# server NUMBER: all are one machine, which tells them from each other by their ports.
server() {
	echo "${SERVER_IPS[0]}:${PORTS[$1]}"
}

# service_of_all SERVICE SCHEDULER
service_of_all() {
	local number
	expect_success lb_service_add "$1" "$2"
	for number in "${!PORTS[@]}"; do
		echo "server_add $1 $(server "$number") 1"
	done | lb_changes || fail "a server of $1 was refused"
}

# open_many NAME COUNT [PORT]: NAME.1 to NAME.COUNT, one after the other, each established before the next.
open_many() {
	expect_equal "answers to $1" "server1=$2" "$(talk me many "$1" "$2" tcp "$VIP" "${3-7000}")"
}

# reset_of NAME...
reset_of() {
	local name
	for name; do
		expect_equal "reset of $name" ok "$(talk me reset "$name")"
	done
}

# connections SERVICE [NUMBER...]: how many servers, of these or all, have how many: "38*2+0 2*1+1", active and not.
connections() {
	local service=$1 number wanted=()
	shift
	for number; do
		wanted+=("${SERVER_IPS[0]}:${PORTS[number]}")
	done
	lb_connections_of_all "$service" |
		awk -v wanted="${wanted[*]-}" '
			BEGIN { count = split(wanted, list, " "); for (i in list) wants[list[i]] }
			!count || $1 in wants { print $2, $3 }' |
		sort -n | uniq -c | awk '{ printf "%s%d*%d+%d", (NR > 1 ? " " : ""), $1, $2, $3 } END { print "" }'
}

# active SERVICE: how many servers have how many active ones.
active() {
	lb_connections_of_all "$1" | cut -d' ' -f2 | sort -n | uniq -c |
		awk '{ printf "%s%d*%d", (NR > 1 ? " " : ""), $1, $2 } END { print "" }'
}

new_ones_go_where_fewest_are() {
	service_of_all "$SERVICE" wlc
	open_many first 40
	expect_equal "after a round" "40*1+0" "$(connections "$SERVICE")"
	open_many second 40
	expect_equal "after two rounds" "40*2+0" "$(connections "$SERVICE")"
}

what_ended_is_made_up_for() {
	# Of two servers one each, of a third both.
	reset_of first.7 first.21 second.21 second.38
	wait_until 5 prints "1*0 2*1 37*2" active "$SERVICE" || fail "after the resets: $(active "$SERVICE")"
	# Those that are closed count little, and less when their time is over.
	open_many made_up 4
	expect_equal "with as many new ones" "40*2" "$(active "$SERVICE")"
	wait_until 40 prints "40*2+0" connections "$SERVICE" || fail "later: $(connections "$SERVICE")"
	open_many third 40
	expect_equal "after another round" "40*3+0" "$(connections "$SERVICE")"
}

what_expired_is_made_up_for() {
	reset_of third.{1..40..3}
	wait_until 40 prints "14*2+0 26*3+0" connections "$SERVICE" || fail "later: $(connections "$SERVICE")"
	open_many expired 14
	expect_equal "with as many new ones" "40*3+0" "$(connections "$SERVICE")"
}

weights_and_thresholds_are_followed_at_once() {
	# Three times as many belong there, which makes nine.
	expect_success lb_server_weight "$SERVICE" "$(server 12)" 3
	open_many heavy 6
	expect_equal "the heavier one" "1*9+0" "$(connections "$SERVICE" 12)"
	expect_equal "all" "39*3+0 1*9+0" "$(connections "$SERVICE")"
	# Without one that is full and one without weight.
	expect_success lb_server_weight "$SERVICE" "$(server 12)" 0
	expect_success lb_server_set "$SERVICE" "$(server 30)" 1 3 0
	open_many passed_over 38
	expect_equal "the full one" "1*3+0" "$(connections "$SERVICE" 30)"
	expect_equal "all" "1*3+0 38*4+0 1*9+0" "$(connections "$SERVICE")"
	expect_success lb_server_set "$SERVICE" "$(server 30)" 1 0 0
	open_many room 1
	expect_equal "not full any more" "1*4+0" "$(connections "$SERVICE" 30)"
	# It takes one until it is full, all others another one.
	expect_success lb_server_set "$SERVICE" "$(server 30)" 1 5 0
	open_many filled 39
	expect_equal "all but one" "39*5+0 1*9+0" "$(connections "$SERVICE")"
	open_many beyond 38
	expect_equal "the full one" "1*5+0" "$(connections "$SERVICE" 30)"
	expect_equal "all" "1*5+0 38*6+0 1*9+0" "$(connections "$SERVICE")"
}

servers_go_and_return() {
	# 5 returns with its connections, 6 does not; 12 is without weight, 30 full.
	expect_success lb_server_del "$SERVICE" "$(server 5)"
	expect_success lb_server_del "$SERVICE" "$(server 6)"
	open_many fewer 36
	expect_equal "all that are left" "1*5+0 36*7+0 1*9+0" "$(connections "$SERVICE")"
	expect_success lb_server_add "$SERVICE" "$(server 5)" 1
	open_many returned 1
	expect_equal "the one that returned" "1*7+0" "$(connections "$SERVICE" 5)"
	open_many again 37
	expect_equal "all" "1*5+0 37*8+0 1*9+0" "$(connections "$SERVICE")"
}

another_scheduler_makes_up_for_what_was_before() {
	service_of_all "$SWITCHED" rr
	open_many turns 60 7001
	expect_equal "in turns" "20*1+0 20*2+0" "$(connections "$SWITCHED")"
	expect_success lb_service_set "$SWITCHED" lc
	open_many even 20 7001
	expect_equal "evened out" "40*2+0" "$(connections "$SWITCHED")"
	expect_success lb_service_set "$SWITCHED" rr
	reset_of turns.{1..5}
	wait_until 40 prints "5*1+0 35*2+0" connections "$SWITCHED" || fail "later: $(connections "$SWITCHED")"
	expect_success lb_service_set "$SWITCHED" wlc
	open_many least 5 7001
	expect_equal "evened out again" "40*2+0" "$(connections "$SWITCHED")"
}

# Two clients at the same time, one of which ends its connections while the other opens more.
crowd_leaves_all_even() {
	local counts most missing
	for _ in 1 2; do
		tell one open 120
		tell other open 120
		expect_equal "one opens" ok "$(hear one)"
		expect_equal "other opens" ok "$(hear other)"
		tell one reset
		tell other open 40
		expect_equal "one resets" ok "$(hear one)"
		expect_equal "other opens more" ok "$(hear other)"
		tell other reset
		tell one open 100
		expect_equal "other resets" ok "$(hear other)"
		expect_equal "one opens again" ok "$(hear one)"
	done
	# What one has opened last, and the 80 of before. Those that were reset are over in a while.
	wait_until 60 only_active 180 "$SWITCHED" || fail "left: $(connections "$SWITCHED")"
	counts=$(active "$SWITCHED")
	diagnose "connections after the crowd: $counts"
	# What is missing until all have as many as the one that has most.
	most=${counts##*\*}
	missing=$((COUNT * most - 180))
	open_many fill "$missing" 7001
	expect_equal "filled up to $most" "40*$most+0" "$(connections "$SWITCHED")"
}

# only_active COUNT SERVICE: so many connections, all active.
only_active() {
	lb_connections_of_all "$2" |
		awk -v count="$1" '{ active += $2; inactive += $3 } END { exit !(active == count && inactive == 0) }'
}

test_begin
talk_server_start "${SERVERS[0]}" server1 "${PORTS[@]/#/tcp:}"
talk_client_start me "$CLIENT"
talk_start one "$CLIENT" tcp_flows.py "$VIP" 7001
talk_start other "$CLIENT" tcp_flows.py "$VIP" 7001

ktap_run \
	new_ones_go_where_fewest_are \
	what_ended_is_made_up_for \
	what_expired_is_made_up_for \
	weights_and_thresholds_are_followed_at_once \
	servers_go_and_return \
	another_scheduler_makes_up_for_what_was_before \
	crowd_leaves_all_even
