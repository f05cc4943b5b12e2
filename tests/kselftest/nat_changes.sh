#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Masquerading: a long transfer goes on undisturbed while the configuration changes.
. "$(dirname "$0")/lib.sh"

# shellcheck source=cases/changes.sh
. "$KSELFTEST_DIR/cases/changes.sh"

changes_begin

ktap_run "${changes_cases[@]}"
