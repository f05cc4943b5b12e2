#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Masquerading: packets that are not as most are.
. "$(dirname "$0")/lib.sh"
OVERHEAD=0
# shellcheck source=cases/packets.sh
. "$KSELFTEST_DIR/cases/packets.sh"
# shellcheck source=cases/encapsulated.sh
. "$KSELFTEST_DIR/cases/encapsulated.sh"

case $FAMILY in
v4) too_big="icmp type destination-unreachable icmp code frag-needed" ;;
v6) too_big="icmpv6 type packet-too-big" ;;
esac

# errors_about_fragments_to SERVER: how many the client gets when the director's neighbour complains of one.
errors_about_fragments_to() {
	local before
	before=$(counted_packets "$CLIENT" needed)
	expect_success in_ns "${SERVERS[0]}" python3 -S "$HELPERS/fragment_error.py" "$CLIENT_IP" "$1"
	# What was sent is through when this is answered.
	expect_equal "who answers" server1 "$(talk me ask flow)"
	errors=$(($(counted_packets "$CLIENT" needed) - before))
}

# It holds no ports, and the client knows nothing of the real server.
errors_about_later_fragments_do_not_tell_of_the_server() {
	local errors
	needs_rvs "passes them on with the real server's address" || return
	count_packets "$CLIENT" needed input "$too_big"
	errors_about_fragments_to "$SERVER"
	expect_equal "errors about fragments to the real server" 0 "$errors"
	errors_about_fragments_to "${ABSENT_IP%9}8"
	expect_equal "errors about fragments to another host" 1 "$errors"
}

modprobe -a "${inner_modules[@]}" || skip_all "no tunnels of IPv4 in UDP (CONFIG_NET_FOU, of IPv6 CONFIG_IPV6_FOU)"
packets_begin
encapsulated_begin

ktap_run "${packets_cases[@]}" "${encapsulated_cases[@]}" \
	errors_about_later_fragments_do_not_tell_of_the_server
