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

modprobe -a ipip fou || skip_all "no IPIP tunnels in UDP (CONFIG_NET_FOU)"
packets_begin --direct-reply
encapsulated_begin

ktap_run "${packets_cases[@]}" "${encapsulated_cases[@]}" \
	bursts_that_were_merged_as_they_came_are_taken_apart
