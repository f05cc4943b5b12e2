#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The same packets into three directors: one of C ip_vs, and two of RVS, with the fast path and without. What leaves each
# of them, what it keeps for itself and which connections it has then is the same, or on the list with its reason
# (tests/differential).
#	SEED     other random packets (default 1)
#	PACKETS  how many at least; those beyond the ones that are the same each time are random. By default 8600, and of those
#	         that are the same each time some
#	KEEP_TRACES  a directory, for what became of the packets
. "$(dirname "$0")/lib.sh"

SEED=${SEED:-1}
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
		# Who finds a queue in use by another CPU leaves the packet to that one, whenever it goes on.
		in_ns "$namespace" tc qdisc replace dev "$device" root noqueue || return
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
	for neighbour in client:192.0.2.{10,11,12} servers:10.0.0.{11,12,13,14,15,16,17,18,40,41,42,43,44,45,99} \
		client:2001:db8:1::{10,11,12} servers:fd00::{11,12,13,20,21,22,23,24,25,30,31,32,33,34,35,99}; do
		echo "neigh add ${neighbour#*:} lladdr $NEIGHBOUR_MAC dev ${neighbour%%:*} nud permanent"
	done | ip -n "$namespace" -batch -
}

# services: each as its protocol, the family and the port of the service, its method, its server, of a tunnel the kind and
# the checksum. A dash: it has no server.
services() {
	local protocol port kind checksum
	for protocol in tcp udp sctp; do
		cat <<-EOF
			$protocol v4 8000 nat 10.0.0.11:80
			$protocol v4 8001 dr 10.0.0.12:8001
			$protocol v4 8002 tun 10.0.0.13:8002 ipip none
			$protocol v4 8004 nat -
			$protocol v6 8000 nat [fd00::11]:80
			$protocol v6 8001 dr [fd00::12]:8001
			$protocol v6 8004 nat -
		EOF
		port=0
		for kind in ipip:none gre:none gre:full gue:none gue:full gue:remote; do
			checksum=${kind#*:} kind=${kind%:*}
			# In themselves those of IPv4 begin with GRE: IP in IP is above.
			[ "$port" = 0 ] ||
				echo "$protocol v4 $((8009 + port)) tun 10.0.0.$((13 + port)):$((8009 + port)) $kind $checksum"
			cat <<-EOF
				$protocol v4 $((8020 + port)) tun [fd00::$((20 + port))]:$((8020 + port)) $kind $checksum
				$protocol v6 $((8030 + port)) tun [fd00::$((30 + port))]:$((8030 + port)) $kind $checksum
				$protocol v6 $((8040 + port)) tun 10.0.0.$((40 + port)):$((8040 + port)) $kind $checksum
			EOF
			port=$((port + 1))
		done
	done
	echo "udp v4 500 nat 10.0.0.11:500"
	echo "udp v6 500 nat [fd00::11]:500"
}

ip_vs_configure() {
	services | awk -v v4="$VIP" -v v6="[$VIP6]" '
		BEGIN {
			protocols["tcp"] = "-t"; protocols["udp"] = "-u"; protocols["sctp"] = "--sctp-service"
			methods["nat"] = "-m"; methods["dr"] = "-g"; methods["tun"] = "-i"
			kinds["gre"] = "--tun-type gre"; kinds["gue"] = "--tun-type gue --tun-port 5555"
			checksums["full"] = "--tun-csum"; checksums["remote"] = "--tun-remcsum"
		}
		{
			service = protocols[$1] " " ($2 == "v4" ? v4 : v6) ":" $3
			print "-A", service, "-s rr"
			if ($5 != "-")
				print "-a", service, "-r", $5, methods[$4], kinds[$6], checksums[$7]
		}' | in_ns "$(namespace ip_vs)" ipvsadm -R
}

# rvs_configure NAME
rvs_configure() {
	services | awk -v v4="$VIP" -v v6="[$VIP6]" '
		{
			service = $1 "/" ($2 == "v4" ? v4 : v6) ":" $3
			print "service_add", service, "rr"
			if ($5 != "-")
				print "server_add", service, $5, 1, $4, $6, $7, ($6 == "gue" ? 5555 : "")
		}' | in_ns "$(namespace "$1")" python3 -S "$HELPERS/rvs_changes.py" nat
}

# feed NAME BALANCER
feed() {
	in_ns "$(namespace "$1")" "$DIFFERENTIAL/rvs-differential" feed "${stream[@]}" --balancer "$2" "$TEST_DIR/$1"
}

# compare: what there is to be told of each family of packets, each in a file of its own.
compare() {
	mkdir "$TEST_DIR/reports"
	"$DIFFERENTIAL/rvs-differential" compare "${stream[@]}" --differences "$DIFFERENTIAL/differences" \
		--reports "$TEST_DIR/reports" "$TEST_DIR/ip_vs" "$TEST_DIR/rvs" "$TEST_DIR/rvs-slow"
}

# expect_no_other REPORT
expect_no_other() {
	expect_equal "differences that are not as on the list" same "$(head -n 1 "$TEST_DIR/reports/$1")"
	diagnose "$(tail -n +2 "$TEST_DIR/reports/$1")"
}

listed_differences_occur() { expect_no_other listed; }

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
# A minute is too long for make test.
few=()
[ -n "${PACKETS-}" ] || few=(--few) PACKETS=8600
stream=(--seed "$SEED" --packets "$PACKETS" ${few[@]+"${few[@]}"})
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
compare || bail "what became of them cannot be compared"
"$DIFFERENTIAL/rvs-differential" families "${stream[@]}" >"$TEST_DIR/families"
mapfile -t families < <(awk '{ print $1 }' "$TEST_DIR/families")
# A case for each family of packets.
for family in "${families[@]}"; do
	eval "same_with_$family() { expect_no_other $family; }"
done

ktap_run "${families[@]/#/same_with_}" listed_differences_occur fast_path_was_fast all_were_sent
