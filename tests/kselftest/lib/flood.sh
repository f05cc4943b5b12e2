# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packets of random sources from the client's side, as fast as the kernel's packet generator makes them, and a machine
# with little memory.
# shellcheck disable=SC2154,SC2034 # with lib.sh, and for the tests

# Where the sources are.
FLOOD_NET=172.16.0.0/12

# flood_prepare: the sources are behind the client, which does not care for what comes back.
flood_prepare() {
	modprobe -q pktgen || skip_all "there is no packet generator (CONFIG_NET_PKTGEN)"
	ip -n "$DIRECTOR" route add "$FLOOD_NET" via "$CLIENT_IP"
	ip -n "$CLIENT" route add blackhole "$FLOOD_NET"
}

# pktgen FILE LINE: in the client.
pktgen() {
	in_ns "$CLIENT" bash -c "echo '$2' >/proc/net/pktgen/$1"
}

# flood_start PORT: datagrams to this port of the VIP, each from another source.
flood_start() {
	local line
	pktgen kpktgend_0 rem_device_all
	pktgen kpktgend_0 "add_device eth0"
	for line in "count 0" "delay 0" "pkt_size 60" "clone_skb 0" \
		"dst_mac $(in_ns "$DIRECTOR" cat /sys/class/net/client/address)" \
		"dst $VIP" "udp_dst_min $1" "udp_dst_max $1" \
		"src_min 172.16.0.1" "src_max 172.31.255.254" "flag IPSRC_RND" \
		"udp_src_min 1024" "udp_src_max 65535" "flag UDPSRC_RND"; do
		pktgen eth0 "$line"
	done
	in_ns "$CLIENT" bash -c 'echo start >/proc/net/pktgen/pgctrl' &
	flood=$!
	disown
}

# flood_end: stops it, and sets flooded to the number of packets.
flood_end() {
	pktgen pgctrl stop
	wait_until 10 flood_is_over || kill "$flood"
	flooded=$(in_ns "$CLIENT" cat /proc/net/pktgen/eth0 | awk '$1 == "pkts-sofar:" { print $2 }')
}

flood_is_over() {
	! kill -0 "$flood"
}

# flood_of_syns PORT: what comes to this port of the director as a datagram becomes a SYN: the words after the ports are
# the sequence number, the number acknowledged, length and flags, and the checksum, which only the server looks at.
flood_of_syns() {
	in_ns "$DIRECTOR" tc qdisc add dev client clsact &&
		in_ns "$DIRECTOR" tc filter add dev client ingress protocol ip prio 1 u32 \
			match ip protocol 17 0xff match ip dport "$1" 0xffff \
			action pedit munge offset 9 u8 set 6 munge offset 32 u32 set 0x5002ffff munge offset 36 u32 set 0 pipe \
			csum ip and tcp
}

flood_of_datagrams() {
	in_ns "$DIRECTOR" tc qdisc del dev client clsact
}

# memory_left MIB: no more than this is available, until memory_back. Not where objects are larger than usual.
memory_left() {
	local available
	available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
	mkdir "$TEST_DIR/hog" && mount -t tmpfs -o size=100% hog "$TEST_DIR/hog" || return
	[ "$available" -le "$1" ] || head -c "$((available - $1))M" /dev/zero >"$TEST_DIR/hog/memory"
	# Without swap nothing of that can be taken back.
	swapoff -a
}

memory_back() {
	umount "$TEST_DIR/hog" && rmdir "$TEST_DIR/hog"
}
