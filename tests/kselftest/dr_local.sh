#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Direct routing: the director itself as real server, as client, and as both.
. "$(dirname "$0")/lib.sh"
direct_reply_site dr
# shellcheck source=cases/local.sh
. "$KSELFTEST_DIR/cases/local.sh"

local_begin

ktap_run "${local_cases[@]}"
