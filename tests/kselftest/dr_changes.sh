#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Direct routing: a long transfer goes on undisturbed while the configuration changes.
. "$(dirname "$0")/lib.sh"
direct_reply_site dr
# shellcheck source=cases/changes.sh
. "$KSELFTEST_DIR/cases/changes.sh"

changes_begin --direct-reply

ktap_run "${changes_cases[@]}"
