# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The site of topology_fullnat.sh with a second director. Both have the VIP, each has local addresses of its own, and the router
# spreads what is for the VIP over both (equal-cost multipath).
#
#	client ------------ router ------------ director   10.0.0.1/24, LOCAL_IPS, VIP 198.51.100.1/32 on lo
#	203.0.113.10/24 .1    |
#	203.0.113.20 to .25   +---------------- second     10.0.4.1/24, SECOND_LOCAL_IPS, the same VIP
#	                      |
#	                      +---------------- server1, server2, server3
#
# docs/howto/ecmp.md tells an operator to do what is done here.
# shellcheck disable=SC2034,SC2153,SC2154 # for the tests, of topology_fullnat.sh

SECOND_DIRECTOR=second$NS_SUFFIX
case $FAMILY in
v4)
	SECOND_LAN_IP=10.0.4.1 SECOND_GATEWAY=10.0.4.254
	SECOND_LOCAL_IPS=(10.0.4.21 10.0.4.22)
	ECMP_CLIENTS=(203.0.113.2{0..5})
	;;
v6)
	SECOND_LAN_IP=fd04::1 SECOND_GATEWAY=fd04::fe
	SECOND_LOCAL_IPS=(fd04::21 fd04::22)
	ECMP_CLIENTS=(2001:db8:3::2{0..5})
	;;
esac

# second_rvsadm ARGUMENT...: of the second director.
second_rvsadm() {
	rvsadm --netns "$SECOND_DIRECTOR" "$@"
}

ecmp_create() {
	fullnat_create || return
	namespace_add "$SECOND_DIRECTOR" || return
	topology_namespaces+=("$SECOND_DIRECTOR")
	namespace_prepare "$SECOND_DIRECTOR" || return
	set_in "$SECOND_DIRECTOR" "$FORWARDING=1"
	[ "${FAST_PATH-on}" = on ] || set_in "$SECOND_DIRECTOR" net.rvs.fast_path=0
	routed_link "$SECOND_DIRECTOR" "$SECOND_LAN_IP" "$SECOND_GATEWAY" director2 || return
	ip_in "$SECOND_DIRECTOR" <<-EOF
		addr add $VIP/$HOST_BITS dev lo
		$(printf "addr add %s/$HOST_BITS dev eth0\n" "${SECOND_LOCAL_IPS[@]}")
	EOF
	ip_in "$CLIENT" <<<"$(printf "addr add %s/$NET_BITS dev eth0\n" "${ECMP_CLIENTS[@]}")"
}

# ecmp_both: by resilient next hops: only what has been silent for two seconds changes the director when one comes.
ecmp_both() {
	ip -n "$ROUTER" -batch - <<-EOF
		nexthop replace id 1 via $DIRECTOR_LAN_IP dev director
		nexthop replace id 2 via $SECOND_LAN_IP dev director2
		nexthop replace id 10 group 1/2 type resilient buckets 64 idle_timer 2
		route replace $VIP/$HOST_BITS nhid 10
	EOF
}

# ecmp_first: the second director leaves.
ecmp_first() {
	ip -n "$ROUTER" nexthop replace id 10 group 1 type resilient buckets 64 idle_timer 2
}

# ecmp_hash 0|1: by addresses, or by ports, too.
ecmp_hash() {
	in_ns "$ROUTER" sysctl -qw "$SYSCTL.fib_multipath_hash_policy=$1"
}
