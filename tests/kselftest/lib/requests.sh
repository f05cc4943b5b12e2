# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # with lib.sh
# A client that requests all the time, and what became of the requests that began after a certain moment.

# What became of a request that no server has answered.
# shellcheck disable=SC2034 # for the tests
LOST='^([^s]|st|$)'

# As in http.sh: no port a second time, whatever the director knows of the first. These are below those of fetch.
requests_port=2000

# requests_start [PORT]: to the VIP, from the client. Sets request_seconds to how long one may take.
requests_start() {
	request_seconds=2
	# One that meets a transfer at its server takes 10 seconds with sanitizers.
	[ ! -w "$kmemleak" ] || request_seconds=30
	: >"$TEST_DIR/requests"
	ip netns exec "$CLIENT" python3 -S "$HELPERS/steady_requests.py" "$VIP" "${1:-80}" "${REQUESTS_PER_SECOND:-25}" \
		"$requests_port" "${REQUESTS_TIMEOUT:-$request_seconds}" >"$TEST_DIR/requests" 2>"$TEST_DIR/requests.errors" &
	requests_process=$!
	requests_port=$((requests_port + 2000))
}

# requests_end: the last one has its answer.
requests_end() {
	kill -TERM "$requests_process"
	wait "$requests_process"
	expect_equal "errors of the requesting client" "" "$(<"$TEST_DIR/requests.errors")"
}

# now: milliseconds since boot.
now() {
	local seconds
	read -r seconds _ </proc/uptime
	echo "${seconds/./}0"
}

# requests_between FROM TO TEXT: how many of the requests that began then have an answer that matches.
requests_between() {
	awk -v from="$1" -v to="$2" -v text="$3" '
		$1 >= from && $1 < to { $1 = ""; if (substr($0, 2) ~ text) count++ }
		END { print count + 0 }' "$TEST_DIR/requests"
}

# requests_since FROM TEXT COUNT: so many have such an answer by now.
requests_since() {
	[ "$(requests_between "$1" 999999999 "$2")" -ge "$3" ]
}

# expect_all_answered WHAT FROM TO: each request that began then was answered by a server, and there were some.
expect_all_answered() {
	expect_range "$1: requests" 5 1000000 "$(requests_between "$2" "$3" .)"
	expect_equal "$1: requests without an answer of a server" "" \
		"$(awk -v from="$2" -v to="$3" '$1 >= from && $1 < to && $2 !~ /^server/' "$TEST_DIR/requests")"
}
