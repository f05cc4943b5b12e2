#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Large transfers both ways, checksummed end to end, with large segments (TSO, GSO, GRO) and with single packets whose
# checksums are complete; and many connections at once.
. "$(dirname "$0")/lib.sh"

WEB=tcp/$VIP:80
WEB_SERVERS=("${SERVER_IPS[@]/%/:8080}")
UPLOAD=tcp/$VIP:9000
# Of a file, in bytes.
SIZE=${SIZE:-50000000}
PARALLEL=200

download_in_large_segments() {
	large_segments
	count_packets "$CLIENT" large_in prerouting "ip saddr $VIP tcp sport 80"
	download
	expect_range "mean size of the packets of the download" 1501 70000 "$(mean_size "$CLIENT" large_in)"
}

upload_in_large_segments() {
	count_packets "${SERVERS[0]}" large_out prerouting "tcp dport 9000"
	upload
	expect_range "mean size of the packets of the upload" 1501 70000 "$(mean_size "${SERVERS[0]}" large_out)"
}

download_in_single_packets() {
	single_packets
	count_packets "$CLIENT" single_in prerouting "ip saddr $VIP tcp sport 80"
	download
	expect_range "mean size of the packets of the download" 1000 1500 "$(mean_size "$CLIENT" single_in)"
}

upload_in_single_packets() {
	count_packets "${SERVERS[0]}" single_out prerouting "tcp dport 9000"
	upload
	expect_range "mean size of the packets of the upload" 1000 1500 "$(mean_size "${SERVERS[0]}" single_out)"
}

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
		-o "$directory/#1" "http://$VIP/files/small?[1-$PARALLEL]" &
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

test_begin
for i in 1 2 3; do
	http_server_start "$i" 8080 || bail "nginx does not start"
done
transfer_file "$SIZE"
upload_server_start "${SERVERS[0]}"
for service in "$WEB" "$UPLOAD"; do
	lb_service_add "$service" rr || bail "no service"
done
lb_server_add "$WEB" "${WEB_SERVERS[0]}" 1 || bail "no server"
lb_server_add "$UPLOAD" "${SERVER_IPS[0]}:9000" 1 || bail "no server"

ktap_run \
	download_in_large_segments \
	upload_in_large_segments \
	download_in_single_packets \
	upload_in_single_packets \
	many_connections_at_once
