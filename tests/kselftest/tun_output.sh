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

TALK=udp/$VIP:7000

modprobe ipip || skip_all "no IPIP tunnels (CONFIG_NET_IPIP)"
test_begin --direct-reply
talk_server_start "${SERVERS[0]}" server1 "udp:$VIP:7000"
talk_client_start me "$CLIENT"
lb_begin "$TALK" rr "${SERVER_IPS[0]}:7000"
talk me open flow udp "$VIP" 7000 >"$TEST_DIR/opened"

ktap_run "${output_cases[@]}"
