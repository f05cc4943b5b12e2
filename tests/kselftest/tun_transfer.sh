#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: large transfers both ways, checksummed end to end.
. "$(dirname "$0")/lib.sh"
direct_reply_site tun
# shellcheck source=cases/transfer.sh
. "$KSELFTEST_DIR/cases/transfer.sh"

modprobe ipip || skip_all "no IPIP tunnels (CONFIG_NET_IPIP)"
transfer_begin 80 --direct-reply

ktap_run "${transfer_cases[@]}"
