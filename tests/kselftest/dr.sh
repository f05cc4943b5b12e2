#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Direct routing: director and real servers are in one LAN and have the VIP all; the real servers hide it from ARP and NDP.
. "$(dirname "$0")/lib.sh"
direct_reply_site dr
# shellcheck source=cases/direct_reply.sh
. "$KSELFTEST_DIR/cases/direct_reply.sh"

only_the_director_is_known_by_the_vip() {
	local director_mac before
	director_mac=$(in_ns "$DIRECTOR" cat /sys/class/net/eth0/address)
	before=$(vip_announcements)
	ip -n "$ROUTER" neigh flush all
	fetch 3 "$TEST_DIR/neighbour"
	expect_equal "the VIP's neighbour entry at the router" "$director_mac" \
		"$(ip -n "$ROUTER" neigh show "$VIP" dev lan | grep -o 'lladdr [^ ]*' | cut -d' ' -f2)"
	# The one answer of the director; the servers asked for the router's address in their own name.
	expect_equal "announcements in the name of the VIP" 1 $(($(vip_announcements) - before))
}

vip_announcements() {
	in_ns "$ROUTER" nft list counter netdev watch vip | awk '$1 == "packets" { print $2 }'
}

# Whoever keeps the route to a real server must not keep its device: the kernel waits until nobody has it.
device_goes_at_once() {
	local deletion
	web_service rr 1 1 1
	fetch 3 "$TEST_DIR/last"
	expect_equal "answers" 3 "$(answers "$TEST_DIR/last" "$VIP")"
	ip -n "$DIRECTOR" link delete eth0 &
	deletion=$!
	wait_until 5 has_ended "$deletion" || fail "the director's device is still being deleted after 5 seconds"
}

has_ended() {
	! kill -0 "$1"
}

direct_reply_begin
case $FAMILY in
v4) announcement="arp saddr ip $VIP" ;;
v6) announcement="icmpv6 type nd-neighbor-advert icmpv6 taddr $VIP" ;;
esac
in_ns "$ROUTER" nft -f - <<-EOF || bail "announcements cannot be watched"
	table netdev watch {
		counter vip { }
		chain vip {
			type filter hook ingress device lan priority 0; policy accept;
			$announcement counter name vip
		}
	}
EOF

ktap_run "${direct_reply_cases[@]:0:2}" only_the_director_is_known_by_the_vip "${direct_reply_cases[@]:2}" \
	device_goes_at_once
