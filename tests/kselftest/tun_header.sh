#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: the outer header (RFC 2003), as it leaves the director, and what comes out at the real server.
. "$(dirname "$0")/lib.sh"
direct_reply_site tun

# shellcheck source=cases/tunnel_header.sh
. "$KSELFTEST_DIR/cases/tunnel_header.sh"

TALK=udp/$VIP_HOST:7000

tunnel_modules || skip_all "no IPIP tunnels (CONFIG_NET_IPIP, CONFIG_IPV6_SIT, CONFIG_IPV6_TUNNEL)"
test_begin --direct-reply
talk_server_start "${SERVERS[0]}" server1 "udp:$VIP:7000"
talk_client_start me "$CLIENT"
lb_begin "$TALK" rr "${SERVER_HOSTS[0]}:7000"
talk me open flow udp "$VIP" 7000 >"$TEST_DIR/opened"

ktap_run "${header_cases[@]}"
