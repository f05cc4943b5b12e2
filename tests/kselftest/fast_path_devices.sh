#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A steady flow is fast, whatever devices it goes by: those whose link header the kernel keeps, those for which it is built
# each time, and those without any. Neighbours are confirmed for half a second only, as real ones are for half a minute, so that
# each flow meets all states of theirs.
. "$(dirname "$0")/lib.sh"

# For a flow; the neighbours become stale meanwhile, are asked, and answer.
SECONDS_OF_A_FLOW=3
# Of the packets that are slow no more than this share: one of so many.
SLOW_ONE_OF=1000
SERVER_NS=${SERVERS[0]}
site=0

# links NUMBER: a pair of Ethernet devices, down and without addresses, between director (downN) and server (upN).
links() {
	ip link add "up$1" netns "$SERVER_NS" type veth peer name "down$1" netns "$DIRECTOR" &&
		ip -n "$SERVER_NS" link set "up$1" up && ip -n "$DIRECTOR" link set "down$1" up
}

# ends NUMBER DIRECTOR-DEVICE SERVER-DEVICE: gives the ends of a link addresses, and short-lived neighbours; the client is
# behind it.
ends() {
	ip -n "$DIRECTOR" addr add "10.9.$1.1/24" dev "$2" && ip -n "$DIRECTOR" link set "$2" up &&
		ip -n "$SERVER_NS" addr add "10.9.$1.2/24" dev "$3" && ip -n "$SERVER_NS" link set "$3" up &&
		ip -n "$SERVER_NS" route replace "$CLIENT_IP/32" via "10.9.$1.1" dev "$3" &&
		brief_neighbours "$2"
}

# brief_neighbours DEVICE: of the director's.
brief_neighbours() {
	in_ns "$DIRECTOR" sysctl -qw "net.ipv4.neigh.$1.base_reachable_time_ms=500" \
		"net.ipv4.neigh.$1.delay_first_probe_time=1"
}

# is_fast WHAT: of the flow to the server behind the link just made nearly all packets are fast, in both directions.
is_fast() {
	local port=$((7000 + site)) fast slow fast_before slow_before answers
	expect_success lb_service_add "udp/$VIP:$port" rr
	expect_success lb_server_add "udp/$VIP:$port" "10.9.$site.2:7000" 1
	talk_start "flow$site" "$CLIENT" udp_steady.py "$VIP" "$port"
	answers=$(talk "flow$site" run 0.2)
	expect_match "the beginning" '^[1-9][0-9]* of' "$answers"
	read -r fast_before slow_before < <(paths fast slow)
	answers=$(talk "flow$site" run "$SECONDS_OF_A_FLOW")
	read -r fast slow < <(paths fast slow)
	fast=$((fast - fast_before)) slow=$((slow - slow_before))
	diagnose "by $1: $answers answered, $fast packets fast, $slow slow, $(ip -n "$DIRECTOR" neigh show nud all "10.9.$site.2")"
	expect_equal "answers" "${answers#* of }" "${answers% of *}"
	# Both directions, the replies of a few questions more or less.
	expect_range "packets, all fast but one of $SLOW_ONE_OF" 0 $(((fast + slow) / SLOW_ONE_OF)) "$slow"
	expect_range "packets, fast" $((2 * ${answers% of *} * 99 / 100)) $((2 * ${answers% of *})) "$fast"
}

by_ethernet() {
	site=1
	expect_success links 1
	expect_success ends 1 down1 up1
	is_fast Ethernet
}

by_vlan() {
	site=2
	expect_success links 2
	expect_success ip -n "$DIRECTOR" link add link down2 name vlan2 type vlan id 5
	expect_success ip -n "$SERVER_NS" link add link up2 name vlan2 type vlan id 5
	expect_success ends 2 vlan2 vlan2
	is_fast VLAN
}

by_vlan_in_vlan() {
	site=3
	expect_success links 3
	expect_success ip -n "$DIRECTOR" link add link down3 name outer3 type vlan proto 802.1ad id 5
	expect_success ip -n "$SERVER_NS" link add link up3 name outer3 type vlan proto 802.1ad id 5
	expect_success ip -n "$DIRECTOR" link set outer3 up
	expect_success ip -n "$SERVER_NS" link set outer3 up
	expect_success ip -n "$DIRECTOR" link add link outer3 name inner3 type vlan id 6
	expect_success ip -n "$SERVER_NS" link add link outer3 name inner3 type vlan id 6
	expect_success ends 3 inner3 inner3
	is_fast Q-in-Q
}

by_bond() {
	site=4
	if ! modprobe bonding max_bonds=0 2>"$TEST_DIR/modprobe"; then
		skip "there is no bonding"
		return
	fi
	expect_success links 4
	expect_success ip -n "$DIRECTOR" link add bond4 type bond mode active-backup miimon 100
	expect_success ip -n "$DIRECTOR" link set down4 down
	expect_success ip -n "$DIRECTOR" link set down4 master bond4
	expect_success ends 4 bond4 up4
	is_fast bond
}

by_macvlan() {
	site=5
	expect_success links 5
	expect_success ip -n "$DIRECTOR" link add link down5 name mac5 type macvlan mode bridge
	expect_success ends 5 mac5 up5
	is_fast macvlan
}

by_tun() {
	site=6
	if ! modprobe tun 2>"$TEST_DIR/modprobe"; then
		skip "there is no tun"
		return
	fi
	talk_start tun "$DIRECTOR" tun_pair.py pair "$DIRECTOR" tun6 "$SERVER_NS" tun6
	expect_equal "the tun devices" ready "$(hear tun)"
	expect_success ends 6 tun6 tun6
	is_fast tun
}

by_gre() {
	site=7
	expect_success links 7
	expect_success ip -n "$DIRECTOR" addr add 10.8.7.1/24 dev down7
	expect_success ip -n "$SERVER_NS" addr add 10.8.7.2/24 dev up7
	expect_success ip -n "$DIRECTOR" link add gre7 type gre local 10.8.7.1 remote 10.8.7.2
	expect_success ip -n "$SERVER_NS" link add gre7 type gre local 10.8.7.2 remote 10.8.7.1
	expect_success ends 7 gre7 gre7
	is_fast GRE
}

# Nothing is sent by the fast path to a neighbour that has not answered; the client hears of it.
neighbour_that_goes_away_is_noticed() {
	local before
	site=8
	expect_success links 8
	expect_success ends 8 down8 up8
	expect_success lb_service_add "udp/$VIP:7008" rr
	expect_success lb_server_add "udp/$VIP:7008" 10.9.8.2:7000 1
	expect_match "opening" '^ok' "$(talk me open flow udp "$VIP" 7008)"
	expect_equal "answer" server1 "$(talk me ask flow)"
	expect_success ip -n "$SERVER_NS" addr del 10.9.8.2/24 dev up8
	# Until it has been asked in vain.
	wait_until 30 has_failed || fail "the flow goes on to $(ip -n "$DIRECTOR" neigh show 10.9.8.2)"
	before=$(paths fast)
	expect_match "what the client gets" "^EHOSTUNREACH 3/1 from $VIP about [^ ]* > $VIP:7008" "$(client_error 7008)"
	expect_equal "packets sent by the fast path" "$before" "$(paths fast)"
}

has_failed() {
	talk me ask flow 0.1 >"$TEST_DIR/answer"
	ip -n "$DIRECTOR" neigh show 10.9.8.2 nud failed nud incomplete | grep -q .
}

# expect_answers CLIENT FLOW COUNT
expect_answers() {
	local i
	for ((i = 0; i < $3; i++)); do
		expect_equal "who answers $2" server1 "$(talk "$1" ask "$2")"
	done
}

# is_stale ADDRESS DEVICE: makes the director's neighbour one that has not been heard of for a while.
is_stale() {
	expect_success ip -n "$DIRECTOR" neigh change "$1" dev "$2" nud stale
}

# A firewall that takes a segment of a connection it does not know for the beginning of one, and wants a SYN. It sees no later
# segment, as long as all are fast.
flow_behind_a_stateful_firewall_survives_stale_neighbours() {
	local i
	expect_success in_ns "$DIRECTOR" nft -f - <<-EOF
		table ip stateful {
			chain input {
				type filter hook input priority 0; policy accept;
				tcp flags & (fin | syn | rst | ack) != syn ct state new counter drop
			}
		}
	EOF
	expect_success lb_service_add "tcp/$VIP:7001" rr
	expect_success lb_server_add "tcp/$VIP:7001" "${SERVER_IPS[0]}:7001" 1
	expect_match "opening" '^ok' "$(talk me open stream tcp "$VIP" 7001)"
	expect_answers me stream 2
	for i in 1 2 3; do
		is_stale "${SERVER_IPS[0]}" servers
		is_stale "$CLIENT_IP" client
		expect_answers me stream 2
	done
	expect_equal "closing" ok "$(talk me finish stream)"
	expect_success in_ns "$DIRECTOR" nft delete table ip stateful
}

# Client and server are behind one device of the director, which tells nobody of the shorter way.
replies_leave_by_the_device_they_came_from() {
	local fast slow fast_before slow_before
	in_ns "$DIRECTOR" sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.servers.send_redirects=0
	expect_success ip -n "$SERVER_NS" route add "${SERVER_IPS[2]}/32" via "$DIRECTOR_LAN_IP"
	expect_success lb_service_add "udp/$VIP:7009" rr
	expect_success lb_server_add "udp/$VIP:7009" "${SERVER_IPS[0]}:7000" 1
	talk_client_start inside "${SERVERS[2]}"
	expect_match "opening" '^ok' "$(talk inside open flow udp "$VIP" 7009)"
	expect_answers inside flow 1
	read -r fast_before slow_before < <(paths fast slow)
	expect_answers inside flow 10
	read -r fast slow < <(paths fast slow)
	expect_equal "packets" "20 fast, 0 slow" "$((fast - fast_before)) fast, $((slow - slow_before)) slow"
}

# With redirects it is the stack that sends them, so that replies stay its matter.
replies_are_slow_where_a_router_tells_of_a_shorter_way() {
	local fast slow fast_before slow_before
	in_ns "$DIRECTOR" sysctl -qw net.ipv4.conf.servers.send_redirects=1
	in_ns "$SERVER_NS" sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.eth0.accept_redirects=0
	# A change of routes, after which each flow has to show its way again.
	expect_success ip -n "$DIRECTOR" route add blackhole 203.0.113.99/32
	expect_answers inside flow 1
	read -r fast_before slow_before < <(paths fast slow)
	expect_answers inside flow 5
	read -r fast slow < <(paths fast slow)
	expect_equal "packets" "5 fast, 5 slow" "$((fast - fast_before)) fast, $((slow - slow_before)) slow"
}

lb_needs rvs "IPVS has no fast path"
# shellcheck disable=SC2034 # read by lib/backend_rvs.sh
FAST_PATH=on
test_begin
talk_server_start "$SERVER_NS" server1 udp:7000 tcp:7001
talk_client_start me "$CLIENT"
brief_neighbours client
# Senders of packets from far away are no neighbours.
in_ns "$SERVER_NS" sysctl -qw net.ipv4.conf.all.rp_filter=0

ktap_run \
	flow_behind_a_stateful_firewall_survives_stale_neighbours \
	replies_leave_by_the_device_they_came_from \
	replies_are_slow_where_a_router_tells_of_a_shorter_way \
	by_ethernet \
	by_vlan \
	by_vlan_in_vlan \
	by_bond \
	by_macvlan \
	by_tun \
	by_gre \
	neighbour_that_goes_away_is_noticed
