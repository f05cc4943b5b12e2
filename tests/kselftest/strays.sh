#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets that no connection is there for: errors about them, replies of real servers, and those of marks that no server
# takes.
. "$(dirname "$0")/lib.sh"

# Behind the director; only the mark leads packets for it there.
ORIGIN=203.0.113.77

# set_to NAME VALUE: a setting of the director.
set_to() {
	expect_success in_ns "$DIRECTOR" sysctl -qw "net.ipv4.vs.$1=$2"
}

# rows CLIENT-PORT: its connections, without server and time.
rows() {
	lb_connection_list | awk -v client="$CLIENT_IP:$1" '$2 == client { print $1, $3, $4, $5 }'
}

# error PROTOCOL CLIENT-PORT PORT: one about what the service is said to have sent.
error() {
	in_ns "$CLIENT" python3 -S "$HELPERS/stray_error.py" "$CLIENT_IP" "$2" "$VIP" "$3" "$1"
}

errors_are_scheduled() {
	local one=${SERVER_IPS[0]}:7000
	count_packets "${SERVERS[0]}" errors input "icmp type destination-unreachable"
	error udp 43001 7000
	error tcp 43002 7000
	expect_equal "errors that arrive without it" 0 "$(counted_packets "${SERVERS[0]}" errors)"
	expect_equal "connections without it" "" "$(rows 43001)$(rows 43002)"
	set_to schedule_icmp 1
	error udp 43003 7000
	expect_soon "errors that arrive" 1 counted_packets "${SERVERS[0]}" errors
	error tcp 43004 7000
	expect_soon "errors that arrive" 2 counted_packets "${SERVERS[0]}" errors
	expect_equal "connection of UDP" "udp $VIP:7000 $one UDP" "$(rows 43003)"
	expect_match "connection of TCP" "^(tcp $VIP:7000 $one NONE)?\$" "$(rows 43004)"
	expect_success lb_server_weight "udp/$VIP:7000" "$one" 0
	error udp 43005 7000
	error udp 43006 7009
	expect_equal "errors that arrive without a server, or a service" 2 "$(counted_packets "${SERVERS[0]}" errors)"
	expect_equal "connections then" "" "$(rows 43005)$(rows 43006)"
	expect_success lb_server_weight "udp/$VIP:7000" "$one" 1
	set_to schedule_icmp 0
}

# asks PORT: who answers the real server, which asks the client from this port, past the service.
asks() {
	expect_match "opening" '^ok' "$(talk server open stray udp "$CLIENT_IP" 7005 "$1")"
	talk server ask stray 1
	talk server close stray >"$TEST_DIR/closed"
}

servers_hear_that_nobody_waits() {
	expect_equal "who answers" client "$(asks 7000)"
	set_to nat_icmp_send 1
	expect_equal "who answers from the port of the service" ECONNREFUSED "$(asks 7000)"
	expect_equal "who answers from another port" client "$(asks 7001)"
	expect_match "opening" '^ok' "$(talk me open flow udp "$VIP" 7000)"
	expect_equal "who answers the client" server1 "$(talk me ask flow)"
	expect_success lb_server_del "udp/$VIP:7000" "${SERVER_IPS[0]}:7000"
	expect_equal "who answers a server that was removed" client "$(asks 7000)"
	expect_success lb_server_add "udp/$VIP:7000" "${SERVER_IPS[0]}:7000" 1
	expect_equal "who answers one that is back" ECONNREFUSED "$(asks 7000)"
	set_to nat_icmp_send 0
	expect_equal "who answers when it is off" client "$(asks 7000)"
}

checks_of_the_director_are_answered() {
	set_to nat_icmp_send 1
	expect_match "opening" '^ok' "$(talk director open check udp "${SERVER_IPS[0]}" 7000)"
	if [ "$LB_BACKEND" = ipvs ]; then
		# IPVS takes the answer for a stray one.
		expect_equal "who answers with IPVS" timeout "$(talk director ask check 1)"
	else
		expect_equal "who answers" server1 "$(talk director ask check)"
	fi
	set_to nat_icmp_send 0
}

# opens NAME PROTOCOL: who answers a new connection to the origin.
opens() {
	local opened
	opened=$(talk me open "$1" "$2" "$ORIGIN" 7000)
	case $opened in
	ok*) talk me ask "$1" 2 ;;
	*) echo "$opened" ;;
	esac
}

mark_leads_to_the_director() {
	in_ns "$DIRECTOR" nft -f - <<-EOF || bail "no marks"
		table ip marks {
			chain marks {
				type filter hook prerouting priority mangle; policy accept;
				ip daddr $ORIGIN meta mark set 7
				ip daddr $VIP tcp dport 7008 meta mark set 7
			}
		}
	EOF
	ip -n "$DIRECTOR" -batch - <<-EOF || bail "no way to the origin"
		rule add fwmark 7 table 100
		route add local default dev lo table 100
		route add $ORIGIN via ${SERVER_IPS[2]}
	EOF
	ip -n "${SERVERS[2]}" addr add "$ORIGIN/32" dev lo || bail "no origin"
	talk_server_start "${SERVERS[2]}" origin "tcp:$ORIGIN:7000" "udp:$ORIGIN:7000"
}

without_a_cache_packets_go_to_their_destination() {
	mark_leads_to_the_director
	expect_success lb_service_add mark/7 rr
	expect_success lb_server_add mark/7 "${SERVER_IPS[0]}" 0
	# "Port unreachable" would have to come from an address that the director does not have.
	expect_equal "who answers without it" timeout "$(opens refused udp)"
	set_to cache_bypass 1
	expect_equal "who answers" origin "$(opens past tcp)"
	expect_equal "who answers again" origin "$(talk me ask past)"
	expect_equal "who answers datagrams" origin "$(opens datagrams udp)"
	expect_match "the connection" "^0\\.0\\.0\\.0:" \
		"$(lb_connection_list | awk -v virtual="$ORIGIN:7000" '$1 == "udp" && $3 == virtual { print $4 }')"
}

connections_past_a_cache_stay_there() {
	expect_success lb_server_weight mark/7 "${SERVER_IPS[0]}" 1
	expect_equal "who answers a new one" server1 "$(opens new tcp)"
	expect_equal "who answers the old one" origin "$(talk me ask past)"
	expect_equal "who answers old datagrams" origin "$(talk me ask datagrams)"
	expect_success lb_server_weight mark/7 "${SERVER_IPS[0]}" 0
	set_to cache_bypass 0
	expect_equal "who answers when it is off" timeout "$(opens none udp)"
	expect_equal "who answers the old one then" origin "$(talk me ask past)"
}

nobody_is_behind_an_address_of_the_director() {
	set_to cache_bypass 1
	expect_equal "who answers" ECONNREFUSED "$(talk me open own tcp "$VIP" 7008)"
	expect_equal "connections" "" "$(lb_connection_list | grep -F "$VIP:7008")"
	set_to cache_bypass 0
}

test_begin
talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000
talk_server_start "$CLIENT" client udp:7005
talk_client_start me "$CLIENT"
talk_client_start server "${SERVERS[0]}"
talk_client_start director "$DIRECTOR"
for protocol in tcp udp; do
	lb_begin "$protocol/$VIP:7000" rr "${SERVER_IPS[0]}:7000"
done
ktap_run errors_are_scheduled servers_hear_that_nobody_waits checks_of_the_director_are_answered \
	without_a_cache_packets_go_to_their_destination connections_past_a_cache_stay_there nobody_is_behind_an_address_of_the_director
