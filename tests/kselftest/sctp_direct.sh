#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SCTP by direct routing and in tunnels: the servers answer the clients themselves.
. "$(dirname "$0")/lib.sh"

# Tunnels are of IPv4 so far.
declare -A TUNNEL_PORTS=([ipip]=7001 [gre_checksum]=7002 [gue_remote]=7003)
declare -A TUNNEL_SERVER=([ipip]=0 [gre_checksum]=1 [gue_remote]=2)

# served PORT BY: an association with this port is answered, large things too, and listed, to its end.
served() {
	local port
	port=$(talk me open "to$1" sctp "$VIP" "$1")
	port=${port#ok }
	expect_equal "who answers at $1" "$2" "$(talk me ask "to$1")"
	expect_equal "who answers 200000 bytes at $1" "$2" "$(talk me ask "to$1" 20 200000)"
	expect_state "its beginning" "$port" ESTABLISHED 900
	# By an ABORT: a SHUTDOWN waits for what is not acknowledged yet, and may come behind an acknowledgment in one packet,
	# where it is not looked for.
	expect_equal "the end" ok "$(talk me reset "to$1")"
	expect_soon "state of the end" CLOSED state_of "$port"
}

# state_of CLIENT-PORT
state_of() {
	association "$1" | awk '{ print $2 }'
}

associations_by_direct_routing() {
	served 7000 server1
	sctp_offloads off
	served 7000 server1
	sctp_offloads on
}

states_are_those_of_ipvs() {
	local chunks state seconds
	while read -r chunks state seconds; do
		send 20001 7200 "$chunks"
		expect_equal "what the server gets" "$CLIENT_IP 20001 $chunks right" "$(talk server hear 7200)"
		expect_state "$chunks" 20001 "$state" "$seconds"
	done <<-EOT
		init INIT1 4
		init INIT 61
		cookie-echo ESTABLISHED 900
		data ESTABLISHED 900
		shutdown S-RECEIVED 61
		complete CLOSED 61
		init INIT1 4
		abort CLOSED 61
	EOT
	expect_equal "connections" 1 "$(association 20001 | wc -l)"
}

packets_of_other_addresses_change_nothing() {
	local other
	case $FAMILY in
	v4) other=203.0.113.11 ;;
	v6) other=2001:db8:3::11 ;;
	esac
	send 20002 7200 init
	send 20002 7200 cookie-echo
	expect_state "a cookie" 20002 ESTABLISHED 900
	ip -n "$CLIENT" addr add "$other/$NET_BITS" dev eth0
	sctp_raw_start second "$CLIENT" "$other" 20000
	expect_equal "sending" ok "$(talk second send "$VIP" 20002 7200 heartbeat)"
	expect_equal "sending" ok "$(talk second send "$VIP" 20002 7200 shutdown)"
	expect_state "packets of another address" 20002 ESTABLISHED 900
	expect_equal "connections of that" "" "$(lb_connection_list | grep -F "$other")"
	# The kernel would choose it for later associations.
	ip -n "$CLIENT" addr del "$other/$NET_BITS" dev eth0
}

associations_in_tunnels() {
	local kind
	if [ "$FAMILY" = v6 ]; then
		skip "tunnels are of IPv4 so far"
		return
	fi
	for kind in ipip gre_checksum gue_remote; do
		served "${TUNNEL_PORTS[$kind]}" "server$((TUNNEL_SERVER[$kind] + 1))"
	done
	sctp_offloads off
	served "${TUNNEL_PORTS[gre_checksum]}" server2
	sctp_offloads on
}

# tunnel_begin KIND: the end of a tunnel at its server, and a service behind it.
tunnel_begin() {
	local port=${TUNNEL_PORTS[$1]} number=${TUNNEL_SERVER[$1]}
	tunnel_is "$1"
	in_ns "${SERVERS[number]}" sysctl -qw net.ipv4.conf.all.rp_filter=0
	tunnel_end_add "${SERVERS[number]}" || bail "no tunnel $1"
	LB_FORWARD=tun lb_begin "sctp/$VIP_HOST:$port" rr "${SERVER_HOSTS[number]}:$port"
	tunnel_options=()
}

direct_reply_site dr
test_begin --direct-reply
sctp_begin
for i in 1 2 3; do
	# With another address of the server the client goes on past the director, when something is late by the first.
	talk_server_start "${SERVERS[i - 1]}" "server$i" "sctp:$VIP:7000" "sctp:$VIP:7001" "sctp:$VIP:7002" "sctp:$VIP:7003"
done
talk_client_start me "$CLIENT"
sctp_raw_start client "$CLIENT" "$CLIENT_IP" 20000
sctp_raw_start server "${SERVERS[0]}" "$VIP" 7200
lb_begin "sctp/$VIP_HOST:7000" rr "${SERVER_HOSTS[0]}:7000"
lb_begin "sctp/$VIP_HOST:7200" rr "${SERVER_HOSTS[0]}:7200"
if [ "$FAMILY" = v4 ]; then
	modprobe -a ipip ip_gre fou || skip_all "no tunnels of GRE and GUE (CONFIG_NET_IPGRE, CONFIG_NET_FOU_IP_TUNNELS)"
	for kind in "${!TUNNEL_PORTS[@]}"; do
		tunnel_begin "$kind"
	done
fi

ktap_run \
	states_are_those_of_ipvs \
	packets_of_other_addresses_change_nothing \
	associations_by_direct_routing \
	associations_in_tunnels
