#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Masquerading with one arm: director, real servers, the router to the clients, and one client, are on one link. Each reply
# leaves by the device that it came from, of which a router tells the sender; a server that listens goes past the director.
. "$(dirname "$0")/lib.sh"

direct_reply_site dr
LB_FORWARD=nat
SERVICE=tcp/$VIP_HOST:80
SERVER_NS=${SERVERS[0]}
# Of a file, in bytes, at so many a second, so that there is time for redirects, which are 20 ms apart at first, then twice as
# long each time. TCP does not listen to them while a program is at the socket (tcp_v4_err()): the server has room to write all of
# it at once, the client only for little, so that most of it is sent when there is an answer. To one that has not listened to
# nine the kernel sends no more for 20 seconds (ip_rt_send_redirect()).
SIZE=400000
RATE=100k

# server_of_nat NAMESPACE: as docs/howto/nat.md says, and a route to the client on the link.
server_of_nat() {
	ip -n "$1" route replace default via "$DIRECTOR_LAN_IP" &&
		ip -n "$1" route add "$DIRECTOR_GATEWAY" via "$DIRECTOR_LAN_IP"
}

# redirects 0|1: whether the director tells of a shorter way, and the real server listens. With IPv6 only the server has a say.
redirects() {
	case $FAMILY in
	v4) in_ns "$DIRECTOR" sysctl -qw "net.ipv4.conf.all.send_redirects=$1" "net.ipv4.conf.eth0.send_redirects=$1" ;;
	v6) in_ns "$SERVER_NS" sysctl -qw "net.ipv6.conf.all.accept_redirects=$1" "net.ipv6.conf.eth0.accept_redirects=$1" ;;
	esac
}

# expect_none_heard BEFORE: since then the server has heard of no other way; of IPv6, that it has not believed it.
expect_none_heard() {
	[ "$FAMILY" = v6 ] || expect_equal "redirects" 0 $(($(counted_packets "$SERVER_NS" redirects) - $1))
	expect_equal "ways that the server has learnt" "" "$(ip -n "$SERVER_NS" "$IP_FAMILY" route show cache | grep redirected)"
}

# fetch NAMESPACE: sets fetched to its exit status. It gives up after some seconds in which nothing came.
fetch() {
	fetched=0
	in_ns "$1" curl -sS --connect-timeout 3 --speed-limit 1 --speed-time 3 --limit-rate "$RATE" \
		"http://$VIP_HOST/files/large" >"$TEST_DIR/fetched" 2>"$TEST_DIR/fetch" || fetched=$?
}

# completes NAMESPACE: the whole file comes, and the server hears of no other way.
completes() {
	local before
	before=$(counted_packets "$SERVER_NS" redirects)
	fetch "$1"
	expect_equal "exit status of curl ($(<"$TEST_DIR/fetch"))" 0 "$fetched"
	expect_equal "sha256 of the download" "$file_sum" "$(sha256sum <"$TEST_DIR/fetched")"
	expect_none_heard "$before"
}

# learns NAMESPACE ADDRESS: whether by the end of a transfer the server has another way to that client. It is told of that by the
# first packets, and believes it once it knows the neighbour; by then all of the file may be on its way.
learns() {
	fetch "$1"
	diagnose "with redirects: $(stat -c %s "$TEST_DIR/fetched") of $SIZE bytes, $(<"$TEST_DIR/fetch")" >>"$TEST_DIR/tries"
	has_another_way "$2"
}

# has_another_way ADDRESS: the server has, to that client.
has_another_way() {
	case $FAMILY in
	v4) ip -n "$SERVER_NS" route get "$1" | grep -q redirected ;;
	v6) ! ip -n "$SERVER_NS" route get "$1" | grep -qF "via $DIRECTOR_LAN_IP " ;;
	esac
}

# stalls NAMESPACE ADDRESS: the server is told of another way, and takes it.
stalls() {
	local before
	before=$(counted_packets "$SERVER_NS" redirects)
	: >"$TEST_DIR/tries"
	wait_until 30 learns "$1" "$2" || fail "the server goes on by $(ip -n "$SERVER_NS" route get "$2")"
	cat "$TEST_DIR/tries"
	expect_range "redirects" 1 100 $(($(counted_packets "$SERVER_NS" redirects) - before))
	fetch "$1"
	expect_equal "exit status of curl: a timeout" 28 "$fetched"
	expect_equal "bytes that have come" 0 "$(stat -c %s "$TEST_DIR/fetched")"
}

transfer_from_behind_a_router_completes() {
	completes "$CLIENT"
}

transfer_of_a_client_on_the_link_completes() {
	completes "$ROUTER"
}

# Of one client only: a router counts redirects by the sender, and sends one that does not listen ten at most.
redirects_stall_a_transfer_from_behind_a_router() {
	expect_success redirects 1
	stalls "$CLIENT" "$CLIENT_IP"
}

# Nothing else was changed.
transfers_complete_again_without_redirects() {
	expect_success redirects 0
	expect_success ip -n "$SERVER_NS" "$IP_FAMILY" route flush cache
	completes "$CLIENT"
	completes "$ROUTER"
}

test_begin --direct-reply
in_ns "$SERVER_NS" sysctl -qw net.ipv4.tcp_wmem="4096 $((2 * SIZE)) $((2 * SIZE))"
in_ns "$CLIENT" sysctl -qw net.ipv4.tcp_rmem="4096 16384 16384"
http_server_start 1 80 || bail "nginx does not start"
transfer_file "$SIZE"
in_ns "$DIRECTOR" sysctl -qw "$FORWARDING=1"
redirects 0
case $FAMILY in
v4) redirect="icmp type redirect" ;;
v6)
	redirect="icmpv6 type nd-redirect"
	# The shorter way is told by its link-local address only (RFC 4861, section 8.2).
	router=$(ip -n "$ROUTER" -6 -o addr show dev lan scope link | awk '{ sub(/\/.*/, "", $4); print $4; exit }')
	ip -n "$DIRECTOR" -6 route replace default via "$router" dev eth0 || bail "no route"
	;;
esac
count_packets "$SERVER_NS" redirects input "$redirect"
lb_begin "$SERVICE" rr "${SERVER_HOSTS[0]}:80"

ktap_run \
	transfer_from_behind_a_router_completes \
	transfer_of_a_client_on_the_link_completes \
	redirects_stall_a_transfer_from_behind_a_router \
	transfers_complete_again_without_redirects
