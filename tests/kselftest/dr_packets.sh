#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Direct routing: packets that are not as most are.
. "$(dirname "$0")/lib.sh"
direct_reply_site dr
OVERHEAD=0
# shellcheck source=cases/packets.sh
. "$KSELFTEST_DIR/cases/packets.sh"

packets_begin --direct-reply

ktap_run "${packets_cases[@]}"
