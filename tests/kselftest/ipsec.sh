#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# IPsec policies hold for what is balanced: what they do not let in begins no connection and goes on with none, what is to be
# encrypted on its way to the real server, or blocked, does not leave as it is, and both in the middle of a flow. IPVS asks for
# neither.
. "$(dirname "$0")/lib.sh"

SERVICE=udp/$VIP:7000
SERVER=${SERVER_IPS[0]}:7000
SILENCE=0.5

# policy DIRECTION ADDRESS ACTION...: for what goes to an address.
policy() {
	ip -n "$DIRECTOR" xfrm policy add src 0.0.0.0/0 dst "$2/32" dir "$1" "${@:3}"
}

end_policies() {
	expect_success ip -n "$DIRECTOR" xfrm policy flush
}

# esp ADDRESS ADDRESS: the arguments of a policy that asks for a tunnel.
esp() {
	echo tmpl src "$1" dst "$2" proto esp mode tunnel
}

# expect_answers FLOW
expect_answers() {
	local i
	for i in 1 2 3; do
		expect_equal "answer $i of $1" server1 "$(talk me ask "$1")"
	done
}

expect_silence() {
	local i
	for i in 1 2 3; do
		expect_equal "answer to question $i of $1" timeout "$(talk me ask "$1" "$SILENCE")"
	done
}

open_flow() {
	expect_match "opening $1" '^ok' "$(talk me open "$1" udp "$VIP" 7000)"
}

# held_by COMMAND...: a flow that is, and one that begins, are cut by the policy that the command makes; both go on without it.
# Nothing gets to the server meanwhile.
held_by() {
	open_flow before
	expect_answers before
	connections=$(lb_connection_count)
	expect_success "$@"
	arrived=$(counted_packets "${SERVERS[0]}" arrived)
	expect_silence before
	open_flow after
	expect_silence after
	expect_equal "packets at the server" "$arrived" "$(counted_packets "${SERVERS[0]}" arrived)"
}

# goes_on: what held_by began.
goes_on() {
	expect_answers before
	expect_answers after
	talk me close before >"$TEST_DIR/closed"
	talk me close after >"$TEST_DIR/closed"
}

plain_packets_for_a_service_that_asks_for_esp_are_dropped() {
	# shellcheck disable=SC2046 # several arguments
	held_by policy in "$VIP" $(esp "$CLIENT_IP" "$CLIENT_GATEWAY")
	expect_equal "connections" "$connections" "$(lb_connection_count)"
	end_policies
	goes_on
}

blocked_packets_are_dropped() {
	held_by policy in "$VIP" action block
	expect_equal "connections" "$connections" "$(lb_connection_count)"
	end_policies
	goes_on
}

what_no_policy_is_for_is_dropped_where_that_is_the_default() {
	held_by ip -n "$DIRECTOR" xfrm policy setdefault in block
	expect_equal "connections" "$connections" "$(lb_connection_count)"
	expect_success ip -n "$DIRECTOR" xfrm policy setdefault in accept
	goes_on
}

packets_for_a_server_that_asks_for_esp_do_not_leave_in_the_clear() {
	# shellcheck disable=SC2046 # several arguments
	held_by policy out "${SERVER_IPS[0]}" $(esp "$DIRECTOR_LAN_IP" "${SERVER_IPS[0]}")
	end_policies
	goes_on
}

packets_blocked_on_their_way_out_do_not_leave() {
	held_by policy out "${SERVER_IPS[0]}" action block
	end_policies
	goes_on
}

what_no_policy_is_for_does_not_leave_where_that_is_the_default() {
	held_by ip -n "$DIRECTOR" xfrm policy setdefault out block
	expect_success ip -n "$DIRECTOR" xfrm policy setdefault out accept
	goes_on
}

# The same, to a server that is told of the key: encrypted, it is served.
encrypted_packets_reach_the_server() {
	local namespace spi=0x1000 keys=(auth "hmac(sha256)" "0x$(printf '11%.0s' {1..32})" enc "cbc(aes)" "0x$(printf '22%.0s' {1..16})")
	open_flow before
	expect_answers before
	for namespace in "$DIRECTOR" "${SERVERS[0]}"; do
		if ! ip -n "$namespace" xfrm state add src "$DIRECTOR_LAN_IP" dst "${SERVER_IPS[0]}" proto esp spi "$spi" \
			mode tunnel "${keys[@]}" 2>"$TEST_DIR/state"; then
			skip "no ESP: $(cat "$TEST_DIR/state")"
			return
		fi
	done
	count_packets "${SERVERS[0]}" encrypted input "ip protocol esp"
	# shellcheck disable=SC2046 # several arguments
	expect_success policy out "${SERVER_IPS[0]}" $(esp "$DIRECTOR_LAN_IP" "${SERVER_IPS[0]}")
	# shellcheck disable=SC2046 # several arguments
	expect_success ip -n "${SERVERS[0]}" xfrm policy add src 0.0.0.0/0 dst "${SERVER_IPS[0]}/32" dir in \
		$(esp "$DIRECTOR_LAN_IP" "${SERVER_IPS[0]}")
	expect_answers before
	open_flow after
	expect_answers after
	expect_equal "encrypted packets at the server" 6 "$(counted_packets "${SERVERS[0]}" encrypted)"
	end_policies
	expect_success ip -n "${SERVERS[0]}" xfrm policy flush
	expect_success ip -n "$DIRECTOR" xfrm state flush
	expect_success ip -n "${SERVERS[0]}" xfrm state flush
	goes_on
}

# Policies for others are none of its matter.
other_policies_change_nothing() {
	open_flow before
	expect_answers before
	expect_success policy in 203.0.113.77 action block
	expect_success policy out 203.0.113.77 action block
	expect_success policy fwd 203.0.113.77 action block
	expect_answers before
	open_flow after
	expect_answers after
	end_policies
	goes_on
}

lb_needs rvs "IPVS does not ask IPsec policies: what they hold back is balanced, and leaves in the clear"
modprobe -a xfrm_user esp4 2>/dev/null
test_begin
ip -n "$DIRECTOR" xfrm policy >"$TEST_DIR/policies" 2>&1 || skip_all "no IPsec: $(cat "$TEST_DIR/policies")"
talk_server_start "${SERVERS[0]}" server1 udp:7000
talk_client_start me "$CLIENT"
count_packets "${SERVERS[0]}" arrived input "udp dport 7000"
lb_begin "$SERVICE" rr "$SERVER"

ktap_run \
	plain_packets_for_a_service_that_asks_for_esp_are_dropped \
	blocked_packets_are_dropped \
	what_no_policy_is_for_is_dropped_where_that_is_the_default \
	packets_for_a_server_that_asks_for_esp_do_not_leave_in_the_clear \
	packets_blocked_on_their_way_out_do_not_leave \
	what_no_policy_is_for_does_not_leave_where_that_is_the_default \
	encrypted_packets_reach_the_server \
	other_policies_change_nothing
