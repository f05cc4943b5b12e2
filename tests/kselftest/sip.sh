#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The persistence engine "sip": datagrams of one call reach one server, whatever port they come from, and what a server sends by
# itself comes from the service. It is configured by stock ipvsadm, as with C ip_vs.
. "$(dirname "$0")/lib.sh"

SIP=$VIP_HOST:5060

director_ipvs() {
	in_ns "$DIRECTOR" ipvsadm "$@"
}

# sip_service OPTION...: a fresh one of two servers; a third one gets nothing by itself.
sip_service() {
	local server
	director_ipvs -C
	expect_success director_ipvs -A -u "$SIP" -s rr -p 300 --pe sip "$@"
	for server in "${SERVER_HOSTS[@]:0:2}"; do
		expect_success director_ipvs -a -u "$SIP" -r "$server:5080" -m
	done
	expect_success director_ipvs -a -u "$SIP" -r "${SERVER_HOSTS[2]}:5080" -m -w 0
}

# The next message is from this port, so that it is of no flow before.
source_port=20000

# ask FIELD...: has a message with these fields answered by $who.
ask() {
	who=$(in_ns "$CLIENT" python3 -S "$HELPERS/sip_client.py" "$VIP" 5060 "$source_port" "$@")
	source_port=$((source_port + 1))
}

a_call_keeps_its_server() {
	local i first who seen=()
	sip_service
	for i in 1 2; do
		ask "Call-ID: call$i@example.com"
		first=$who
		expect_match "who answers call $i" '^server[12]$' "$first"
		ask "Call-ID: call$i@example.com"
		expect_equal "who answers it again" "$first" "$who"
		ask "i:call$i@example.com"
		expect_equal "who answers the short form" "$first" "$who"
		seen+=("$first")
	done
	expect_equal "servers that have answered" 2 "$(printf '%s\n' "${seen[@]}" | sort -u | wc -l)"
}

messages_without_a_call_begin_nothing() {
	local who
	ask "Subject: none"
	expect_equal "answer" timeout "$who"
}

calls_are_listed() {
	expect_equal "calls in the file" "call1@example.com call2@example.com" \
		"$(in_ns "$DIRECTOR" cat /proc/net/ip_vs_conn | awk '$(NF - 1) == "sip" { print $NF }' | sort -u | paste -sd' ')"
	expect_match "list of services" "UDP +\S+:5060 rr persistent 300 pe sip" "$(director_ipvs -Ln)"
	expect_match "what is saved" "-A -u \S+:5060 -s rr -p 300 (-M 128 )?--pe sip" "$(director_ipvs -Sn)"
}

# Each message by itself, from one port.
datagrams_go_by_their_call() {
	local i who first=()
	sip_service -o
	for i in 1 2 1 2; do
		source_port=41000
		ask "Call-ID: each$i"
		expect_match "who answers call $i" '^server[12]$' "$who"
		expect_equal "who answers call $i again" "${first[i]-$who}" "$who"
		first[i]=$who
	done
	expect_equal "servers that have answered" 2 "$(printf '%s\n' "${first[@]}" | sort -u | wc -l)"
	source_port=30000
}

# server_says FIELD...: a message of the third server to the client, from its port; who answers.
server_says() {
	in_ns "${SERVERS[2]}" python3 -S "$HELPERS/sip_client.py" "$CLIENT_IP" 6000 5080 "$@"
}

servers_begin_calls() {
	sip_service
	count_packets "$CLIENT" of_service input "$IP saddr $VIP udp sport 5060 udp dport 6000"
	expect_equal "who answers the server" client "$(server_says "Call-ID: outgoing")"
	expect_equal "messages from the service" 1 "$(counted_packets "$CLIENT" of_service)"
	# Without a call it is a host's own.
	count_packets "$CLIENT" of_server input "$IP saddr ${SERVER_IPS[2]} udp sport 5080 udp dport 6000"
	in_ns "${SERVERS[2]}" python3 -S "$HELPERS/sip_client.py" "$CLIENT_IP" 6000 5081 "Call-ID: other" >"$TEST_DIR/other"
	expect_equal "who answers another port" client "$(<"$TEST_DIR/other")"
	expect_equal "messages from the service" 1 "$(counted_packets "$CLIENT" of_service)"
}

rvsadm_knows_calls() {
	[ "$LB_BACKEND" = rvs ] || { skip "rvsadm is of RVS"; return; }
	expect_match "service" "udp/\S+:5060 +rr,persistent=300/(32|128),sip " "$(director_rvsadm service list)"
	expect_match "template" "udp/\S+:5060 +\S+ +\S+:5080 +1 +\S+ +[0-9]+s +outgoing" "$(director_rvsadm template list)"
	director_rvsadm flush
	expect_success director_rvsadm service add "udp/$SIP" --persistent 60,sip --nat
	expect_match "what ipvsadm sees" "persistent 60 pe sip" "$(director_ipvs -Ln)"
	expect_match "the engine for TCP" "sip reads datagrams of UDP only" \
		"$(director_rvsadm service add "tcp/$SIP" --persistent 60,sip --nat 2>&1)"
}

test_begin
# For C ip_vs, which would look for it where the administrator's root is.
[ "$LB_BACKEND" != ipvs ] || modprobe ip_vs_pe_sip || skip_all "there is no ip_vs_pe_sip"
for number in 1 2; do
	talk_server_start "${SERVERS[number - 1]}" "server$number" udp:5080
done
talk_server_start "$CLIENT" client udp:6000

ktap_run a_call_keeps_its_server messages_without_a_call_begin_nothing calls_are_listed datagrams_go_by_their_call \
	servers_begin_calls rvsadm_knows_calls
