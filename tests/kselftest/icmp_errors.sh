#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ICMP errors about balanced packets reach who is to know them, in terms of the addresses that end knows (RFC 5508).
. "$(dirname "$0")/lib.sh"

# The client is behind a router: two hops to the director.
WEB=tcp/$VIP_HOST:80
case $FAMILY in
v4) unreachable=3/3 exceeded=11/0 too_big="icmp type destination-unreachable icmp code frag-needed" server_mtu=1200 ;;
v6) unreachable=1/4 exceeded=3/0 too_big="icmpv6 type packet-too-big" server_mtu=1290 ;;
esac

# The addresses and ports of the packet within an error change, and so does its checksum. IPVS leaves that as it was.
stale=
[ "$LB_BACKEND" = rvs ] || stale=', wrong UDP checksum'

closed_port_of_the_server_is_reported_by_the_vip() {
	local service=udp/$VIP_HOST:7002
	expect_success lb_service_add "$service" rr
	# The server's port differs from the service's: both have to be turned back.
	expect_success lb_server_add "$service" "${SERVER_HOSTS[0]}:7009" 1
	expect_equal "what the client gets" "ECONNREFUSED $unreachable from $VIP about self > $VIP:7002$stale" "$(client_error 7002)"
	expect_equal "ICMP errors of the server" 1 "$(counted_packets "$DIRECTOR" errors_of_server)"
	expect_equal "packets at the client from the servers' network" 0 "$(counted_packets "$CLIENT" from_servers)"
}

service_without_server_is_reported_by_the_vip() {
	expect_success lb_service_add "udp/$VIP_HOST:7003" rr
	expect_equal "what the client gets" "ECONNREFUSED $unreachable from $VIP about self > $VIP:7003" "$(client_error 7003)"
}

last_hop_is_reported_by_the_vip() {
	local service=udp/$VIP_HOST:7002
	# The second hop is the director, which may not pass the packet on.
	expect_equal "what the client gets" "EHOSTUNREACH $exceeded from $VIP about self > $VIP:7002" "$(client_error 7002 2)"
	expect_equal "ICMP errors of the server" 1 "$(counted_packets "$DIRECTOR" errors_of_server)"
	# One hop more, and it arrives.
	expect_equal "what the client gets" "ECONNREFUSED $unreachable from $VIP about self > $VIP:7002$stale" "$(client_error 7002 3)"
}

small_mtu_at_the_client_is_learnt_by_the_server() {
	head -c 2000000 /dev/urandom >"$TEST_DIR/files/large"
	expect_success lb_service_add "$WEB" rr
	expect_success lb_server_add "$WEB" "${SERVER_HOSTS[0]}:8080" 1
	expect_equal "path MTU before" "" "$(path_mtu "${SERVERS[0]}" "$CLIENT_IP")"
	# Only the router knows: the client still says that it takes segments of 1460 bytes.
	ip -n "$ROUTER" link set client mtu 1300
	expect_equal "sha256 of the download" "$(sha256sum <"$TEST_DIR/files/large")" \
		"$(in_ns "$CLIENT" curl -sS --max-time 30 "http://$VIP_HOST/files/large" | sha256sum)"
	expect_equal "path MTU after" "mtu 1300" "$(path_mtu "${SERVERS[0]}" "$CLIENT_IP")"
	expect_range "fragmentation needed, said to the VIP" 1 100 "$(counted_packets "$DIRECTOR" too_big)"
}

small_mtu_at_the_server_is_learnt_by_the_client() {
	head -c 2000000 /dev/urandom >"$TEST_DIR/upload"
	ip -n "$ROUTER" link set client mtu 1500
	ip -n "$DIRECTOR" link set servers mtu "$server_mtu"
	expect_success lb_service_add "tcp/$VIP_HOST:9000" rr
	expect_success lb_server_add "tcp/$VIP_HOST:9000" "${SERVER_HOSTS[0]}:9000" 1
	expect_equal "sha256 of the upload" "$(sha256sum <"$TEST_DIR/upload")" \
		"$(in_ns "$CLIENT" socat -b 65536 -t 30 - "TCP:$VIP_HOST:9000" <"$TEST_DIR/upload")"
	expect_equal "path MTU of the client" "mtu $server_mtu" "$(path_mtu "$CLIENT" "$VIP")"
}

test_begin --router
http_server_start 1 8080 || bail "nginx does not start"
upload_server_start "${SERVERS[0]}"
# The datagram that comes back in the error is to have its full checksum.
in_ns "$CLIENT" ethtool -K eth0 tx off >"$TEST_DIR/ethtool" || bail "checksum offload cannot be switched off"
count_packets "$CLIENT" from_servers input "$IP saddr $SERVER_NET"
count_packets "$DIRECTOR" errors_of_server prerouting "$IP saddr ${SERVER_IPS[0]} $ICMP type destination-unreachable"
count_packets "$DIRECTOR" too_big prerouting "$IP daddr $VIP $too_big"

ktap_run \
	closed_port_of_the_server_is_reported_by_the_vip \
	service_without_server_is_reported_by_the_vip \
	last_hop_is_reported_by_the_vip \
	small_mtu_at_the_client_is_learnt_by_the_server \
	small_mtu_at_the_server_is_learnt_by_the_client
