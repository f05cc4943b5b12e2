# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Large transfers both ways, checksummed end to end, with each way in which packets are merged, and left to devices to be
# segmented and summed up: the cases of nat_transfer.sh, dr_transfer.sh and tun_transfer.sh.
#	SIZE           of a file, in bytes; 50000000 with make test-transfers
#	ALL_WAYS       not empty: all of them, by each method
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

WEB=tcp/$VIP_HOST:80
UPLOAD=tcp/$VIP_HOST:9000
BURSTS=udp/$VIP_HOST:7000
SIZE=${SIZE:-4000000}
# Only what goes into a tunnel has to be taken apart.
case $LB_FORWARD in
tun) LEFT_OF_BURSTS='^[0-9]+$' ;;
*) LEFT_OF_BURSTS='^0$' ;;
esac

# transfer_begin PORT [ARGUMENT...]: where the real servers have their files, and arguments of test_begin.
transfer_begin() {
	local web_port=$1 served=$VIP
	shift
	[ "$LB_FORWARD" != nat ] || served=${SERVER_IPS[0]}
	test_begin "$@"
	http_server_start 1 "$web_port" || bail "nginx does not start"
	transfer_file "$SIZE"
	upload_server_start "${SERVERS[0]}"
	talk_server_start "${SERVERS[0]}" server1 "udp:$served:7000"
	lb_begin "$WEB" rr "${SERVER_HOSTS[0]}:$web_port"
	lb_begin "$UPLOAD" rr "${SERVER_HOSTS[0]}:9000"
	lb_begin "$BURSTS" rr "${SERVER_HOSTS[0]}:7000"
	count_packets "$DIRECTOR" replies prerouting "$IP saddr $VIP tcp sport 80"
}

# count_transfers WAY: what is loaded up in that way comes to the server, what is loaded down to the client.
count_transfers() {
	way=$1
	count_packets "${SERVERS[0]}" "up_$way" input "tcp dport 9000"
	count_packets "$CLIENT" "down_$way" prerouting "$IP saddr $VIP tcp sport 80"
}

# expect_up LEAST MOST: the size of packets of the upload, in the mean.
expect_up() {
	expect_range "mean size of the packets of the upload" "$1" "$2" "$(mean_size "${SERVERS[0]}" "up_$way")"
}

# expect_down LEAST MOST: the same of the download. By direct routing and in tunnels its data pass by.
expect_down() {
	if [ "$LB_FORWARD" = nat ]; then
		expect_range "mean size of the packets of the download" "$1" "$2" "$(mean_size "$CLIENT" "down_$way")"
	else
		expect_equal "packets of the server at the director" 0 "$(counted_packets "$DIRECTOR" replies)"
	fi
}

upload_in_large_segments() {
	large_segments
	count_transfers large
	upload
	expect_up 1501 70000
}

download_in_large_segments() {
	download
	expect_down 1501 70000
}

upload_in_single_packets() {
	single_packets
	count_transfers single
	upload
	expect_up 1000 1500
}

download_in_single_packets() {
	download
	expect_down 1000 1500
}

# Of each packet the device makes the checksum, whoever forwards it.
checksums_left_to_devices() {
	expect_success offloads tso off gso off gro off tx on sg on
	count_transfers unsummed
	upload
	expect_up 1000 1500
	download
	expect_down 1000 1500
}

# They come as bursts, and its devices take none.
bursts_that_the_director_takes_apart() {
	large_segments
	expect_success offloads_of "$DIRECTOR" tso off gso off tx off
	count_packets "$DIRECTOR" bursts prerouting "$IP daddr $VIP tcp dport 9000"
	upload
	download
	expect_range "mean size of what comes to the director" 1501 70000 "$(mean_size "$DIRECTOR" bursts)"
}

# Merged by lists of packets, each of which keeps its headers (NETIF_F_GRO_FRAGLIST), of TCP and of UDP. Packets that tell of
# different times are not, as they do where each takes a millisecond.
bursts_in_lists() {
	large_segments
	expect_success offloads_of "$CLIENT" tso off gso off
	expect_success offloads_of "${SERVERS[0]}" tso off gso off
	expect_success offloads_of "$DIRECTOR" rx-gro-list on
	expect_success merging_waits "$DIRECTOR" 2000000
	at_both_ends net.ipv4.tcp_timestamps=0
	count_packets "$DIRECTOR" lists prerouting "$IP daddr $VIP tcp dport 9000"
	upload
	download
	expect_range "mean size of what comes to the director" 1501 70000 "$(mean_size "$DIRECTOR" lists)"
	expect_equal "datagrams of a burst that are answered" 40 \
		"$(in_ns "$CLIENT" python3 -S "$HELPERS/udp_burst.py" "$VIP" 7000 40 1000)"
	at_both_ends net.ipv4.tcp_timestamps=1
	expect_success merging_waits "$DIRECTOR" 0
	expect_success offloads_of "$DIRECTOR" rx-gro-list off
}

# expect_left_for_header PATTERN COMMAND...: how many packets the fast path leaves for that meanwhile, where there is one.
expect_left_for_header() {
	local before pattern=$1
	shift
	[ "$LB_BACKEND" != rvs ] || before=$(paths left.header)
	"$@"
	[ "$LB_BACKEND" != rvs ] || expect_match "left for 'header'" "$pattern" $(($(paths left.header) - before))
}

# Bursts of more than 65535 bytes ("BIG TCP") have no length in their header.
bursts_above_64_kilobytes() {
	large_segments
	if ! largest_bursts 180000; then
		skip "no such bursts: $(<"$TEST_DIR/largest")"
		return
	fi
	# TCP makes bursts smaller with each 2^9 microseconds that it is to the other end: with sanitizers that makes none large.
	at_both_ends net.ipv4.tcp_tso_rtt_log=31
	count_packets "$DIRECTOR" huge prerouting "$IP daddr $VIP tcp dport 9000 $IP length 0"
	expect_left_for_header "$LEFT_OF_BURSTS" upload
	download
	expect_range "bursts above 65535 bytes at the director" 1 100000 "$(counted_packets "$DIRECTOR" huge)"
	at_both_ends net.ipv4.tcp_tso_rtt_log=9
	expect_success largest_bursts 65536
}

# at_both_ends SYSCTL=VALUE
at_both_ends() {
	local namespace
	for namespace in "$CLIENT" "${SERVERS[0]}"; do
		expect_success in_ns "$namespace" sysctl -qw "$1"
	done
}

transfer_cases=(
	upload_in_large_segments
	download_in_large_segments
	upload_in_single_packets
	download_in_single_packets
	checksums_left_to_devices
	bursts_that_the_director_takes_apart
	bursts_in_lists
	bursts_above_64_kilobytes
)
# Without ALL_WAYS only masquerading, which changes more of a packet, is tried in each.
[ "$LB_FORWARD" = nat ] || [ -n "${ALL_WAYS-}" ] || transfer_cases=("${transfer_cases[@]:0:4}" bursts_in_lists)
