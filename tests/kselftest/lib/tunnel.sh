# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kinds of tunnels to real servers: ipip, gre, gre_checksum, gue, gue_checksum, gue_remote.
# shellcheck disable=SC2034,SC2154 # read with lib.sh, for the tests

# The UDP port of the servers for tunnels of GUE.
TUNNEL_PORT=6080

# What the tool is told of the tunnel of a server that is added.
tunnel_options=()

# tunnel_is KIND: servers that are added get such a tunnel. OVERHEAD: by how many bytes a packet gets longer in it, where
# its own checksum is made; TUNNEL_PACKET: an expression of nft for packets of the tunnel.
tunnel_is() {
	TUNNEL=$1
	local checksum=none protocol ethernet_type=0800 payload=04
	[[ $1 != *_* ]] || checksum=${1#*_}
	[ "$checksum" != checksum ] || checksum=full
	case $UNDERLAY in
	v4) OUTER_IP=ip OUTER_ICMP=icmp OVERHEAD=20 OUTER_BITS=32 ;;
	v6) OUTER_IP=ip6 OUTER_ICMP=icmpv6 OVERHEAD=40 OUTER_BITS=128 ;;
	esac
	protocol=4
	[ "$FAMILY" = v4 ] || protocol=41 ethernet_type=86dd payload=29
	fou_family=()
	[ "$UNDERLAY" = v4 ] || fou_family=(-6)
	tunnel_options=()
	case $1 in
	ipip)
		TUNNEL_PACKET="meta l4proto $protocol"
		;;
	gre)
		# Protocol type IP, and no bits.
		OVERHEAD=$((OVERHEAD + 4)) TUNNEL_PACKET="meta l4proto 47 @th,0,32 0x0000$ethernet_type"
		tunnel_options=(--tun-type gre)
		;;
	gre_checksum)
		OVERHEAD=$((OVERHEAD + 8)) TUNNEL_PACKET="meta l4proto 47 @th,0,32 0x8000$ethernet_type"
		tunnel_options=(--tun-type gre)
		;;
	gue*)
		# Behind the header of UDP: version 0, no fields, protocol 4 or 41.
		OVERHEAD=$((OVERHEAD + 12)) TUNNEL_PACKET="udp dport $TUNNEL_PORT @th,64,32 0x00${payload}0000"
		if [ "$checksum" = none ]; then
			TUNNEL_PACKET+=" udp checksum 0"
		else
			TUNNEL_PACKET+=" udp checksum != 0"
		fi
		tunnel_options=(--tun-type gue --tun-port "$TUNNEL_PORT")
		;;
	esac
	[ "$1" = ipip ] || tunnel_checksum_option "$checksum"
}

# tunnel_checksum_option none|full|remote: adds it, as the tool names it.
tunnel_checksum_option() {
	if ! lb_by_ipvsadm; then
		tunnel_options+=(--tun-checksum "$1")
		return
	fi
	case $1 in
	none) tunnel_options+=(--tun-nocsum) ;;
	full) tunnel_options+=(--tun-csum) ;;
	remote) tunnel_options+=(--tun-remcsum) ;;
	esac
}

# tunnel_set SERVICE SERVER: a server that there is, with weight 1, gets the tunnel of tunnel_is.
tunnel_set() {
	if lb_by_ipvsadm; then
		lb_server_weight "$1" "$2" 1
	else
		director_rvsadm server set "$1" "$2" "${tunnel_options[@]}"
	fi
}

# tunnel_end_add NAMESPACE: a server takes what comes out of the director's tunnel, by the device vip0, which has the VIP.
tunnel_end_add() {
	local device
	case $TUNNEL-$UNDERLAY-$FAMILY in
	gre-v4-*) device=gre ;;
	gre_checksum-v4-*) device="gre icsum" ;;
	gre-v6-*) device="ip6gre encaplimit none" ;;
	gre_checksum-v6-*) device="ip6gre encaplimit none icsum" ;;
	*-v4-v4) device=ipip ;;
	*-v4-v6) device=sit ;;
	*-v6-v4) device="ip6tnl mode ipip6" ;;
	*-v6-v6) device="ip6tnl mode ip6ip6" ;;
	esac
	[[ $TUNNEL != gue* ]] || in_ns "$1" ip fou add port "$TUNNEL_PORT" gue "${fou_family[@]}" || return
	ip -n "$1" -batch - <<-EOF &&
		link add vip0 type ${device%% *} remote $DIRECTOR_LAN_IP${device#"${device%% *}"}
		addr add $VIP/$HOST_BITS dev vip0
		link set vip0 up
	EOF
		in_ns "$1" sysctl -qw net.ipv4.conf.vip0.rp_filter=0
}

# tunnel_end_del NAMESPACE
tunnel_end_del() {
	ip -n "$1" link del vip0
	[[ $TUNNEL != gue* ]] || in_ns "$1" ip fou del port "$TUNNEL_PORT" "${fou_family[@]}"
}

# tunnel_becomes KIND: of the first server's end, and of those that the load balancer is told of from now on.
tunnel_becomes() {
	tunnel_end_del "${SERVERS[0]}" && tunnel_is "$1" && tunnel_end_add "${SERVERS[0]}"
}

# tunnel_modules: loads those of the servers' ends.
tunnel_modules() {
	local modules=(ipip ip_gre fou)
	[[ $FAMILY$UNDERLAY != *v6* ]] || modules+=(sit ip6_tunnel ip6_gre fou6)
	modprobe -a "${modules[@]}"
}
