# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What comes to the director about its tunnels: the cases of tun_icmp.sh and tunnels.sh. SERVER is the real server;
# OVERHEAD is of tunnel_is (lib/tunnel.sh).
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

# Of the router's way to the real server.
TUNNEL_ROUTE_MTU=1400

# What the client gets to know, in its own family's terms, of what the router says in those of the underlay.
case $FAMILY-$UNDERLAY in
v4-*)
	UNREACHABLE="EHOSTUNREACH 3/1" FORBIDDEN="EHOSTUNREACH 3/13" LAST_HOP="EHOSTUNREACH 11/0" REFUSED="ECONNREFUSED 3/3"
	TUNNEL_TOO_BIG="EMSGSIZE 3/4" ERRORS_OF_VIP="ip saddr $VIP icmp type destination-unreachable"
	;;
v6-*)
	UNREACHABLE="EHOSTUNREACH 1/3" FORBIDDEN="EACCES 1/1" LAST_HOP="EHOSTUNREACH 3/0" REFUSED="ECONNREFUSED 1/4"
	TUNNEL_TOO_BIG="EMSGSIZE 2/0" ERRORS_OF_VIP="ip6 saddr $VIP icmpv6 type destination-unreachable"
	# A router of IPv6 says "no route" where that is a route of type unreachable.
	[ "$UNDERLAY" = v4 ] || UNREACHABLE="ENETUNREACH 1/0"
	;;
esac

# tells_of_tunnels: whether clients get to know what comes about their tunnels. IPVS tells of IPv4 in IPv4 only.
tells_of_tunnels() {
	[ "$FAMILY-$UNDERLAY" = v4-v4 ] || needs_rvs "tells clients nothing of tunnels of IPv6, nor in IPv6"
}

# expect_client_error WHAT [TTL [SIZE]]: the client gets this error of the VIP.
expect_client_error() {
	local error=$1
	shift
	expect_equal "what the client gets" "$error from $VIP about self > $VIP:7000" "$(client_error 7000 "$@")"
}

# flush_paths: nobody knows a path MTU any more.
flush_paths() {
	ip -n "$DIRECTOR" "-${UNDERLAY#v}" route flush cache
	ip -n "$CLIENT" "$IP_FAMILY" route flush cache
}

# way_to_server TYPE: the router's route to the server is one of unreachable, prohibit.
way_to_server() {
	expect_success ip -n "$ROUTER" route add "$1" "$SERVER/$OUTER_BITS"
}

way_to_server_is_back() {
	expect_success ip -n "$ROUTER" route del "$SERVER/$OUTER_BITS"
	expect_equal "who answers" server1 "$(talk me ask flow)"
}

server_that_cannot_be_reached_is_reported() {
	tells_of_tunnels || return
	way_to_server unreachable
	expect_client_error "$UNREACHABLE"
	way_to_server_is_back
}

way_that_is_forbidden_is_reported() {
	tells_of_tunnels || return
	way_to_server prohibit
	expect_client_error "$FORBIDDEN"
	way_to_server_is_back
}

last_hop_in_the_tunnel_is_reported() {
	tells_of_tunnels || return
	# Router, director, and the router again, which may not pass the tunnel's packet on.
	expect_client_error "$LAST_HOP" 3
	expect_equal "setting" ok "$(talk me set flow ttl 4)"
	expect_equal "who answers over one hop more" server1 "$(talk me ask flow)"
	expect_equal "setting" ok "$(talk me set flow ttl 64)"
}

server_without_tunnel_device_is_reported() {
	tells_of_tunnels || return
	expect_success ip -n "${SERVERS[0]}" link set vip0 down
	expect_client_error "$REFUSED"
	expect_success ip -n "${SERVERS[0]}" link set vip0 up
	expect_equal "who answers" server1 "$(talk me ask flow)"
}

small_mtu_in_the_tunnel_is_learnt_by_the_director() {
	tells_of_tunnels || return
	local inside=$((TUNNEL_ROUTE_MTU - OVERHEAD))
	expect_equal "path MTU before" "" "$(path_mtu "$DIRECTOR" "$SERVER")"
	expect_success ip -n "$ROUTER" route add "$SERVER/$OUTER_BITS" dev far mtu "$TUNNEL_ROUTE_MTU"
	# The director does not know yet, but what the router says. IPVS tells the client what was right before.
	expect_match "what the client gets" \
		"^$TUNNEL_TOO_BIG mtu ($inside|$((1500 - OVERHEAD))) from $VIP about self > $VIP:7000$" \
		"$(client_error 7000 64 1430)"
	expect_equal "path MTU after" "mtu $TUNNEL_ROUTE_MTU" "$(path_mtu "$DIRECTOR" "$SERVER")"
	# Now it does.
	expect_client_error "$TUNNEL_TOO_BIG mtu $inside" 64 1430
}

packet_of_that_mtu_arrives() {
	tells_of_tunnels || return
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	expect_equal "who answers" server1 "$(talk me ask flow 5 $((TUNNEL_ROUTE_MTU - OVERHEAD - HEADER - 8)))"
}

packet_that_may_be_fragmented_arrives() {
	if [ "$FAMILY" = v6 ]; then
		skip "only their senders fragment packets of IPv6"
		return
	fi
	expect_equal "may be fragmented" ok "$(talk me set flow df off)"
	expect_equal "who answers" server1 "$(talk me ask flow 5 1472)"
}

client_of_tcp_learns_that_mtu() {
	tells_of_tunnels || return
	# Nobody knows it any more.
	flush_paths
	expect_equal "path MTU of the director before" "" "$(path_mtu "$DIRECTOR" "$SERVER")"
	transfer_file 2000000
	upload
	expect_equal "path MTU of the client" "mtu $((TUNNEL_ROUTE_MTU - OVERHEAD))" "$(path_mtu "$CLIENT" "$VIP")"
}

# errors_of_client COMMAND...: how many ICMP errors the client gets by it.
errors_of_client() {
	local before
	before=$(counted_packets "$CLIENT" errors)
	"$@" >"$TEST_DIR/sent"
	# What the router had sent is through when this is answered.
	[ "$(talk me ask flow)" = server1 ] || echo "no answer after them"
	echo $(($(counted_packets "$CLIENT" errors) - before))
}

# router_says KIND [END [CLIENT-PORT]]
router_says() {
	in_ns "$ROUTER" python3 -S "$HELPERS/tunnel_error.py" "$TUNNEL" "$1" "$DIRECTOR_LAN_IP" "${2:-$SERVER}" \
		"$CLIENT_IP:${3:-$flow_port}" "$VIP:7000"
}

errors_about_no_tunnel_of_the_director_are_not_passed_on() {
	tells_of_tunnels || return
	expect_equal "errors of a right one" 1 "$(errors_of_client router_says right)"
	expect_equal "errors of one about another host" 0 "$(errors_of_client router_says right "${SERVER%11}99")"
	expect_equal "errors of one about no connection" 0 "$(errors_of_client router_says right "$SERVER" 1)"
}

errors_that_are_wrong_are_not_passed_on() {
	tells_of_tunnels || return
	local kind
	for kind in checksum fragment truncated malformed; do
		expect_equal "errors of '$kind'" 0 "$(errors_of_client router_says "$kind")"
		expect_range "messages sent" 1 100 "$(<"$TEST_DIR/sent")"
	done
	expect_equal "errors of a right one" 1 "$(errors_of_client router_says right)"
}

icmp_cases=(
	server_that_cannot_be_reached_is_reported
	way_that_is_forbidden_is_reported
	last_hop_in_the_tunnel_is_reported
	server_without_tunnel_device_is_reported
	small_mtu_in_the_tunnel_is_learnt_by_the_director
	packet_of_that_mtu_arrives
	packet_that_may_be_fragmented_arrives
	client_of_tcp_learns_that_mtu
	errors_about_no_tunnel_of_the_director_are_not_passed_on
	errors_that_are_wrong_are_not_passed_on
)
