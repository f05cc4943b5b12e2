# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The outer header of a tunnel, as it leaves the director, and what comes out at the real server: the cases of
# tun_header.sh and tunnels.sh. TUNNEL_PACKET and OVERHEAD are of tunnel_is (lib/tunnel.sh).
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

# How nft names the time to live.
declare -A TTL=([ip]=ttl [ip6]=hoplimit)

# watch_outer NAME EXPRESSION: counts, from now on, packets of the tunnel between director and real server.
watch_outer() {
	IP=$OUTER_IP count_packets "$ROUTER" "$1" prerouting "iifname lan $TUNNEL_PACKET $2"
}

# outer_packets NAME
outer_packets() {
	IP=$OUTER_IP counted_packets "$ROUTER" "$1"
}

# watch_inner NAME EXPRESSION: counts the same packets when they have come out.
watch_inner() {
	count_packets "${SERVERS[0]}" "$1" input "iifname vip0 $2"
}

# Each has counters of its own.
datagrams=0

# expect_of_one_datagram OUTER INNER: it is answered, and its outer and inner header match these expressions.
expect_of_one_datagram() {
	datagrams=$((datagrams + 1))
	watch_outer "any$datagrams" ""
	watch_outer "right$datagrams" "$1"
	watch_inner "right$datagrams" "$2"
	expect_equal "who answers" server1 "$(talk me ask flow)"
	expect_equal "packets in the tunnel" 1 "$(outer_packets "any$datagrams")"
	expect_equal "packets in the tunnel with $1" 1 "$(outer_packets "right$datagrams")"
	expect_equal "packets out of the tunnel with $2" 1 "$(counted_packets "${SERVERS[0]}" "right$datagrams")"
}

from_the_director_to_the_server() {
	expect_of_one_datagram "$OUTER_IP saddr $DIRECTOR_LAN_IP $OUTER_IP daddr ${SERVER_IPS[0]} meta length $((HEADER + 24 + OVERHEAD))" \
		"$IP saddr $CLIENT_IP $IP daddr $VIP meta length $((HEADER + 24))"
}

# One hop before the director, and the director, which counts before it wraps the packet up.
time_to_live_is_that_of_the_packet() {
	expect_of_one_datagram "$OUTER_IP ${TTL[$OUTER_IP]} 62" "$IP ${TTL[$IP]} 62"
	expect_equal "setting" ok "$(talk me set flow ttl 9)"
	expect_of_one_datagram "$OUTER_IP ${TTL[$OUTER_IP]} 7" "$IP ${TTL[$IP]} 7"
	expect_equal "setting" ok "$(talk me set flow ttl 64)"
}

prohibition_to_fragment_is_that_of_the_packet() {
	case $FAMILY-$UNDERLAY in
	v4-v4) ;;
	v6-v4)
		# What routers must not do to the packet they must not do to that around it (RFC 4213 section 3.2.2). With IPVS they may.
		if [ "$LB_BACKEND" = rvs ]; then
			expect_of_one_datagram "ip frag-off & 0x4000 == 0x4000" ""
		else
			expect_of_one_datagram "ip frag-off & 0x4000 == 0" ""
		fi
		return
		;;
	*)
		skip "routers of IPv6 never fragment"
		return
		;;
	esac
	expect_equal "setting" ok "$(talk me set flow df on)"
	expect_of_one_datagram "ip frag-off & 0x4000 == 0x4000" "ip frag-off & 0x4000 == 0x4000"
	expect_equal "setting" ok "$(talk me set flow df off)"
	expect_of_one_datagram "ip frag-off & 0x4000 == 0" "ip frag-off & 0x4000 == 0"
}

# set_tos DSCP ECN: as numbers.
set_tos() {
	expect_equal "setting" ok "$(talk me set flow tos $(($1 << 2 | $2)))"
}

differentiated_services_are_those_of_the_packet() {
	local dscp
	for dscp in 0 10 46 63; do
		set_tos "$dscp" 0
		expect_of_one_datagram "$OUTER_IP dscp $dscp $OUTER_IP ecn not-ect" "$IP dscp $dscp $IP ecn not-ect"
	done
}

# RFC 3168 section 9.1.1, full functionality: congestion of before is not that of the tunnel.
congestion_notification_goes_around_the_tunnel() {
	set_tos 46 1
	expect_of_one_datagram "$OUTER_IP dscp 46 $OUTER_IP ecn ect1" "$IP dscp 46 $IP ecn ect1"
	set_tos 46 2
	expect_of_one_datagram "$OUTER_IP dscp 46 $OUTER_IP ecn ect0" "$IP dscp 46 $IP ecn ect0"
	set_tos 46 3
	expect_of_one_datagram "$OUTER_IP dscp 46 $OUTER_IP ecn ect0" "$IP dscp 46 $IP ecn ce"
	set_tos 0 0
}

header_cases=(
	from_the_director_to_the_server
	time_to_live_is_that_of_the_packet
	prohibition_to_fragment_is_that_of_the_packet
	differentiated_services_are_those_of_the_packet
	congestion_notification_goes_around_the_tunnel
)
