#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is not used costs nothing: namespaces without services; and what was removed costs no more than it is: a flush takes
# time in proportion to the services, and servers that return are known.
. "$(dirname "$0")/lib.sh"

NAMESPACES=100
# KiB for each of them, as the kernel accounts for what it allocates; with all that a director has it would be 280.
MOST_IDLE=12

idle=()

# memory_taken: KiB of what modules allocate from, when nobody allocates or gives back for a while. Free memory would tell of
# the pages that processors keep, too, and move by 5 MB whatever is done.
memory_taken() {
	local taken=0
	wait_until 20 memory_rests
	echo "$taken"
}

# memory_rests: whether as much is taken as a moment ago; $taken of the caller is how much.
memory_rests() {
	local last=$taken unreclaimable percpu mapped
	pause 0.5
	read -r _ unreclaimable percpu mapped < <(kernel_memory)
	taken=$((unreclaimable + percpu + mapped))
	((taken - last < 64 && last - taken < 64))
}

# loaded: KiB that loading the module takes, with the namespaces that there are.
loaded() {
	local before after
	lb_unload
	before=$(memory_taken)
	lb_load
	after=$(memory_taken)
	echo $((after - before))
}

namespaces_without_services_cost_nothing() {
	local i with without
	# The first time after booting takes what stays: on kernels with sanitizers, megabytes.
	loaded >/dev/null
	without=$(loaded)
	for ((i = 1; i <= NAMESPACES; i++)); do
		idle+=("idle$i$NS_SUFFIX")
	done
	printf 'netns add %s\n' "${idle[@]}" | ip -batch -
	with=$(loaded)
	diagnose "loading takes $without KiB, with $NAMESPACES namespaces more $with"
	expect_range "KiB for a namespace" "-$MOST_IDLE" "$MOST_IDLE" $(((with - without) / NAMESPACES))
	printf 'netns del %s\n' "${idle[@]}" | ip -batch -
}

# flush_time COUNT: prints connections and nanoseconds; see the helper.
flush_time() {
	in_ns "$DIRECTOR" python3 -S "$HELPERS/many_services.py" "$1"
}

flush_takes_time_in_proportion() {
	local few many connections nanoseconds
	if [ "$LB_BACKEND" != rvs ]; then
		skip "IPVS has another interface"
		return
	fi
	read -r connections nanoseconds < <(flush_time "$FEW")
	expect_equal "connections of few services" "$FEW" "$connections"
	few=$nanoseconds
	read -r connections nanoseconds < <(flush_time "$MANY")
	expect_range "connections of many services" "$MANY" $((FEW + MANY)) "$connections"
	many=$nanoseconds
	diagnose "flush of $FEW services: $((few / 1000)) us, of $MANY: $((many / 1000)) us"
	# Linear is 8, quadratic 64.
	expect_range "ratio" 0 20 $((many / few))
}

# Removed and added again among thousands of others that were: the connections and the counters are there.
servers_return() {
	local before
	[ "$LB_BACKEND" = rvs ] || { skip "IPVS has another interface"; return; }
	talk_server_start "${SERVERS[0]}" server1 tcp:7000
	talk_client_start me "$CLIENT"
	expect_success lb_service_add tcp/"$VIP":7000 rr
	expect_success lb_server_add tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000" 1
	expect_match "opening" '^ok' "$(talk me open one tcp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk me ask one)"
	before=$(lb_counters tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000")
	expect_success lb_server_del tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000"
	flush_time 200 >/dev/null
	expect_success lb_service_add tcp/"$VIP":7000 rr
	expect_success lb_server_add tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000" 1
	expect_equal "connections" "1 0" "$(lb_connections tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000")"
	# The service was another one meanwhile.
	expect_equal "counters after the service was deleted" "0 0 0 0 0" \
		"$(lb_counters tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000")"
	expect_equal "who answers, then" server1 "$(talk me ask one)"
	before=$(lb_counters tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000")
	expect_success lb_server_del tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000"
	expect_success lb_server_add tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000" 1
	expect_equal "counters after the server was away" "$before" "$(lb_counters tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000")"
}

# With sanitizers all that is allocated has company, and what was given back waits: 17 to 92 KiB were seen, 350 with services.
[ ! -w "$kmemleak" ] || NAMESPACES=50 MOST_IDLE=150
FEW=${FEW:-1500} MANY=$((8 * ${FEW:-1500}))
test_begin
for i in 2 3; do
	ip -n "$DIRECTOR" addr add "198.51.100.$i/32" dev lo
done
ktap_run namespaces_without_services_cost_nothing flush_takes_time_in_proportion servers_return
