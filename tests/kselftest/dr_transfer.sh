#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Direct routing: large transfers both ways, checksummed end to end.
. "$(dirname "$0")/lib.sh"
direct_reply_site dr
# shellcheck source=cases/transfer.sh
. "$KSELFTEST_DIR/cases/transfer.sh"

transfer_begin 80 --direct-reply

ktap_run "${transfer_cases[@]}"
