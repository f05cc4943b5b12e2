#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Clients, virtual address and real servers in a VRF of the director, and others with the very same addresses in another one:
# each client reaches the server of its own VRF. C ip_vs looks up the way to servers in no VRF.
#
#	client ------ director (VRF red) === server1, server2, server3
#	blue-client - director (VRF blue) -- blue-server, with the address of server1
. "$(dirname "$0")/lib.sh"

BLUE_CLIENT=blue-client$NS_SUFFIX
BLUE_SERVER=blue-server$NS_SUFFIX
SERVER=${SERVER_HOSTS[0]}
# Seldom reached, so that routes of a VRF lead nowhere else.
UNREACHABLE=(unreachable default metric 4278198272)

# vrf NAME TABLE DEVICE...: with the virtual address.
vrf() {
	local device name=$1 table=$2
	shift 2
	ip -n "$DIRECTOR" link add "$name" type vrf table "$table" && ip -n "$DIRECTOR" link set "$name" up || return
	ip -n "$DIRECTOR" "$IP_FAMILY" route add table "$table" "${UNREACHABLE[@]}" || return
	for device; do
		ip -n "$DIRECTOR" link set "$device" master "$name" || return
	done
	ip -n "$DIRECTOR" addr add "$VIP/$HOST_BITS" dev "$name"
}

# blue_link NAMESPACE ADDRESS GATEWAY DEVICE: joins it to the director by this device.
blue_link() {
	ip link add eth0 netns "$1" type veth peer name "$4" netns "$DIRECTOR" &&
		ip -n "$1" -batch - <<-EOT &&
			addr add $2/$NET_BITS dev eth0
			link set eth0 up
			route add default via $3
		EOT
		ip -n "$DIRECTOR" -batch - <<-EOT
			link set $4 master blue
			addr add $3/$NET_BITS dev $4
			link set $4 up
		EOT
}

two_vrfs() {
	local namespace
	ip -n "$DIRECTOR" addr del "$VIP/$HOST_BITS" dev lo && vrf red 10 client servers && vrf blue 20 || return
	for namespace in "$BLUE_CLIENT" "$BLUE_SERVER"; do
		ip netns add "$namespace" && topology_namespaces+=("$namespace") && namespace_prepare "$namespace" || return
	done
	blue_link "$BLUE_CLIENT" "$CLIENT_IP" "$CLIENT_GATEWAY" blue-client &&
		blue_link "$BLUE_SERVER" "${SERVER_IPS[0]}" "$DIRECTOR_LAN_IP" blue-server
}

# peer_fails: what C ip_vs does.
peer_fails() {
	[ "$LB_BACKEND" = ipvs ] || return 1
	skip "IPVS finds no way to servers in a VRF"
}

each_vrf_has_its_server() {
	local protocol
	if [ "$LB_BACKEND" = ipvs ]; then
		expect_match "opening, with IPVS" "^(EHOSTUNREACH|ENETUNREACH|ECONNREFUSED)" "$(talk red open refused tcp "$VIP" 7000)"
		return
	fi
	for protocol in tcp udp; do
		expect_served red "$protocol" server1
		expect_served blue "$protocol" blue
	done
}

# The same addresses and ports, at the same time.
the_same_flow_in_both() {
	local protocol i
	peer_fails && return
	for protocol in tcp udp; do
		expect_equal "opening in red" "ok 41000" "$(talk red open same "$protocol" "$VIP" 7000 41000)"
		expect_equal "opening in blue" "ok 41000" "$(talk blue open same "$protocol" "$VIP" 7000 41000)"
		for i in 1 2 3; do
			expect_equal "who answers in red" server1 "$(talk red ask same)"
			expect_equal "who answers in blue" blue "$(talk blue ask same)"
		done
		expect_equal "connections" 2 "$(lb_connection_list "$protocol/$VIP_HOST:7000" | grep -c "$CLIENT_IP\]*:41000 ")"
		talk red close same >"$TEST_DIR/closed"
		talk blue close same >"$TEST_DIR/closed"
	done
}

flows_of_a_vrf_are_never_fast() {
	local fast
	[ "$LB_BACKEND" = rvs ] || { skip "only RVS has a fast path"; return; }
	fast=$(paths fast)
	expect_served red udp server1
	expect_equal "packets that were fast" "$fast" "$(paths fast)"
}

errors_come_back() {
	local service=udp/$VIP_HOST:7002 client
	peer_fails && return
	expect_success lb_service_add "$service" rr
	expect_success lb_server_add "$service" "$SERVER:7009" 1
	count_packets "$CLIENT" from_servers input "$IP saddr $SERVER_NET"
	for client in red blue; do
		expect_match "opening in $client" '^ok' "$(talk "$client" open closed udp "$VIP" 7002)"
		expect_equal "what $client hears" ECONNREFUSED "$(talk "$client" ask closed)"
		talk "$client" close closed >"$TEST_DIR/closed"
	done
	expect_equal "packets from the servers' network" 0 "$(counted_packets "$CLIENT" from_servers)"
}

# What a server sends by itself belongs to no connection of its namesake.
strangers_are_left_alone() {
	peer_fails && return
	expect_equal "opening in red" "ok 41001" "$(talk red open own udp "$VIP" 7000 41001)"
	expect_equal "who answers in red" server1 "$(talk red ask own)"
	count_packets "$BLUE_CLIENT" as_sent input "$IP saddr ${SERVER_IPS[0]} udp dport 41001"
	in_ns "$BLUE_SERVER" socat -u - "UDP${FAMILY/v/}:$(host "$CLIENT_IP"):41001,sourceport=7000,reuseaddr" <<<word
	wait_until 5 as_sent_has_come
	expect_equal "packets as they were sent" 1 "$(counted_packets "$BLUE_CLIENT" as_sent)"
	talk red close own >"$TEST_DIR/closed"
}

as_sent_has_come() {
	[ "$(counted_packets "$BLUE_CLIENT" as_sent)" != 0 ]
}

direct_routing() {
	local service=udp/$VIP_HOST:7004 client LB_FORWARD=dr
	peer_fails && return
	expect_success lb_service_add "$service" rr
	expect_success lb_server_add "$service" "$SERVER:7004" 1
	count_packets "${SERVERS[0]}" arrived prerouting "$IP daddr $VIP udp dport 7004"
	count_packets "$BLUE_SERVER" arrived prerouting "$IP daddr $VIP udp dport 7004"
	for client in "$CLIENT" "$CLIENT" "$BLUE_CLIENT"; do
		in_ns "$client" socat -u - "UDP${FAMILY/v/}:$VIP_HOST:7004" <<<word
	done
	expect_equal "packets at server1" 2 "$(counted_packets "${SERVERS[0]}" arrived)"
	expect_equal "packets at the blue server" 1 "$(counted_packets "$BLUE_SERVER" arrived)"
}

# serve PORT SERVER:PORT [METHOD]: both protocols.
serve() {
	local protocol LB_FORWARD=${3:-nat}
	for protocol in tcp udp; do
		lb_begin "$protocol/$VIP_HOST:$1" rr "$2"
	done
}

director_is_client_in_its_vrf() {
	local protocol
	peer_fails && return
	for protocol in tcp udp; do
		expect_served director "$protocol" server1
		expect_served director "$protocol" server1 "$DIRECTOR_LAN_IP"
	done
}

# By NAT at another port, by direct routing at the virtual address.
director_is_real_server_in_its_vrf() {
	local protocol port client
	peer_fails && return
	serve 7005 "$DIRECTOR_LAN_HOST:7008"
	serve 7006 "$DIRECTOR_LAN_HOST:7006" dr
	for client in red director; do
		for protocol in tcp udp; do
			for port in 7005 7006; do
				expect_match "opening port $port" '^ok' "$(talk "$client" open local "$protocol" "$VIP" "$port")"
				expect_equal "who answers $client by $protocol at port $port" director "$(talk "$client" ask local)"
				expect_equal "who answers again" director "$(talk "$client" ask local)"
				talk "$client" close local >"$TEST_DIR/closed"
			done
		done
	done
	lb_counters_settle
	for port in 7008 7006; do
		for protocol in tcp udp; do
			expect_equal "connections of the director by $protocol at port $port" 2 \
				"$(lb_counters "$protocol/$VIP_HOST:$((port == 7008 ? 7005 : 7006))" "$DIRECTOR_LAN_HOST:$port" | cut -d' ' -f1)"
		done
	done
}

# Clients and virtual address in no VRF, servers in red, where routes lead from one to the other: IPVS does that.
servers_of_another_vrf() {
	expect_success ip -n "$DIRECTOR" link set client nomaster
	expect_success ip -n "$DIRECTOR" addr del "$VIP/$HOST_BITS" dev red
	expect_success ip -n "$DIRECTOR" addr add "$VIP/$HOST_BITS" dev lo
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" route add "$SERVER_NET" dev servers
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" route add "$CLIENT_NET" dev client table 10
	expect_served red tcp server1
	expect_served red udp server1
	# And clients in the VRF, servers outside.
	expect_success ip -n "$DIRECTOR" link set client master red
	expect_success ip -n "$DIRECTOR" link set servers nomaster
	expect_success ip -n "$DIRECTOR" addr del "$VIP/$HOST_BITS" dev lo
	expect_success ip -n "$DIRECTOR" addr add "$VIP/$HOST_BITS" dev red
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" route add "$SERVER_NET" dev servers table 10
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" route add "$CLIENT_NET" dev client
	expect_served red tcp server1
	expect_served red udp server1
}

# In no VRF: replies have two ways to the client, and a rule for what comes from the servers' network chooses the second.
uplink_is_that_of_the_rule() {
	expect_success ip -n "$DIRECTOR" link set client nomaster
	expect_success ip -n "$DIRECTOR" link del red
	expect_success ip -n "$DIRECTOR" addr add "$VIP/$HOST_BITS" dev lo
	expect_success ip link add eth1 netns "$CLIENT" type veth peer name uplink netns "$DIRECTOR"
	expect_success ip -n "$CLIENT" link set eth1 up
	expect_success in_ns "$CLIENT" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0
	expect_success ip -n "$DIRECTOR" link set uplink up
	# The client does not say that it has its address there, too.
	expect_success ip -n "$DIRECTOR" neigh add "$CLIENT_IP" lladdr "$(in_ns "$CLIENT" cat /sys/class/net/eth1/address)" dev uplink
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" route add "$CLIENT_IP" dev uplink table 30
	expect_success ip -n "$DIRECTOR" "$IP_FAMILY" rule add iif servers lookup 30
	count_packets "$DIRECTOR" by_the_second postrouting "oifname uplink $IP saddr $VIP"
	expect_served red tcp server1
	if [ "$LB_BACKEND" = ipvs ]; then
		expect_equal "replies by the second uplink, with IPVS" 0 "$(counted_packets "$DIRECTOR" by_the_second)"
	else
		expect_range "replies by the second uplink" 5 1000 "$(counted_packets "$DIRECTOR" by_the_second)"
	fi
}

modprobe vrf || skip_all "there is no VRF (CONFIG_NET_VRF)"
test_begin
case $FAMILY in
v4) CLIENT_NET=${CLIENT_IP%.*}.0/24 ;;
v6) CLIENT_NET=${CLIENT_IP%::*}::/64 ;;
esac
two_vrfs || bail "the VRFs cannot be made"
talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000
talk_server_start "$BLUE_SERVER" blue tcp:7000 udp:7000
talk_client_start red "$CLIENT"
talk_client_start blue "$BLUE_CLIENT"
TALK_DEVICE=red talk_client_start director "$DIRECTOR"
TALK_DEVICE=red talk_server_start "$DIRECTOR" director {tcp,udp}:"$DIRECTOR_LAN_IP:7008" {tcp,udp}:"$VIP:7006"
lb_begin "tcp/$VIP_HOST:7000" rr "$SERVER:7000"
lb_begin "udp/$VIP_HOST:7000" rr "$SERVER:7000"

ktap_run each_vrf_has_its_server the_same_flow_in_both flows_of_a_vrf_are_never_fast errors_come_back strangers_are_left_alone \
	direct_routing director_is_client_in_its_vrf director_is_real_server_in_its_vrf servers_of_another_vrf uplink_is_that_of_the_rule
