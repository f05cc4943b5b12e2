#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: packets that are not as most are.
. "$(dirname "$0")/lib.sh"
direct_reply_site tun
OVERHEAD=20
# shellcheck source=cases/packets.sh
. "$KSELFTEST_DIR/cases/packets.sh"
# shellcheck source=cases/encapsulated.sh
. "$KSELFTEST_DIR/cases/encapsulated.sh"

# What GRO has put in a list as it came has no room for the header of a tunnel. A plain tunnel device brings the kernel
# down with it, too.
bursts_that_were_merged_as_they_came_are_taken_apart() {
	needs_rvs "panics" || return
	expect_success offloads_of "$CLIENT" gso on tx on sg on
	# The router takes bursts of the socket apart, so that the director's device puts them together again.
	expect_success in_ns "$ROUTER" ethtool -K director gso off tso off tx-udp-segmentation off
	expect_success offloads_of "$DIRECTOR" tso off gso off tx off
	expect_success in_ns "$DIRECTOR" ethtool -K eth0 gro on rx-gro-list on tx-gso-list off
	count_packets "$DIRECTOR" merged prerouting "ip daddr $VIP udp dport 7000"
	expect_equal "datagrams answered" 40 "$(in_ns "$CLIENT" python3 -S "$HELPERS/udp_burst.py" "$VIP" 7000 40 1000)"
	expect_range "mean size at the director" 2000 70000 "$(mean_size "$DIRECTOR" merged)"
	expect_success in_ns "$DIRECTOR" ethtool -K eth0 gro off rx-gro-list off
}

# The header of the tunnel would make them longer than a packet may be.
datagrams_too_long_for_a_tunnel_are_reported() {
	local heard=EMSGSIZE errors=1
	if [ "$LB_BACKEND" = rvs ]; then
		expect_equal "what comes back to the longest that fits" ok "$(ask_in_pieces $((65535 - OVERHEAD - 28)) 1400)"
		expect_equal "what comes back to a longer one" "3/4 mtu $((65535 - OVERHEAD)) from $VIP" \
			"$(ask_in_pieces 65507 1400)"
	else
		diagnose "IPVS compares those in fragments with DF with the MTU, and sends the others with a wrong length"
		heard=timeout errors=0
	fi
	# One that may be fragmented.
	count_packets "$CLIENT" too_long input "ip saddr $VIP icmp type destination-unreachable icmp code 4"
	expect_match "opening" '^ok' "$(talk me open long udp "$VIP" 7000)"
	expect_equal "what its sender hears" "$heard" "$(talk me ask long 3 65507)"
	expect_equal "errors about it" "$errors" "$(counted_packets "$CLIENT" too_long)"
}

# softirqs_get_no_memory PERCENT: for the data of packets.
softirqs_get_no_memory() {
	local cache
	for cache in skbuff_small_head kmalloc-512 kmalloc-1k kmalloc-2k kmalloc-4k; do
		echo 1 >"/sys/kernel/slab/$cache/failslab" || return
	done
	echo Y >"$FAILSLAB/cache-filter" && echo Y >"$FAILSLAB/ignore-gfp-wait" && echo 0 >"$FAILSLAB/verbose" &&
		echo -1 >"$FAILSLAB/times" && echo "$1" >"$FAILSLAB/probability"
}

# Whether the fast path finds no room for the header or the slow one: what then comes to whom is as it was, and nobody on
# the director hears of it.
packets_without_memory_end_unchanged() {
	local this="ip daddr $VIP udp dport 7000" memory_before memory_after
	[ -w "$FAILSLAB/probability" ] || {
		skip "this kernel has no failing allocations (CONFIG_FAILSLAB)"
		return
	}
	expect_equal "who answers" server1 "$(talk me ask flow)"
	expect_equal "who answers again" server1 "$(talk me ask flow)"
	count_packets "$DIRECTOR" came prerouting "$this"
	count_packets "$DIRECTOR" unchanged input "$this ip ttl 63" 0
	count_packets "$DIRECTOR" balanced input "$this"
	count_packets "${SERVERS[0]}" sent prerouting "ip protocol ipip"
	[ "$LB_BACKEND" != rvs ] || memory_before=$(paths left.memory)
	expect_success softirqs_get_no_memory 100
	talk me ask flow 0.5 >"$TEST_DIR/answers"
	talk me ask flow 0.5 >>"$TEST_DIR/answers"
	expect_success softirqs_get_no_memory 0
	expect_equal "answers" "timeout"$'\n'"timeout" "$(cat "$TEST_DIR/answers")"
	expect_equal "packets that came" 2 "$(counted_packets "$DIRECTOR" came)"
	expect_equal "unchanged before the director" 2 "$(counted_packets "$DIRECTOR" unchanged)"
	expect_equal "behind it" 0 "$(counted_packets "$DIRECTOR" balanced)"
	expect_equal "at the server" 0 "$(counted_packets "${SERVERS[0]}" sent)"
	if [ "$LB_BACKEND" = rvs ] && [ "${FAST_PATH-}" != off ]; then
		memory_after=$(paths left.memory)
		expect_equal "those that the fast path had no memory for" 2 $((memory_after - memory_before))
	fi
	expect_equal "who answers when there is memory" server1 "$(talk me ask flow)"
}

FAILSLAB=/sys/kernel/debug/failslab
modprobe -a ipip fou || skip_all "no IPIP tunnels in UDP (CONFIG_NET_FOU)"
packets_begin --direct-reply
encapsulated_begin

ktap_run "${packets_cases[@]}" "${encapsulated_cases[@]}" \
	bursts_that_were_merged_as_they_came_are_taken_apart \
	datagrams_too_long_for_a_tunnel_are_reported \
	packets_without_memory_end_unchanged
