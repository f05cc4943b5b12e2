#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module comes and goes, and namespaces with services come and go, under traffic: nothing breaks, nothing is left.
#	CYCLES         how often the module is loaded and unloaded (default 3)
#	NETNS_CYCLES   how often a namespace is made and destroyed (default 5)
# For many cycles run_all wants a larger TIMEOUT_SCALE.
. "$(dirname "$0")/lib.sh"

CYCLES=${CYCLES:-3}
NETNS_CYCLES=${NETNS_CYCLES:-5}
PROGRESS=5

# Where sanitizers make a packet twenty times as dear, more of them would leave no time for the cycles.
REQUESTS_PER_SECOND=50 DATAGRAMS_PER_SECOND=200
[ ! -w "$kmemleak" ] || REQUESTS_PER_SECOND=10 DATAGRAMS_PER_SECOND=50

SERVER_IP=${SERVER_IPS[0]}
SERVICES=("tcp/$VIP:80" "tcp/$VIP:7000" "udp/$VIP:7000")

# What memory may grow by is what a first cycle of each kind makes it grow by (caches that fill once), and at least
# this, in kB: caches of sockets, packets and processes go up and down by some hundred. A leak adds up with the cycles.
NOISE=1024

# --- traffic, from the beginning to the end of the test

traffic_start() {
	http_server_start 1 80 || bail "no HTTP server"
	talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000
	talk_client_start me "$CLIENT"
	touch "$TEST_DIR/http" "$TEST_DIR/udp"
	# Each request is a connection of its own, and it goes on whatever becomes of one.
	ip netns exec "$CLIENT" curl -sN --rate "$REQUESTS_PER_SECOND/s" --connect-timeout 1 --max-time 2 -H 'Connection: close' \
		"http://$VIP/?[1-10000000]" >>"$TEST_DIR/http" 2>/dev/null &
	disown
	ip netns exec "$CLIENT" python3 -S "$HELPERS/udp_flood.py" "$VIP" 7000 100 "$DATAGRAMS_PER_SECOND" >>"$TEST_DIR/udp" &
	disown
}

# has_answers http|udp: there were some since the file was emptied.
has_answers() {
	[ -s "$TEST_DIR/$1" ]
}

# traffic_is_balanced WHEN: HTTP and UDP are answered from now on, and a connection is opened that stays.
traffic_is_balanced() {
	local protocol
	# What writes them appends.
	for protocol in http udp; do
		: >"$TEST_DIR/$protocol"
	done
	for protocol in http udp; do
		wait_until 30 has_answers "$protocol" || fail "$1: no answer by $protocol"
	done
	expect_match "$1: opening" '^ok' "$(talk me open kept tcp "$VIP" 7000)"
	expect_equal "$1: who answers" server1 "$(talk me ask kept)"
}

# The connection that stayed has lost its way; its socket goes without a word to the network.
traffic_is_cut() {
	expect_equal "closing" ok "$(talk me reset kept)"
}

# --- cycles

configure() {
	local service
	for service in "${SERVICES[@]}"; do
		expect_success lb_service_add "$service" rr
		expect_success lb_server_add "$service" "$SERVER_IP:${service##*:}" 1
	done
}

# progress NUMBER OF
progress() {
	[ $(($1 % PROGRESS)) != 0 ] || diagnose "cycle $1 of $2 after $SECONDS seconds; Slab, SUnreclaim, Percpu, VmallocUsed: $(kernel_memory)"
}

module_cycle() {
	expect_success lb_load
	configure
	traffic_is_balanced "cycle $1"
	# More than what the test itself holds, or the traffic is not there.
	expect_range "cycle $1: connections" 2 100000 "$(lb_connection_count)"
	expect_success lb_unload
	! lb_is_loaded || fail "cycle $1: the module is still there"
	expect_equal "cycle $1: slab rvs_conn" "" "$(slab_objects rvs_conn)"
	traffic_is_cut
}

# The director with one server, in place of the one that is gone.
director_create() {
	ip netns add "$DIRECTOR" &&
		namespace_prepare "$DIRECTOR" &&
		director_addresses &&
		client_link "$DIRECTOR" &&
		server_link "${SERVERS[0]}" "$SERVER_IP" server1
}

# Destroys the director; it is over when the other ends of its links have gone with it.
director_destroy() {
	ip netns del "$DIRECTOR" &&
		wait_until 60 has_no_link "$CLIENT" &&
		wait_until 60 has_no_link "${SERVERS[0]}"
}

has_no_link() {
	! ip -n "$1" link show dev eth0
}

netns_cycle() {
	director_create || fail "cycle $1: the director cannot be made"
	configure
	traffic_is_balanced "cycle $1"
	director_destroy || fail "cycle $1: the director's links are still there"
	traffic_is_cut
}

# --- cases

# One cycle of each kind, before anything is compared.
first_cycles() {
	local before after i growth
	lb_unload
	read -ra before < <(kernel_memory)
	module_cycle 0
	director_destroy || fail "the director's links are still there"
	expect_success lb_load
	netns_cycle 0
	expect_success lb_unload
	read -ra after < <(kernel_memory)
	memory_before=("${after[@]}") memory_tolerance=()
	for i in "${!kernel_memory_names[@]}"; do
		growth=$((after[i] - before[i]))
		memory_tolerance+=($((growth > NOISE ? growth : NOISE)))
	done
	# Whole objects of the slab lie in the quarantine.
	quarantine=$(kasan_quarantine)
	memory_tolerance[0]=$((memory_tolerance[0] + quarantine))
	memory_tolerance[1]=$((memory_tolerance[1] + quarantine))
	diagnose "${kernel_memory_names[*]}: ${memory_before[*]} kB, tolerated growth ${memory_tolerance[*]} kB"
	kmemleak_begin
}

memory_is_back() {
	local now i
	read -ra now < <(kernel_memory)
	for i in "${!kernel_memory_names[@]}"; do
		[ "${now[i]}" -le $((memory_before[i] + memory_tolerance[i])) ] || return
	done
}

memory_is_back_soon() {
	# Namespaces, sockets and what RCU holds are freed some time later.
	wait_until 30 memory_is_back || fail "${kernel_memory_names[*]}: expected at most ${memory_tolerance[*]} kB over" \
		"${memory_before[*]}, saw $(kernel_memory)"
}

namespaces_end_under_traffic() {
	local i
	expect_success lb_load
	for ((i = 1; i <= NETNS_CYCLES; i++)); do
		netns_cycle "$i"
		[ "$case_failed" = n ] || return
		progress "$i" "$NETNS_CYCLES"
	done
}

namespaces_leave_nothing() {
	# The connections of a namespace that is gone are freed after a grace period.
	expect_soon "objects of slab rvs_conn" 0 slab_objects rvs_conn
	# With the module there, kmemleak can name its functions.
	expect_equal "leaks" "" "$(kmemleak_of_module rvs)"
	expect_success lb_unload
	memory_is_back_soon
}

module_ends_under_traffic() {
	local i
	director_create || fail "the director cannot be made"
	for ((i = 1; i <= CYCLES; i++)); do
		module_cycle "$i"
		[ "$case_failed" = n ] || return
		progress "$i" "$CYCLES"
	done
}

module_leaves_nothing() {
	expect_equal "module" "" "$(lsmod | grep '^rvs ')"
	expect_equal "slab" "" "$(grep '^rvs_' /proc/slabinfo)"
	expect_success director_destroy
	memory_is_back_soon
	expect_equal "leaks" "" "$(kmemleak_of_module rvs)"
}

# What was taken out comes in again, for what runs after this.
module_loads_again() {
	expect_success lb_load
}

lb_needs rvs "ip_vs cannot be unloaded while it has services"
test_begin
traffic_start

ktap_run \
	first_cycles \
	namespaces_end_under_traffic \
	namespaces_leave_nothing \
	module_ends_under_traffic \
	module_leaves_nothing \
	module_loads_again
