# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Network namespaces of a load-balanced site.
#
#	client ------------ director ======= server1, server2, server3
#	192.0.2.10/24   .1  198.51.100.1/32  10.0.0.1/24     10.0.0.11, .12, .13
#	                    (the VIP, on lo) (on a bridge)   gateway: the director
#
# with topology_create --router:
#
#	client ------------ router -------------- director
#	203.0.113.10/24 .1          192.0.2.10/24 .1
#
# FAMILY=v6 in the environment has all of it in IPv6. Tests that are to run in either have addresses before a port by
# their _HOST, names of nftables from IP, ICMP, FRAGMENT and HOPS, lengths of prefixes from HOST_BITS and NET_BITS, settings from
# FORWARDING and below SYSCTL, errors as TYPE/CODE from NO_PORT, NO_HOST, NO_HOPS and TOO_BIG, and what the headers of IP, and of
# IP and UDP, take from IP_BYTES or HEADER and UDP_BYTES.
#
# shellcheck disable=SC2034 # for the tests

# Namespaces of two runs do not meet. The demo wants plain names and sets it to nothing.
: "${NS_SUFFIX=-$$}"
CLIENT=client$NS_SUFFIX
ROUTER=router$NS_SUFFIX
DIRECTOR=director$NS_SUFFIX
SERVERS=("server1$NS_SUFFIX" "server2$NS_SUFFIX" "server3$NS_SUFFIX")

export FAMILY=${FAMILY:-v4}
case $FAMILY in
v4)
	CLIENT_IP=192.0.2.10
	CLIENT_GATEWAY=192.0.2.1
	FAR_CLIENT_IP=203.0.113.10
	FAR_CLIENT_GATEWAY=203.0.113.1
	FAR_CLIENT_NET=203.0.113.0/24
	VIP=198.51.100.1
	DIRECTOR_LAN_IP=10.0.0.1
	SERVER_IPS=(10.0.0.11 10.0.0.12 10.0.0.13)
	SERVER_NET=10.0.0.0/24
	IP=ip IP_FAMILY=-4 ICMP=icmp HOST_BITS=32 NET_BITS=24 HEADER=20
	FORWARDING=net.ipv4.ip_forward
	FRAGMENT='ip frag-off & 0x3fff != 0' SYSCTL=net.ipv4 HOPS='ip ttl'
	NO_PORT=3/3 NO_HOST=3/1 NO_HOPS=11/0 TOO_BIG=3/4 IP_BYTES=20 UDP_BYTES=28
	ANY_IP=0.0.0.0 MARK7=mark/7 LOOPBACK_IP=127.0.0.1 LOOPBACK_NET=127.0.0.0/8
	OTHER_CLIENT_IP=192.0.2.11 OTHER_VIP=198.51.100.2 ABSENT_IP=10.0.0.99 ELSEWHERE_IP=10.99.0.1 ELSEWHERE_NET=10.99.0.0/24
	;;
v6)
	CLIENT_IP=2001:db8:2::10
	CLIENT_GATEWAY=2001:db8:2::1
	FAR_CLIENT_IP=2001:db8:3::10
	FAR_CLIENT_GATEWAY=2001:db8:3::1
	FAR_CLIENT_NET=2001:db8:3::/64
	VIP=2001:db8:100::1
	DIRECTOR_LAN_IP=fd00::1
	SERVER_IPS=(fd00::11 fd00::12 fd00::13)
	SERVER_NET=fd00::/64
	IP=ip6 IP_FAMILY=-6 ICMP=icmpv6 HOST_BITS=128 NET_BITS=64 HEADER=40
	FORWARDING=net.ipv6.conf.all.forwarding
	FRAGMENT='exthdr frag exists' SYSCTL=net.ipv6 HOPS='ip6 hoplimit'
	NO_PORT=1/4 NO_HOST=1/3 NO_HOPS=3/0 TOO_BIG=2/0 IP_BYTES=40 UDP_BYTES=48
	ANY_IP=:: MARK7=mark/7/ipv6 LOOPBACK_IP=::1 LOOPBACK_NET=::1
	OTHER_CLIENT_IP=2001:db8:2::11 OTHER_VIP=2001:db8:100::2 ABSENT_IP=fd00::99 ELSEWHERE_IP=fd99::1 ELSEWHERE_NET=fd99::/64
	;;
*) bail "FAMILY=$FAMILY: neither v4 nor v6" ;;
esac

# host ADDRESS: as it stands before a port.
host() {
	case $1 in
	*:*) echo "[$1]" ;;
	*) echo "$1" ;;
	esac
}

# hosts: those of CLIENT_IP, VIP, DIRECTOR_LAN_IP and SERVER_IPS, which a test may have changed.
hosts() {
	local server
	CLIENT_HOST=$(host "$CLIENT_IP")
	VIP_HOST=$(host "$VIP")
	DIRECTOR_LAN_HOST=$(host "$DIRECTOR_LAN_IP")
	SERVER_HOSTS=()
	for server in "${SERVER_IPS[@]}"; do
		SERVER_HOSTS+=("$(host "$server")")
	done
}
hosts

topology_namespaces=()

# topology_create [--router]; with --direct-reply that of topology_direct_reply.sh, with --fullnat of topology_fullnat.sh, with
# --ecmp of topology_ecmp.sh, with --routed of topology_routed.sh
topology_create() {
	site_begin
	topology_describe "$@" && site_end && topology_complete "$@" && lb_prepare
}

# What of a site of several namespaces is there at once.
topology_describe() {
	local i
	case ${1-} in
	--direct-reply)
		direct_reply_create
		return
		;;
	--fullnat)
		fullnat_create
		return
		;;
	--ecmp)
		ecmp_create
		return
		;;
	--routed)
		routed_create
		return
		;;
	esac
	topology_namespaces=("$CLIENT" "$DIRECTOR" "${SERVERS[@]}")
	if [ "${1-}" = --router ]; then
		NEAR_CLIENT_IP=$CLIENT_IP NEAR_CLIENT_GATEWAY=$CLIENT_GATEWAY
		CLIENT_IP=$FAR_CLIENT_IP CLIENT_GATEWAY=$FAR_CLIENT_GATEWAY
		hosts
		topology_namespaces+=("$ROUTER")
	fi
	namespaces_create && director_addresses || return
	if [ "${1-}" = --router ]; then
		client_link "$ROUTER" && router_link || return
	else
		client_link "$DIRECTOR" || return
	fi
	for i in "${!SERVERS[@]}"; do
		server_link "${SERVERS[i]}" "${SERVER_IPS[i]}" "server$((i + 1))" || return
	done
}

# What of a site needs what site_end has made.
topology_complete() {
	case ${1-} in
	--direct-reply) direct_reply_complete ;;
	--ecmp) ecmp_both ;;
	esac
}

# Makes those of topology_namespaces.
namespaces_create() {
	local namespace
	namespace_add "${topology_namespaces[@]}" || return
	for namespace in "${topology_namespaces[@]}"; do
		namespace_prepare "$namespace" || return
	done
}

# namespace_prepare NAMESPACE
namespace_prepare() {
	# Errors are part of what is tested, so none may be lost to the rate limit.
	set_in "$1" net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=100000 || return
	[[ $FAMILY${UNDERLAY-} != *v6* ]] || set_in "$1" net.ipv6.icmp.ratelimit=0 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.all.keep_addr_on_down=1 || return
	ip_in "$1" <<<'link set lo up'
}

# What the director has before it has links.
director_addresses() {
	set_in "$DIRECTOR" "$FORWARDING=1" &&
		ip_in "$DIRECTOR" <<-EOF
			addr add $VIP/$HOST_BITS dev lo
			link add servers type bridge
			addr add $DIRECTOR_LAN_IP/$NET_BITS dev servers
			link set servers up
		EOF
}

# client_link NAMESPACE: joins the client to its gateway there.
client_link() {
	link_add "$CLIENT" eth0 "$1" client &&
		ip_in "$CLIENT" <<-EOF &&
			addr add $CLIENT_IP/$NET_BITS dev eth0
			link set eth0 up
			route add default via $CLIENT_GATEWAY
		EOF
		ip_in "$1" <<-EOF
			addr add $CLIENT_GATEWAY/$NET_BITS dev client
			link set client up
		EOF
}

# The router between client and director.
router_link() {
	link_add "$ROUTER" eth0 "$DIRECTOR" router &&
		set_in "$ROUTER" "$FORWARDING=1" &&
		ip_in "$ROUTER" <<-EOF &&
			addr add $NEAR_CLIENT_IP/$NET_BITS dev eth0
			link set eth0 up
			route add default via $NEAR_CLIENT_GATEWAY
		EOF
		ip_in "$DIRECTOR" <<-EOF
			addr add $NEAR_CLIENT_GATEWAY/$NET_BITS dev router
			link set router up
			route add $FAR_CLIENT_NET via $NEAR_CLIENT_IP
		EOF
}

# server_link NAMESPACE ADDRESS PORT: joins a real server to the director's bridge by a port of this name.
server_link() {
	bridge_link "$1" "$2" "$DIRECTOR_LAN_IP" "$DIRECTOR" servers "$3"
}

# bridge_link NAMESPACE ADDRESS GATEWAY BRIDGE-NAMESPACE BRIDGE PORT; without a default route where the gateway is empty
bridge_link() {
	link_add "$1" eth0 "$4" "$6" &&
		ip_in "$1" <<-EOF &&
			addr add $2/$NET_BITS dev eth0
			link set eth0 up
			${3:+route add default via $3}
		EOF
		ip_in "$4" <<<"link set $6 master $5 up"
}

# Ends what runs in the namespaces, and removes them.
topology_destroy() {
	local namespace there=() processes
	for namespace in ${topology_namespaces[@]+"${topology_namespaces[@]}"}; do
		[ ! -e "/run/netns/$namespace" ] || there+=("$namespace")
	done
	topology_namespaces=()
	[ ${#there[@]} != 0 ] || return 0
	mapfile -t processes < <(processes_in "${there[@]}")
	[ ${#processes[@]} = 0 ] || kill -KILL "${processes[@]}" 2>/dev/null
	# With -force one that goes no more does not keep the others.
	printf 'netns del %s\n' "${there[@]}" | ip -force -batch -
}

# processes_in NAMESPACE...: prints the numbers of those that run in one of them.
processes_in() {
	stat -L -c '%i %n' "${@/#//run/netns/}" /proc/[0-9]*/ns/net 2>/dev/null | awk -F '[ /]' '
		$3 == "run" { wanted[$1] = 1; next }
		$1 in wanted { print $4 }'
}

# test_begin [--router|--direct-reply|--fullnat|--routed]: what most tests start with: a place for files, the module, the namespaces; and
# their end.
test_begin() {
	TEST_DIR=$(mktemp -d "${TMPDIR:-/tmp}/rvs-test.XXXXXX") || bail "no temporary directory"
	trap test_end EXIT
	trap 'exit 1' INT TERM
	[ "$(id -u)" = 0 ] || skip_all "needs root"
	lb_load || bail "the module of $LB_BACKEND cannot be loaded"
	topology_create "$@" || bail "the namespaces cannot be made"
}

test_end() {
	topology_destroy
	rm -rf "$TEST_DIR"
}
