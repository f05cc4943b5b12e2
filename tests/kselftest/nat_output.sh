#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Masquerading, without the fast path: what leaves the director passes the rules of its firewall there as soon as there are
# any, is fragmented where it has to be, and is counted, whether or not the stack had more to do with it than to send it.
FAST_PATH=off
. "$(dirname "$0")/lib.sh"

REQUEST="$IP daddr ${SERVER_IPS[0]} udp dport 7000"
IN=client OUT=servers
# Of a link, and in how many pieces 1400 bytes pass it.
case $FAMILY in
v4) small_mtu=(mtu 600) pieces=3 ;;
# What is forwarded heeds no other one.
v6) small_mtu=(mtu lock 1290) pieces=2 ;;
esac
# shellcheck source=cases/output.sh
. "$KSELFTEST_DIR/cases/output.sh"

# transmitted: packets that the director has handed to its devices (IPSTATS_MIB_OUT).
transmitted() {
	if [ "$FAMILY" = v6 ]; then
		in_ns "$DIRECTOR" cat /proc/net/snmp6 | awk '$1 == "Ip6OutTransmits" { print $2 }'
		return
	fi
	in_ns "$DIRECTOR" cat /proc/net/snmp | awk '
		$1 == "Ip:" && !column { for (i = 2; i <= NF; i++) if ($i == "OutTransmits") column = i; next }
		$1 == "Ip:" { print $column }'
}

every_packet_is_counted_as_sent() {
	local before
	before=$(transmitted)
	answers_come
	expect_range "packets sent for five questions and answers" 10 14 "$(($(transmitted) - before))"
}

rules_see_requests_and_replies_at_once() {
	# 1000 is after the load balancer, at FORWARD too.
	count_packets "$DIRECTOR" requests_out postrouting "$IP daddr ${SERVER_IPS[0]} udp dport 7000"
	count_packets "$DIRECTOR" replies_forwarded forward "$IP saddr $VIP udp sport 7000"
	count_packets "$DIRECTOR" replies_out postrouting "$IP saddr $VIP udp sport 7000"
	answers_come
	expect_equal "requests at POST_ROUTING" 5 "$(counted_packets "$DIRECTOR" requests_out)"
	expect_equal "replies at FORWARD" 5 "$(counted_packets "$DIRECTOR" replies_forwarded)"
	expect_equal "replies at POST_ROUTING" 5 "$(counted_packets "$DIRECTOR" replies_out)"
}

answers_come_when_the_rules_are_gone() {
	expect_success in_ns "$DIRECTOR" nft delete table "$IP" watch
	answers_come
}

# drop_in CHAIN RULE
drop_in() {
	in_ns "$DIRECTOR" nft -f - <<-EOF
		table $IP block {
			chain block { type filter hook $1 priority 1000; policy accept; $2 drop; }
		}
	EOF
}

replies_are_dropped_where_a_rule_says_so() {
	local hook
	for hook in forward postrouting; do
		expect_success drop_in "$hook" "$IP saddr $VIP udp sport 7000"
		expect_equal "answer with a rule at $hook" timeout "$(talk me ask flow 2)"
		expect_success in_ns "$DIRECTOR" nft delete table "$IP" block
		answers_come
	done
}

replies_are_fragmented_for_a_small_link() {
	local route
	route=$(ip -n "$DIRECTOR" route get "$CLIENT_IP" | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") print $(i + 1) }')
	expect_success ip -n "$DIRECTOR" route add "$CLIENT_IP/$HOST_BITS" dev "$route" "${small_mtu[@]}"
	count_packets "$CLIENT" fragments prerouting "$IP saddr $VIP $FRAGMENT"
	# A router fragments nothing of IPv6; the real server does, once it has heard of it.
	[ "$FAMILY" = v4 ] || expect_equal "who answers 1400 bytes at first" timeout "$(talk me ask flow 1 1372)"
	expect_equal "who answers 1400 bytes" server1 "$(talk me ask flow 5 1372)"
	expect_equal "fragments at the client" "$pieces" "$(counted_packets "$CLIENT" fragments)"
	expect_success ip -n "$DIRECTOR" route del "$CLIENT_IP/$HOST_BITS"
	expect_success ip -n "${SERVERS[0]}" "$IP_FAMILY" route flush cache
	expect_equal "who answers 1400 bytes then" server1 "$(talk me ask flow 5 1372)"
	expect_equal "fragments then" "$pieces" "$(counted_packets "$CLIENT" fragments)"
}

test_begin
# What it sends may be fragmented.
in_ns "${SERVERS[0]}" sysctl -qw net.ipv4.ip_no_pmtu_disc=1
talk_server_start "${SERVERS[0]}" server1 udp:7000
talk_client_start me "$CLIENT"
lb_begin "$TALK" rr "${SERVER_HOSTS[0]}:7000"
talk me open flow udp "$VIP" 7000 >"$TEST_DIR/opened"

ktap_run "${output_cases[@]}" \
	every_packet_is_counted_as_sent \
	rules_see_requests_and_replies_at_once \
	answers_come_when_the_rules_are_gone \
	replies_are_dropped_where_a_rule_says_so \
	replies_are_fragmented_for_a_small_link
