# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A service of UDP whose datagrams are those of a tunnel of the client's, and carry TCP: what is left to devices concerns
# the packet inside. Cases of nat_packets.sh and tun_packets.sh, to be sourced after cases/packets.sh.
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

FOU=udp/$VIP_HOST:5555
VXLAN=udp/$VIP_HOST:4789
INNER_CLIENT=172.16.0.1
INNER_SERVER=172.16.0.2
# The packet inside is of IPv4.
case $FAMILY in
v4) inner_kind=(ipip) inner_sum=csum udp_sum=udpcsum wrong_sums=UdpInCsumErrors inner_modules=(ipip fou) ;;
v6) inner_kind=(ip6tnl mode ipip6 encaplimit none) inner_sum=udp6-csum udp_sum=noudp6zerocsumtx wrong_sums=Udp6InCsumErrors inner_modules=(ip6_tunnel fou6) ;;
esac

encapsulated_begin() {
	transfer_file 3000000
	upload_server_start "${SERVERS[0]}"
	lb_begin "$FOU" rr "$SERVER_HOST:5555"
	lb_begin "$VXLAN" rr "$SERVER_HOST:4789"
}

# inner_addresses DEVICE
inner_addresses() {
	ip -n "$CLIENT" -batch - <<-EOF &&
		addr add $INNER_CLIENT/30 dev $1
		link set $1 mtu 1400 up
	EOF
		ip -n "${SERVERS[0]}" -batch - <<-EOF
			addr add $INNER_SERVER/30 dev $1
			link set $1 mtu 1400 up
		EOF
}

# fou_up encap-csum|noencap-csum: IP in UDP, from the client through the service to the server and back.
fou_up() {
	in_ns "$CLIENT" ip "$IP_FAMILY" fou add port 5556 ipproto 4 &&
		in_ns "${SERVERS[0]}" ip "$IP_FAMILY" fou add port 5555 ipproto 4 &&
		ip -n "$CLIENT" link add inner type "${inner_kind[@]}" remote "$VIP" local "$CLIENT_IP" \
			encap fou encap-sport 5556 encap-dport 5555 "${1%csum}$inner_sum" &&
		ip -n "${SERVERS[0]}" link add inner type "${inner_kind[@]}" remote "$CLIENT_IP" local "$SERVED" \
			encap fou encap-sport 5555 encap-dport 5556 "${1%csum}$inner_sum" &&
		inner_addresses inner
}

fou_down() {
	inner_down
	in_ns "$CLIENT" ip "$IP_FAMILY" fou del port 5556
	in_ns "${SERVERS[0]}" ip "$IP_FAMILY" fou del port 5555
}

inner_down() {
	ip -n "$CLIENT" link del inner
	ip -n "${SERVERS[0]}" link del inner
}

# vxlan_up: Ethernet in UDP. Nobody learns where a frame comes from, so that the client goes on by the service.
vxlan_up() {
	ip -n "$CLIENT" link add inner type vxlan id 7 remote "$VIP" dstport 4789 nolearning "$udp_sum" &&
		ip -n "${SERVERS[0]}" link add inner type vxlan id 7 remote "$CLIENT_IP" local "$SERVED" dstport 4789 nolearning "$udp_sum" &&
		inner_addresses inner
}

upload_inside() {
	expect_equal "sha256 of the upload within the tunnel" "$file_sum" "$(in_ns "$CLIENT" timeout $((30 * patience)) \
		socat -b 65536 -t 20 - "TCP:$INNER_SERVER:9000,connect-timeout=$((8 * patience))" <"$TEST_DIR/files/large" 2>&1)"
}

# kernel_counter NAMESPACE NAME
kernel_counter() {
	in_ns "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'
}

# The client's device makes the checksum inside, or whoever is behind it: the director's does not.
checksums_inside_are_left_to_devices() {
	expect_success offloads_of "$CLIENT" tso off gso off tx on sg on
	expect_success offloads_of "$DIRECTOR" tso off gso off tx off
}

# expect_upload_with_sum EXPRESSION: datagrams of the client's tunnel have all of them a checksum as this says, no wrong one.
expect_upload_with_sum() {
	local name=sum$((sums++)) errors
	errors=$(kernel_counter "${SERVERS[0]}" "$wrong_sums")
	count_packets "${SERVERS[0]}" "$name" prerouting "$IP saddr $CLIENT_IP udp dport { 5555, 4789 } udp checksum $1"
	upload_inside
	expect_equal "datagrams with a checksum $1" 0 "$(counted_packets "${SERVERS[0]}" "$name")"
	expect_equal "datagrams with a wrong checksum" "$errors" "$(kernel_counter "${SERVERS[0]}" "$wrong_sums")"
}
sums=0

absent_checksum_of_a_tunnel_stays_absent() {
	needs_rvs "rewrites it as if it were left to the device" || return
	checksums_inside_are_left_to_devices
	expect_success fou_up noencap-csum
	expect_upload_with_sum "!= 0"
	fou_down
}

checksum_of_a_tunnel_is_right() {
	needs_rvs "rewrites it as if it were left to the device" || return
	checksums_inside_are_left_to_devices
	expect_success fou_up encap-csum
	expect_upload_with_sum "== 0"
	fou_down
}

checksum_of_a_tunnel_of_frames_is_right() {
	needs_rvs "rewrites it as if it were left to the device" || return
	if ! modprobe -q vxlan; then
		skip "there is no vxlan"
		return
	fi
	checksums_inside_are_left_to_devices
	expect_success vxlan_up
	expect_upload_with_sum "== 0"
	inner_down
}

# segments_arrived COUNTER BEFORE: whether as many datagrams have come to the server as the client's TCP has sent segments
# since segments_sent printed BEFORE. What it sent twice because processors overtake each other has arrived twice.
segments_arrived() {
	sent=$(($(segments_sent) - $2)) arrived=$(counted_packets "${SERVERS[0]}" "$1")
	[ "$sent" = "$arrived" ]
}

segments_sent() {
	echo $(($(kernel_counter "$CLIENT" TcpOutSegs) + $(kernel_counter "$CLIENT" TcpRetransSegs)))
}

# Bursts that the director's device does not take as such.
bursts_of_a_tunnel_arrive() {
	local before sent arrived checksum carrier="$IP saddr $CLIENT_IP udp dport 5555"
	# As they come: the end of a tunnel merges them.
	[ "$LB_FORWARD" != tun ] || carrier="ip protocol 4"
	needs_rvs "loses packets of bursts" || return
	expect_success offloads_of "$CLIENT" tso on gso on tx on sg on
	expect_success offloads_of "$DIRECTOR" tso off gso off tx off
	for checksum in noencap-csum encap-csum; do
		expect_success fou_up "$checksum"
		count_packets "$DIRECTOR" bursts prerouting "$IP saddr $CLIENT_IP udp dport 5555"
		count_packets "${SERVERS[0]}" "segments_${checksum%-*}" prerouting "iifname eth0 $carrier"
		before=$(segments_sent)
		upload_inside
		wait_until 5 segments_arrived "segments_${checksum%-*}" "$before" ||
			fail "$checksum: of $sent segments $arrived arrived"
		expect_range "mean size at the director" 2000 70000 "$(mean_size "$DIRECTOR" bursts)"
		fou_down
	done
}

encapsulated_cases=(
	absent_checksum_of_a_tunnel_stays_absent
	checksum_of_a_tunnel_is_right
	checksum_of_a_tunnel_of_frames_is_right
	bursts_of_a_tunnel_arrive
)
