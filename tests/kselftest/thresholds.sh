#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Connection thresholds: a server with as many connections as the upper one gets no new ones, until it has fewer than the
# lower one.
. "$(dirname "$0")/lib.sh"

SERVER1=${SERVER_IPS[0]}:7000
SERVER2=${SERVER_IPS[1]}:7000
# Each case has a service of its own, on a port of its own.
HYSTERESIS=tcp/$VIP:7004
THREE_QUARTERS=tcp/$VIP:7005
# What the client hears of an ICMP "port unreachable".
REFUSED=ECONNREFUSED

# open_one NAME PORT: a new connection; prints who answers it, or why there is none.
open_one() {
	local opened
	opened=$(talk me open "$1" tcp "$VIP" "$2")
	case $opened in
	ok*) talk me ask "$1" ;;
	*) echo "$opened" ;;
	esac
}

# open_many NAME PORT COUNT: prints how many each server answered, or refused: "server1=2 server2=4".
open_many() {
	talk me many "$1" "$3" tcp "$VIP" "$2"
}

# service_of PORT SCHEDULER SERVER1-WEIGHT,UPPER,LOWER SERVER2-WEIGHT,UPPER,LOWER
service_of() {
	local first second
	IFS=, read -ra first <<<"$3"
	IFS=, read -ra second <<<"$4"
	expect_success lb_service_add "tcp/$VIP:$1" "$2"
	expect_success lb_server_add "tcp/$VIP:$1" "$SERVER1" "${first[@]}"
	expect_success lb_server_add "tcp/$VIP:$1" "$SERVER2" "${second[@]}"
}

full_server_is_passed_over() {
	local scheduler port=7010
	for scheduler in rr wrr lc wlc; do
		service_of "$port" "$scheduler" 1,2,0 1,0,0
		expect_equal "$scheduler" "server1=2 server2=4" "$(open_many "$scheduler" "$port" 6)"
		port=$((port + 1))
	done
}

all_full_is_refused() {
	service_of 7001 rr 1,2,0 1,3,0
	expect_equal "answers" "$REFUSED=2 server1=2 server2=3" "$(open_many all 7001 7)"
	expect_match "who answers on the first connection" '^server[12]$' "$(talk me ask all.1)"
}

thresholds_can_be_moved() {
	local service=tcp/$VIP:7001
	# As many as it has.
	expect_equal "connections" "2 0" "$(lb_connections "$service" "$SERVER1")"
	expect_success lb_server_set "$service" "$SERVER1" 1 3 0
	expect_equal "with room for one" "$REFUSED=1 server1=1" "$(open_many room 7001 2)"
	# Neither full by the new thresholds nor below the lower one: it stays what it was.
	expect_success lb_server_set "$service" "$SERVER1" 1 5 2
	expect_equal "between the thresholds" "$REFUSED=1" "$(open_many between 7001 1)"
	expect_success lb_server_set "$service" "$SERVER1" 1 5 4
	expect_equal "below the lower threshold" "$REFUSED=1 server1=2" "$(open_many below 7001 3)"
	expect_success lb_server_set "$service" "$SERVER1" 1 0 0
	expect_equal "without thresholds" "server1=3" "$(open_many free 7001 3)"
	# More than it has is no overload, and less is one at once.
	expect_success lb_server_set "$service" "$SERVER1" 1 100 0
	expect_equal "with a high threshold" "server1=1" "$(open_many high 7001 1)"
	expect_success lb_server_set "$service" "$SERVER1" 1 4 1
	expect_equal "with a low threshold" "$REFUSED=1" "$(open_many low 7001 1)"
}

no_weight_is_no_room() {
	local service=tcp/$VIP:7002
	service_of 7002 rr 1,1,0 0,0,0
	expect_equal "one full, one without weight" "$REFUSED=1 server1=1" "$(open_many weight 7002 2)"
	expect_success lb_server_set "$service" "$SERVER2" 1 0 0
	expect_equal "with weight" "server2=2" "$(open_many weighty 7002 2)"
	# A weight does not open a full one.
	expect_success lb_server_set "$service" "$SERVER2" 0 0 0
	expect_success lb_server_set "$service" "$SERVER1" 50 1 0
	expect_equal "a full one with more weight" "$REFUSED=1" "$(open_many heavy 7002 1)"
}

returning_server_is_as_full_as_it_was() {
	local service=tcp/$VIP:7003
	service_of 7003 rr 1,0,0 1,0,0
	expect_equal "answers" "server1=3 server2=3" "$(open_many return 7003 6)"
	expect_success lb_server_del "$service" "$SERVER1"
	expect_success lb_server_add "$service" "$SERVER1" 1 3 0
	expect_equal "with a threshold of its connections" "server2=2" "$(open_many returned 7003 2)"
	expect_success lb_server_del "$service" "$SERVER1"
	# Between the thresholds it stays full; below both it is not.
	expect_success lb_server_add "$service" "$SERVER1" 1 4 3
	expect_equal "between its thresholds" "server2=2" "$(open_many kept 7003 2)"
	expect_success lb_server_del "$service" "$SERVER1"
	expect_success lb_server_add "$service" "$SERVER1" 1 4 4
	expect_equal "with thresholds of one more" "server1=1 server2=2" "$(open_many again 7003 3)"
}

# fill SERVICE PORT NAME UPPER LOWER: one server, with as many connections as it takes.
fill() {
	expect_success lb_service_add "$1" rr
	expect_success lb_server_add "$1" "$SERVER1" 1 "$4" "$5"
	expect_equal "$3: filled" "$REFUSED=1 server1=$4" "$(open_many "$3" "$2" $(($4 + 1)))"
}

# end NAME NUMBER...: connections are reset.
end() {
	local name=$1 number
	shift
	for number; do
		expect_equal "reset of $name.$number" ok "$(talk me reset "$name.$number")"
	done
}

# left SERVICE COUNT: until this many are left; the timeout of those that were reset is 10 seconds.
left() {
	wait_until 40 prints "$2 0" lb_connections "$1" "$SERVER1" ||
		fail "$1: $2 active connections expected, saw $(lb_connections "$1" "$SERVER1")"
}

below_the_lower_threshold_it_is_chosen_again() {
	# Below 2, and below three quarters of 8.
	fill "$HYSTERESIS" 7004 given 4 2
	fill "$THREE_QUARTERS" 7005 quarters 8 0
	end given 1 2
	end quarters 1 2
	# They are closed, and still connections of the server.
	expect_equal "given: just closed" "$REFUSED" "$(open_one soon 7004)"
	expect_equal "quarters: just closed" "$REFUSED" "$(open_one soon 7005)"
	left "$HYSTERESIS" 2
	left "$THREE_QUARTERS" 6
	expect_equal "given: as many as the lower threshold" "$REFUSED" "$(open_one equal 7004)"
	expect_equal "quarters: as many as three quarters" "$REFUSED" "$(open_one equal 7005)"
	end given 3
	end quarters 3
	left "$HYSTERESIS" 1
	left "$THREE_QUARTERS" 5
	expect_equal "given: filled again" "$REFUSED=1 server1=3" "$(open_many more 7004 4)"
	expect_equal "quarters: filled again" "$REFUSED=1 server1=3" "$(open_many most 7005 4)"
}

wrong_thresholds_are_refused() {
	local service=tcp/$VIP:7006 before
	service_of 7006 rr 1,5,3 1,0,0
	before=$(lb_configuration)
	! lb_server_add "$service" "${SERVER_IPS[2]}:7000" 1 4 5 2>"$TEST_DIR/refusal" ||
		fail "a server with a lower threshold above the upper one was added"
	expect_equal "lines of the refusal" 1 "$(wc -l <"$TEST_DIR/refusal")"
	! lb_server_set "$service" "$SERVER1" 1 3 4 2>"$TEST_DIR/refusal" ||
		fail "the lower threshold was set above the upper one"
	! lb_server_set "$service" "$SERVER1" 1 0 1 2>"$TEST_DIR/refusal" ||
		fail "a lower threshold was set without an upper one"
	expect_equal "configuration" "$before" "$(lb_configuration)"
}

what_is_not_named_stays() {
	if [ "$LB_BACKEND" = ipvs ]; then
		skip "ipvsadm sets all to what it is told or to nothing"
		return
	fi
	local service=tcp/$VIP:7006
	expect_success director_rvsadm server set "$service" "$SERVER1" --weight 7
	expect_equal "thresholds" "5 3" "$(server_members "$service" "$SERVER1" upper_threshold lower_threshold)"
	expect_success director_rvsadm server set "$service" "$SERVER1" --upper-threshold 6
	expect_equal "all three" "7 6 3" "$(server_members "$service" "$SERVER1" weight upper_threshold lower_threshold)"
	expect_match "refusal" "^rvsadm: server set: --upper-threshold 2: the lower threshold is higher than the upper one" \
		"$(director_rvsadm server set "$service" "$SERVER1" --upper-threshold 2 2>&1)"
}

overload_is_shown() {
	if [ "$LB_BACKEND" = ipvs ]; then
		skip "ipvsadm does not tell"
		return
	fi
	expect_equal "full" true "$(server_members "$HYSTERESIS" "$SERVER1" overloaded)"
	expect_equal "not full" false "$(server_members "tcp/$VIP:7006" "$SERVER1" overloaded)"
	expect_match "table" "$SERVER1 +nat +1 +4/2,full " "$(director_rvsadm show "$HYSTERESIS")"
}

test_begin
for i in 1 2; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000
done
talk_client_start me "$CLIENT"

ktap_run \
	full_server_is_passed_over \
	all_full_is_refused \
	thresholds_can_be_moved \
	no_weight_is_no_room \
	returning_server_is_as_full_as_it_was \
	below_the_lower_threshold_it_is_chosen_again \
	wrong_thresholds_are_refused \
	what_is_not_named_stays \
	overload_is_shown
