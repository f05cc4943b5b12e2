# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A site whose real servers are behind a router of their own, which knows no way to the clients or to the VIP: only to the local
# addresses from which the director sends to them.
#
#	client ------------ router -------------- director ----------- inner ======= server1, server2, server3
#	203.0.113.10/24 .1          192.0.2.10/24 .1  10.0.0.1/24  .2        .1      10.1.0.11, .12, .13
#	                                          VIP 198.51.100.1, local addresses 10.7.0.0/24
#
# shellcheck disable=SC2034,SC2153 # for the tests; of topology.sh

INNER=inner$NS_SUFFIX
case $FAMILY in
v4) INNER_IP=10.0.0.2 INNER_LAN_IP=10.1.0.1 INNER_SERVER_IPS=(10.1.0.11 10.1.0.12 10.1.0.13) LOCAL_NET=10.7.0.0/24 LOCAL_IPS=(10.7.0.1 10.7.0.2) ;;
v6) INNER_IP=fd00::2 INNER_LAN_IP=fd01::1 INNER_SERVER_IPS=(fd01::11 fd01::12 fd01::13) LOCAL_NET=fd07::/64 LOCAL_IPS=(fd07::1 fd07::2) ;;
esac

routed_create() {
	local i
	topology_namespaces=("$CLIENT" "$ROUTER" "$DIRECTOR" "$INNER" "${SERVERS[@]}")
	NEAR_CLIENT_IP=$CLIENT_IP NEAR_CLIENT_GATEWAY=$CLIENT_GATEWAY
	CLIENT_IP=$FAR_CLIENT_IP CLIENT_GATEWAY=$FAR_CLIENT_GATEWAY
	SERVER_IPS=("${INNER_SERVER_IPS[@]}") SERVER_NET=${INNER_SERVER_IPS[0]%11}/$NET_BITS
	[ "$FAMILY" = v6 ] || SERVER_NET=10.1.0.0/24
	hosts
	namespaces_create && director_addresses && client_link "$ROUTER" && router_link && inner_link || return
	for i in "${!SERVERS[@]}"; do
		bridge_link "${SERVERS[i]}" "${SERVER_IPS[i]}" "$INNER_LAN_IP" "$INNER" servers "server$((i + 1))" || return
	done
}

# The router between director and real servers.
inner_link() {
	bridge_link "$INNER" "$INNER_IP" "$DIRECTOR_LAN_IP" "$DIRECTOR" servers inner &&
		in_ns "$INNER" sysctl -qw "$FORWARDING=1" &&
		ip "$IP_FAMILY" -n "$INNER" -batch - <<-EOF &&
			route del default
			route add $LOCAL_NET via $DIRECTOR_LAN_IP
			link add servers type bridge
			addr add $INNER_LAN_IP/$NET_BITS dev servers
			link set servers up
		EOF
		ip "$IP_FAMILY" -n "$DIRECTOR" -batch - <<-EOF
			route add $SERVER_NET via $INNER_IP
			route add local $LOCAL_NET dev lo
		EOF
}
