#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Direct routing, without the fast path: what leaves the director passes the rules of its firewall there.
FAST_PATH=off
. "$(dirname "$0")/lib.sh"
direct_reply_site dr
REQUEST="$IP daddr $VIP udp dport 7000"
IN=eth0 OUT=eth0
# shellcheck source=cases/output.sh
. "$KSELFTEST_DIR/cases/output.sh"

output_begin

ktap_run "${output_cases[@]}"
