# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What comes to the director about its tunnels: the cases of tun_icmp.sh and tunnels.sh. SERVER is the real server;
# OVERHEAD is of tunnel_is (lib/tunnel.sh).
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

# Of the router's way to the real server.
TUNNEL_ROUTE_MTU=1400

# expect_client_error WHAT [TTL [SIZE]]: the client gets this error of the VIP.
expect_client_error() {
	local error=$1
	shift
	expect_equal "what the client gets" "$error from $VIP about self > $VIP:7000" "$(client_error 7000 "$@")"
}

# way_to_server TYPE: the router's route to the server is one of unreachable, prohibit.
way_to_server() {
	expect_success ip -n "$ROUTER" route add "$1" "$SERVER/32"
}

way_to_server_is_back() {
	expect_success ip -n "$ROUTER" route del "$SERVER/32"
	expect_equal "who answers" server1 "$(talk me ask flow)"
}

server_that_cannot_be_reached_is_reported() {
	way_to_server unreachable
	expect_client_error "EHOSTUNREACH 3/1"
	way_to_server_is_back
}

way_that_is_forbidden_is_reported() {
	way_to_server prohibit
	expect_client_error "EHOSTUNREACH 3/13"
	way_to_server_is_back
}

last_hop_in_the_tunnel_is_reported() {
	# Router, director, and the router again, which may not pass the tunnel's packet on.
	expect_client_error "EHOSTUNREACH 11/0" 3
	expect_equal "setting" ok "$(talk me set flow ttl 4)"
	expect_equal "who answers over one hop more" server1 "$(talk me ask flow)"
	expect_equal "setting" ok "$(talk me set flow ttl 64)"
}

server_without_tunnel_device_is_reported() {
	expect_success ip -n "${SERVERS[0]}" link set vip0 down
	expect_client_error "ECONNREFUSED 3/3"
	expect_success ip -n "${SERVERS[0]}" link set vip0 up
	expect_equal "who answers" server1 "$(talk me ask flow)"
}

small_mtu_in_the_tunnel_is_learnt_by_the_director() {
	local inside=$((TUNNEL_ROUTE_MTU - OVERHEAD))
	expect_equal "path MTU before" "" "$(path_mtu "$DIRECTOR" "$SERVER")"
	expect_success ip -n "$ROUTER" route add "$SERVER/32" dev far mtu "$TUNNEL_ROUTE_MTU"
	# The director does not know yet, but what the router says. IPVS tells the client what was right before.
	expect_match "what the client gets" \
		"^EMSGSIZE 3/4 mtu ($inside|$((1500 - OVERHEAD))) from $VIP about self > $VIP:7000$" \
		"$(client_error 7000 64 1450)"
	expect_equal "path MTU after" "mtu $TUNNEL_ROUTE_MTU" "$(path_mtu "$DIRECTOR" "$SERVER")"
	# Now it does.
	expect_client_error "EMSGSIZE 3/4 mtu $inside" 64 1450
}

packet_of_that_mtu_arrives() {
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	expect_equal "who answers" server1 "$(talk me ask flow 5 $((TUNNEL_ROUTE_MTU - OVERHEAD - 28)))"
}

packet_that_may_be_fragmented_arrives() {
	expect_equal "may be fragmented" ok "$(talk me set flow df off)"
	expect_equal "who answers" server1 "$(talk me ask flow 5 1472)"
}

client_of_tcp_learns_that_mtu() {
	# Nobody knows it any more.
	ip -n "$DIRECTOR" route flush cache
	ip -n "$CLIENT" route flush cache
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
	expect_equal "errors of a right one" 1 "$(errors_of_client router_says right)"
	expect_equal "errors of one about another host" 0 "$(errors_of_client router_says right 10.1.0.99)"
	expect_equal "errors of one about no connection" 0 "$(errors_of_client router_says right "$SERVER" 1)"
}

errors_that_are_wrong_are_not_passed_on() {
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
