# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# HTTP requests to the service $WEB, whose real servers are $WEB_SERVERS, and who has answered.

# The next request is from this port of the client. The kernel, which begins elsewhere every ten seconds
# (EPHEMERAL_PORT_SHUFFLE_PERIOD), may take a port a second time, of which a director that does not see the server's FIN
# still knows the connection before.
fetch_port=20000

# fetch COUNT FILE: so many requests, each by a connection of its own; the answers and who sent them, by turns.
fetch() {
	local i requests=()
	for ((i = 1; i <= $1; i++)); do
		requests+=(--next -sS --max-time 20 -H 'Connection: close' -w '%{remote_ip}\n')
		requests+=(--local-port "$((fetch_port++))" "http://$VIP_HOST/$i")
	done
	in_ns "$CLIENT" curl "${requests[@]:1}" >"$2" 2>&1
}

# answers FILE TEXT: how many lines are TEXT.
answers() {
	grep -cxF -- "$2" "$1"
}

# expect_shares FILE NUMBER...: how many answers each server has given.
expect_shares() {
	local i file=$1
	shift
	for i in 1 2 3; do
		expect_equal "answers of server$i" "$1" "$(answers "$file" "server$i")"
		shift
	done
}

# web_service SCHEDULER WEIGHT...: a fresh service with a scheduler that has not chosen yet.
web_service() {
	local i scheduler=$1
	shift
	lb_flush
	expect_success lb_service_add "$WEB" "$scheduler"
	for i in "${!WEB_SERVERS[@]}"; do
		expect_success lb_server_add "$WEB" "${WEB_SERVERS[i]}" "$1"
		shift
	done
}
