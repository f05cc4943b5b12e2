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

# direct_reply_site dr|tun: the addresses, and the forward method. To be called before they are used.
direct_reply_site() {
	LB_FORWARD=$1
	CLIENT_IP=$FAR_CLIENT_IP
	CLIENT_GATEWAY=$FAR_CLIENT_GATEWAY
	case $FAMILY in
	v4) VIP=10.0.0.100 DIRECTOR_GATEWAY=10.0.0.254 FAR_GATEWAY=10.1.0.254 ;;
	v6) VIP=fd00::100 DIRECTOR_GATEWAY=fd00::fe FAR_GATEWAY=fd01::fe ;;
	esac
	case $1 in
	dr) SERVER_BRIDGE=lan SERVER_GATEWAY=$DIRECTOR_GATEWAY ;;
	tun)
		tunnel_is "${TUNNEL:-ipip}"
		SERVER_BRIDGE=far SERVER_GATEWAY=$FAR_GATEWAY
		SERVER_IPS=(10.1.0.11 10.1.0.12 10.1.0.13)
		;;
	esac
	hosts
}

direct_reply_create() {
	local i
	topology_namespaces=("$CLIENT" "$ROUTER" "$DIRECTOR" "${SERVERS[@]}")
	namespaces_create && client_link "$ROUTER" && router_bridges || return
	bridge_link "$DIRECTOR" "$DIRECTOR_LAN_IP" "$DIRECTOR_GATEWAY" "$ROUTER" lan director || return
	ip -n "$DIRECTOR" addr add "$VIP/$HOST_BITS" dev eth0 || return
	for i in "${!SERVERS[@]}"; do
		bridge_link "${SERVERS[i]}" "${SERVER_IPS[i]}" "$SERVER_GATEWAY" "$ROUTER" "$SERVER_BRIDGE" \
			"server$((i + 1))" || return
		"server_of_$LB_FORWARD" "${SERVERS[i]}" || return
	done
}

router_bridges() {
	ip -n "$ROUTER" -batch - <<-EOF &&
		link add lan type bridge
		addr add $DIRECTOR_GATEWAY/$NET_BITS dev lan
		link set lan up
		link add far type bridge
		addr add $FAR_GATEWAY/$NET_BITS dev far
		link set far up
	EOF
		in_ns "$ROUTER" sysctl -qw "$FORWARDING=1"
}

# server_of_dr NAMESPACE: it takes packets for the VIP, and nobody in the LAN gets to know.
server_of_dr() {
	# By NDP the kernel answers for addresses of other devices never.
	in_ns "$1" sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 &&
		ip -n "$1" addr add "$VIP/$HOST_BITS" dev lo
}

# server_of_tun NAMESPACE: it takes packets for the VIP out of the director's tunnel.
server_of_tun() {
	in_ns "$1" sysctl -qw net.ipv4.conf.all.rp_filter=0 && tunnel_end_add "$1"
}
