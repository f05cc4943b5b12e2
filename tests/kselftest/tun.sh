#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: the real servers are in another subnet than the director, and have the VIP on a tunnel device.
. "$(dirname "$0")/lib.sh"
direct_reply_site tun
# shellcheck source=cases/direct_reply.sh
. "$KSELFTEST_DIR/cases/direct_reply.sh"

# The packet of the client comes out of the tunnel, whereto no route leads to the client.
strict_reverse_path_filter_at_the_server_breaks_it() {
	talk_service "${TALK_SERVERS[0]}"
	expect_success in_ns "${SERVERS[0]}" sysctl -qw net.ipv4.conf.vip0.rp_filter=1
	expect_equal "opening with the filter" timeout "$(talk me open filtered tcp "$VIP" 7000)"
	expect_success in_ns "${SERVERS[0]}" sysctl -qw net.ipv4.conf.vip0.rp_filter=0
	expect_match "opening without" '^ok' "$(talk me open unfiltered tcp "$VIP" 7000)"
}

modprobe ipip || skip_all "no IPIP tunnels (CONFIG_NET_IPIP)"
direct_reply_begin

ktap_run "${direct_reply_cases[@]}" strict_reverse_path_filter_at_the_server_breaks_it
