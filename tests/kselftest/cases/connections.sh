# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the list of connections tells of flows, state by state: the cases of connections.sh and connections_dr.sh.
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

SERVICE=tcp/$VIP_HOST:7000
DATAGRAMS=udp/$VIP_HOST:7000
SERVER=${SERVER_HOSTS[0]}:7000

# connections_begin [ARGUMENT...]: of test_begin.
connections_begin() {
	local answers_from=
	test_begin "$@"
	# Where nobody translates it, an answer is to come from the VIP.
	[ "$LB_FORWARD" = nat ] || answers_from=$VIP:
	talk_server_start "${SERVERS[0]}" server1 tcp:7000 "udp:${answers_from}7000"
	talk_client_start me "$CLIENT"
	lb_begin "$SERVICE" rr "$SERVER"
	lb_begin "$DATAGRAMS" rr "$SERVER"
}

# listed PROTOCOL PORT: STATE SECONDS of the connection of the client's port, when all else is right.
listed() {
	lb_connection_list | awk -v flow="$1 $CLIENT_HOST:$2 $VIP_HOST:7000 $SERVER" 'index($0, flow " ") == 1 { print $5, $6 }'
}

# is_listed_as STATE PROTOCOL PORT: sets seconds.
is_listed_as() {
	local state
	read -r state seconds < <(listed "$2" "$3")
	[ "$state" = "$1" ]
}

# expect_listed STATE LEAST-SECONDS MOST-SECONDS PROTOCOL PORT: soon, as packets may be on their way still.
expect_listed() {
	local seconds=
	if wait_until 5 is_listed_as "$1" "$4" "$5"; then
		expect_range "seconds left of port $5" "$2" "$3" "$seconds"
	else
		fail "port $5: expected state $1, saw in"$'\n'"$(lb_connection_list)"
	fi
}

nothing_is_listed_at_first() {
	expect_equal "connections" "" "$(lb_connection_list)"
}

# The timeouts are 15 minutes, 5, 2, 1 minute and 10 seconds; looking takes its time on a slow machine.
established_is_listed() {
	expect_equal "opening" "ok 40001" "$(talk me open one tcp "$VIP" 7000 40001)"
	expect_equal "who answers" server1 "$(talk me ask one)"
	expect_listed ESTABLISHED 600 900 tcp 40001
	expect_equal "opening another" "ok 40002" "$(talk me open two tcp "$VIP" 7000 40002)"
	expect_equal "who answers" server1 "$(talk me ask two)"
	expect_listed ESTABLISHED 600 900 tcp 40002
	expect_equal "connections" 2 "$(lb_connection_list | wc -l)"
}

datagrams_are_listed() {
	# The same port as that of a TCP connection.
	expect_equal "opening" "ok 40001" "$(talk me open datagrams udp "$VIP" 7000 40001)"
	expect_equal "who answers" server1 "$(talk me ask datagrams)"
	expect_listed UDP 100 300 udp 40001
	expect_listed ESTABLISHED 600 900 tcp 40001
}

# deaf COMMAND...: while the server does not hear those that want to connect.
deaf() {
	in_ns "${SERVERS[0]}" nft -f - <<-EOF
		table $IP deaf {
			chain input { type filter hook prerouting priority -200; tcp dport 7000 tcp flags syn drop; }
		}
	EOF
	"$@"
	in_ns "${SERVERS[0]}" nft delete table "$IP" deaf
}

half_open_is_listed() {
	expect_equal "opening" timeout "$(deaf talk me open deaf tcp "$VIP" 7000 40003)"
	expect_listed SYN_RECV 0 60 tcp 40003
}

reset_is_listed() {
	local seconds=
	expect_equal "reset" ok "$(talk me reset two)"
	if wait_until 5 is_listed_as CLOSE tcp 40002; then
		expect_range "seconds left" 0 10 "$seconds"
	elif [ -z "$(listed tcp 40002)" ]; then
		diagnose "on a machine as slow as this it has expired already"
	else
		fail "expected state CLOSE, saw in"$'\n'"$(lb_connection_list)"
	fi
}

# What a director sees of it depends on whether replies pass.
finished_is_listed() {
	expect_equal "closing" ok "$(talk me finish one)"
	if [ "$LB_FORWARD" = nat ]; then
		expect_listed TIME_WAIT 1 120 tcp 40001
	else
		# The server's FIN passes by.
		expect_listed FIN_WAIT 1 120 tcp 40001
	fi
}

seconds_go_down_and_a_packet_renews_them() {
	local before seconds
	read -r _ before < <(listed udp 40001)
	wait_until 30 seconds_are_below "$before" || fail "they stay at $before"
	expect_equal "who answers" server1 "$(talk me ask datagrams)"
	expect_listed UDP $((before - 1)) 300 udp 40001
}

seconds_are_below() {
	local seconds
	read -r _ seconds < <(listed udp 40001)
	[ "$seconds" -lt "$1" ]
}

connections_cases=(
	nothing_is_listed_at_first
	established_is_listed
	datagrams_are_listed
	half_open_is_listed
	reset_is_listed
	finished_is_listed
	seconds_go_down_and_a_packet_renews_them
)
