# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A firewall whose rules are at POST_ROUTING alone, where requests leave for the real servers: the cases of dr_output.sh,
# nat_output.sh and tun_output.sh. The test sets REQUEST, an expression for requests as they leave, and where they come
# in and go out: IN and OUT. The client "me" has a connection "flow" to a service of UDP at server1.
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

TALK=udp/$VIP_HOST:7000

# Where the real servers answer the clients themselves.
output_begin() {
	test_begin --direct-reply
	talk_server_start "${SERVERS[0]}" server1 "udp:$VIP:7000"
	talk_client_start me "$CLIENT"
	lb_begin "$TALK" rr "${SERVER_HOSTS[0]}:7000"
	talk me open flow udp "$VIP" 7000 >"$TEST_DIR/opened"
}

answers_come() {
	local i
	for i in 1 2 3 4 5; do
		expect_equal "who answers" server1 "$(talk me ask flow)"
	done
}

# rule_where_they_leave STATEMENT: for requests that leave, before whoever counts them.
rule_where_they_leave() {
	in_ns "$DIRECTOR" nft -f - <<-EOF
		table $IP leave {
			chain leave { type filter hook postrouting priority 900; policy accept; $REQUEST $1; }
		}
	EOF
}

no_rule_where_they_leave() {
	expect_success in_ns "$DIRECTOR" nft delete table "$IP" leave
}

rules_there_see_each_request_once() {
	count_packets "$DIRECTOR" once postrouting "$REQUEST iifname $IN oifname $OUT"
	answers_come
	expect_equal "requests from $IN to $OUT" 5 "$(counted_packets "$DIRECTOR" once)"
}

rules_there_may_change_a_request() {
	count_packets "${SERVERS[0]}" changed prerouting "$IP dscp 11"
	expect_success rule_where_they_leave "$IP dscp set 11"
	answers_come
	expect_equal "requests with a mark at the server" 5 "$(counted_packets "${SERVERS[0]}" changed)"
	no_rule_where_they_leave
	answers_come
	expect_equal "requests with a mark without the rule" 5 "$(counted_packets "${SERVERS[0]}" changed)"
}

rules_there_may_drop_a_request() {
	count_packets "${SERVERS[0]}" arrived prerouting "udp dport 7000"
	expect_success rule_where_they_leave drop
	expect_equal "answer to what was dropped" timeout "$(talk me ask flow 2)"
	expect_equal "requests at the server" 0 "$(counted_packets "${SERVERS[0]}" arrived)"
	no_rule_where_they_leave
	answers_come
}

# A program behind a rule (NFQUEUE) may take its time; the packet goes on where it was.
requests_that_a_program_keeps_go_on_later() {
	if ! modprobe -aq nfnetlink_queue nft_queue; then
		skip "no rule can hand packets to a program (CONFIG_NFT_QUEUE)"
		return
	fi
	expect_success rule_where_they_leave "queue to 0"
	count_packets "$DIRECTOR" kept postrouting "$REQUEST"
	talk_start keeper "$DIRECTOR" keep_packets.py
	expect_equal "the program" ok "$(talk keeper begin)"
	tell me ask flow
	expect_equal "packets kept" 1 "$(talk keeper keep 1)"
	expect_equal "requests behind the program" 0 "$(counted_packets "$DIRECTOR" kept)"
	expect_equal "packets that go on" 1 "$(talk keeper release)"
	expect_equal "who answers" server1 "$(hear me)"
	expect_equal "requests behind the program then" 1 "$(counted_packets "$DIRECTOR" kept)"
	no_rule_where_they_leave
	answers_come
}

output_cases=(
	answers_come
	rules_there_see_each_request_once
	rules_there_may_change_a_request
	rules_there_may_drop_a_request
	requests_that_a_program_keeps_go_on_later
)
