#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels, without the fast path: what leaves the director passes the rules of its firewall there.
FAST_PATH=off
. "$(dirname "$0")/lib.sh"
direct_reply_site tun
REQUEST="ip daddr ${SERVER_IPS[0]} ip protocol 4"
IN=eth0 OUT=eth0
# shellcheck source=cases/output.sh
. "$KSELFTEST_DIR/cases/output.sh"

modprobe ipip || skip_all "no IPIP tunnels (CONFIG_NET_IPIP)"
output_begin

ktap_run "${output_cases[@]}"
