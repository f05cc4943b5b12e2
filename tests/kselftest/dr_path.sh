#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Direct routing: the director is a hop, with the MTU of its way to the real server.
. "$(dirname "$0")/lib.sh"
direct_reply_site dr
OVERHEAD=0
# shellcheck source=cases/path.sh
. "$KSELFTEST_DIR/cases/path.sh"

whole_mtu_is_the_servers() {
	expect_equal "who answers 1500 bytes" server1 "$(talk me ask flow 5 $((1500 - UDP_BYTES)))"
}

path_begin

ktap_run "${path_cases[@]}" whole_mtu_is_the_servers
