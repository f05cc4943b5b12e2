#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: what a router on the way, or the real server, has to say about a tunnel's packet comes to the director, and
# the client gets to know it in terms of its own packet (RFC 2003 section 4).
. "$(dirname "$0")/lib.sh"
direct_reply_site tun

# shellcheck source=cases/tunnel_icmp.sh
. "$KSELFTEST_DIR/cases/tunnel_icmp.sh"

TALK=udp/$VIP_HOST:7000
SERVER=${SERVER_IPS[0]}

tunnel_modules || skip_all "no IPIP tunnels (CONFIG_NET_IPIP, CONFIG_IPV6_SIT, CONFIG_IPV6_TUNNEL)"
test_begin --direct-reply
talk_server_start "${SERVERS[0]}" server1 "udp:$VIP:7000"
upload_server_start "${SERVERS[0]}"
talk_client_start me "$CLIENT"
# The datagram that comes back in an error is to have its full checksum.
in_ns "$CLIENT" ethtool -K eth0 tx off >"$TEST_DIR/ethtool" || bail "checksum offload cannot be switched off"
count_packets "$CLIENT" errors input "$ERRORS_OF_VIP"
lb_begin "$TALK" rr "$(host "$SERVER"):7000"
lb_begin "tcp/$VIP_HOST:9000" rr "$(host "$SERVER"):9000"
flow_port=$(talk me open flow udp "$VIP" 7000)
flow_port=${flow_port#ok }
talk me ask flow >"$TEST_DIR/answer"

ktap_run "${icmp_cases[@]}"
