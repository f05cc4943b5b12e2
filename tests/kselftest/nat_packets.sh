#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Masquerading: packets that are not as most are.
. "$(dirname "$0")/lib.sh"
OVERHEAD=0
# shellcheck source=cases/packets.sh
. "$KSELFTEST_DIR/cases/packets.sh"
# shellcheck source=cases/encapsulated.sh
. "$KSELFTEST_DIR/cases/encapsulated.sh"

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
	count_packets "$CLIENT" needed input "icmp type destination-unreachable icmp code frag-needed"
	errors_about_fragments_to "$SERVER"
	expect_equal "errors about fragments to the real server" 0 "$errors"
	errors_about_fragments_to 10.0.0.98
	expect_equal "errors about fragments to another host" 1 "$errors"
}

# A burst of more than 65535 bytes has no total length in its header.
largest_bursts_are_read() {
	local before
	needs_rvs "has no fast path" || return
	if [ "${FAST_PATH-on}" != on ]; then
		skip "the fast path is off"
		return
	fi
	expect_success offloads tso on gso on gro on tx on sg on
	if ! largest_bursts 180000 2>"$TEST_DIR/bursts"; then
		skip "no bursts above 65535 bytes: $(<"$TEST_DIR/bursts")"
		return
	fi
	lb_begin "tcp/$VIP:9000" rr "$SERVER:9000"
	count_packets "$DIRECTOR" huge prerouting "ip daddr $VIP ip length 0"
	upload
	expect_range "bursts above 65535 bytes" 1 100000 "$(counted_packets "$DIRECTOR" huge)"
	before=$(paths left.header)
	upload
	expect_equal "left for 'header'" 0 $(($(paths left.header) - before))
	largest_bursts 65536
}

# largest_bursts BYTES: of each link on the way.
largest_bursts() {
	local namespace device
	for namespace in "$CLIENT" "$DIRECTOR" "${SERVERS[0]}"; do
		for device in $(ip -n "$namespace" -o link show type veth | sed 's/^[0-9]*: \([^@:]*\).*/\1/'); do
			ip -n "$namespace" link set "$device" gso_ipv4_max_size "$1" gso_max_size "$1" || return
		done
	done
	ip -n "$DIRECTOR" link set servers gso_ipv4_max_size "$1" gso_max_size "$1"
}

modprobe -a ipip fou || skip_all "no IPIP tunnels in UDP (CONFIG_NET_FOU)"
packets_begin
encapsulated_begin

ktap_run "${packets_cases[@]}" "${encapsulated_cases[@]}" \
	errors_about_later_fragments_do_not_tell_of_the_server \
	largest_bursts_are_read
