#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: the director is a hop, whose MTU is that of its way to the real server less the outer header.
. "$(dirname "$0")/lib.sh"
direct_reply_site tun
OVERHEAD=20
# shellcheck source=cases/path.sh
. "$KSELFTEST_DIR/cases/path.sh"

outer_header_takes_from_the_mtu_of_the_link() {
	expect_equal "what the client gets" "EMSGSIZE 3/4 mtu 1480 from $VIP about self > $VIP:7000" \
		"$(client_error 7000 64 1481)"
}

modprobe ipip || skip_all "no IPIP tunnels (CONFIG_NET_IPIP)"
path_begin

ktap_run "${path_cases[@]}" outer_header_takes_from_the_mtu_of_the_link
