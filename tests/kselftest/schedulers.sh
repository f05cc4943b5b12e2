#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where schedulers send real connections. What each chooses in all detail is replayed from recordings of IPVS
# (tests/logic/vectors); here are the cases that say what it is for, through module and configuration.
. "$(dirname "$0")/lib.sh"

# What the client hears of an ICMP "port unreachable".
REFUSED=ECONNREFUSED
SERVERS_7000=("${SERVER_IPS[@]/%/:7000}")

# open_one NAME PORT: a new connection to this port of the VIP; prints who answers it, or why there is none.
open_one() {
	local opened
	opened=$(talk me open "$1" tcp "$VIP" "$2")
	case $opened in
	ok*) talk me ask "$1" ;;
	*) echo "$opened" ;;
	esac
}

# open_many NAME PORT COUNT: prints who answers each, by number: "3 2 1".
open_many() {
	local number answers=
	for ((number = 1; number <= $3; number++)); do
		answers+=" $(open_one "$1.$number" "$2")"
	done
	answers=${answers// server/ }
	echo "${answers# }"
}

# service_of PORT SCHEDULER WEIGHT...: with a server for each weight, server1 first; the newest is the first to be looked at.
service_of() {
	local service=tcp/$VIP:$1 i=0 weight
	expect_success lb_service_add "$service" "$2"
	shift 2
	for weight; do
		expect_success lb_server_add "$service" "${SERVERS_7000[i++]}" "$weight"
	done
}

# servers_of ANSWERS: the numbers of servers that answered.
servers_of() {
	local numbers=${1// server/ }
	echo "${numbers# }"
}

# IPVS begins anew: the first in the list, which is server3, gets all.
same_weight_again_changes_nothing() {
	local service=tcp/$VIP:7001 seen='' number expected="3 2 1 3 2 1"
	service_of 7001 wrr 1 1 1
	for number in {1..6}; do
		seen+=" $(open_one "same.$number" 7001)"
		expect_success lb_server_weight "$service" "${SERVERS_7000[1]}" 1
	done
	[ "$LB_BACKEND" = rvs ] || expected="3 3 3 3 3 3"
	expect_equal "who answers" "$expected" "$(servers_of "$seen")"
}

# By all that a health checker says again: weight, thresholds, forward method; scheduler of the service.
same_settings_again_change_nothing() {
	local service=tcp/$VIP:7002 seen='' number expected="3 2 1 3 2 1"
	service_of 7002 wrr 2 2 2
	for number in {1..6}; do
		seen+=" $(open_one "settings.$number" 7002)"
		expect_success lb_server_set "$service" "${SERVERS_7000[0]}" 2 0 0
		expect_success lb_service_set "$service" wrr
	done
	[ "$LB_BACKEND" = rvs ] || expected="3 3 3 3 3 3"
	expect_equal "who answers" "$expected" "$(servers_of "$seen")"
}

# Other thresholds are none of the scheduler's business either.
other_thresholds_do_not_restart_the_scheduler() {
	local service=tcp/$VIP:7003 seen='' number expected="3 2 1 3 2 1"
	service_of 7003 wrr 1 1 1
	for number in {1..6}; do
		seen+=" $(open_one "thresholds.$number" 7003)"
		expect_success lb_server_set "$service" "${SERVERS_7000[0]}" 1 "$((100 + number))" 0
	done
	[ "$LB_BACKEND" = rvs ] || expected="3 3 3 3 3 3"
	expect_equal "who answers" "$expected" "$(servers_of "$seen")"
}

# Another weight does begin a round, as with IPVS.
another_weight_begins_anew() {
	local service=tcp/$VIP:7004
	service_of 7004 wrr 1 1 1
	expect_equal "two of a round" "3 2" "$(open_many before 7004 2)"
	expect_success lb_server_weight "$service" "${SERVERS_7000[1]}" 2
	# The round goes on at the required weight where it was, from the head of the list; then comes one of the heavier.
	expect_equal "from the head" "3 2 1 2" "$(open_many after 7004 4)"
}

failover_goes_to_the_heaviest() {
	local service=tcp/$VIP:7010
	service_of 7010 fo 1 5 3
	expect_equal "to the heaviest" "2 2 2 2" "$(open_many heaviest 7010 4)"
	expect_success lb_server_weight "$service" "${SERVERS_7000[1]}" 0
	expect_equal "without it" "3 3" "$(open_many second 7010 2)"
	expect_success lb_server_set "$service" "${SERVERS_7000[2]}" 3 3 0
	expect_equal "when the second is full" "3 1 1" "$(open_many full 7010 3)"
	expect_success lb_server_weight "$service" "${SERVERS_7000[1]}" 5
	expect_equal "when it is back" "2 2" "$(open_many back 7010 2)"
}

# A server is full when more connections are active than it has weight.
overflow_goes_on_to_the_next() {
	service_of 7011 ovf 1 2 3
	expect_equal "until all are full" "3 3 3 3 2 2 2 1 1 $REFUSED" "$(open_many over 7011 10)"
	expect_equal "reset" ok "$(talk me reset over.5)"
	expect_equal "where one has ended" "2 $REFUSED" "$(open_many room 7011 2)"
}

# (active + 1) / weight: 1/3 1/2 1/1, 2/3 1/2 1/1, 2/3 2/2 1/1, 3/3 2/2 1/1, 4/3 2/2 1/1, 4/3 3/2 1/1.
sed_expects_the_new_connection() {
	service_of 7012 sed 1 2 3
	expect_equal "a round" "3 2 3 3 2 1" "$(open_many round 7012 6)"
	expect_equal "another one" "3 2 3 3 2 1" "$(open_many again 7012 6)"
}

# The idle ones in the order of the list, then as sed: 2/3 2/2 2/1, 3/3 2/2 2/1, 4/3 2/2 2/1.
nq_leaves_nobody_idle() {
	service_of 7013 nq 1 2 3
	expect_equal "idle ones first" "3 2 1 3 3 2" "$(open_many idle 7013 6)"
	expect_equal "reset" ok "$(talk me reset idle.3)"
	expect_equal "the idle one, then as before" "1 3" "$(open_many left 7013 2)"
}

# The address alone decides. Its hash is the 8 highest bits of its product with 0x61c88647, and slots belong to server3,
# server2 and server1 in turn.
dh_goes_by_the_address_of_the_service() {
	local address slot wanted
	for address in "$VIP" 198.51.100.2 198.51.100.3; do
		[ "$address" = "$VIP" ] || ip -n "$DIRECTOR" addr add "$address/32" dev lo
		local VIP=$address
		service_of 7014 dh 1 50 3
		slot=$(((0xc6336400 + ${address##*.}) * 0x61c88647 % (1 << 32) >> 24))
		wanted=$((3 - slot % 3))
		expect_equal "of $address" "$wanted $wanted $wanted" "$(open_many "dh$address" 7014 3)"
		expect_success lb_server_weight "tcp/$address:7014" "${SERVERS_7000[wanted - 1]}" 0
		expect_equal "without it" "$REFUSED" "$(open_many "no$address" 7014 1)"
	done
}

# Of the 48 connections each server gets about 16, as the less loaded of two is preferred. More than seven more or less come
# up a few times in a million runs. tests/logic has the rule for every two draws.
twos_prefers_the_less_loaded() {
	local service=tcp/$VIP:7015 answers i
	service_of 7015 twos 100 100 100
	expect_success lb_server_weight "$service" "${SERVERS_7000[0]}" 0
	answers=$(open_many pair 7015 8)
	expect_equal "to one without weight" "" "${answers//[23 ]/}"
	expect_success lb_server_weight "$service" "${SERVERS_7000[0]}" 100
	open_many all 7015 40 >"$TEST_DIR/answers"
	for i in 0 1 2; do
		expect_range "connections of server$((i + 1))" 9 23 "$(lb_connections "$service" "${SERVERS_7000[i]}" | cut -d' ' -f1)"
	done
}

# What belongs to an address stays with its server until more connections are active there than it has weight, and another
# one has less than half as many as its own.
lblc_stays_until_its_server_is_busy() {
	local service=tcp/$VIP:7017
	service_of 7017 lblc 1 2 2
	expect_equal "first the least loaded, then the same" "3 3 3" "$(open_many same 7017 3)"
	# It has 3 of 2. Server2 is chosen, and keeps it until it has 3 as well; what has no room then stays.
	expect_equal "when it is busy" "2 2 2" "$(open_many busy 7017 3)"
	expect_equal "when server1 alone has room" "1 1" "$(open_many room 7017 2)"
	expect_equal "when nobody has" "1 1" "$(open_many stays 7017 2)"
	expect_success lb_server_weight "$service" "${SERVERS_7000[0]}" 0
	# 3 for 2 each: the first of both, which is busy, but nobody has room.
	expect_equal "without it" "3 3" "$(open_many without 7017 2)"
}

lblc_remembers_over_changes() {
	local service=tcp/$VIP:7018
	service_of 7018 lblc 10 10 10
	expect_equal "before" "3 3" "$(open_many before 7018 2)"
	expect_success lb_server_weight "$service" "${SERVERS_7000[0]}" 20
	expect_equal "after a change of another" "3 3" "$(open_many changed 7018 2)"
	expect_success lb_server_del "$service" "${SERVERS_7000[1]}"
	expect_success lb_server_add "$service" "${SERVERS_7000[1]}" 10
	expect_equal "when another has gone and returned" "3 3" "$(open_many moved 7018 2)"
	expect_success lb_server_del "$service" "${SERVERS_7000[2]}"
	expect_success lb_server_add "$service" "${SERVERS_7000[2]}" 10
	expect_equal "when it has gone and returned" "3 3" "$(open_many returned 7018 2)"
	expect_success lb_server_del "$service" "${SERVERS_7000[2]}"
	expect_equal "without it" "2 2" "$(open_many without 7018 2)"
	expect_success lb_server_add "$service" "${SERVERS_7000[2]}" 10
	expect_equal "with it again" "2" "$(open_many again 7018 1)"
	expect_success lb_service_set "$service" lblcr
	# Another scheduler knows nothing of that: server1 has least.
	expect_equal "with another scheduler" "1 1" "$(open_many other 7018 2)"
}

# The set grows by one when the least of it is busy; of the set the least loaded is chosen.
lblcr_spreads_over_a_set() {
	service_of 7019 lblcr 2 2 8
	expect_equal "alone" "3 3 3 3 3 3 3 3 3" "$(open_many alone 7019 9)"
	expect_equal "busy: another one joins" "2" "$(open_many joins 7019 1)"
	# 1/2 and 9/8.
	expect_equal "the least of both" "2 2" "$(open_many both 7019 2)"
	# 3/2 and 9/8.
	expect_equal "which is busy: the third joins" "1 1 1" "$(open_many third 7019 3)"
	expect_equal "all are busy: the least" "3" "$(open_many all 7019 1)"
}

# IPVS lets a server have more that it had before.
lblc_respects_thresholds() {
	local service=tcp/$VIP:7020 expected="3 3 2 2"
	service_of 7020 lblc 9 9 9
	expect_success lb_server_set "$service" "${SERVERS_7000[2]}" 9 2 0
	[ "$LB_BACKEND" = rvs ] || expected="3 3 3 3"
	expect_equal "beyond the threshold" "$expected" "$(open_many full 7020 4)"
}

# IPVS looks for what is over every half an hour.
lblc_forgets_in_time() {
	local service=tcp/$VIP:7021 expected=2
	[ "$LB_BACKEND" = rvs ] || expected=3
	service_of 7021 lblc 9 9 9
	expect_equal "before" "3 3" "$(open_many before 7021 2)"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.lblc_expiration=1
	sleep 1.1
	expect_equal "when it is forgotten" "$expected" "$(open_many over 7021 1)"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.lblc_expiration=86400
	expect_equal "when it is remembered again" "$expected" "$(open_many again 7021 1)"
}

without_a_scheduler_nobody_gets_one() {
	local service=tcp/$VIP:7016
	service_of 7016 none 1 1 1
	expect_equal "without" "$REFUSED $REFUSED" "$(open_many none 7016 2)"
	expect_success lb_service_set "$service" rr
	expect_equal "with one" "3 2 1" "$(open_many some 7016 3)"
	expect_success lb_service_set "$service" none
	expect_equal "without again" "$REFUSED" "$(open_many again 7016 1)"
	expect_equal "one of before" server3 "$(talk me ask some.1)"
}

test_begin
for i in 1 2 3; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000
done
talk_client_start me "$CLIENT"

ktap_run \
	same_weight_again_changes_nothing \
	same_settings_again_change_nothing \
	other_thresholds_do_not_restart_the_scheduler \
	another_weight_begins_anew \
	failover_goes_to_the_heaviest \
	overflow_goes_on_to_the_next \
	sed_expects_the_new_connection \
	nq_leaves_nobody_idle \
	dh_goes_by_the_address_of_the_service \
	twos_prefers_the_less_loaded \
	lblc_stays_until_its_server_is_busy \
	lblc_remembers_over_changes \
	lblcr_spreads_over_a_set \
	lblc_respects_thresholds \
	lblc_forgets_in_time \
	without_a_scheduler_nobody_gets_one
