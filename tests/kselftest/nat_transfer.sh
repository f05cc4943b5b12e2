#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Masquerading: large transfers both ways, checksummed end to end; and many connections at once.
. "$(dirname "$0")/lib.sh"

# shellcheck source=cases/transfer.sh
. "$KSELFTEST_DIR/cases/transfer.sh"
WEB_SERVERS=("${SERVER_HOSTS[@]/%/:8080}")
PARALLEL=200

# active_connections COUNT: so many are open, over all servers.
active_connections() {
	local server
	[ "$(for server in "${WEB_SERVERS[@]}"; do
		lb_connections "$WEB" "$server"
	done | awk '{ sum += $1 } END { print sum }')" = "$1" ]
}

# signal_servers SIGNAL: to all that runs on them.
signal_servers() {
	local namespace processes
	for namespace in "${SERVERS[@]}"; do
		mapfile -t processes < <(ip netns pids "$namespace")
		expect_success kill "-$1" "${processes[@]}"
	done
}

many_connections_at_once() {
	local curl directory=$TEST_DIR/parallel sums
	large_segments
	lb_flush
	expect_success lb_service_add "$WEB" rr
	for server in "${WEB_SERVERS[@]}"; do
		expect_success lb_server_add "$WEB" "$server" 1
	done
	head -c 30000 /dev/urandom >"$TEST_DIR/files/small"
	mkdir "$directory"
	# The servers' kernels accept the connections, and nobody answers before all of them are open.
	signal_servers STOP
	in_ns "$CLIENT" curl -sS --max-time 200 -Z --parallel-immediate --parallel-max "$PARALLEL" -H 'Connection: close' \
		-o "$directory/#1" "http://$VIP_HOST/files/small?[1-$PARALLEL]" &
	curl=$!
	wait_until 60 active_connections "$PARALLEL" || fail "there were never $PARALLEL active connections at once"
	signal_servers CONT
	wait "$curl" || fail "curl ended with exit status $?"

	sums=$(cat "$directory"/* | sha256sum)
	expect_equal "files" "$PARALLEL" "$(find "$directory" -type f | wc -l)"
	expect_equal "sha256 of all files" "$(for ((i = 0; i < PARALLEL; i++)); do cat "$TEST_DIR/files/small"; done | sha256sum)" "$sums"
	wait_until 5 spread_evenly || fail "connections of the servers: expected '66 67 67', saw '$shares'"
}

spread_evenly() {
	local server
	shares=$(for server in "${WEB_SERVERS[@]}"; do
		lb_counters "$WEB" "$server" | cut -d' ' -f1
	done | sort | paste -sd' ')
	[ "$shares" = "66 67 67" ]
}

transfer_begin 8080
for i in 2 3; do
	http_server_start "$i" 8080 || bail "nginx does not start"
done

ktap_run "${transfer_cases[@]}" many_connections_at_once
