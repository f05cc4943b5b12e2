#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the settings in net.ipv4.vs do to packets.
. "$(dirname "$0")/lib.sh"
direct_reply_site tun

TALK=udp/$VIP:7000
SERVER=${SERVER_IPS[0]}

# set_to NAME VALUE
set_to() {
	expect_success in_ns "$DIRECTOR" sysctl -qw "net.ipv4.vs.$1=$2"
}

# rows PORT: connections of a client's port, without the seconds.
rows() {
	lb_connection_list | awk -v client="$CLIENT_IP:$1" '$2 == client { print $1, $3, $4, $5 }'
}

# segment FLAGS PORT: of nobody's connection; a datagram that is answered tells that it has come.
segment() {
	in_ns "$CLIENT" python3 -S "$HELPERS/tcp_segment.py" "$1" "$CLIENT_IP" "$2" "$VIP" 9000
	expect_equal "who answers" server1 "$(talk me ask flow)"
}

sloppy_tcp_takes_connections_over() {
	segment A 41001
	expect_equal "without it" "" "$(rows 41001)"
	set_to sloppy_tcp 1
	segment R 41002
	expect_equal "of a RST" "" "$(rows 41002)"
	segment A 41003
	expect_equal "of an ACK" "tcp $VIP:9000 $SERVER:9000 ESTABLISHED" "$(rows 41003)"
	segment S 41004
	expect_match "of a SYN" "^tcp $VIP:9000 $SERVER:9000 " "$(rows 41004)"
	set_to sloppy_tcp 0
	segment A 41005
	expect_equal "without it again" "" "$(rows 41005)"
}

pmtu_disc_says_whose_fragments_there_are() {
	count_packets "$ROUTER" whole forward "ip saddr $DIRECTOR_LAN_IP ip protocol 4 ip frag-off & 0x4000 != 0"
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	expect_equal "who answers" server1 "$(talk me ask flow)"
	expect_range "packets that must not be fragmented" 1 10 "$(counted_packets "$ROUTER" whole)"
	set_to pmtu_disc 0
	count_packets "$ROUTER" others forward "ip saddr $DIRECTOR_LAN_IP ip protocol 4 ip frag-off & 0x4000 != 0"
	expect_equal "who answers" server1 "$(talk me ask flow)"
	expect_equal "who answers a large one" server1 "$(talk me ask flow 5 1472)"
	expect_equal "packets that must not be fragmented" 0 "$(counted_packets "$ROUTER" others)"
	set_to pmtu_disc 1
	expect_equal "what the client gets" "EMSGSIZE 3/4 mtu 1480 from $VIP about self > $VIP:7000" "$(client_error 7000 64 1500)"
	expect_equal "may be fragmented" ok "$(talk me set flow df off)"
}

modprobe ipip || skip_all "no IPIP tunnels (CONFIG_NET_IPIP)"
test_begin --direct-reply
talk_server_start "${SERVERS[0]}" server1 "udp:$VIP:7000"
talk_client_start me "$CLIENT"
lb_begin "$TALK" rr "$SERVER:7000"
lb_begin "tcp/$VIP:9000" rr "$SERVER:9000"
talk me open flow udp "$VIP" 7000 >"$TEST_DIR/opened"
talk me ask flow >"$TEST_DIR/answer"
ktap_run sloppy_tcp_takes_connections_over pmtu_disc_says_whose_fragments_there_are
