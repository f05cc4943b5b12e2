#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What services and namespaces have counted, while servers leave and return, and from zero again; how much of it there
# is in a second.
. "$(dirname "$0")/lib.sh"

ECHO=udp/$VIP:7000
OTHER=udp/$VIP:7100
ONE=${SERVER_IPS[0]}:7000
TWO=${SERVER_IPS[1]}:7000

# What a question holds. The answer has the name of the server before it, and both have 28 bytes of headers.
PAYLOAD=16
QUESTION=$((28 + PAYLOAD))
PREFIX="server1 "
ANSWER=$((QUESTION + ${#PREFIX}))

# flows N TIMES NAME PORT: N new flows, each asks so often.
flows() {
	local i time
	for ((i = 1; i <= $1; i++)); do
		expect_match "opening $3$i" '^ok' "$(talk me open "$3$i" udp "$VIP" "$4")"
		for ((time = 1; time <= $2; time++)); do
			expect_match "who answers $3$i" '^server' "$(talk me ask "$3$i" 5 "$PAYLOAD")"
		done
	done
}

# counters_of CONNECTIONS PACKETS: what is counted for so many packets each way.
counters_of() {
	echo "$1 $2 $2 $(($2 * QUESTION)) $(($2 * ANSWER))"
}

# expect_counters WHAT CONNECTIONS PACKETS COMMAND...
expect_counters() {
	local what=$1 expected
	expected=$(counters_of "$2" "$3")
	shift 3
	lb_counters_settle
	expect_equal "$what" "$expected" "$("$@")"
}

# What all CPUs have counted together, by the line of each in the file that has one, in hexadecimal.
cpu_totals() {
	local sums=(0 0 0 0 0) columns i
	# The first column is the number of the CPU.
	while read -ra columns; do
		for i in "${!sums[@]}"; do
			sums[i]=$((sums[i] + 16#${columns[i + 1]}))
		done
	done < <(in_ns "$DIRECTOR" sed -n '3,/~/{ /~/d; p }' /proc/net/ip_vs_stats_percpu)
	echo "${sums[@]}"
}

service_counts_what_its_servers_do() {
	flows 4 2 a 7000
	expect_counters "the service" 4 8 lb_service_counters "$ECHO"
	expect_counters "its servers" 4 8 lb_sum "$ECHO" "$ONE" "$TWO"
	expect_counters "the namespace" 4 8 lb_totals
}

total_stays_when_a_server_leaves() {
	expect_success lb_server_del "$ECHO" "$ONE"
	expect_counters "the service" 4 8 lb_service_counters "$ECHO"
	expect_counters "the server that is left" 2 4 lb_counters "$ECHO" "$TWO"
	flows 2 1 b 7000
	expect_counters "the service" 6 10 lb_service_counters "$ECHO"
	expect_counters "the namespace" 6 10 lb_totals
}

total_stays_when_it_returns() {
	expect_success lb_server_add "$ECHO" "$ONE" 1
	expect_counters "the service" 6 10 lb_service_counters "$ECHO"
	expect_counters "the server that returned" 2 4 lb_counters "$ECHO" "$ONE"
	flows 2 1 c 7000
	expect_counters "the service" 8 12 lb_service_counters "$ECHO"
	expect_counters "the namespace" 8 12 lb_totals
}

zero_of_one_service() {
	flows 1 1 d 7100
	expect_success lb_zero "$ECHO"
	expect_counters "the service" 0 0 lb_service_counters "$ECHO"
	expect_counters "its servers" 0 0 lb_sum "$ECHO" "$ONE" "$TWO"
	expect_counters "another service" 1 1 lb_service_counters "$OTHER"
	expect_counters "the namespace" 9 13 lb_totals
	flows 2 2 e 7000
	expect_counters "the service" 2 4 lb_service_counters "$ECHO"
	expect_counters "its servers" 2 4 lb_sum "$ECHO" "$ONE" "$TWO"
	expect_counters "the namespace" 11 17 lb_totals
}

server_leaves_and_returns_after_zero() {
	expect_success lb_server_del "$ECHO" "$ONE"
	expect_counters "the service" 2 4 lb_service_counters "$ECHO"
	expect_success lb_server_add "$ECHO" "$ONE" 1
	expect_counters "the service" 2 4 lb_service_counters "$ECHO"
}

namespace_remembers_a_service_that_is_gone() {
	expect_success lb_service_del "$OTHER"
	expect_counters "the namespace" 11 17 lb_totals
	lb_begin "$OTHER" rr "$ONE"
	expect_counters "the service that is new" 0 0 lb_service_counters "$OTHER"
	expect_counters "the namespace" 11 17 lb_totals
	expect_counters "its CPUs" 11 17 cpu_totals
}

zero_of_all() {
	expect_success lb_zero
	expect_counters "the service" 0 0 lb_service_counters "$ECHO"
	expect_counters "its servers" 0 0 lb_sum "$ECHO" "$ONE" "$TWO"
	expect_counters "the namespace" 0 0 lb_totals
	flows 1 3 f 7000
	expect_counters "the service" 1 3 lb_service_counters "$ECHO"
	expect_counters "the namespace" 1 3 lb_totals
	# What each CPU has counted stays.
	expect_counters "its CPUs" 12 20 cpu_totals
}

# The load: datagrams a second, how many of each connection, and so connections a second.
RATE=100
# As much as goes beside the tools that ask where everything takes several times as long.
[ "$patience" = 1 ] || RATE=20
OF_EACH=5
CPS=$((RATE / OF_EACH))
RATES=("$CPS" "$RATE" "$RATE" "$((RATE * QUESTION))" "$((RATE * ANSWER))")
NOTHING="0 0 0 0 0"

# are_of_the_load PERCENT COMMAND...: the rates that it prints are within so many percent of those of the load.
are_of_the_load() {
	local percent=$1 seen i
	shift
	read -ra seen < <("$@")
	for i in "${!RATES[@]}"; do
		[ $((seen[i] * 100)) -ge $((RATES[i] * (100 - percent))) ] || return 1
		[ $((seen[i] * 100)) -le $((RATES[i] * (100 + percent))) ] || return 1
	done
}

# expect_rates WHAT PERCENT COMMAND...: now, or within the next intervals: a load that a busy machine holds up for a moment
# is made up for in the one after it. Who asks all the time takes the time from the load.
expect_rates() {
	local what=$1 tries
	shift
	for ((tries = 0; tries < 5; tries++)); do
		! are_of_the_load "$@" || return 0
		sleep 4
	done
	fail "$what: $1 percent about ${RATES[*]}, saw '$("${@:2}")'"
}

# The average takes 20 seconds to 94 percent of a load that begins, and then stays there. One connection more or less in
# an interval of forty is a percent of it.
rates_are_those_of_a_constant_load() {
	local sent
	expect_success lb_zero
	expect_equal "the service before it" "$NOTHING" "$(lb_rates "$ECHO")"
	talk_start load "$CLIENT" udp_load.py "$VIP" 7000 "$RATE" "$OF_EACH" "$PAYLOAD"
	sleep 24
	expect_rates "the service at first" 6 lb_rates "$ECHO"
	sleep 4
	expect_rates "the service" 6 lb_rates "$ECHO"
	expect_rates "the namespace" 6 lb_total_rates
	expect_rates "its servers" 6 both_servers
	expect_equal "another service" "$NOTHING" "$(lb_rates "$OTHER")"
	sent=$(talk load end)
	expect_match "what was sent" '^[1-9][0-9]*$' "$sent"
	expect_counters "the service" $(((sent + OF_EACH - 1) / OF_EACH)) "$sent" lb_service_counters "$ECHO"
}

both_servers() {
	{
		lb_rates "$ECHO" "$ONE"
		lb_rates "$ECHO" "$TWO"
	} | awk '{ for (i = 1; i <= 5; i++) sum[i] += $i } END { print sum[1], sum[2], sum[3], sum[4], sum[5] }'
}

# packets_a_second COMMAND...: the second number that it prints.
packets_a_second() {
	"$@" | cut -d ' ' -f 2
}

is_below() {
	local limit=$1
	shift
	[ "$(packets_a_second "$@")" -lt "$limit" ]
}

rates_stay_while_nothing_is_estimated() {
	local before
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.run_estimation=0
	# IPVS may be in the middle of an estimate.
	sleep 0.2
	before=$(lb_rates "$ECHO")
	expect_match "they are not 0" '^[0-9]+ [1-9]' "$before"
	sleep 4.5
	expect_equal "the service" "$before" "$(lb_rates "$ECHO")"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.run_estimation=1
	wait_until 10 is_below "$(cut -d ' ' -f 2 <<<"$before")" lb_rates "$ECHO" || fail "they stay"
}

# In 4 seconds an average loses between a quarter and three times that.
rates_go_down_when_the_load_ends() {
	local service total
	wait_until 8 is_below $((RATE * 3 / 4)) lb_rates "$ECHO" || fail "the service: still $(lb_rates "$ECHO")"
	service=$(packets_a_second lb_rates "$ECHO")
	total=$(packets_a_second lb_total_rates)
	sleep 4
	expect_range "the service" $((service * 9 / 32)) $((service * 3 / 4 + 1)) "$(packets_a_second lb_rates "$ECHO")"
	expect_range "the namespace" $((total * 9 / 32)) $((total * 3 / 4 + 1)) "$(packets_a_second lb_total_rates)"
}

zero_begins_rates_anew() {
	expect_success lb_zero "$ECHO"
	expect_equal "the service" "$NOTHING" "$(lb_rates "$ECHO")"
	expect_equal "its servers" "$NOTHING" "$(both_servers)"
	expect_match "the namespace" '^[0-9]+ [1-9]' "$(lb_total_rates)"
	expect_success lb_zero
	expect_equal "the namespace" "$NOTHING" "$(lb_total_rates)"
}

# How many servers are looked at, and how often one was, as rvsadm tells.
nobody_is_looked_at() {
	[ "$(paths estimated)" = 0 ]
}

idle_services_are_not_looked_at() {
	local i estimates
	[ "$LB_BACKEND" = rvs ] || {
		skip "IPVS estimates all"
		return
	}
	! lb_by_ipvsadm || {
		skip "it is the same whoever has made the services"
		return
	}
	for ((i = 0; i < 300; i++)); do
		echo "service_add udp/$VIP:$((20000 + i)) rr"
		echo "server_add udp/$VIP:$((20000 + i)) $ONE 1"
	done | expect_success lb_changes
	wait_until 10 nobody_is_looked_at || fail "$(paths estimated) are looked at"
	estimates=$(paths estimates)
	sleep 4.5
	expect_equal "times a server was looked at" "$estimates" "$(paths estimates)"
	flows 1 1 g 7000
	expect_soon "servers that are looked at" 1 paths estimated
	estimates=$(paths estimates)
	sleep 4.5
	expect_range "times it was looked at" $((estimates + 2)) $((estimates + 3)) "$(paths estimates)"
	expect_success lb_zero
	wait_until 10 nobody_is_looked_at || fail "$(paths estimated) are looked at after all"
}

zero_of_no_service_is_refused() {
	lb_zero "udp/$VIP:9" >/dev/null 2>&1 && fail "not refused"
	expect_counters "the namespace" 1 3 lb_totals
}

test_begin
for i in 1 2; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" udp:7000
done
talk_client_start me "$CLIENT"
lb_begin "$ECHO" rr "$ONE" "$TWO"
lb_begin "$OTHER" rr "$ONE"

ktap_run \
	service_counts_what_its_servers_do \
	total_stays_when_a_server_leaves \
	total_stays_when_it_returns \
	zero_of_one_service \
	server_leaves_and_returns_after_zero \
	namespace_remembers_a_service_that_is_gone \
	zero_of_all \
	zero_of_no_service_is_refused \
	rates_are_those_of_a_constant_load \
	rates_stay_while_nothing_is_estimated \
	rates_go_down_when_the_load_ends \
	zero_begins_rates_anew \
	idle_services_are_not_looked_at
