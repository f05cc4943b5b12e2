# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Waiting for what is to happen, never for time to pass.

# How many times as long things may take. With sanitizers a program takes seconds to begin: what is waited for there is told
# from what never comes by patience alone.
patience=1
if [ -e /sys/kernel/debug/kmemleak ] || [ -e /sys/kernel/debug/kcsan ]; then
	patience=4
fi
# Of helpers, too.
export RVS_TEST_PATIENCE=$patience

# Nobody writes to it: a pause that starts no process, which takes longer than the pause itself on emulated processors.
exec {never}<> <(:)

# pause SECONDS
pause() {
	read -rt "$1" -u "$never" || :
}

# wait_until SECONDS COMMAND...: until the command succeeds; fails when it did not in time, which is longer with sanitizers.
wait_until() {
	local deadline=$((SECONDS + $1 * patience + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		pause 0.05
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
