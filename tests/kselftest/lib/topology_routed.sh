# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A site whose real servers are behind a router of their own, which knows no way to the clients or to the VIP: only to the local
# addresses from which the director sends to them.
#
#	client ------------ router -------------- director ----------- inner ======= server1, server2, server3
#	203.0.113.10/24 .1          192.0.2.10/24 .1  10.0.0.1/24  .2        .1      10.1.0.11, .12, .13
#	                                          VIP 198.51.100.1, local addresses 10.7.0.0/24
#
# UNDERLAY=v4 or v6 in the environment: the family of all that is behind the director, when it is not FAMILY, that of clients and VIP. What
# of it a test needs is in names that begin with BEHIND_, and in `behind COMMAND...`.
#
# shellcheck disable=SC2034,SC2153 # for the tests; of topology.sh

INNER=inner$NS_SUFFIX
case ${UNDERLAY:-$FAMILY} in
v4)
	INNER_IP=10.0.0.2 INNER_LAN_IP=10.1.0.1 INNER_SERVER_IPS=(10.1.0.11 10.1.0.12 10.1.0.13)
	LOCAL_NET=10.7.0.0/24 LOCAL_IPS=(10.7.0.1 10.7.0.2)
	BEHIND_IP=ip BEHIND_DIRECTOR_IP=10.0.0.1 BEHIND_NET=10.1.0.0/24 BEHIND_BITS=24 BEHIND_ELSEWHERE_NET=10.99.0.0/24
	BEHIND_FRAGMENT='ip frag-off & 0x3fff != 0' BEHIND_FORWARDING=net.ipv4.ip_forward
	;;
v6)
	INNER_IP=fd00::2 INNER_LAN_IP=fd01::1 INNER_SERVER_IPS=(fd01::11 fd01::12 fd01::13)
	LOCAL_NET=fd07::/64 LOCAL_IPS=(fd07::1 fd07::2)
	BEHIND_IP=ip6 BEHIND_DIRECTOR_IP=fd00::1 BEHIND_NET=fd01::/64 BEHIND_BITS=64 BEHIND_ELSEWHERE_NET=fd99::/64
	BEHIND_FRAGMENT='exthdr frag exists' BEHIND_FORWARDING=net.ipv6.conf.all.forwarding
	;;
esac

# behind COMMAND...: with the names of what is behind the director in the place of those of clients.
behind() {
	FAMILY=${UNDERLAY:-$FAMILY} IP=$BEHIND_IP NET_BITS=$BEHIND_BITS "$@"
}

routed_create() {
	local i
	topology_namespaces=("$CLIENT" "$ROUTER" "$DIRECTOR" "$INNER" "${SERVERS[@]}")
	NEAR_CLIENT_IP=$CLIENT_IP NEAR_CLIENT_GATEWAY=$CLIENT_GATEWAY
	CLIENT_IP=$FAR_CLIENT_IP CLIENT_GATEWAY=$FAR_CLIENT_GATEWAY
	SERVER_IPS=("${INNER_SERVER_IPS[@]}") SERVER_NET=$BEHIND_NET DIRECTOR_LAN_IP=$BEHIND_DIRECTOR_IP
	hosts
	namespaces_create && behind director_addresses && client_link "$ROUTER" && router_link && behind inner_link || return
	for i in "${!SERVERS[@]}"; do
		behind bridge_link "${SERVERS[i]}" "${SERVER_IPS[i]}" "$INNER_LAN_IP" "$INNER" servers "server$((i + 1))" || return
	done
}

# The router between director and real servers.
inner_link() {
	bridge_link "$INNER" "$INNER_IP" "" "$DIRECTOR" servers inner &&
		set_in "$INNER" "$BEHIND_FORWARDING=1" &&
		set_in "$DIRECTOR" "$BEHIND_FORWARDING=1" &&
		ip_in "$INNER" <<-EOF &&
			route add $LOCAL_NET via $DIRECTOR_LAN_IP
			link add servers type bridge
			addr add $INNER_LAN_IP/$NET_BITS dev servers
			link set servers up
		EOF
		ip_in "$DIRECTOR" <<-EOF
			route add $SERVER_NET via $INNER_IP
			route add local $LOCAL_NET dev lo
		EOF
}
