#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Direct routing, without the fast path: what leaves the director passes the rules of its firewall there.
FAST_PATH=off
. "$(dirname "$0")/lib.sh"
direct_reply_site dr
REQUEST="ip daddr $VIP udp dport 7000"
IN=eth0 OUT=eth0
# shellcheck source=cases/output.sh
. "$KSELFTEST_DIR/cases/output.sh"

TALK=udp/$VIP:7000

test_begin --direct-reply
talk_server_start "${SERVERS[0]}" server1 "udp:$VIP:7000"
talk_client_start me "$CLIENT"
lb_begin "$TALK" rr "${SERVER_IPS[0]}:7000"
talk me open flow udp "$VIP" 7000 >"$TEST_DIR/opened"

ktap_run "${output_cases[@]}"
