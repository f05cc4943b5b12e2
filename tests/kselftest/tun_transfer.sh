#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: large transfers both ways, checksummed end to end.
#	TUNNEL  which kind (lib/tunnel.sh), ipip by default
. "$(dirname "$0")/lib.sh"
direct_reply_site tun
# shellcheck source=cases/transfer.sh
. "$KSELFTEST_DIR/cases/transfer.sh"

tunnel_modules || skip_all "no tunnels (CONFIG_NET_IPIP, CONFIG_NET_IPGRE, CONFIG_IPV6_GRE, CONFIG_NET_FOU_IP_TUNNELS)"
transfer_begin 80 --direct-reply

ktap_run "${transfer_cases[@]}"
