#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where schedulers send real connections. What each chooses in all detail is replayed from recordings of IPVS
# (tests/logic/vectors); here are the cases that say what it is for, through module and configuration.
. "$(dirname "$0")/lib.sh"

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

# IPVS begins anew: the first in the list, which is server3, gets all.
same_weight_again_changes_nothing() {
	local service=tcp/$VIP:7001 seen='' number expected="3 2 1 3 2 1"
	service_of 7001 wrr 1 1 1
	for number in {1..6}; do
		seen+=" $(open_one "same.$number" 7001)"
		expect_success lb_server_weight "$service" "${SERVERS_7000[1]}" 1
	done
	[ "$LB_BACKEND" = rvs ] || expected="3 3 3 3 3 3"
	expect_equal "who answers" "$expected" "$(echo "${seen// server/ }" | sed 's/^ //')"
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
	expect_equal "who answers" "$expected" "$(echo "${seen// server/ }" | sed 's/^ //')"
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
	expect_equal "who answers" "$expected" "$(echo "${seen// server/ }" | sed 's/^ //')"
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

test_begin
for i in 1 2 3; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000
done
talk_client_start me "$CLIENT"

ktap_run \
	same_weight_again_changes_nothing \
	same_settings_again_change_nothing \
	other_thresholds_do_not_restart_the_scheduler \
	another_weight_begins_anew
