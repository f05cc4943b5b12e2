#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: the director itself as real server, as client, and as both.
. "$(dirname "$0")/lib.sh"
direct_reply_site tun
# shellcheck source=cases/local.sh
. "$KSELFTEST_DIR/cases/local.sh"

modprobe ipip || skip_all "no IPIP tunnels (CONFIG_NET_IPIP)"
local_begin

ktap_run "${local_cases[@]}"
