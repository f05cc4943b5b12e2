#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A client uses its port for two services with the same real servers behind: what is over gives way, what lives keeps its
# replies, and nobody is left without an answer.
. "$(dirname "$0")/lib.sh"

ONE=7100
TWO=7101
SERVERS_OF_BOTH=("${SERVER_HOSTS[@]/%/:7000}")

# both_services PROTOCOL SCHEDULER SERVER...: two services, at the ports ONE and TWO, with the same servers. They are new:
# those of before would find their connections again.
both_services() {
	local port server protocol=$1 scheduler=$2
	shift 2
	lb_flush
	ONE=$((ONE + 2)) TWO=$((TWO + 2))
	for port in "$ONE" "$TWO"; do
		expect_success lb_service_add "$protocol/$VIP_HOST:$port" "$scheduler"
		for server; do
			expect_success lb_server_add "$protocol/$VIP_HOST:$port" "$server" 1
		done
	done
}

needs_scheduler() {
	[ "$LB_BACKEND" = rvs ] || modprobe "ip_vs_$1" 2>/dev/null || { skip "no ip_vs_$1"; return 1; }
}

# end_of NAME WAY PORT [CLIENT]: a connection from this port ends, and the servers know. The acknowledgment of a server's FIN may be
# on its way still when the client is done, and a SYN that is there before is answered for the old connection.
end_of() {
	expect_equal "ending" ok "$(talk "${4-me}" "$2" "$1")"
	wait_until 10 no_server_has "$3" || fail "a server still has the connection from port $3"
}

# no_server_has CLIENT-PORT
no_server_has() {
	local server
	for server in "${SERVERS[@]}"; do
		[ -z "$(in_ns "$server" ss -Htn "dport = :$1")" ] || return
	done
}

# over_gives_way WAY PORT SCHEDULER SERVER...: connections by the one service, ended, then by the other.
over_gives_way() {
	local way=$1 port=$2 started
	both_services tcp "$3" "${@:4}"
	expect_equal "opening" "ok $port" "$(talk me open first tcp "$VIP" "$ONE" "$port")"
	expect_match "who answers" '^server' "$(talk me ask first)"
	end_of first "$way" "$port"
	started=${EPOCHREALTIME/./}
	expect_equal "opening by the other service" "ok $port" "$(talk me open second tcp "$VIP" "$TWO" "$port")"
	expect_match "who answers" '^server' "$(talk me ask second)"
	# The second SYN comes after a second.
	expect_range "milliseconds until then" 0 900 $(((${EPOCHREALTIME/./} - started) / 1000))
	talk me reset second >"$TEST_DIR/closed"
}

closed_gives_way_with_one_server() {
	over_gives_way finish 42001 rr "${SERVERS_OF_BOTH[0]}"
	over_gives_way reset 42002 rr "${SERVERS_OF_BOTH[0]}"
}

closed_gives_way_with_sh() {
	needs_scheduler sh || return
	over_gives_way finish 42003 sh "${SERVERS_OF_BOTH[@]}"
}

closed_gives_way_with_mh() {
	needs_scheduler mh || return
	over_gives_way finish 42004 mh "${SERVERS_OF_BOTH[@]}"
}

closed_gives_way_with_rr() {
	over_gives_way finish 42005 rr "${SERVERS_OF_BOTH[@]}"
}

# answers_soon NAME: a client whose datagrams are not answered asks again.
answers_soon() {
	[ "$(talk me ask "$1" 0.3)" = server1 ]
}

silent_datagrams_give_way() {
	local started seconds=2
	[ "$LB_BACKEND" != rvs ] || in_ns "$DIRECTOR" sysctl -qw net.rvs.udp_reuse_after="$seconds"
	both_services udp rr "${SERVERS_OF_BOTH[0]}"
	expect_equal "opening" "ok 42010" "$(talk me open first udp "$VIP" "$ONE" 42010)"
	expect_equal "who answers" server1 "$(talk me ask first)"
	talk me close first >"$TEST_DIR/closed"
	started=${EPOCHREALTIME/./}
	expect_equal "opening by the other service" "ok 42010" "$(talk me open second udp "$VIP" "$TWO" 42010)"
	wait_until 10 answers_soon second || fail "no answer by the other service"
	if [ "$LB_BACKEND" = rvs ]; then
		expect_range "milliseconds until then" 1900 9000 $(((${EPOCHREALTIME/./} - started) / 1000))
	fi
	expect_equal "who answers again" server1 "$(talk me ask second)"
	talk me close second >"$TEST_DIR/closed"
	[ "$LB_BACKEND" != rvs ] || in_ns "$DIRECTOR" sysctl -qw net.rvs.udp_reuse_after=5
}

# sums PROTOCOL PORT: connections, active and inactive ones, over the servers.
sums() {
	local server
	for server in "${SERVERS_OF_BOTH[@]:0:2}"; do
		echo "$(lb_counters "$1/$VIP_HOST:$2" "$server" | cut -d' ' -f1) $(lb_connections "$1/$VIP_HOST:$2" "$server")"
	done | awk '{ sum += $1; active += $2; inactive += $3 } END { print sum + 0, active + 0, inactive + 0 }'
}

living_one_keeps_its_replies_and_another_server_serves() {
	[ "$LB_BACKEND" = rvs ] || { skip "IPVS sends both connections to one server, whose replies are those of the second"; return; }
	both_services tcp sh "${SERVERS_OF_BOTH[@]:0:2}"
	local first second
	expect_equal "opening" "ok 42020" "$(talk me open first tcp "$VIP" "$ONE" 42020)"
	first=$(talk me ask first)
	expect_match "who answers" '^server' "$first"
	expect_equal "opening by the other service" "ok 42020" "$(talk me open second tcp "$VIP" "$TWO" 42020)"
	second=$(talk me ask second)
	expect_match "who answers by the other service" '^server' "$second"
	[ "$first" != "$second" ] || fail "$first has two connections of one port"
	expect_equal "who answers by the one" "$first" "$(talk me ask first)"
	expect_equal "connections, active, inactive by the other" "1 1 0" "$(sums tcp "$TWO")"
	talk me reset first >"$TEST_DIR/closed"
	talk me reset second >"$TEST_DIR/closed"
}

# The threshold of four would be met by the refused try, and hold until there are fewer than three.
refused_at_once_and_counted_for_nothing() {
	local before started protocol i counted
	[ "$LB_BACKEND" != rvs ] || counted=$(paths port_taken)
	for protocol in tcp udp; do
		both_services "$protocol" rr "${SERVERS_OF_BOTH[0]}"
		expect_success lb_server_set "$protocol/$VIP_HOST:$TWO" "${SERVERS_OF_BOTH[0]}" 1 4 0
		for i in 1 2 3; do
			expect_match "opening $i" '^ok' "$(talk me open "other$i" "$protocol" "$VIP" "$TWO")"
			expect_equal "who answers $i" server1 "$(talk me ask "other$i")"
		done
		expect_equal "opening" "ok 42030" "$(talk me open first "$protocol" "$VIP" "$ONE" 42030)"
		expect_equal "who answers" server1 "$(talk me ask first)"
		lb_counters_settle
		before=$(sums "$protocol" "$TWO")
		started=${EPOCHREALTIME/./}
		if [ "$protocol" = tcp ]; then
			expect_equal "opening by the other service" ECONNREFUSED \
				"$(talk me open second tcp "$VIP" "$TWO" 42030)"
		else
			expect_equal "opening by the other service" "ok 42030" \
				"$(talk me open second udp "$VIP" "$TWO" 42030)"
			expect_equal "who answers" ECONNREFUSED "$(talk me ask second 2)"
			talk me close second >"$TEST_DIR/closed"
		fi
		expect_range "milliseconds until then" 0 900 $(((${EPOCHREALTIME/./} - started) / 1000))
		expect_equal "connections, active, inactive" "$before" "$(sums "$protocol" "$TWO")"
		expect_equal "who answers by the one" server1 "$(talk me ask first)"
		# There is room for one more.
		expect_match "opening another" '^ok' "$(talk me open other4 "$protocol" "$VIP" "$TWO")"
		expect_equal "who answers it" server1 "$(talk me ask other4)"
		for i in first other1 other2 other3 other4; do
			talk me close "$i" >"$TEST_DIR/closed"
		done
	done
	[ "$LB_BACKEND" != rvs ] || expect_equal "counted" $((counted + 2)) "$(paths port_taken)"
}

living_one_without_another_server() {
	[ "$LB_BACKEND" = rvs ] || { skip "IPVS creates the second connection, and confuses the replies"; return; }
	# Datagrams live, however slow the machine is.
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.udp_reuse_after=3600
	# A client that is not through with connect() takes no notice of an error (LockDroppedIcmps), and sends its SYN once more.
	modprobe sch_netem
	expect_success in_ns "$CLIENT" tc qdisc add dev eth0 root netem delay 30ms
	refused_at_once_and_counted_for_nothing
	expect_success in_ns "$CLIENT" tc qdisc del dev eth0 root
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.udp_reuse_after=5
}

closed_claim_ends_with_a_syn_to_the_server() {
	[ "$LB_BACKEND" = rvs ] || { skip "with IPVS the answer comes from the VIP, and the client hangs"; return; }
	local started
	both_services tcp rr "${SERVERS_OF_BOTH[0]}"
	expect_equal "opening" "ok 42040" "$(talk me open first tcp "$VIP" "$ONE" 42040)"
	expect_equal "who answers" server1 "$(talk me ask first)"
	end_of first finish 42040
	started=${EPOCHREALTIME/./}
	expect_equal "opening past the service" "ok 42040" "$(talk me open direct tcp "${SERVER_IPS[0]}" 7000 42040)"
	expect_equal "who answers" server1 "$(talk me ask direct)"
	expect_range "milliseconds until then" 0 900 $(((${EPOCHREALTIME/./} - started) / 1000))
	talk me reset direct >"$TEST_DIR/closed"
}

# The same of a client on the director itself.
closed_claim_ends_with_a_syn_of_the_director() {
	both_services tcp rr "${SERVERS_OF_BOTH[0]}"
	expect_equal "opening" "ok 42041" "$(talk director open first tcp "$VIP" "$ONE" 42041 "$DIRECTOR_LAN_IP")"
	expect_equal "who answers" server1 "$(talk director ask first)"
	end_of first finish 42041 director
	expect_equal "opening past the service" "ok 42041" \
		"$(talk director open direct tcp "${SERVER_IPS[0]}" 7000 42041 "$DIRECTOR_LAN_IP")"
	expect_equal "who answers" server1 "$(talk director ask direct)"
	talk director reset direct >"$TEST_DIR/closed"
}

# What only looks like it ends nothing that lives.
living_claim_stays() {
	both_services tcp rr "${SERVERS_OF_BOTH[0]}"
	expect_equal "opening" "ok 42042" "$(talk me open first tcp "$VIP" "$ONE" 42042)"
	expect_equal "who answers" server1 "$(talk me ask first)"
	expect_success in_ns "$CLIENT" python3 -S "$HELPERS/tcp_segment.py" S "$CLIENT_IP" 42042 "${SERVER_IPS[0]}" 7000
	expect_equal "who answers still" server1 "$(talk me ask first)"
	talk me reset first >"$TEST_DIR/closed"
}

test_begin
for i in 1 2 3; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000 udp:7000
	# A closed port is free at once.
	in_ns "${SERVERS[i - 1]}" sysctl -qw net.ipv4.tcp_tw_reuse=1
done
in_ns "$CLIENT" sysctl -qw net.ipv4.tcp_tw_reuse=1
talk_client_start me "$CLIENT"
talk_client_start director "$DIRECTOR"

ktap_run \
	closed_gives_way_with_one_server \
	closed_gives_way_with_sh \
	closed_gives_way_with_mh \
	closed_gives_way_with_rr \
	silent_datagrams_give_way \
	living_one_keeps_its_replies_and_another_server_serves \
	living_one_without_another_server \
	closed_claim_ends_with_a_syn_to_the_server \
	closed_claim_ends_with_a_syn_of_the_director \
	living_claim_stays
