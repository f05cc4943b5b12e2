# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# keepalived in a namespace, with files of its own.

declare -A keepalived_process=()

# keepalived_start NAMESPACE: with the configuration that is read. All files are its own: of two that begin at the same time one
# ends at once, as "daemon is already running", while the other one holds the lock of a file of all (/run/bfd.pid).
keepalived_start() {
	local place=$TEST_DIR/keepalived.$1
	mkdir -p "$place"
	cat >"$place/keepalived.conf"
	ip netns exec "$1" keepalived --dont-fork --log-console --use-file "$place/keepalived.conf" --pid "$place/pid" \
		--vrrp_pid "$place/vrrp.pid" --checkers_pid "$place/checkers.pid" --bfd_pid "$place/bfd.pid" >"$place/log" 2>&1 &
	keepalived_process[$1]=$!
}

# keepalived_reload NAMESPACE: by SIGHUP, with the configuration that is read.
keepalived_reload() {
	cat >"$TEST_DIR/keepalived.$1/keepalived.conf"
	kill -HUP "${keepalived_process[$1]}"
}

# keepalived_stop NAMESPACE: it takes along what it has made.
keepalived_stop() {
	kill -TERM "${keepalived_process[$1]}"
	wait "${keepalived_process[$1]}" || fail "keepalived of $1 ended with status $?: $(tail -n 2 "$TEST_DIR/keepalived.$1/log")"
	unset "keepalived_process[$1]"
	# shellcheck disable=SC2154 # of ktap.sh
	[ "$case_failed" = n ] || diagnose "keepalived of $1:" "$(tail -n 60 "$TEST_DIR/keepalived.$1/log")"
}
