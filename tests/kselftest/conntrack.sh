#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Connection tracking of balanced connections (net.ipv4.vs.conntrack): its entries know the real server, so that stateful
# rules and MASQUERADE beside the load balancer do what they do for anything that is translated. Without the setting
# balanced packets are not tracked.
. "$(dirname "$0")/lib.sh"

SERVER=${SERVER_IPS[0]}
# Longer than it takes to look.
LAST_OF_UDP=5

# conntrack_is 0|1
conntrack_is() {
	expect_success in_ns "$DIRECTOR" sysctl -qw "net.ipv4.vs.conntrack=$1"
}

# rules: those that are read, in a table of their own, which they replace.
rules() {
	local table
	table=$(cat)
	in_ns "$DIRECTOR" nft -f - <<-EOF || bail "no rules"
		table ip beside {}
		delete table ip beside
		table ip beside {
			$table
		}
	EOF
}

no_rules() {
	in_ns "$DIRECTOR" nft delete table ip beside
}

# entries PROTOCOL CLIENT-PORT: of connection tracking, for the service: where replies come from and go to, and what is known of
# them.
entries() {
	in_ns "$DIRECTOR" conntrack -L -p "$1" --orig-src "$CLIENT_IP" --orig-dst "$VIP" --sport "$2" 2>"$TEST_DIR/conntrack.errors" | awk '
		{
			known = "seen"
			count = 0
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^(src|dst|sport|dport)=/) { count++; sub(/.*=/, "", $i); field[count] = $i }
				if ($i == "[UNREPLIED]") known = "unreplied"
			}
			print field[5] ":" field[7], field[6] ":" field[8], known
		}'
}

# opened NAME PROTOCOL PORT: a connection of "me" to the VIP, which server1 answers; prints its port.
opened() {
	local said
	said=$(talk me open "$1" "$2" "$VIP" "$3")
	[[ $said == ok* ]] || fail "opening $1: $said"
	expect_equal "who answers $1" server1 "$(talk me ask "$1")"
	echo "${said#ok }"
}

without_it_nothing_is_tracked() {
	local protocol port
	count_packets "$DIRECTOR" tracked postrouting "ip daddr $SERVER ct state new,established"
	for protocol in tcp udp; do
		port=$(opened "plain_$protocol" "$protocol" 7000)
		expect_equal "entries of $protocol" "" "$(entries "$protocol" "$port")"
	done
	expect_equal "requests that leave tracked" 0 "$(counted_packets "$DIRECTOR" tracked)"
}

entries_know_the_server() {
	local protocol port
	conntrack_is 1
	for protocol in tcp udp; do
		port=$(opened "known_$protocol" "$protocol" 7000)
		expect_equal "entry of $protocol" "$SERVER:8000 $CLIENT_IP:$port seen" "$(entries "$protocol" "$port")"
		expect_equal "who answers again" server1 "$(talk me ask "known_$protocol")"
	done
	expect_equal "who answers one from before" server1 "$(talk me ask plain_tcp)"
}

stateful_rules_let_replies_through() {
	local protocol
	rules <<-EOF
		chain forward {
			type filter hook forward priority filter; policy drop;
			ct state established accept
		}
	EOF
	for protocol in tcp udp; do
		opened "stateful_$protocol" "$protocol" 7000 >/dev/null
		expect_equal "who answers again" server1 "$(talk me ask "stateful_$protocol")"
	done
	expect_match "opening past the service" '^ok' "$(talk server open past udp "$CLIENT_IP" 7005)"
	expect_equal "who answers the server past the service" timeout "$(talk server ask past 1)"
	no_rules
}

stateful_rules_let_requests_through() {
	local protocol
	rules <<-EOF
		chain input {
			type filter hook input priority filter; policy drop;
			ip protocol icmp accept
			ct state established accept
			ip daddr $VIP tcp dport 7000 tcp flags & (syn | ack) == syn ct state new accept
			ip daddr $VIP udp dport 7000 ct state new accept
		}
	EOF
	for protocol in tcp udp; do
		opened "in_$protocol" "$protocol" 7000 >/dev/null
		expect_equal "who answers again" server1 "$(talk me ask "in_$protocol")"
		expect_equal "who answers a third time" server1 "$(talk me ask "in_$protocol" 5 1200)"
	done
	no_rules
}

masquerade_hides_the_client() {
	local protocol port
	rules <<-EOF
		chain postrouting {
			type nat hook postrouting priority srcnat;
			oifname servers masquerade
		}
	EOF
	# Nothing leads it to the client.
	expect_success ip -n "${SERVERS[0]}" route del default
	count_packets "${SERVERS[0]}" hidden input "ip saddr $DIRECTOR_LAN_IP meta l4proto { tcp, udp } th dport 8000"
	count_packets "${SERVERS[0]}" shown input "ip saddr $CLIENT_IP"
	for protocol in tcp udp; do
		port=$(opened "hidden_$protocol" "$protocol" 7000)
		expect_equal "who answers again" server1 "$(talk me ask "hidden_$protocol")"
		expect_match "entry of $protocol" "^$SERVER:8000 $DIRECTOR_LAN_IP:[0-9]+ seen\$" "$(entries "$protocol" "$port")"
	done
	expect_range "packets of the director at the server" 4 100 "$(counted_packets "${SERVERS[0]}" hidden)"
	expect_equal "packets of the client there" 0 "$(counted_packets "${SERVERS[0]}" shown)"
	expect_success ip -n "${SERVERS[0]}" route add default via "$DIRECTOR_LAN_IP"
	no_rules
}

entries_end_with_the_connection() {
	local port
	expect_success lb_timeouts_set 0 0 $((LAST_OF_UDP * patience))
	port=$(opened ends udp 7000)
	expect_equal "entry" "$SERVER:8000 $CLIENT_IP:$port seen" "$(entries udp "$port")"
	wait_until 20 prints "" entries udp "$port" || fail "entry after the connection: $(entries udp "$port")"
	expect_success lb_timeouts_set 0 0 300
}

# The client's port again, as soon as its connection is over.
port_that_is_used_again_has_a_new_entry() {
	local said
	expect_success lb_server_add "tcp/$VIP:7000" "${SERVER_IPS[2]}:8000" 1
	expect_success lb_server_weight "tcp/$VIP:7000" "$SERVER:8000" 0
	said=$(talk me open first tcp "$VIP" 7000 41000)
	expect_equal "opening" "ok 41000" "$said"
	expect_equal "who answers" server3 "$(talk me ask first)"
	expect_equal "entry" "${SERVER_IPS[2]}:8000 $CLIENT_IP:41000 seen" "$(entries tcp 41000)"
	expect_equal "the end" ok "$(talk me finish first)"
	talk me close first >"$TEST_DIR/closed"
	expect_success lb_server_weight "tcp/$VIP:7000" "$SERVER:8000" 1
	expect_success lb_server_del "tcp/$VIP:7000" "${SERVER_IPS[2]}:8000"
	in_ns "$CLIENT" ss -K sport = :41000 >"$TEST_DIR/killed" 2>&1
	said=$(talk me open again tcp "$VIP" 7000 41000)
	expect_equal "opening again" "ok 41000" "$said"
	expect_equal "who answers then" server1 "$(talk me ask again)"
	expect_equal "entry then" "$SERVER:8000 $CLIENT_IP:41000 seen" "$(entries tcp 41000)"
}

# requests_without_replies DR-OR-TUN PORT EXPRESSION: the client hears nothing of the server, whose answers would come to the
# director from its own address, and which drops what comes in tunnels: what its kernel says of those depends on its modules.
requests_without_replies() {
	local said
	expect_success lb_service_add "udp/$VIP:$2" rr
	LB_FORWARD=$1 expect_success lb_server_add "udp/$VIP:$2" "${SERVER_IPS[1]}:$2" 1
	count_packets "${SERVERS[1]}" "by_$1" prerouting "$3"
	said=$(talk me open "by_$1" udp "$VIP" "$2")
	expect_equal "answer" timeout "$(talk me ask "by_$1" 1)"
	expect_equal "answer to another" timeout "$(talk me ask "by_$1" 1)"
	expect_equal "requests at the server" 2 "$(counted_packets "${SERVERS[1]}" "by_$1")"
	expect_equal "entry" "$VIP:$2 $CLIENT_IP:${said#ok } unreplied" "$(entries udp "${said#ok }")"
}

direct_routing_is_tracked() {
	requests_without_replies dr 7009 "ip daddr $VIP udp dport 7009"
}

what_goes_into_tunnels_is_tracked() {
	in_ns "${SERVERS[1]}" nft -f - <<-EOF || bail "no rules"
		table ip deaf {
			chain input {
				type filter hook input priority filter;
				ip protocol ipencap drop
			}
		}
	EOF
	requests_without_replies tun 7010 "ip daddr ${SERVER_IPS[1]} ip protocol ipencap"
}

those_from_before_go_on_without_it() {
	conntrack_is 0
	expect_equal "who answers one of TCP" server1 "$(talk me ask known_tcp)"
	expect_equal "who answers one of UDP" server1 "$(talk me ask known_udp)"
	opened without tcp 7000 >/dev/null
}

test_begin
talk_server_start "${SERVERS[0]}" server1 tcp:8000 udp:8000
talk_server_start "${SERVERS[2]}" server3 tcp:8000
talk_server_start "$CLIENT" client udp:7005
talk_client_start me "$CLIENT"
talk_client_start server "${SERVERS[0]}"
# Where rules ask for it, connections are tracked.
count_packets "$DIRECTOR" invalid forward "ct state invalid"
for protocol in tcp udp; do
	lb_begin "$protocol/$VIP:7000" rr "$SERVER:8000"
done
# A server of direct routing, and of a tunnel that it does not know.
ip -n "${SERVERS[1]}" addr add "$VIP/32" dev lo

ktap_run \
	without_it_nothing_is_tracked \
	entries_know_the_server \
	stateful_rules_let_replies_through \
	stateful_rules_let_requests_through \
	masquerade_hides_the_client \
	entries_end_with_the_connection \
	port_that_is_used_again_has_a_new_entry \
	direct_routing_is_tracked \
	what_goes_into_tunnels_is_tracked \
	those_from_before_go_on_without_it
