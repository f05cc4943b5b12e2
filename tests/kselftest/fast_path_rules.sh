#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# No rule is passed by: what the firewall or policy routing refuse is refused for each packet of a flow, not for the first
# one alone, wherever the rule stands. Each case begins with the rule, and with a flow that has not had a packet yet, while
# another flow has shown the load balancer all routes. With IPVS each packet passes all hooks.
. "$(dirname "$0")/lib.sh"

SERVICE=udp/$VIP_HOST:7000
SERVER=${SERVER_HOSTS[0]}:7000
TCP_SERVICE=tcp/$VIP_HOST:7001
TCP_SERVER=${SERVER_HOSTS[0]}:7001
# Another address of the client.
OTHER_IP=$OTHER_CLIENT_IP
# What a sender hears of a route that prohibits.
case $FAMILY in
v4) PROHIBITED=EHOSTUNREACH ;;
v6) PROHIBITED=EACCES ;;
esac
# Seconds in which no answer comes. What would answer does so within milliseconds.
SILENCE=0.5

# refuse CHAIN PRIORITY EXPRESSION: drop what matches at a hook of the director, and count it.
refuse() {
	expect_success in_ns "$DIRECTOR" nft -f - <<-EOF
		table $IP rules {
			counter refused { }
			chain $1 {
				type filter hook $1 priority $2; policy accept;
				$3 counter name refused drop
			}
		}
	EOF
}

refused() {
	in_ns "$DIRECTOR" nft list counter "$IP" rules refused | awk '$1 == "packets" { print $2 }'
}

allow_again() {
	expect_success in_ns "$DIRECTOR" nft delete table "$IP" rules
}

# open_flow NAME [SOURCE-ADDRESS]: of UDP.
open_flow() {
	expect_match "opening $1" '^ok' "$(talk me open "$1" udp "$VIP" 7000 0 "${2:-$CLIENT_IP}")"
}

# expect_answers FLOW COUNT
expect_answers() {
	local i
	for ((i = 0; i < $2; i++)); do
		expect_equal "who answers $1" server1 "$(talk me ask "$1")"
	done
}

# expect_silence FLOW COUNT: so many questions get no answer.
expect_silence() {
	local i
	for ((i = 0; i < $2; i++)); do
		expect_equal "answer to question $((i + 1)) of $1" timeout "$(talk me ask "$1" "$SILENCE")"
	done
}

# expect_refusals FLOW COUNT: so many questions are answered by an error.
expect_refusals() {
	local i
	for ((i = 0; i < $2; i++)); do
		expect_equal "answer to question $((i + 1)) of $1" "$PROHIBITED" "$(talk me ask "$1" "$SILENCE")"
	done
}

# The routes are known, and a flow is as fast as it gets.
begin_case() {
	open_flow known
	expect_answers known 3
	# What is skipped by nobody proves nothing.
	[ "$LB_BACKEND" = rvs ] && [ "${FAST_PATH-on}" = on ] || return
	local before
	before=$(paths fast)
	expect_answers known 2
	expect_equal "fast packets of two questions and their answers" "${FAST_OF_TWO:-4}" $(($(paths fast) - before))
}

# refused_for_good CHAIN PRIORITY EXPRESSION: of three questions none is answered, and the rule has seen three packets.
refused_for_good() {
	begin_case
	refuse "$@"
	open_flow flow
	expect_silence flow 3
	expect_equal "packets refused" 3 "$(refused)"
	allow_again
	expect_answers flow 3
}

requests_refused_at_output() {
	refused_for_good output 0 "$IP daddr ${SERVER_IPS[0]} udp dport 7000"
}

requests_refused_at_postrouting() {
	refused_for_good postrouting 0 "$IP daddr ${SERVER_IPS[0]} udp dport 7000"
}

replies_refused_at_forward() {
	refused_for_good forward 200 "$IP saddr $VIP udp sport 7000"
}

replies_refused_at_forward_before() {
	refused_for_good forward 0 "$IP saddr ${SERVER_IPS[0]} udp sport 7000"
}

replies_refused_at_postrouting() {
	refused_for_good postrouting 0 "$IP saddr $VIP udp sport 7000"
}

# Both sides send their segment again after a second.
syn_acks_refused_at_forward() {
	begin_case
	refuse forward 200 "$IP saddr $VIP tcp sport 7001 tcp flags & (syn | ack) == syn | ack"
	expect_equal "opening" timeout "$(talk me open stream tcp "$VIP" 7001)"
	expect_match "segments refused" '^([2-9]|[1-9][0-9])$' "$(refused)"
	allow_again
	expect_match "opening, allowed" '^ok' "$(talk me open stream tcp "$VIP" 7001)"
	expect_equal "who answers" server1 "$(talk me ask stream)"
	expect_equal "closing" ok "$(talk me finish stream)"
}

# has_queues: or the case is skipped, and ends.
has_queues() {
	modprobe -a nft_queue nfnetlink_queue 2>"$TEST_DIR/modprobe" && return
	skip "no queues (CONFIG_NFT_QUEUE, CONFIG_NETFILTER_NETLINK_QUEUE)"
	return 1
}

# A rule that hands packets to a program which is not there, and lets pass what nobody takes.
packets_that_nobody_takes_from_a_queue_pass() {
	local chain
	has_queues || return
	for chain in output postrouting forward; do
		expect_success in_ns "$DIRECTOR" nft -f - <<-EOF
			table $IP rules {
				chain $chain {
					type filter hook $chain priority 200; policy accept;
					udp dport 7000 queue num 7 bypass
					udp sport 7000 queue num 7 bypass
				}
			}
		EOF
		open_flow flow
		expect_answers flow 3
		allow_again
	done
}

# Someone takes them, and gives them back: each goes on where it was, and none goes by.
packets_that_a_program_takes_from_a_queue_go_on() {
	local chain expected
	has_queues || return
	for chain in output postrouting forward; do
		expect_success in_ns "$DIRECTOR" nft -f - <<-EOF
			table $IP rules {
				counter seen { }
				chain $chain {
					type filter hook $chain priority 200; policy accept;
					udp dport 7000 queue num 7
					udp sport 7000 queue num 7
				}
			}
			table $IP rules {
				chain behind {
					type filter hook $chain priority 300; policy accept;
					udp dport 7000 counter name seen
					udp sport 7000 counter name seen
				}
			}
		EOF
		talk_start "queue-$chain" "$DIRECTOR" queue.py 7
		expect_equal "the program" ready "$(hear "queue-$chain")"
		open_flow flow
		expect_answers flow 3
		# At postrouting both sides pass.
		[ "$chain" = postrouting ] && expected=6 || expected=3
		expect_equal "packets of the program, at $chain" "$expected" "$(talk "queue-$chain" count)"
		expect_equal "packets behind it" "$expected" "$(in_ns "$DIRECTOR" nft list counter "$IP" rules seen | awk '$1 == "packets" { print $2 }')"
		tell "queue-$chain" end
		allow_again
	done
}

# reverse_path strict|off: whether packets of clients are dropped to whom there is no way back; of IPv6 by a rule.
reverse_path() {
	case $FAMILY-$1 in
	v4-strict) in_ns "$DIRECTOR" sysctl -qw net.ipv4.conf.client.rp_filter=1 ;;
	v4-off) in_ns "$DIRECTOR" sysctl -qw net.ipv4.conf.client.rp_filter=0 ;;
	v6-strict)
		in_ns "$DIRECTOR" nft -f - <<-EOF
			table ip6 reverse_path {
				chain in { type filter hook prerouting priority raw; iifname client fib saddr . iif oif missing drop; }
			}
		EOF
		;;
	v6-off) in_ns "$DIRECTOR" nft delete table ip6 reverse_path ;;
	esac
}

# The source of a request has no way back, which strict reverse path filtering asks for. Another client's packets bring the
# load balancer to ask for its routes anew.
route_of_another_client_confirms_nothing() {
	expect_success reverse_path strict
	open_flow flow "$OTHER_IP"
	expect_answers flow 3
	begin_case
	count_packets "${SERVERS[0]}" arrived input "$IP saddr $OTHER_IP"
	expect_success ip -n "$DIRECTOR" route add blackhole "$OTHER_IP/$HOST_BITS"
	expect_silence flow 1
	expect_answers known 3
	expect_silence flow 2
	expect_equal "its packets at the server" 0 "$(counted_packets "${SERVERS[0]}" arrived)"
	expect_success ip -n "$DIRECTOR" route del blackhole "$OTHER_IP/$HOST_BITS"
	expect_answers flow 3
	expect_success reverse_path off
}

# The rules for local addresses come first, unless they are moved.
rules_are_moved() {
	ip -n "$DIRECTOR" "$IP_FAMILY" -batch - <<-EOF
		rule add pref 100 lookup local
		rule del pref 0
	EOF
	# Replies are slow from now on.
	FAST_OF_TWO=2
}

# rule_holds FLOW RULE...: what the rule prohibits is refused, though another flow is served.
rule_holds() {
	local flow=$1
	shift
	begin_case
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" rule add "$@" pref 50
	expect_refusals "$flow" 1
	expect_answers known 3
	expect_refusals "$flow" 2
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" rule del "$@" pref 50
	expect_answers "$flow" 3
}

rules_for_one_client_hold() {
	rules_are_moved || fail "the rule for local addresses cannot be moved"
	open_flow flow "$OTHER_IP"
	expect_answers flow 3
	rule_holds flow from "$OTHER_IP" prohibit
}

# One flow, of whose packets some are refused.
rules_for_some_packets_of_a_flow_hold() {
	open_flow flow
	expect_answers flow 3
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" rule add tos 0x10 blackhole pref 50
	expect_answers flow 3
	expect_equal "service type" ok "$(talk me set flow tos 16)"
	expect_silence flow 2
	expect_equal "service type" ok "$(talk me set flow tos 0)"
	expect_answers flow 3
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" rule del tos 0x10 blackhole pref 50
}

rules_for_marks_hold() {
	open_flow flow
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" rule add fwmark 7 blackhole pref 50
	expect_answers flow 3
	expect_success in_ns "$DIRECTOR" nft -f - <<-EOF
		table $IP rules {
			chain prerouting {
				type filter hook prerouting priority -150; policy accept;
				udp dport 7000 $IP saddr $CLIENT_IP meta mark set 7
			}
		}
	EOF
	expect_silence flow 2
	allow_again
	expect_answers flow 3
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" rule del fwmark 7 blackhole pref 50
}

test_begin
ip -n "$CLIENT" addr add "$OTHER_IP/$NET_BITS" dev eth0 || bail "no second address"
talk_server_start "${SERVERS[0]}" server1 udp:7000 tcp:7001
talk_client_start me "$CLIENT"
# A neighbour that is not confirmed was reason enough to be slow.
for device in client servers; do
	in_ns "$DIRECTOR" sysctl -qw "$SYSCTL.neigh.$device.base_reachable_time_ms=3600000"
done
ip -n "$DIRECTOR" neigh replace "$CLIENT_IP" dev client nud reachable \
	lladdr "$(in_ns "$CLIENT" cat /sys/class/net/eth0/address)" || bail "no neighbour"
ip -n "$DIRECTOR" neigh replace "$OTHER_IP" dev client nud reachable \
	lladdr "$(in_ns "$CLIENT" cat /sys/class/net/eth0/address)" || bail "no neighbour"
ip -n "$DIRECTOR" neigh replace "${SERVER_IPS[0]}" dev servers nud reachable \
	lladdr "$(in_ns "${SERVERS[0]}" cat /sys/class/net/eth0/address)" || bail "no neighbour"
lb_begin "$SERVICE" rr "$SERVER"
lb_begin "$TCP_SERVICE" rr "$TCP_SERVER"

# The last ones: a kernel that had a rule once looks for rules ever after.
ktap_run \
	requests_refused_at_output \
	requests_refused_at_postrouting \
	replies_refused_at_forward \
	replies_refused_at_forward_before \
	replies_refused_at_postrouting \
	syn_acks_refused_at_forward \
	packets_that_nobody_takes_from_a_queue_pass \
	packets_that_a_program_takes_from_a_queue_go_on \
	route_of_another_client_confirms_nothing \
	rules_for_one_client_hold \
	rules_for_some_packets_of_a_flow_hold \
	rules_for_marks_hold
