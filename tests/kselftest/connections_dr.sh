#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The list of connections that are routed directly, of which the director sees one side.
. "$(dirname "$0")/lib.sh"
direct_reply_site dr
# shellcheck source=cases/connections.sh
. "$KSELFTEST_DIR/cases/connections.sh"

connections_begin --direct-reply
ktap_run "${connections_cases[@]}"
