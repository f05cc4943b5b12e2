# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A site whose hosts share no network: a router is between all of them, and nobody's gateway is the director.
#
#	client ------------ router ------------ director
#	203.0.113.10/24 .1    | .254            10.0.0.1/24, LOCAL_IPS 10.0.0.21, .22; VIP 198.51.100.1/32 on lo
#	                      |
#	                      +---------------- server1  10.1.0.11/24  .254
#	                      +---------------- server2  10.2.0.12/24  .254
#	                      +---------------- server3  10.3.0.13/24  .254
#
# The VIP and ROUTED_NET, whose addresses no device has, are routed to the director. docs/howto/fullnat.md tells an operator to
# do what is done here.
# shellcheck disable=SC2034 # for the tests

# fullnat_site: the addresses, and the forward method. To be called before they are used.
fullnat_site() {
	LB_FORWARD=fullnat
	LB_POOL=local
	CLIENT_IP=$FAR_CLIENT_IP
	CLIENT_GATEWAY=$FAR_CLIENT_GATEWAY
	case $FAMILY in
	v4)
		DIRECTOR_LAN_IP=10.0.0.1 DIRECTOR_GATEWAY=10.0.0.254
		LOCAL_IPS=(10.0.0.21 10.0.0.22)
		ROUTED_NET=10.9.0.0/24 ROUTED_IP=10.9.0.1
		SERVER_IPS=(10.1.0.11 10.2.0.12 10.3.0.13)
		SERVER_GATEWAYS=(10.1.0.254 10.2.0.254 10.3.0.254)
		;;
	v6)
		DIRECTOR_LAN_IP=fd00::1 DIRECTOR_GATEWAY=fd00::fe
		LOCAL_IPS=(fd00::21 fd00::22)
		ROUTED_NET=fd09::/64 ROUTED_IP=fd09::1
		SERVER_IPS=(fd01::11 fd02::12 fd03::13)
		SERVER_GATEWAYS=(fd01::fe fd02::fe fd03::fe)
		;;
	esac
	hosts
}

fullnat_create() {
	local i
	topology_namespaces=("$CLIENT" "$ROUTER" "$DIRECTOR" "${SERVERS[@]}")
	namespaces_create && client_link "$ROUTER" &&
		set_in "$ROUTER" "$FORWARDING=1" &&
		set_in "$DIRECTOR" "$FORWARDING=1" &&
		routed_link "$DIRECTOR" "$DIRECTOR_LAN_IP" "$DIRECTOR_GATEWAY" director || return
	for i in "${!SERVERS[@]}"; do
		routed_link "${SERVERS[i]}" "${SERVER_IPS[i]}" "${SERVER_GATEWAYS[i]}" "server$((i + 1))" || return
	done
	ip_in "$ROUTER" <<-EOF || return
		route add $VIP/$HOST_BITS via $DIRECTOR_LAN_IP
		route add $ROUTED_NET via $DIRECTOR_LAN_IP
	EOF
	ip_in "$DIRECTOR" <<-EOF
		addr add $VIP/$HOST_BITS dev lo
		$(printf "addr add %s/$HOST_BITS dev eth0\n" "${LOCAL_IPS[@]}")
	EOF
}

# routed_link NAMESPACE ADDRESS GATEWAY DEVICE: joins a host to the router, which has the gateway's address on this device.
routed_link() {
	link_add "$1" eth0 "$ROUTER" "$4" &&
		ip_in "$ROUTER" <<-EOF &&
			addr add $3/$NET_BITS dev $4
			link set $4 up
		EOF
		ip_in "$1" <<-EOF
			addr add $2/$NET_BITS dev eth0
			link set eth0 up
			route add default via $3
		EOF
}

# fullnat_pool [ARGUMENT...]: the pool that services of the site have, with LOCAL_IPS where nothing else is said.
fullnat_pool() {
	director_rvsadm pool add "$LB_POOL" "${@-${LOCAL_IPS[@]}}"
}
