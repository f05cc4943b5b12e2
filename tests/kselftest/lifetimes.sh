#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A connection that ends while it is being made: one CPU has put it under the tuple of the client's packets, and is held up
# before it puts it under that of the replies, when another CPU ends it. Nothing may be left of it.
. "$(dirname "$0")/lib.sh"

SERVICE=tcp/$VIP:7000
# What helpers/half_made.py and helpers/tcp_segment.py send.
RAW_SEQUENCE=$((0x7abcdef0))
HOLD_MODULE=$KSELFTEST_DIR/modules/rvs_hold.ko

# has_two_processors: 0 and 1, as the helper wants them.
has_two_processors() {
	taskset -c 0 true && taskset -c 1 true
} 2>/dev/null

# hold_load PATTERN: the module holds up calls of the function whose symbol matches.
hold_load() {
	local symbol
	symbol=$(awk -v pattern="$1" '$4 == "[rvs]" && $3 ~ pattern && $3 !~ /^__pfx_/ { print $3 }' /proc/kallsyms)
	[[ $symbol =~ ^[^[:space:]]+$ ]] || bail "one function is to match $1, but there is: ${symbol:-none}"
	insmod "$HOLD_MODULE" symbol="$symbol" || bail "$HOLD_MODULE cannot be loaded"
}

lifetimes_end() {
	[ ! -d /sys/module/rvs_hold ] || rmmod rvs_hold
	test_end
}

# raw_segments_end_here NAMESPACE: no socket hears of them, so that nothing answers.
raw_segments_end_here() {
	in_ns "$1" nft -f - <<-EOF
		table ip unheard {
			chain unheard {
				type filter hook prerouting priority -300; policy accept;
				tcp sequence $RAW_SEQUENCE drop
			}
		}
	EOF
}

# server_of PORT: the number of the real server that the connection of this client's port has.
server_of() {
	lb_connection_list "$SERVICE" | awk -v client="$CLIENT_IP:$1" -v servers="${SERVER_IPS[*]/%/:7000}" '
		$2 == client {
			count = split(servers, server, " ")
			for (i = 1; i <= count; i++)
				if (server[i] == $4)
					print i
		}'
}

# syns_of_servers PORT: how many each has been sent from there.
syns_of_servers() {
	echo "$(counted_packets "${SERVERS[0]}" "syns$1") $(counted_packets "${SERVERS[1]}" "syns$1")"
}

# ended_while_made PORT: the client's SYN from this port comes to one server, RST and SYN to the same connection to the
# other. Sets first and second to the numbers of these servers.
ended_while_made() {
	local namespace
	for namespace in "${SERVERS[@]:0:2}"; do
		count_packets "$namespace" "syns$1" prerouting "tcp sport $1 tcp flags & (syn | rst) == syn"
	done
	expect_equal "one CPU held up, and the other one past it" ok "$(in_ns "$CLIENT" python3 -S "$HELPERS/half_made.py" \
		/sys/module/rvs_hold/parameters "$CLIENT_IP" "$1" "$VIP" 7000)"
	# Then the CPU that was held up is done with it.
	expect_soon "SYNs that the servers got" "1 1" syns_of_servers "$1"
	second=$(server_of "$1")
	expect_match "server of the connection that is left" '^[12]$' "$second"
	first=$((3 - ${second:-1}))
}

# expect_no_claim PORT: a packet of the first server to the client is its own.
expect_no_claim() {
	local address=${SERVER_IPS[first - 1]}
	count_packets "$CLIENT" "answers$1" prerouting "tcp sport 7000 tcp dport $1 tcp flags == ack ip saddr $address"
	in_ns "${SERVERS[first - 1]}" python3 -S "$HELPERS/tcp_segment.py" A "$address" 7000 "$CLIENT_IP" "$1"
	expect_soon "packets that come to the client from the server's own address" 1 counted_packets "$CLIENT" "answers$1"
}

# expect_free PORT SERVICE-PORT: another service with this server alone serves the client's port.
expect_free() {
	expect_success lb_service_add "tcp/$VIP:$2" rr
	expect_success lb_server_add "tcp/$VIP:$2" "${SERVER_IPS[first - 1]}:7000" 1
	expect_equal "opening by another service" "ok $1" "$(talk me open "at$2" tcp "$VIP" "$2" "$1")"
	expect_equal "who answers" "server$first" "$(talk me ask "at$2")"
}

nothing_is_left_of_it() {
	local first second round port
	for round in 1 2 3; do
		port=$((45000 + round))
		ended_while_made "$port"
		[ "$case_failed" = n ] || return
		expect_equal "active and inactive of the first server" "0 0" \
			"$(lb_connections "$SERVICE" "${SERVER_IPS[first - 1]}:7000")"
		expect_no_claim "$port"
		expect_free "$port" $((7100 + round))
	done
}

lb_needs rvs "IPVS puts a connection under both tuples in one step, with both places locked (ip_vs_conn_hash)"
has_two_processors || skip_all "needs the processors 0 and 1"
[ -e "$HOLD_MODULE" ] || skip_all "there is no modules/rvs_hold.ko, which needs a kernel with CONFIG_KPROBES"

test_begin
trap lifetimes_end EXIT
hold_load 'Connections10link_reply'
for namespace in "$CLIENT" "${SERVERS[@]:0:2}"; do
	raw_segments_end_here "$namespace"
done
for number in 1 2; do
	talk_server_start "${SERVERS[number - 1]}" "server$number" tcp:7000
done
talk_client_start me "$CLIENT"
lb_begin "$SERVICE" rr "${SERVER_IPS[0]}:7000" "${SERVER_IPS[1]}:7000"

ktap_run nothing_is_left_of_it
