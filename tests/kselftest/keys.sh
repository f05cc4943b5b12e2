#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What names a service: one port, a range of ports, all ports, a mark of the firewall; and datagrams that are scheduled one by one.
. "$(dirname "$0")/lib.sh"

# Not an address of the director: only the mark leads packets to it.
ELSEWHERE=$ELSEWHERE_IP

rvs_alone() {
	[ "$LB_BACKEND" = rvs ] || { skip "$1"; return 1; }
}

ranges_are_there() {
	! lb_by_ipvsadm || { skip "ipvsadm knows no ranges of ports"; return 1; }
}

# answers NAME PROTOCOL ADDRESS PORT: who answers a new connection of this name, which stays.
answers() {
	local opened
	opened=$(talk me open "$@")
	case $opened in
	ok*) talk me ask "$1" 2 ;;
	*) echo "$opened" ;;
	esac
}

# close_all NAME...
close_all() {
	local name
	for name; do
		talk me close "$name" >"$TEST_DIR/closed"
	done
}

# servers_of VIRTUAL: the real servers of its connections, each once. Templates of persistence have no client's port.
servers_of() {
	lb_connection_list | awk -v virtual="$1" '$2 !~ /:0$/ && $3 == virtual { print $4 }' | sort -u | paste -sd' '
}

# mark MARK EXPRESSION...: have the director's firewall give it to what matches.
mark() {
	local number=$1 expression
	shift
	in_ns "$DIRECTOR" nft -f - <<-EOF
		table $IP keys
		delete table $IP keys
		table $IP keys {
			chain marks {
				type filter hook prerouting priority mangle; policy accept;
				$(for expression; do echo "$expression meta mark set $number"; done)
			}
			chain marks_of_this_host {
				type route hook output priority mangle; policy accept;
				$(for expression; do echo "$expression meta mark set $number"; done)
			}
		}
	EOF
}

no_marks() {
	in_ns "$DIRECTOR" nft delete table "$IP" keys
}

# services_add SERVER SERVICE...: each with this server alone, whose port is that of the packets.
services_add() {
	local server=$1 service
	shift
	for service; do
		expect_success lb_service_add "$service" rr
		expect_success lb_server_add "$service" "$server" 1
	done
}

all_ports_are_served_on_their_own() {
	local protocol port
	services_add "${SERVER_HOSTS[0]}" "tcp/$VIP_HOST:*" "udp/$VIP_HOST:*"
	for protocol in tcp udp; do
		for port in 7000 7001; do
			expect_equal "who answers $protocol to $port" server1 "$(answers "$protocol$port" "$protocol" "$VIP" "$port")"
			expect_equal "who answers it again" server1 "$(talk me ask "$protocol$port")"
			expect_equal "the server of $port" "${SERVER_HOSTS[0]}:$port" "$(servers_of "$VIP_HOST:$port")"
		done
	done
	expect_equal "connections to a port that no server has" ECONNREFUSED "$(talk me open refused tcp "$VIP" 7009)"
	close_all tcp7000 tcp7001 udp7000 udp7001
}

one_port_comes_before_all() {
	services_add "${SERVER_HOSTS[1]}:7000" "tcp/$VIP_HOST:7000" "udp/$VIP_HOST:7000"
	expect_equal "who answers to this port" server2 "$(answers one tcp "$VIP" 7000)"
	expect_equal "who answers to this port of UDP" server2 "$(answers two udp "$VIP" 7000)"
	expect_equal "who answers to another" server1 "$(answers other tcp "$VIP" 7001)"
	lb_service_del "tcp/$VIP_HOST:7000"
	lb_service_del "udp/$VIP_HOST:7000"
	expect_equal "who answers when it is gone" server1 "$(answers later tcp "$VIP" 7000)"
	close_all one two other later
}

a_range_comes_between() {
	ranges_are_there || return
	services_add "${SERVER_HOSTS[1]}" "tcp/$VIP_HOST:7001-7002"
	services_add "${SERVER_HOSTS[2]}:7002" "tcp/$VIP_HOST:7002"
	expect_equal "who answers below the range" server1 "$(answers below tcp "$VIP" 7000)"
	expect_equal "who answers in the range" server2 "$(answers in tcp "$VIP" 7001)"
	expect_equal "the server of that port" "${SERVER_HOSTS[1]}:7001" "$(servers_of "$VIP_HOST:7001" | tr ' ' '\n' | grep -F "${SERVER_HOSTS[1]}:")"
	expect_equal "who answers to a port that has a service of its own" server3 "$(answers own tcp "$VIP" 7002)"
	expect_equal "who answers in UDP" server1 "$(answers udp udp "$VIP" 7001)"
	close_all below in own udp
}

ranges_do_not_overlap() {
	local ports
	ranges_are_there || return
	for ports in 7000-7001 7002-7003 1-65535 7001-7003 7000-7002; do
		expect_refusal "of ports 7001-7002" director_rvsadm service add "tcp/$VIP_HOST:$ports" --nat
	done
	for ports in 1-7000 7003-7004 7005-65535; do
		expect_success lb_service_add "tcp/$VIP_HOST:$ports" rr
	done
	expect_refusal "of ports 7005-65535" director_rvsadm service add "tcp/$VIP_HOST:65534-65535" --nat
	expect_success lb_service_add "udp/$VIP_HOST:7001-7002" rr
	expect_refusal "exists already" director_rvsadm service add "tcp/$VIP_HOST:7001-7002" --nat
	expect_refusal "no such service" director_rvsadm service del "tcp/$VIP_HOST:7001-7003"
	expect_success lb_service_del "tcp/$VIP_HOST:7001-7002"
	expect_success lb_service_add "tcp/$VIP_HOST:7001-7002" rr
}

# expect_refusal PATTERN COMMAND...
expect_refusal() {
	local pattern=$1
	shift
	if "$@" 2>"$TEST_DIR/refusal"; then
		fail "$*: succeeded"
	fi
	expect_match "$*" "$pattern" "$(<"$TEST_DIR/refusal")"
}

a_mark_is_a_service_of_any_protocol_and_port() {
	lb_flush
	services_add "${SERVER_HOSTS[2]}" "$MARK7"
	services_add "${SERVER_HOSTS[0]}:7000" "tcp/$VIP_HOST:7000"
	mark 7 "$IP daddr $VIP tcp dport { 7000, 7001 }" "$IP daddr $VIP udp dport 7000"
	expect_equal "who answers before another service" server3 "$(answers marked tcp "$VIP" 7000)"
	expect_equal "who answers on another port" server3 "$(answers port tcp "$VIP" 7001)"
	expect_equal "who answers by UDP" server3 "$(answers udp udp "$VIP" 7000)"
	expect_match "the server of the port" "(^| )$(literal "${SERVER_HOSTS[2]}"):7001\$" "$(servers_of "$VIP_HOST:7001")"
	expect_equal "who answers what has no mark" ECONNREFUSED "$(answers unmarked udp "$VIP" 7001)"
	close_all unmarked
}

a_connection_stays_with_the_service_of_its_mark() {
	mark 8 "$IP daddr $VIP tcp dport 7001"
	expect_equal "who answers without a mark" server3 "$(talk me ask marked)"
	expect_equal "who answers with another mark" server3 "$(talk me ask port)"
	expect_equal "who answers by UDP" server3 "$(talk me ask udp)"
	expect_equal "who answers a new one" server1 "$(answers new tcp "$VIP" 7000)"
	close_all new
}

flows_of_a_mark_are_never_fast() {
	local before after
	rvs_alone "IPVS has no fast path" || return
	read -r before < <(paths fast)
	expect_equal "who answers" server3 "$(talk me ask marked)"
	expect_equal "who answers again" server3 "$(talk me ask marked)"
	read -r after < <(paths fast)
	expect_equal "fast packets more" 0 "$((after - before))"
	expect_refusal "never fast" director_rvsadm service set "$MARK7" --fast-path on
	close_all marked port udp
}

the_address_does_not_matter() {
	mark 7 "$IP daddr $ELSEWHERE"
	in_ns "$DIRECTOR" ip "$IP_FAMILY" rule add fwmark 7 lookup 100
	in_ns "$DIRECTOR" ip "$IP_FAMILY" route add local default dev lo table 100
	expect_equal "who answers there" server3 "$(answers far tcp "$ELSEWHERE" 7000)"
	expect_equal "who answers again" server3 "$(talk me ask far)"
	expect_equal "who answers there by UDP" server3 "$(answers away udp "$ELSEWHERE" 7001)"
	expect_equal "who answers again" server3 "$(talk me ask away)"
	in_ns "$DIRECTOR" ip "$IP_FAMILY" rule del fwmark 7
	in_ns "$DIRECTOR" ip "$IP_FAMILY" route flush table 100
	close_all far away
}

without_services_of_marks_they_do_not_matter() {
	lb_service_del "$MARK7"
	mark 7 "$IP daddr $VIP"
	expect_equal "who answers" server1 "$(answers plain tcp "$VIP" 7000)"
	close_all plain
	no_marks
}

datagrams_can_be_scheduled_one_by_one() {
	local i seen=()
	lb_flush
	expect_success lb_service_add "udp/$VIP_HOST:7001" rr one-packet
	for i in 0 1 2; do
		expect_success lb_server_add "udp/$VIP_HOST:7001" "${SERVER_HOSTS[i]}:7001" 1
		count_packets "${SERVERS[i]}" single prerouting "$IP saddr $CLIENT_IP udp dport 7001"
	done
	count_packets "$CLIENT" translated prerouting "$IP saddr $VIP udp sport 7001"
	count_packets "$CLIENT" as_sent prerouting "$IP saddr $SERVER_NET udp sport 7001"
	in_ns "$CLIENT" python3 -S "$HELPERS/datagrams.py" "$VIP" 7001 40100 1 9
	wait_until 10 has_answers 9 || fail "answers at the client: $(counted_packets "$CLIENT" as_sent), not 9"
	for i in 0 1 2; do
		seen+=("$(counted_packets "${SERVERS[i]}" single)")
	done
	expect_equal "datagrams of one flow at the servers" "3 3 3" "${seen[*]}"
	expect_equal "answers that are translated" 0 "$(counted_packets "$CLIENT" translated)"
	expect_equal "connections in the table" "" "$(lb_connection_list | grep -F ":40100 ")"
	lb_counters_settle
	for i in 0 1 2; do
		expect_match "counters of server $((i + 1))" '^3 3 0 [1-9][0-9]* 0$' "$(lb_counters "udp/$VIP_HOST:7001" "${SERVER_HOSTS[i]}:7001")"
		expect_equal "connections of server $((i + 1))" "0 0" "$(lb_connections "udp/$VIP_HOST:7001" "${SERVER_HOSTS[i]}:7001")"
	done
}

has_answers() {
	[ "$(counted_packets "$CLIENT" as_sent)" = "$1" ]
}

test_begin
for i in 1 2 3; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000 tcp:7001 tcp:7002 udp:7000 udp:7001
done
talk_client_start me "$CLIENT"

ktap_run \
	all_ports_are_served_on_their_own \
	one_port_comes_before_all \
	a_range_comes_between \
	ranges_do_not_overlap \
	a_mark_is_a_service_of_any_protocol_and_port \
	a_connection_stays_with_the_service_of_its_mark \
	flows_of_a_mark_are_never_fast \
	the_address_does_not_matter \
	without_services_of_marks_they_do_not_matter \
	datagrams_can_be_scheduled_one_by_one
