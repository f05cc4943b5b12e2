# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Waiting for what is to happen, never for time to pass.

# wait_until SECONDS COMMAND...: until the command succeeds; fails when it did not in time.
wait_until() {
	local deadline=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

# expect_soon WHAT EXPECTED COMMAND...: the command prints EXPECTED within a few seconds.
expect_soon() {
	local what=$1 expected=$2
	shift 2
	wait_until 5 prints "$expected" "$@" || fail "$what: expected '$expected', saw '$("$@" 2>&1)'"
}

# prints EXPECTED COMMAND...
prints() {
	local expected=$1
	shift
	[ "$("$@" 2>&1)" = "$expected" ]
}
