#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SCTP by NAT: associations as the kernel's own ends make them, and chunk by chunk.
. "$(dirname "$0")/lib.sh"

SERVICE=sctp/$VIP_HOST:7000
# Its server has another port, so that the checksum changes.
OTHER=sctp/$VIP_HOST:7001
# Of the raw ends: the same port at the server, and another one.
RAW=sctp/$VIP_HOST:7200
RAW_OTHER=sctp/$VIP_HOST:7002

associations_go_round_and_stay() {
	local i answers=()
	for i in 1 2 3; do
		expect_match "opening $i" '^ok' "$(talk me open "a$i" sctp "$VIP" 7000)"
		answers+=("$(talk me ask "a$i")")
	done
	expect_equal "who answers" "server1 server2 server3" "$(printf '%s\n' "${answers[@]}" | sort | paste -sd' ')"
	for i in 1 2 3; do
		expect_equal "who answers again" "${answers[i - 1]}" "$(talk me ask "a$i" 5 1000)"
	done
	expect_equal "active and inactive" "1 0" "$(lb_connections "$SERVICE" "${SERVER_HOSTS[0]}:7000")"
	expect_equal "states" "sctp ESTABLISHED" "$(lb_connection_list "$SERVICE" | awk '{ print $1, $5 }' | sort -u)"
}

closed() {
	lb_connection_list "$SERVICE" | grep -c ' CLOSED '
}

ends_are_seen() {
	local port
	expect_match "opening" '^ok' "$(talk me open ended sctp "$VIP" 7000)"
	expect_match "who answers" '^server' "$(talk me ask ended)"
	port=$(talk me open aborted sctp "$VIP" 7000)
	port=${port#ok }
	expect_match "who answers" '^server' "$(talk me ask aborted)"
	expect_equal "active" 5 "$(lb_connections_of_all "$SERVICE" | awk '{ sum += $2 } END { print sum }')"
	expect_equal "shutdown" ok "$(talk me finish ended)"
	expect_equal "abort" ok "$(talk me reset aborted)"
	expect_state "an ABORT" "$port" CLOSED 61
	expect_soon "closed" 2 closed
	expect_equal "active" 3 "$(lb_connections_of_all "$SERVICE" | awk '{ sum += $2 } END { print sum }')"
}

another_port_of_the_server_changes_the_checksum() {
	sctp_offloads off
	expect_match "opening" '^ok' "$(talk me open ported sctp "$VIP" 7001)"
	expect_equal "who answers" server1 "$(talk me ask ported)"
	for size in 1 2 255 1000 1400; do
		expect_equal "who answers $size bytes" server1 "$(talk me ask ported 5 "$size")"
	done
	expect_transfer single 7001 server1 100000
	sctp_offloads on
	expect_equal "who answers when the checksum is left to the device" server1 "$(talk me ask ported 5 1000)"
}

transfers_arrive_whole() {
	expect_transfer same 7000 'server[123]' 500000
	expect_transfer other 7001 server1 500000
}

states_are_those_of_ipvs() {
	local from chunks state seconds step port=20001
	# From here on they get what is sent; before they would have got all of the transfers, too.
	sctp_raw_start client "$CLIENT" "$CLIENT_IP" 20000
	sctp_raw_start server "${SERVERS[0]}" "${SERVER_IPS[0]}" 7200
	while read -r from chunks state seconds; do
		step="$from $chunks"
		if [ "$from" = client ]; then
			send "$port" 7200 "$chunks"
			expect_equal "what the server gets" "$CLIENT_IP $port $chunks right" "$(talk server hear 7200)"
		else
			expect_equal "sending" ok "$(talk server send "$CLIENT_IP" 7200 "$port" "$chunks")"
			expect_equal "what the client gets" "$VIP 7200 $chunks right" "$(talk client hear "$port")"
		fi
		expect_state "$step" "$port" "$state" "$seconds"
	done <<-EOT
		client init INIT1 4
		client init INIT 61
		server init-ack C-SENT 61
		client cookie-echo+data C-REPLIED 61
		server cookie-ack ESTABLISHED 900
		client data ESTABLISHED 900
		server sack ESTABLISHED 900
		client shutdown S-RECEIVED 61
		server shutdown-ack S-ACK-SENT 61
		client complete CLOSED 61
		client heartbeat CLOSED 61
	EOT
	expect_equal "connections of this association" 1 "$(association "$port" | wc -l)"
	# One that the server does not want, and one whose beginning ends with an ABORT.
	send 20002 7200 init
	expect_match "what the server gets" ' init right$' "$(talk server hear 7200)"
	expect_equal "sending" ok "$(talk server send "$CLIENT_IP" 7200 20002 abort)"
	expect_equal "what the client gets" "$VIP 7200 abort right" "$(talk client hear 20002)"
	expect_state "an ABORT of the server" 20002 REJECTED 4
	send 20003 7200 init
	send 20003 7200 cookie-echo+abort
	expect_match "what the server gets" ' init right$' "$(talk server hear 7200)"
	expect_equal "what the server gets" "$CLIENT_IP 20003 cookie-echo+abort right" "$(talk server hear 7200)"
	expect_state "an ABORT behind a cookie" 20003 CLOSED 61
}

an_init_begins_another_when_one_is_over() {
	# In either way the tuple is listed once.
	send 20001 7200 init
	expect_match "what the server gets" ' init right$' "$(talk server hear 7200)"
	expect_state "an INIT after the end" 20001 INIT1 4
}

nothing_but_an_init_begins() {
	local chunk port=20010
	for chunk in data init-ack abort cookie-echo heartbeat; do
		port=$((port + 1))
		send "$port" 7200 "$chunk"
		expect_equal "connection of $chunk" "" "$(association "$port")"
	done
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.sloppy_sctp=1
	send 20020 7200 data
	expect_match "what the server gets" ' data right$' "$(talk server hear 7200)"
	expect_state "data of an association that is taken over" 20020 ESTABLISHED 900
	send 20021 7200 abort
	expect_equal "connection of an ABORT" "" "$(association 20021)"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.sloppy_sctp=0
	send 20022 7200 data
	expect_equal "connection of data" "" "$(association 20022)"
	expect_equal "what else the server gets" nothing "$(talk server hear 7200 0.2)"
}

damaged_packets_arrive_damaged() {
	send 20030 7200 init damaged
	expect_equal "what the server gets" "$CLIENT_IP 20030 init wrong" "$(talk server hear 7200)"
	send 20031 7002 init
	expect_equal "what the server gets at another port" "$CLIENT_IP 20031 init right" "$(talk server hear 7202)"
	send 20031 7002 init damaged
	if [ "$LB_BACKEND" = ipvs ]; then
		# IPVS makes a checksum of what it finds.
		expect_equal "what the server gets with IPVS" "$CLIENT_IP 20031 init right" "$(talk server hear 7202)"
	else
		expect_equal "what the server gets" "$CLIENT_IP 20031 init wrong" "$(talk server hear 7202)"
	fi
	expect_equal "sending" ok "$(talk server send "$CLIENT_IP" 7202 20031 init-ack)"
	expect_equal "what the client gets" "$VIP 7002 init-ack right" "$(talk client hear 20031)"
}

client_hears_that_there_is_no_server() {
	count_packets "$CLIENT" no_server input "$IP saddr $VIP $UNREACHABLE"
	expect_success lb_server_weight "$RAW_OTHER" "${SERVER_HOSTS[0]}:7202" 0
	send 20040 7002 init
	expect_soon "errors at the client" 1 counted_packets "$CLIENT" no_server
	expect_equal "connection" "" "$(association 20040)"
	expect_success lb_server_weight "$RAW_OTHER" "${SERVER_HOSTS[0]}:7202" 1
}

errors_about_associations_are_translated() {
	# The quoted packet went to the service.
	count_packets "$CLIENT" quoted input "$IP saddr $VIP $UNREACHABLE $QUOTES_SERVICE"
	in_ns "${SERVERS[0]}" nft -f - <<-EOT || fail "no rule"
		table inet refusal {
			chain input {
				type filter hook input priority 0; policy accept;
				sctp dport 7202 sctp sport 20050 reject with icmpx port-unreachable
			}
		}
	EOT
	send 20050 7002 init
	expect_soon "errors that quote the service" 1 counted_packets "$CLIENT" quoted
	expect_success in_ns "${SERVERS[0]}" nft delete table inet refusal
}

all_ports_and_persistence() {
	local first
	expect_success lb_service_del "$SERVICE"
	expect_success lb_service_persistent "sctp/$VIP_HOST:7000" rr "$KEPT"
	for server in "${SERVER_HOSTS[@]}"; do
		expect_success lb_server_add "$SERVICE" "$server:7000" 1
	done
	expect_match "opening" '^ok' "$(talk me open kept1 sctp "$VIP" 7000)"
	first=$(talk me ask kept1)
	expect_match "who answers" '^server' "$first"
	for i in 2 3 4; do
		expect_match "opening" '^ok' "$(talk me open "kept$i" sctp "$VIP" 7000)"
		expect_equal "who answers the client's next" "$first" "$(talk me ask "kept$i")"
	done
	expect_success lb_service_add "sctp/$VIP_HOST:*" rr
	expect_success lb_server_add "sctp/$VIP_HOST:*" "${ALL_PORTS_SERVER}" 1
	expect_match "opening" '^ok' "$(talk me open any sctp "$VIP" 7003)"
	expect_equal "who answers at any port" server3 "$(talk me ask any)"
}

marks_are_services() {
	in_ns "$DIRECTOR" nft -f - <<-EOT || bail "no marks"
		table inet marks {
			chain marks {
				type filter hook prerouting priority mangle; policy accept;
				sctp dport 7004 meta mark set 7
			}
		}
	EOT
	expect_success lb_service_add "$MARKED" rr
	expect_success lb_server_add "$MARKED" "$MARKED_SERVER" 1
	expect_match "opening" '^ok' "$(talk me open marked sctp "$VIP" 7004)"
	expect_equal "who answers" server2 "$(talk me ask marked)"
}

later_packets_are_fast() {
	local fast before
	if [ "$LB_BACKEND" != rvs ] || [ "${FAST_PATH-on}" != on ]; then
		skip "there is no fast path"
		return
	fi
	before=$(paths fast)
	expect_match "opening" '^ok' "$(talk me open fast sctp "$VIP" 7001)"
	for i in 1 2 3 4 5; do
		expect_equal "who answers" server1 "$(talk me ask fast)"
	done
	fast=$(paths fast)
	# Of each question and answer, and what acknowledges them.
	expect_range "packets sent by the fast path" 10 1000 $((fast - before))
}

case $FAMILY in
v4)
	UNREACHABLE="icmp type destination-unreachable icmp code port-unreachable"
	QUOTES_SERVICE="@th,192,32 0xc6336401 @th,240,16 7002"
	KEPT=60 MARKED=mark/7
	;;
v6)
	UNREACHABLE="icmpv6 type destination-unreachable icmpv6 code port-unreachable"
	QUOTES_SERVICE="@th,256,128 0x20010db8010000000000000000000001 @th,400,16 7002"
	KEPT=60 MARKED=mark/7/ipv6
	;;
esac
if lb_by_ipvsadm; then
	# Of IPv6 it wants one.
	[ "$FAMILY" = v4 ] && no_port='' || no_port=:0
	ALL_PORTS_SERVER=${SERVER_HOSTS[2]}$no_port MARKED_SERVER=${SERVER_HOSTS[1]}$no_port
else
	ALL_PORTS_SERVER=${SERVER_IPS[2]} MARKED_SERVER=${SERVER_IPS[1]}
fi

test_begin
sctp_begin
for i in 1 2 3; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" sctp:7000 sctp:7101 sctp:7003 sctp:7004
done
talk_client_start me "$CLIENT"
lb_begin "$SERVICE" rr "${SERVER_HOSTS[@]/%/:7000}"
lb_begin "$OTHER" rr "${SERVER_HOSTS[0]}:7101"
lb_begin "$RAW" rr "${SERVER_HOSTS[0]}:7200"
lb_begin "$RAW_OTHER" rr "${SERVER_HOSTS[0]}:7202"

ktap_run \
	associations_go_round_and_stay \
	ends_are_seen \
	another_port_of_the_server_changes_the_checksum \
	transfers_arrive_whole \
	later_packets_are_fast \
	states_are_those_of_ipvs \
	an_init_begins_another_when_one_is_over \
	nothing_but_an_init_begins \
	damaged_packets_arrive_damaged \
	client_hears_that_there_is_no_server \
	errors_about_associations_are_translated \
	all_ports_and_persistence \
	marks_are_services
