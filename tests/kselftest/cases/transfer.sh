# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Large transfers where the real servers answer the clients themselves, with large segments (TSO, GSO, GRO) and with
# single packets: the cases of dr_transfer.sh and tun_transfer.sh.
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

WEB=tcp/$VIP:80
UPLOAD=tcp/$VIP:9000
# Of a file, in bytes.
SIZE=${SIZE:-50000000}

transfer_begin() {
	test_begin --direct-reply
	http_server_start 1 80 || bail "nginx does not start"
	transfer_file "$SIZE"
	upload_server_start "${SERVERS[0]}"
	lb_begin "$WEB" rr "${SERVER_IPS[0]}:80"
	lb_begin "$UPLOAD" rr "${SERVER_IPS[0]}:9000"
	# The data of an upload goes through the director, of a download the acknowledgments.
	count_packets "${SERVERS[0]}" uploaded input "ip daddr $VIP tcp dport 9000"
	count_packets "$DIRECTOR" replies prerouting "ip saddr $VIP"
}

upload_in_large_segments() {
	large_segments
	upload
	expect_range "mean size of the packets of the upload" 1501 70000 "$(mean_size "${SERVERS[0]}" uploaded)"
}

download_in_large_segments() {
	download
	expect_equal "packets of the server at the director" 0 "$(counted_packets "$DIRECTOR" replies)"
}

upload_in_single_packets() {
	single_packets
	count_packets "${SERVERS[0]}" single input "ip daddr $VIP tcp dport 9000"
	upload
	expect_range "mean size of the packets of the upload" 1000 1500 "$(mean_size "${SERVERS[0]}" single)"
}

download_in_single_packets() {
	download
	expect_equal "packets of the server at the director" 0 "$(counted_packets "$DIRECTOR" replies)"
}

transfer_cases=(
	upload_in_large_segments
	download_in_large_segments
	upload_in_single_packets
	download_in_single_packets
)
