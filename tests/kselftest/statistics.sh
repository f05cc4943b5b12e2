#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What services and namespaces have counted, while servers leave and return, and from zero again.
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
	zero_of_no_service_is_refused
