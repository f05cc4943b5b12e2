#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The same packets into three directors: one of C ip_vs, and two of RVS, with the fast path and without. What leaves each
# of them, what it keeps for itself and which connections it has then is the same, or on the list with its reason
# (tests/differential).
#	SEED     other random packets (default 1)
#	PACKETS  how many at least (default 12500); those beyond the ones that are the same each time are random
#	KEEP_TRACES  a directory, for what became of the packets
. "$(dirname "$0")/lib.sh"

SEED=${SEED:-1}
PACKETS=${PACKETS:-12500}
DIFFERENTIAL=${DIFFERENTIAL:-$KSELFTEST_DIR/../differential}

DIRECTORS=(ip_vs rvs rvs-slow)

# As tests/differential/src/site.rs has them.
DIRECTOR_MAC=02:00:00:00:00:01
NEIGHBOUR_MAC=02:00:00:00:00:02
VIP6=2001:db8:6::1

namespace() {
	echo "$1$NS_SUFFIX"
}

# director_create NAME: a director without services. All that could come at a time of its own choice is away: address
# resolution, limits of rate, the end of what waits for fragments.
director_create() {
	local namespace neighbour device
	namespace=$(namespace "$1")
	topology_namespaces+=("$namespace")
	ip netns add "$namespace" && namespace_prepare "$namespace" || return
	in_ns "$namespace" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ipfrag_time=3600 net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.default.send_redirects=0 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.forwarding=1 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.icmp.ratelimit=0 \
		net.ipv6.ip6frag_time=3600 net.ipv6.auto_flowlabels=0 || return
	for device in client servers; do
		in_ns "$namespace" ip tuntap add dev "$device" mode tap vnet_hdr || return
		ip -n "$namespace" link set "$device" address "$DIRECTOR_MAC" addrgenmode none txqueuelen 1000 up || return
	done
	ip -n "$namespace" -batch - <<-EOF || return
		link set servers mtu 1400
		addr add $VIP/32 dev lo
		addr add $CLIENT_GATEWAY/24 dev client
		addr add $DIRECTOR_LAN_IP/24 dev servers
		neigh add 192.0.2.254 lladdr $NEIGHBOUR_MAC dev client nud permanent
		route add default via 192.0.2.254
		addr add $VIP6/128 dev lo
		addr add 2001:db8:1::1/64 dev client
		addr add fd00::1/64 dev servers
		neigh add 2001:db8:1::fe lladdr $NEIGHBOUR_MAC dev client nud permanent
		route add default via 2001:db8:1::fe
	EOF
	for neighbour in client:192.0.2.{10,11,12} servers:10.0.0.{11,12,13,14,15,16,17,18,99} client:2001:db8:1::{10,11,12} \
		servers:fd00::{11,12,13,99}; do
		echo "neigh add ${neighbour#*:} lladdr $NEIGHBOUR_MAC dev ${neighbour%%:*} nud permanent"
	done | ip -n "$namespace" -batch -
}

ip_vs_configure() {
	local protocol
	for protocol in t u; do
		cat <<-EOF
			-A -$protocol $VIP:8000 -s rr
			-a -$protocol $VIP:8000 -r 10.0.0.11:80 -m
			-A -$protocol $VIP:8001 -s rr
			-a -$protocol $VIP:8001 -r 10.0.0.12 -g
			-A -$protocol $VIP:8002 -s rr
			-a -$protocol $VIP:8002 -r 10.0.0.13 -i
			-A -$protocol $VIP:8004 -s rr
			-A -$protocol $VIP:8010 -s rr
			-a -$protocol $VIP:8010 -r 10.0.0.14 -i --tun-type gre
			-A -$protocol $VIP:8011 -s rr
			-a -$protocol $VIP:8011 -r 10.0.0.15 -i --tun-type gre --tun-csum
			-A -$protocol $VIP:8012 -s rr
			-a -$protocol $VIP:8012 -r 10.0.0.16 -i --tun-type gue --tun-port 5555
			-A -$protocol $VIP:8013 -s rr
			-a -$protocol $VIP:8013 -r 10.0.0.17 -i --tun-type gue --tun-port 5555 --tun-csum
			-A -$protocol $VIP:8014 -s rr
			-a -$protocol $VIP:8014 -r 10.0.0.18 -i --tun-type gue --tun-port 5555 --tun-remcsum
			-A -$protocol [$VIP6]:8000 -s rr
			-a -$protocol [$VIP6]:8000 -r [fd00::11]:80 -m
			-A -$protocol [$VIP6]:8001 -s rr
			-a -$protocol [$VIP6]:8001 -r [fd00::12]:8001 -g
			-A -$protocol [$VIP6]:8004 -s rr
		EOF
	done | in_ns "$(namespace ip_vs)" ipvsadm -R
}

# rvs_configure NAME
rvs_configure() {
	local protocol
	for protocol in tcp udp; do
		cat <<-EOF
			service add $protocol/$VIP:8000 --scheduler rr --nat
			server add $protocol/$VIP:8000 10.0.0.11:80
			service add $protocol/$VIP:8001 --scheduler rr --dr
			server add $protocol/$VIP:8001 10.0.0.12
			service add $protocol/$VIP:8002 --scheduler rr --tun
			server add $protocol/$VIP:8002 10.0.0.13
			service add $protocol/$VIP:8004 --scheduler rr --nat
			service add $protocol/$VIP:8010 --scheduler rr --tun
			server add $protocol/$VIP:8010 10.0.0.14 --tun-type gre
			service add $protocol/$VIP:8011 --scheduler rr --tun
			server add $protocol/$VIP:8011 10.0.0.15 --tun-type gre --tun-checksum full
			service add $protocol/$VIP:8012 --scheduler rr --tun
			server add $protocol/$VIP:8012 10.0.0.16 --tun-type gue --tun-port 5555
			service add $protocol/$VIP:8013 --scheduler rr --tun
			server add $protocol/$VIP:8013 10.0.0.17 --tun-type gue --tun-port 5555 --tun-checksum full
			service add $protocol/$VIP:8014 --scheduler rr --tun
			server add $protocol/$VIP:8014 10.0.0.18 --tun-type gue --tun-port 5555 --tun-checksum remote
			service add $protocol/[$VIP6]:8000 --scheduler rr --nat
			server add $protocol/[$VIP6]:8000 [fd00::11]:80
			service add $protocol/[$VIP6]:8001 --scheduler rr --dr
			server add $protocol/[$VIP6]:8001 [fd00::12]
			service add $protocol/[$VIP6]:8004 --scheduler rr --nat
		EOF
	done | while read -ra command; do
		rvsadm --netns "$(namespace "$1")" "${command[@]}" || return
	done
}

# feed NAME BALANCER
feed() {
	in_ns "$(namespace "$1")" "$DIFFERENTIAL/rvs-differential" feed "${stream[@]}" --balancer "$2" "$TEST_DIR/$1"
}

# compare ARGUMENT...
compare() {
	"$DIFFERENTIAL/rvs-differential" compare "${stream[@]}" --differences "$DIFFERENTIAL/differences" "$@" \
		"$TEST_DIR/ip_vs" "$TEST_DIR/rvs" "$TEST_DIR/rvs-slow"
}

# expect_no_other ARGUMENT...
expect_no_other() {
	compare "$@" >"$TEST_DIR/compared" 2>&1 || fail "there are differences that are not as on the list"
	diagnose "$(cat "$TEST_DIR/compared")"
}

listed_differences_occur() { expect_no_other --unseen; }

# Otherwise two runs of the slow path have been compared.
fast_path_was_fast() {
	expect_range "packets on the fast path" 300 1000000 "$(DIRECTOR=$(namespace rvs) paths fast)"
	expect_equal "packets on the fast path that is off" 0 "$(DIRECTOR=$(namespace rvs-slow) paths fast)"
}

all_were_sent() {
	local count family
	count=$(awk '{ sum += $2 } END { print sum }' "$TEST_DIR/families")
	expect_range "packets" "$PACKETS" 1000000 "$count"
	for family in mutations mutations6 walks walks6; do
		[[ " ${families[*]} " = *" $family "* ]] || fail "no random packets of the family $family: PACKETS is too low"
	done
	diagnose "SEED=$SEED PACKETS=$PACKETS: $count packets in ${#families[@]} families"
}

differential_end() {
	test_end
	lb_unload
	modprobe -r ip_vs_rr ip_vs
}

lb_needs rvs "compares RVS with the kernel's IPVS"
[ -x "$DIFFERENTIAL/rvs-differential" ] || skip_all "there is no $DIFFERENTIAL/rvs-differential"
[ "$(id -u)" = 0 ] || skip_all "needs root"
stream=(--seed "$SEED" --packets "$PACKETS")
TEST_DIR=$(mktemp -d "${TMPDIR:-/tmp}/rvs-test.XXXXXX") || bail "no temporary directory"
trap differential_end EXIT
trap 'exit 1' INT TERM
# Side by side with ip_vs, which has its own names then.
lb_unload
insmod "$RVS_MODULE" compat=0 || bail "the module cannot be loaded"
modprobe -a tun ip_vs ip_vs_rr || bail "no ip_vs"
for director in "${DIRECTORS[@]}"; do
	director_create "$director" || bail "no director $director"
done
ip_vs_configure || bail "ip_vs cannot be configured"
for director in rvs rvs-slow; do
	rvs_configure "$director" || bail "RVS cannot be configured"
done
in_ns "$(namespace rvs-slow)" sysctl -qw net.rvs.fast_path=0
echo "# SEED=$SEED PACKETS=$PACKETS"
feed ip_vs ip-vs || bail "packets for ip_vs"
feed rvs rvs || bail "packets for RVS"
feed rvs-slow rvs || bail "packets for RVS without the fast path"
# For a look at them elsewhere: rvs-differential compare needs neither load balancer.
[ -z "${KEEP_TRACES-}" ] || cp "$TEST_DIR"/{ip_vs,rvs,rvs-slow} "$KEEP_TRACES"
"$DIFFERENTIAL/rvs-differential" families "${stream[@]}" >"$TEST_DIR/families"
mapfile -t families < <(awk '{ print $1 }' "$TEST_DIR/families")
# A case for each family of packets.
for family in "${families[@]}"; do
	eval "same_with_$family() { expect_no_other --family $family; }"
done

ktap_run "${families[@]/#/same_with_}" listed_differences_occur fast_path_was_fast all_were_sent
