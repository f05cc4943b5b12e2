#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels of GRE and of GUE, with each checksum there is, and with IPv6 inside or outside of IP in IP, too: what tun.sh,
# tun_header.sh, tun_path.sh, tun_icmp.sh and tun_transfer.sh show of IP in IP.
TUNNEL=ipip
. "$(dirname "$0")/lib.sh"
direct_reply_site tun
# Of a file, in bytes.
SIZE=${SIZE:-1000000}
SERVER=${SERVER_IPS[0]}
# shellcheck source=cases/direct_reply.sh
. "$KSELFTEST_DIR/cases/direct_reply.sh"
# shellcheck source=cases/tunnel_header.sh
. "$KSELFTEST_DIR/cases/tunnel_header.sh"
# shellcheck source=cases/tunnel_icmp.sh
. "$KSELFTEST_DIR/cases/tunnel_icmp.sh"

KINDS=(ipip gre gre_checksum gue gue_checksum gue_remote)
# Of IPv4 in IPv4 that has scripts of its own.
[ "$FAMILY-$UNDERLAY" != v4-v4 ] || KINDS=("${KINDS[@]:1}")

# What is the same with each.
servers_get_it() {
	lb_flush
	tunnel_becomes "$kind" || fail "the servers have no such tunnel"
	flush_paths
	lb_begin "$TALK_UDP" rr "${SERVER_HOSTS[0]}:7000"
	lb_begin "$UPLOAD" rr "${SERVER_HOSTS[0]}:9000"
	flow_port=$(talk me open flow udp "$VIP" 7000)
	expect_match "opening" '^ok' "$flow_port"
	flow_port=${flow_port#ok }
	expect_equal "who answers" server1 "$(talk me ask flow)"
}

large_datagrams_arrive() {
	expect_equal "who answers 8000 bytes" server1 "$(talk me ask flow 5 8000)"
	expect_equal "who answers 60000 bytes" server1 "$(talk me ask flow 5 60000)"
}

mtu_of_the_link_is_that_less_the_headers() {
	expect_equal "what the client gets" "$TUNNEL_TOO_BIG mtu $((1500 - OVERHEAD)) from $VIP about self > $VIP:7000" \
		"$(client_error 7000 64 $((1500 - OVERHEAD + 1)))"
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	expect_equal "who answers the largest that fits" server1 "$(talk me ask flow 5 $((1500 - OVERHEAD - HEADER - 8)))"
	expect_equal "may be fragmented" ok "$(talk me set flow df off)"
}

path_mtu_in_the_tunnel_is_learnt() {
	tells_of_tunnels || return
	small_mtu_in_the_tunnel_is_learnt_by_the_director
	expect_success ip -n "$ROUTER" route del "$SERVER/$OUTER_BITS"
	flush_paths
}

# The offloads of all devices, and what the servers' end is made of anew has those of a new device.
upload_arrives_in_large_segments_and_single_packets() {
	local damaged
	damaged=$(segments_with_wrong_checksums)
	count_packets "${SERVERS[0]}" "large_$kind" input "$IP daddr $VIP tcp dport 9000"
	large_segments
	upload
	expect_range "mean size of large segments" 1501 70000 "$(mean_size "${SERVERS[0]}" "large_$kind")"
	count_packets "${SERVERS[0]}" "single_$kind" input "$IP daddr $VIP tcp dport 9000"
	single_packets
	upload
	expect_range "mean size of single packets" 1000 1500 "$(mean_size "${SERVERS[0]}" "single_$kind")"
	[ "$LB_BACKEND-$kind" = ipvs-gue_remote ] ||
		expect_equal "segments that arrived with wrong checksums" "$damaged" "$(segments_with_wrong_checksums)"
}

segments_with_wrong_checksums() {
	# shellcheck disable=SC2016 # for awk
	in_ns "${SERVERS[0]}" awk '$1 == "Tcp:" { value = $16 } END { print value }' /proc/net/snmp
}

# Fragments have no ports, and come from another one.
port_in_the_tunnel_is_that_of_the_flow() {
	local flow ports=()
	for flow in 1 2 3 4 5 6; do
		expect_match "opening" '^ok' "$(talk me open "flow$flow" udp "$VIP" 7000)"
		ports+=("$(ports_of_flow "flow$flow")")
		expect_match "ports of six datagrams of one flow" '^[0-9]+$' "${ports[-1]}"
	done
	expect_range "ports of six flows" 2 6 "$(printf '%s\n' "${ports[@]}" | sort -u | wc -l)"
}

# ports_of_flow FLOW: those that its packets in the tunnel come from.
ports_of_flow() {
	in_ns "$ROUTER" nft -f - <<-EOF
		table $OUTER_IP ports_$kind$1 {
			set seen { type inet_service; flags dynamic; size 64; }
			chain prerouting {
				type filter hook prerouting priority raw; policy accept;
				iifname lan udp dport $TUNNEL_PORT add @seen { udp sport }
			}
		}
	EOF
	local i
	for i in 1 2 3 4 5 6; do
		talk me ask "$1" >"$TEST_DIR/answer"
	done
	in_ns "$ROUTER" nft list set "$OUTER_IP" "ports_$kind$1" seen | sed -n 's/.*elements = { \(.*\) }.*/\1/p'
	in_ns "$ROUTER" nft delete table "$OUTER_IP" "ports_$kind$1"
}

checksum_that_is_not_made_is_left_to_the_server() {
	local payload=04
	[ "$FAMILY" = v4 ] || payload=29
	# Nobody on the way makes it.
	expect_success offloads tx on
	# Private flags and the field, of 8 bytes: made are the 8 bytes of UDP behind the IP header, its checksum at the 6th.
	TUNNEL_PACKET="udp dport $TUNNEL_PORT @th,64,32 0x02${payload}0001 @th,96,32 0x80000000"
	TUNNEL_PACKET+=" @th,128,32 $(printf 0x%04x%04x "$HEADER" $((HEADER + 6)))"
	OVERHEAD=$((OVERHEAD + 8))
	from_the_director_to_the_server
	# The datagram in the error is without one, too.
	expect_match "what the client gets" "^$TUNNEL_TOO_BIG mtu $((1500 - OVERHEAD)) from $VIP about self > $VIP:7000" \
		"$(client_error 7000 64 $((1500 - OVERHEAD + 1)))"
	expect_success offloads tx off
	tunnel_is "$kind"
}

# A socket's burst of datagrams whose checksums are left to the device, up to the director and beyond.
burst_of_datagrams_arrives() {
	needs_rvs "has the kernel complete the checksums of a burst, which the server breaks" || return
	expect_success large_segments
	count_packets "$DIRECTOR" "burst_$kind" prerouting "$IP daddr $VIP udp dport 7000"
	expect_equal "datagrams answered" 30 "$(in_ns "$CLIENT" python3 -S "$HELPERS/udp_burst.py" "$VIP" 7000 30 1000)"
	expect_range "mean size at the director" 2000 70000 "$(mean_size "$DIRECTOR" "burst_$kind")"
	expect_success offloads tx off
}

# Those that were fast are slow until one has passed the rules as what it is now.
change_of_the_tunnel_holds_for_connections() {
	local before after refused=ECONNREFUSED
	[ "$LB_BACKEND-$FAMILY-$UNDERLAY" = ipvs-v4-v4 ] || [ "$LB_BACKEND" = rvs ] || refused=timeout
	expect_equal "who answers" server1 "$(talk me ask flow)"
	expect_equal "who answers again" server1 "$(talk me ask flow)"
	tunnel_becomes gre || fail "the servers have no such tunnel"
	expect_equal "who answers into the wrong tunnel" "$refused" "$(talk me ask flow)"
	expect_success tunnel_set "$TALK_UDP" "${SERVER_HOSTS[0]}:7000"
	! is_fast || before=$(paths fast slow)
	expect_equal "who answers into the right one" server1 "$(talk me ask flow)"
	expect_equal "who answers again" server1 "$(talk me ask flow)"
	expect_equal "who answers once more" server1 "$(talk me ask flow)"
	if is_fast; then
		after=$(paths fast slow)
		expect_equal "fast and slow packets" "2 1" "$((${after% *} - ${before% *})) $((${after#* } - ${before#* }))"
	fi
}

# One of the smallest packets of IPv6 leaves in fragments of the tunnel, where its MTU is below that of all links.
underlay_of_small_packets_will_do() {
	local mtu=1290 inside
	needs_rvs "drops packets for a tunnel whose MTU is less than that of IPv6, and has clients of it send smaller ones" || return
	inside=$((mtu - OVERHEAD))
	[ "$FAMILY" = v4 ] || [ "$inside" -ge 1280 ] || inside=1280
	expect_success ip -n "$DIRECTOR" route add "$SERVER/$OUTER_BITS" via "$DIRECTOR_GATEWAY" mtu "$mtu"
	expect_equal "what the client gets" "$TUNNEL_TOO_BIG mtu $inside from $VIP about self > $VIP:7000" \
		"$(client_error 7000 64 $((inside + 1)))"
	expect_equal "not to fragment" ok "$(talk me set flow df on)"
	expect_equal "who answers the largest that fits" server1 "$(talk me ask flow 5 $((inside - HEADER - 8)))"
	expect_equal "may be fragmented" ok "$(talk me set flow df off)"
	expect_success ip -n "$DIRECTOR" route del "$SERVER/$OUTER_BITS"
	flush_paths
}

# To itself the director needs no tunnel.
director_is_real_server() {
	lb_flush
	lb_begin "$TALK_UDP" rr "$(host "$DIRECTOR_LAN_IP"):7000"
	expect_served me udp director
}

# is_fast: whether there is a fast path.
is_fast() {
	[ "$LB_BACKEND" = rvs ] && [ "${FAST_PATH-}" != off ]
}

# What there is to see of each.
each=(
	servers_get_it
	from_the_director_to_the_server
	mtu_of_the_link_is_that_less_the_headers
	path_mtu_in_the_tunnel_is_learnt
	upload_arrives_in_large_segments_and_single_packets
)
# And of one with the checksum, and one without.
errors=(
	congestion_notification_goes_around_the_tunnel
	large_datagrams_arrive
	server_that_cannot_be_reached_is_reported
	last_hop_in_the_tunnel_is_reported
	errors_about_no_tunnel_of_the_director_are_not_passed_on
	errors_that_are_wrong_are_not_passed_on
)
declare -A besides=(
	[gre]=congestion_notification_goes_around_the_tunnel
	[gre_checksum]="${errors[*]}"
	[gue]="${errors[*]} port_in_the_tunnel_is_that_of_the_flow"
	[gue_remote]="checksum_that_is_not_made_is_left_to_the_server burst_of_datagrams_arrives change_of_the_tunnel_holds_for_connections"
)
# Where IPv6 is inside or outside the kinds have less to show of themselves.
if [ "$FAMILY-$UNDERLAY" != v4-v4 ]; then
	each=(
		servers_get_it
		from_the_director_to_the_server
	)
	besides=(
		[ipip]="congestion_notification_goes_around_the_tunnel mtu_of_the_link_is_that_less_the_headers
			path_mtu_in_the_tunnel_is_learnt server_that_cannot_be_reached_is_reported last_hop_in_the_tunnel_is_reported
			errors_about_no_tunnel_of_the_director_are_not_passed_on errors_that_are_wrong_are_not_passed_on
			upload_arrives_in_large_segments_and_single_packets underlay_of_small_packets_will_do director_is_real_server"
		[gre]=path_mtu_in_the_tunnel_is_learnt
		[gre_checksum]=upload_arrives_in_large_segments_and_single_packets
		[gue]=path_mtu_in_the_tunnel_is_learnt
		[gue_checksum]=upload_arrives_in_large_segments_and_single_packets
		[gue_remote]="checksum_that_is_not_made_is_left_to_the_server burst_of_datagrams_arrives
			change_of_the_tunnel_holds_for_connections"
	)
fi

cases=()
for kind in "${KINDS[@]}"; do
	for name in "${each[@]}" ${besides[$kind]-}; do
		eval "${kind}_$name() { kind=$kind; $name; }"
		cases+=("${kind}_$name")
	done
done

tunnel_modules || skip_all "no tunnels of GRE and GUE (CONFIG_NET_IPGRE, CONFIG_IPV6_GRE, CONFIG_NET_FOU_IP_TUNNELS)"
test_begin --direct-reply
UPLOAD=tcp/$VIP_HOST:9000
talk_server_start "${SERVERS[0]}" server1 tcp:7000 "udp:$VIP:7000"
talk_server_start "$DIRECTOR" director "udp:$VIP:7000"
transfer_file "$SIZE"
upload_server_start "${SERVERS[0]}"
talk_client_start me "$CLIENT"
in_ns "$CLIENT" ethtool -K eth0 tx off >"$TEST_DIR/ethtool" || bail "checksum offload cannot be switched off"
count_packets "$CLIENT" errors input "$ERRORS_OF_VIP"

ktap_run "${cases[@]}"
