#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The script of a textbook on LVS by NAT, as typed: ipvsadm, the sysctls, and MASQUERADE for what the servers begin.
. "$(dirname "$0")/lib.sh"

# What somebody has in /etc: persistence of three seconds, least connections, ipvsadm -R from a pipe.
textbook_script() {
	cat <<-EOF
		set -e
		VIP=$VIP

		echo 1 > /proc/sys/net/ipv4/ip_forward
		echo 1 > /proc/sys/net/ipv4/vs/conntrack
		sysctl -w net.ipv4.vs.expire_nodest_conn=1
		sysctl -w net.ipv4.vs.expire_quiescent_template=1

		iptables -t nat -F POSTROUTING
		iptables -t nat -A POSTROUTING -s $SERVER_NET -o client -j MASQUERADE

		ipvsadm -C
		ipvsadm --set 900 120 300
		ipvsadm -A -t \$VIP:80 -s lc -p 3
		for server in ${SERVER_IPS[*]}; do
		    ipvsadm -a -t \$VIP:80 -r \$server:8080 -m -w 1
		done
		(
		    echo "-A -t \$VIP:7000 -s lc -p 3"
		    echo "-a -t \$VIP:7000 -r ${SERVER_IPS[0]}:7000 -m -w 1"
		    echo "-a -t \$VIP:7000 -r ${SERVER_IPS[1]}:7000 -m -w 1"
		    echo "-a -t \$VIP:7000 -r ${SERVER_IPS[2]}:7000 -m -w 1"
		    echo "-A -u \$VIP:53 -s wlc"
		    echo "-a -u \$VIP:53 -r ${SERVER_IPS[0]}:53 -m -w 3"
		) | ipvsadm -R
		ipvsadm -L -n
	EOF
}

expected_rules() {
	local address
	echo "-A -t $VIP:80 -s lc -p 3"
	echo "-A -t $VIP:7000 -s lc -p 3"
	echo "-A -u $VIP:53 -s wlc"
	echo "-a -u $VIP:53 -r ${SERVER_IPS[0]}:53 -m -w 3"
	for address in "${SERVER_IPS[@]}"; do
		echo "-a -t $VIP:80 -r $address:8080 -m -w 1"
		echo "-a -t $VIP:7000 -r $address:7000 -m -w 1"
	done
}

rules_now() {
	in_ns "$DIRECTOR" ipvsadm -S -n | sed 's/ *$//' | sort
}

script_runs_as_typed() {
	local name
	in_ns "$DIRECTOR" sysctl -qw net.ipv4.ip_forward=0
	textbook_script >"$TEST_DIR/script"
	in_ns "$DIRECTOR" sh "$TEST_DIR/script" >"$TEST_DIR/typed" 2>"$TEST_DIR/error" ||
		fail "exit status $?: $(<"$TEST_DIR/error")"
	expect_equal "complaints" "" "$(<"$TEST_DIR/error")"
	expect_equal "rules" "$(expected_rules | sort)" "$(rules_now)"
	expect_equal "services in the list" 3 "$(grep -cE "^(TCP|UDP) +$VIP:[0-9]+ (lc persistent 3|wlc)$" "$TEST_DIR/typed")"
	expect_equal "servers in the list" 7 "$(grep -cE '^  -> 10\.0\.0\.1[123]:[0-9]+ +Masq +[13] +0 +0 *$' "$TEST_DIR/typed")"
	expect_equal "timeouts" "Timeout (tcp tcpfin udp): 900 120 300" "$(in_ns "$DIRECTOR" ipvsadm -L --timeout)"
	for name in conntrack expire_nodest_conn expire_quiescent_template; do
		expect_equal "net.ipv4.vs.$name" 1 "$(in_ns "$DIRECTOR" cat "/proc/sys/net/ipv4/vs/$name")"
	done
}

client_is_served() {
	local answers
	fetch 8 "$TEST_DIR/answers"
	answers=$(grep -x 'server[123]' "$TEST_DIR/answers" | sort | uniq -c | awk '{ print $1 }')
	# Within three seconds of one another all of one client go to one server.
	expect_equal "requests by server" 8 "$answers"
	expect_equal "who answered, as the client sees it" 8 "$(answers "$TEST_DIR/answers" "$VIP")"
	expect_equal "packets of servers that the client saw unmasqueraded" 0 "$(counted_packets "$CLIENT" from_servers)"
}

clients_go_to_the_least_loaded() {
	local i
	# Six clients, whose connections stay.
	for i in 1 2 3 4 5 6; do
		expect_match "opening of client $i" '^ok' "$(talk me open "client$i" tcp "$VIP" 7000 0 "192.0.2.2$i")"
		talk me ask "client$i"
	done >"$TEST_DIR/held"
	for i in 1 2 3; do
		expect_equal "clients of server$i" 2 "$(answers "$TEST_DIR/held" "server$i")"
	done
	# Each comes back to where it is.
	for i in 1 2 3 4 5 6; do
		expect_match "opening again of client $i" '^ok' "$(talk me open again tcp "$VIP" 7000 0 "192.0.2.2$i")"
		expect_equal "who answers client $i again" "$(sed -n "${i}p" "$TEST_DIR/held")" "$(talk me ask again)"
		talk me close again >"$TEST_DIR/closed"
	done
	for i in 1 2 3 4 5 6; do
		talk me close "client$i"
	done >"$TEST_DIR/closed"
}

# What servers begin themselves goes by MASQUERADE, with the load balancer beside it.
servers_reach_out() {
	talk_server_start "$CLIENT" outside tcp:7001
	count_packets "$CLIENT" masqueraded input "ip saddr $CLIENT_GATEWAY tcp dport 7001 tcp flags & (syn | ack) == syn"
	talk_client_start server "${SERVERS[0]}"
	expect_match "opening" '^ok' "$(talk server open out tcp "$CLIENT_IP" 7001)"
	expect_equal "who answers" outside "$(talk server ask out)"
	expect_equal "connections with the director's address" 1 "$(counted_packets "$CLIENT" masqueraded)"
	expect_equal "packets of servers that the client saw unmasqueraded" 0 "$(counted_packets "$CLIENT" from_servers)"
}

saved_rules_can_be_restored() {
	local before
	before=$(rules_now)
	in_ns "$DIRECTOR" sh -e -c "ipvsadm-save -n >$TEST_DIR/rules; ipvsadm --clear; ipvsadm-restore <$TEST_DIR/rules" \
		>"$TEST_DIR/typed" 2>&1 || fail "exit status $?: $(<"$TEST_DIR/typed")"
	expect_equal "rules" "$before" "$(rules_now)"
	in_ns "$DIRECTOR" sh -e -c "ipvsadm -S -n | (sleep 0.1; ipvsadm -C; ipvsadm -R)" >"$TEST_DIR/typed" 2>&1 ||
		fail "exit status $?: $(<"$TEST_DIR/typed")"
	expect_equal "rules after a pipe" "$before" "$(rules_now)"
	fetch 4 "$TEST_DIR/answers"
	expect_equal "answers" 4 "$(grep -cx 'server[123]' "$TEST_DIR/answers")"
}

test_begin
in_ns "$DIRECTOR" test -e /proc/sys/net/ipv4/vs/conntrack || bail "the load balancer has no net.ipv4.vs"
for i in 1 2 3; do
	http_server_start "$i" 8080 || bail "nginx does not start"
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:7000
done
for i in 1 2 3 4 5 6; do
	ip -n "$CLIENT" addr add "192.0.2.2$i/24" dev eth0 || bail "the client gets no more addresses"
done
talk_client_start me "$CLIENT"
count_packets "$CLIENT" from_servers input "ip saddr $SERVER_NET"

ktap_run \
	script_runs_as_typed \
	client_is_served \
	clients_go_to_the_least_loaded \
	servers_reach_out \
	saved_rules_can_be_restored
