#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Masquerading with one arm: director, real servers, the router to the clients, and one client, are on one link. Each reply
# leaves by the device that it came from, of which a router tells the sender; a server that listens goes past the director.
. "$(dirname "$0")/lib.sh"

direct_reply_site dr
LB_FORWARD=nat
SERVICE=tcp/$VIP:80
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

# send_redirects 0|1
send_redirects() {
	in_ns "$DIRECTOR" sysctl -qw "net.ipv4.conf.all.send_redirects=$1" "net.ipv4.conf.eth0.send_redirects=$1"
}

# fetch NAMESPACE: sets fetched to its exit status. It gives up after some seconds in which nothing came.
fetch() {
	fetched=0
	in_ns "$1" curl -sS --connect-timeout 3 --speed-limit 1 --speed-time 3 --limit-rate "$RATE" \
		"http://$VIP/files/large" >"$TEST_DIR/fetched" 2>"$TEST_DIR/fetch" || fetched=$?
}

# completes NAMESPACE: the whole file comes, and the server hears of no other way.
completes() {
	local before
	before=$(counted_packets "$SERVER_NS" redirects)
	fetch "$1"
	expect_equal "exit status of curl ($(<"$TEST_DIR/fetch"))" 0 "$fetched"
	expect_equal "sha256 of the download" "$file_sum" "$(sha256sum <"$TEST_DIR/fetched")"
	expect_equal "redirects" 0 $(($(counted_packets "$SERVER_NS" redirects) - before))
}

# learns NAMESPACE ADDRESS: whether by the end of a transfer the server has another way to that client. It is told of that by the
# first packets, and believes it once it knows the neighbour; by then all of the file may be on its way.
learns() {
	fetch "$1"
	diagnose "with redirects: $(stat -c %s "$TEST_DIR/fetched") of $SIZE bytes, $(<"$TEST_DIR/fetch")" >>"$TEST_DIR/tries"
	ip -n "$SERVER_NS" route get "$2" | grep -q redirected
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
	expect_success send_redirects 1
	stalls "$CLIENT" "$CLIENT_IP"
}

# Nothing else was changed.
transfers_complete_again_without_redirects() {
	expect_success send_redirects 0
	expect_success ip -n "$SERVER_NS" route flush cache
	completes "$CLIENT"
	completes "$ROUTER"
}

test_begin --direct-reply
in_ns "$SERVER_NS" sysctl -qw net.ipv4.tcp_wmem="4096 $((2 * SIZE)) $((2 * SIZE))"
in_ns "$CLIENT" sysctl -qw net.ipv4.tcp_rmem="4096 16384 16384"
http_server_start 1 80 || bail "nginx does not start"
transfer_file "$SIZE"
in_ns "$DIRECTOR" sysctl -qw net.ipv4.ip_forward=1
send_redirects 0
count_packets "$SERVER_NS" redirects input "icmp type redirect"
lb_begin "$SERVICE" rr "${SERVER_IPS[0]}:80"

ktap_run \
	transfer_from_behind_a_router_completes \
	transfer_of_a_client_on_the_link_completes \
	redirects_stall_a_transfer_from_behind_a_router \
	transfers_complete_again_without_redirects
