# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A site whose real servers answer the clients themselves: by direct routing they are in the director's LAN, by tunnels
# in another one.
#
#	client ------------ router ============ director
#	203.0.113.10/24 .1     .254 (lan)       10.0.0.1/24, VIP 10.0.0.100/32
#	                        |
#	                        ===== server1, server2, server3
#	                        DR: .254 (lan)  10.0.0.11, .12, .13, VIP on lo
#	                        TUN: .254 (far) 10.1.0.11, .12, .13, VIP on the tunnel device
#
# docs/howto/dr.md and tun.md tell an operator to do what is done here.
# shellcheck disable=SC2034 # for the tests

# UNDERLAY=v4 or v6 in the environment: the family of what is between director and real servers in tunnels, when it is not
# FAMILY. DIRECTOR_LAN_IP and SERVER_IPS, and OUTER_IP and OUTER_ICMP, the names of nftables, are of it.

# direct_reply_addresses v4|v6: of the two LANs.
direct_reply_addresses() {
	case $1 in
	v4)
		LAN_IP=10.0.0.1 DIRECTOR_GATEWAY=10.0.0.254 FAR_GATEWAY=10.1.0.254 NEAR_IPS=(10.0.0.11 10.0.0.12 10.0.0.13)
		FAR_IPS=(10.1.0.11 10.1.0.12 10.1.0.13)
		;;
	v6)
		LAN_IP=fd00::1 DIRECTOR_GATEWAY=fd00::fe FAR_GATEWAY=fd01::fe NEAR_IPS=(fd00::11 fd00::12 fd00::13)
		FAR_IPS=(fd01::11 fd01::12 fd01::13)
		;;
	esac
}

# direct_reply_site dr|tun: the addresses, and the forward method. To be called before they are used.
direct_reply_site() {
	LB_FORWARD=$1
	CLIENT_IP=$FAR_CLIENT_IP
	CLIENT_GATEWAY=$FAR_CLIENT_GATEWAY
	export UNDERLAY=${UNDERLAY:-$FAMILY}
	case $FAMILY in
	v4) VIP=10.0.0.100 ;;
	v6) VIP=fd00::100 ;;
	esac
	direct_reply_addresses "$UNDERLAY"
	DIRECTOR_LAN_IP=$LAN_IP
	case $1 in
	dr)
		SERVER_BRIDGE=lan
		SERVER_IPS=("${NEAR_IPS[@]}")
		;;
	tun)
		SERVER_BRIDGE=far
		SERVER_IPS=("${FAR_IPS[@]}")
		tunnel_is "${TUNNEL:-ipip}"
		;;
	esac
	hosts
}

direct_reply_create() {
	local preferred=()
	topology_namespaces=("$CLIENT" "$ROUTER" "$DIRECTOR" "${SERVERS[@]}")
	namespaces_create && client_link "$ROUTER" && direct_reply_links &&
		direct_reply_addresses_add "$FAMILY" "$NET_BITS" || return
	if [ "$UNDERLAY" = v4 ] && [ "$FAMILY" = v6 ]; then
		direct_reply_addresses_add v4 24 || return
	elif [ "$UNDERLAY" = v6 ] && [ "$FAMILY" = v4 ]; then
		direct_reply_addresses_add v6 64 || return
	fi
	# It is not what the director sends packets of tunnels from.
	[ "$FAMILY" = v4 ] || preferred=(preferred_lft 0)
	ip_in "$DIRECTOR" <<<"addr add $VIP/$HOST_BITS dev eth0 ${preferred[*]}"
	[ "$LB_FORWARD" != dr ] || servers_are_of_method
}

# direct_reply_complete: what makes servers of other methods needs their devices.
direct_reply_complete() {
	[ "$LB_FORWARD" = dr ] || servers_are_of_method
}

# servers_are_of_method: a test may have a method of its own, and a server_of_ for it.
servers_are_of_method() {
	local server
	for server in "${SERVERS[@]}"; do
		"server_of_$LB_FORWARD" "$server" || return
	done
}

# direct_reply_links: of all hosts but the client.
direct_reply_links() {
	local i
	ip_in "$ROUTER" <<-EOF &&
		link add lan type bridge
		link set lan up
		link add far type bridge
		link set far up
	EOF
		port_link "$DIRECTOR" lan director || return
	for i in "${!SERVERS[@]}"; do
		port_link "${SERVERS[i]}" "$SERVER_BRIDGE" "server$((i + 1))" || return
	done
}

# port_link NAMESPACE BRIDGE PORT: joins a host to a bridge of the router's.
port_link() {
	link_add "$1" eth0 "$ROUTER" "$3" &&
		ip_in "$1" <<<'link set eth0 up' &&
		ip_in "$ROUTER" <<<"link set $3 master $2 up"
}

# direct_reply_addresses_add v4|v6 BITS: what is in the two LANs gets addresses and routes of a family.
direct_reply_addresses_add() {
	local i gateway addresses forwarding=net.ipv4.ip_forward
	[ "$1" = v4 ] || forwarding=net.ipv6.conf.all.forwarding
	direct_reply_addresses "$1"
	ip_in "$ROUTER" <<-EOF &&
		addr add $DIRECTOR_GATEWAY/$2 dev lan
		addr add $FAR_GATEWAY/$2 dev far
	EOF
		set_in "$ROUTER" "$forwarding=1" || return
	host_in_lan "$DIRECTOR" "$LAN_IP/$2" "$DIRECTOR_GATEWAY" || return
	case $SERVER_BRIDGE in
	lan) gateway=$DIRECTOR_GATEWAY addresses=("${NEAR_IPS[@]}") ;;
	far) gateway=$FAR_GATEWAY addresses=("${FAR_IPS[@]}") ;;
	esac
	for i in "${!SERVERS[@]}"; do
		host_in_lan "${SERVERS[i]}" "${addresses[i]}/$2" "$gateway" || return
	done
}

# host_in_lan NAMESPACE ADDRESS/BITS GATEWAY
host_in_lan() {
	ip_in "$1" <<-EOF
		addr add $2 dev eth0
		route add default via $3
	EOF
}

# server_of_dr NAMESPACE: it takes packets for the VIP, and nobody in the LAN gets to know.
server_of_dr() {
	# By NDP the kernel answers for addresses of other devices never.
	set_in "$1" net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 &&
		ip_in "$1" <<<"addr add $VIP/$HOST_BITS dev lo"
}

# server_of_tun NAMESPACE: it takes packets for the VIP out of the director's tunnel.
server_of_tun() {
	set_in "$1" net.ipv4.conf.all.rp_filter=0 && tunnel_end_add "$1"
}
