#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: a long transfer goes on undisturbed while the configuration changes.
. "$(dirname "$0")/lib.sh"
direct_reply_site tun
# shellcheck source=cases/changes.sh
. "$KSELFTEST_DIR/cases/changes.sh"

modprobe ipip || skip_all "no IPIP tunnels (CONFIG_NET_IPIP)"
changes_begin --direct-reply

ktap_run "${changes_cases[@]}"
