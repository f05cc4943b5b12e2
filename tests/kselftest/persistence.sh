#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Clients of a persistent service keep their server: from one connection to the next, for as long as was set, whatever weight
# and thresholds say, until the server goes.
. "$(dirname "$0")/lib.sh"

SERVER1=${SERVER_HOSTS[0]}:7000
SERVER2=${SERVER_HOSTS[1]}:7000
SERVER3=${SERVER_HOSTS[2]}:7000
# Of one network of so many bits: the first two; the third is of another.
case $FAMILY in
v4) CLIENTS=("$CLIENT_IP" 192.0.2.11 192.0.2.30) network_bits=28 network=192.0.2.0 ;;
v6) CLIENTS=("$CLIENT_IP" 2001:db8:2::11 2001:db8:2::30) network_bits=123 network=2001:db8:2:: ;;
esac

connections=0

# answer PORT [SOURCE-ADDRESS [PROTOCOL]]: who answers a new connection, which stays; it is called $last, and from $last_port.
answer() {
	local opened
	connections=$((connections + 1))
	last=c$connections
	opened=$(talk me open "$last" "${3:-tcp}" "$VIP" "$1" 0 "${2:-$CLIENT_IP}")
	if [[ $opened != ok* ]]; then
		who=$opened
		return
	fi
	last_port=${opened#ok }
	who=$(talk me ask "$last")
}

# expect_answers WHAT SERVER COUNT PORT [SOURCE-ADDRESS [PROTOCOL]]: as many connections, all to this server.
expect_answers() {
	local what=$1 server=$2 count=$3 i
	shift 3
	for ((i = 1; i <= count; i++)); do
		answer "$@"
		expect_equal "$what, connection $i" "$server" "$who"
		[ "${keep-}" ] || talk me reset "$last" >"$TEST_DIR/closed" 2>&1
	done
}

# endpoint_of NAME: the address and port of a server at port 7000.
endpoint_of() {
	case $1 in
	server1) echo "$SERVER1" ;;
	server2) echo "$SERVER2" ;;
	*) echo "$SERVER3" ;;
	esac
}

# begin_persistent PORT SETTING SERVER...: round robin.
begin_persistent() {
	local service=tcp/$VIP_HOST:$1 server
	expect_success lb_service_persistent "$service" rr "$2"
	shift 2
	for server; do
		expect_success lb_server_add "$service" "$server" 1
	done
}

client_keeps_its_server() {
	local mine others
	begin_persistent 7000 300 "$SERVER1" "$SERVER2" "$SERVER3"
	answer 7000
	mine=$who
	expect_match "who answers" '^server[123]$' "$mine"
	expect_answers "the same client" "$mine" 4 7000
	expect_equal "template" "$CLIENT_IP $(endpoint_of "$mine")" "$(lb_templates "tcp/$VIP_HOST:7000")"
	expect_equal "templates of its server" 1 "$(lb_persistent "tcp/$VIP_HOST:7000" "$(endpoint_of "$mine")")"
	answer 7000 "${CLIENTS[1]}"
	others=$who
	[ "$others" != "$mine" ] || fail "round robin gave the next client the same server"
	expect_answers "the other client" "$others" 3 7000 "${CLIENTS[1]}"
	expect_answers "the first again" "$mine" 2 7000
}

clients_of_a_network_are_one() {
	local mine
	begin_persistent 7001 "300/$network_bits" "${SERVER1%:*}:7001" "${SERVER2%:*}:7001" "${SERVER3%:*}:7001"
	answer 7001
	mine=$who
	expect_answers "its neighbour" "$mine" 3 7001 "${CLIENTS[1]}"
	expect_equal "template" "$network ${SERVER_HOSTS[${mine#server} - 1]}:7001" "$(lb_templates "tcp/$VIP_HOST:7001")"
	answer 7001 "${CLIENTS[2]}"
	[ "$who" != "$mine" ] || fail "round robin gave a client of another network the same server"
}

has_no_template() {
	[ -z "$(lb_templates "$1")" ]
}

template_ends_with_its_time_and_its_connections() {
	local service=tcp/$VIP_HOST:7002 mine
	begin_persistent 7002 3 "${SERVER1%:*}:7002" "${SERVER2%:*}:7002"
	answer 7002
	mine=$who
	# It lives as long as the connection does, though its time is over.
	sleep 6
	! has_no_template "$service" || fail "the template did not outlive its time with a connection"
	keep=1 expect_answers "while a connection lives" "$mine" 1 7002
	expect_equal "the connection" "$mine" "$(talk me ask "$last")"
}

idle_template_ends() {
	local service=udp/$VIP_HOST:7003 first second
	expect_success lb_service_persistent "$service" rr 2
	expect_success lb_server_add "$service" "${SERVER1%:*}:7003" 1
	expect_success lb_server_add "$service" "${SERVER2%:*}:7003" 1
	answer 7003 "$CLIENT_IP" udp
	first=$who
	expect_answers "the same client" "$first" 2 7003 "$CLIENT_IP" udp
	if [ "$LB_BACKEND" = ipvs ]; then
		skip "a UDP connection lives 300 seconds, and 60 more for the template"
		return
	fi
	expect_success director_rvsadm service set "$service" --timeout 2
	wait_until 20 has_no_template "$service" || fail "the template did not end: $(lb_templates "$service")"
	expect_equal "templates of the server" 0 "$(lb_persistent "$service" "${SERVER1%:*}:7003")"
	answer 7003 "$CLIENT_IP" udp
	second=$who
	[ "$first" != "$second" ] || fail "round robin went back to $first"
}

weight_0_keeps_clients() {
	local service=tcp/$VIP_HOST:7000 mine
	answer 7000
	mine=$who
	expect_success lb_server_weight "$service" "$(endpoint_of "$mine")" 0
	expect_answers "without weight" "$mine" 3 7000
	expect_success lb_expire_quiescent 1
	answer 7000
	[[ $who == server? && $who != "$mine" ]] || fail "expire_quiescent_template: $who answers, it was $mine"
	expect_answers "at the new one" "$who" 2 7000
	expect_success lb_expire_quiescent 0
	expect_success lb_server_weight "$service" "$(endpoint_of "$mine")" 1
}

removed_server_loses_clients() {
	local service=tcp/$VIP_HOST:7000 mine new
	answer 7000
	mine=$who
	expect_success lb_server_del "$service" "$(endpoint_of "$mine")"
	answer 7000
	new=$who
	[[ $new == server? && $new != "$mine" ]] || fail "the removed $mine: $new answers"
	expect_success lb_server_add "$service" "$(endpoint_of "$mine")" 1
	expect_answers "when it is back" "$new" 3 7000
}

overloaded_server_keeps_clients() {
	local service=tcp/$VIP_HOST:7000 mine
	answer 7000
	mine=$who
	expect_success lb_server_set "$service" "$(endpoint_of "$mine")" 1 1 1
	expect_answers "with more connections than it takes" "$mine" 3 7000
	expect_success lb_server_set "$service" "$(endpoint_of "$mine")" 1 0 0
}

returning_server_finds_its_clients() {
	local service=tcp/$VIP_HOST:7000 mine
	answer 7000
	mine=$who
	expect_success lb_server_del "$service" "$(endpoint_of "$mine")"
	expect_success lb_server_add "$service" "$(endpoint_of "$mine")" 1
	expect_answers "of a client that has not come meanwhile" "$mine" 2 7000
}

# server_of PORT SOURCE-PORT...: the real server of the connections of the client from these to a port of the VIP.
server_of() {
	lb_connection_list | awk -v virtual="$VIP_HOST:$1" -v clients=" ${*:2} " '
		{ client = $2; sub(/.*:/, "", client) }
		$3 == virtual && index(clients, " " client " ") { print $4 }'
}

# A port of the server means nothing there: a client uses several, and has one server for all.
all_ports_are_one_service() {
	local service="tcp/$VIP_HOST:*" mine port
	lb_flush
	expect_success lb_service_persistent "$service" rr 300
	expect_success lb_server_add "$service" "$SERVER1" 1
	expect_success lb_server_add "$service" "$SERVER2" 1
	answer 7000
	mine=$who
	for port in 7001 7002; do
		keep=1 expect_answers "at port $port" "$mine" 1 "$port"
		expect_equal "server of port $port" "$(address_of "$mine"):$port" "$(server_of "$port" "$last_port")"
		expect_answers "at port $port again" "$mine" 2 "$port"
	done
	expect_equal "templates" 1 "$(lb_persistent "$service" "$(endpoint_of "$mine")")"
	answer 7002 "${CLIENTS[1]}"
	[ "$who" != "$mine" ] || fail "round robin gave the next client the same server"
	expect_answers "the other client at another port" "$who" 2 7001 "${CLIENTS[1]}"
	lb_flush
}

# address_of NAME: that of a server.
address_of() {
	local endpoint
	endpoint=$(endpoint_of "$1")
	echo "${endpoint%:*}"
}

# Of whatever protocol and port.
a_mark_is_one_service() {
	local mine
	expect_success in_ns "$DIRECTOR" nft -f - <<-EOF
		table $IP marking {
			chain prerouting {
				type filter hook prerouting priority mangle;
				$IP daddr $VIP tcp dport { 7000, 7001 } meta mark set 7
				$IP daddr $VIP udp dport 7003 meta mark set 7
			}
		}
	EOF
	expect_success lb_service_persistent "$MARK7" rr 300
	expect_success lb_server_add "$MARK7" "$SERVER1" 1
	expect_success lb_server_add "$MARK7" "$SERVER2" 1
	expect_success lb_server_add "$MARK7" "$SERVER3" 1
	answer 7000
	mine=$who
	keep=1 expect_answers "at another port" "$mine" 1 7001
	expect_equal "server of that port" "$(address_of "$mine"):7001" "$(server_of 7001 "$last_port")"
	expect_answers "by UDP" "$mine" 2 7003 "$CLIENT_IP" udp
	expect_answers "the first again" "$mine" 2 7000
	expect_equal "templates" 1 "$(lb_persistent "$MARK7" "$(endpoint_of "$mine")")"
	answer 7003 "${CLIENTS[1]}" udp
	[ "$who" != "$mine" ] || fail "round robin gave the next client the same server"
	expect_answers "the other client by TCP" "$who" 2 7001 "${CLIENTS[1]}"
	in_ns "$DIRECTOR" nft delete table "$IP" marking
	lb_flush
}

# Data connections go where the control connection is; what no data connection goes to is not the service.
data_of_ftp_follow() {
	local service=tcp/$VIP_HOST:21 mine
	expect_success lb_service_persistent "$service" rr 300
	expect_success lb_server_add "$service" "${SERVER1%:*}:21" 1
	expect_success lb_server_add "$service" "${SERVER2%:*}:21" 1
	keep=1 answer 21
	mine=$who
	expect_answers "data" "$mine" 3 7000
	keep=1 expect_answers "more data" "$mine" 1 7001
	expect_equal "server of that port" "$(address_of "$mine"):7001" "$(server_of 7001 "$last_port")"
	expect_answers "another control connection" "$mine" 1 21
	answer 900
	expect_equal "a port that is no client's" ECONNREFUSED "$who"
	expect_equal "templates" 1 "$(lb_persistent "$service" "$(address_of "$mine"):21")"
	lb_flush
	expect_success lb_service_add "$service" rr
	expect_success lb_server_add "$service" "${SERVER1%:*}:21" 1
	answer 7000
	expect_equal "data of a service that is not persistent" ECONNREFUSED "$who"
	lb_flush
}

has_datagrams() {
	[ "$(received_datagrams | awk '{ print $1 + $2 + $3 }')" = "$1" ]
}

# received_datagrams: at each server.
received_datagrams() {
	local i
	for i in 0 1 2; do
		counted_packets "${SERVERS[i]}" single
	done | paste -sd' '
}

datagrams_one_by_one_keep_their_server() {
	local service=udp/$VIP_HOST:7003 i count
	expect_success lb_service_persistent "$service" rr 300 one-packet
	for i in 0 1 2; do
		expect_success lb_server_add "$service" "${SERVER_HOSTS[i]}:7003" 1
		count_packets "${SERVERS[i]}" single prerouting "$IP saddr $CLIENT_IP udp dport 7003"
	done
	in_ns "$CLIENT" python3 -S "$HELPERS/datagrams.py" "$VIP" 7003 40100 3 3
	wait_until 10 has_datagrams 9 || fail "datagrams at servers: $(received_datagrams)"
	count=$(received_datagrams | tr ' ' '\n' | sort -n | paste -sd' ')
	expect_equal "datagrams of three flows at the servers" "0 0 9" "$count"
	expect_equal "connections" "" "$(server_of 7003 40100 40101 40102)"
	count=$(for i in 0 1 2; do lb_persistent "$service" "${SERVER_HOSTS[i]}:7003"; done | sort -n | paste -sd' ')
	expect_equal "templates of the servers" "0 0 1" "$count"
	lb_flush
}

# A port of the client that another connection to the same server has: replies could not be told apart. It does not get
# another server, where it would be somebody else.
taken_port_is_refused() {
	local before=tcp/$VIP_HOST:7005 service=tcp/$VIP_HOST:7006 port=45000
	if [ "$LB_BACKEND" = ipvs ]; then
		skip "with IPVS both share one reply tuple"
		return
	fi
	lb_begin "$before" rr "$SERVER1"
	expect_success lb_service_persistent "$service" rr 300
	expect_success lb_server_add "$service" "$SERVER1" 1
	expect_answers "the only server" server1 1 7006
	expect_success lb_server_add "$service" "$SERVER2" 1
	expect_match "opening by the other service" '^ok' "$(talk me open taken tcp "$VIP" 7005 "$port")"
	expect_equal "who answers there" server1 "$(talk me ask taken)"
	expect_equal "opening from the same port" ECONNREFUSED "$(talk me open same tcp "$VIP" 7006 "$port")"
	expect_match "opening from the next port" '^ok' "$(talk me open next tcp "$VIP" 7006 $((port + 1)))"
	expect_equal "who answers there" server1 "$(talk me ask next)"
	expect_equal "the other connection" server1 "$(talk me ask taken)"
	expect_equal "templates" "$CLIENT_IP $SERVER1" "$(lb_templates "$service")"
	free_port_is_looked_for "tcp/$VIP_HOST:7007" "$port"
	lb_flush
}

# free_port_is_looked_for SERVICE PORT: who has no server yet gets another one than the scheduler wants, and keeps that.
free_port_is_looked_for() {
	local service=$1
	expect_success lb_service_persistent "$service" wrr 300
	expect_success lb_server_add "$service" "$SERVER1" 100
	expect_success lb_server_add "$service" "$SERVER2" 1
	expect_match "opening as a new client" '^ok' "$(talk me open new tcp "$VIP" "${service##*:}" "$2")"
	expect_equal "who answers there" server2 "$(talk me ask new)"
	expect_answers "from a free port" server2 2 "${service##*:}"
	expect_equal "its template" "$CLIENT_IP $SERVER2" "$(lb_templates "$service")"
	expect_equal "templates of the other server" 0 "$(lb_persistent "$service" "$SERVER1")"
}

# A server that does not answer: nobody listens there, and its kernel is silent.
silence() {
	in_ns "${SERVERS[$1]}" nft -f - <<-EOF
		table $IP silent { chain in { type filter hook input priority 0; tcp dport $2 drop; }; }
	EOF
}

attempts_keep_no_template() {
	local service=tcp/$VIP_HOST:7004 i
	if [ "$LB_BACKEND" = ipvs ]; then
		skip "with IPVS attempts keep the template of a silent server (ip_vs_conn_put())"
		return
	fi
	begin_persistent 7004 4 "${SERVER1%:*}:7004"
	expect_answers "while it lives" server1 1 7004
	expect_success silence 0 7004
	expect_success lb_server_add "$service" "${SERVER2%:*}:7004" 1
	expect_success lb_server_weight "$service" "${SERVER1%:*}:7004" 0
	for ((i = 0; i < 20; i++)); do
		answer_soon 7004
		[ "$who" = timeout ] || break
	done
	expect_equal "who answers at last" server2 "$who"
}

# answer_soon PORT: as answer, of a client that does not wait for more than a second.
answer_soon() {
	who=$(in_ns "$CLIENT" python3 -S -c '
import socket, sys
try:
    connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)
    connection.sendall(b"who\n")
    print(connection.recv(100).split()[0].decode())
except OSError:
    print("timeout")
' "$VIP" "$1")
}

wrong_settings_are_refused() {
	if [ "$LB_BACKEND" = ipvs ]; then
		skip "these are refusals of rvsadm"
		return
	fi
	local setting mask=255.0.255.0
	[ "$FAMILY" = v4 ] || mask=60
	for setting in 0 -1 2678401 300/0 "300/$((HOST_BITS + 1))" 300/a.b 300/ /24 ""; do
		expect_match "--persistent $setting" "^rvsadm: service add: --persistent( |:)" \
			"$(director_rvsadm service add "tcp/$VIP_HOST:7009" --nat --persistent "$setting" 2>&1)"
	done
	expect_success director_rvsadm service add "tcp/$VIP_HOST:7009" --nat --persistent "2678400/$mask"
	expect_match "JSON" "\"persistence\":[{]\"timeout\":2678400,\"mask\":\"$mask\"[}]" \
		"$(director_rvsadm --json show "tcp/$VIP_HOST:7009")"
	expect_success director_rvsadm service set "tcp/$VIP_HOST:7009" --persistent off
	expect_match "JSON without" '"one_packet":false,"toa_stats":' "$(director_rvsadm --json show "tcp/$VIP_HOST:7009")"
	expect_success lb_service_del "tcp/$VIP_HOST:7009"
}

test_begin
# With IPv6 any of several addresses may be the source, unless there is a reason against it.
seldom=()
[ "$FAMILY" = v4 ] || seldom=(preferred_lft 0)
for address in "${CLIENTS[@]:1}"; do
	ip -n "$CLIENT" addr add "$address/$NET_BITS" dev eth0 "${seldom[@]}"
done
for i in 1 2 3; do
	talk_server_start "${SERVERS[i - 1]}" "server$i" tcp:21 tcp:7000 tcp:7001 tcp:7002 udp:7003 tcp:7004
done
talk_client_start me "$CLIENT"

ktap_run \
	client_keeps_its_server \
	clients_of_a_network_are_one \
	template_ends_with_its_time_and_its_connections \
	idle_template_ends \
	weight_0_keeps_clients \
	removed_server_loses_clients \
	overloaded_server_keeps_clients \
	returning_server_finds_its_clients \
	attempts_keep_no_template \
	wrong_settings_are_refused \
	all_ports_are_one_service \
	a_mark_is_one_service \
	data_of_ftp_follow \
	datagrams_one_by_one_keep_their_server \
	taken_port_is_refused
