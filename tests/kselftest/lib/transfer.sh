# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Large transfers, checksummed end to end: downloads by HTTP from port 80 of the VIP, uploads to its port 9000.
# shellcheck disable=SC2154 # with lib.sh

# transfer_file SIZE: makes $TEST_DIR/files/large, of random bytes, and $file_sum.
transfer_file() {
	mkdir -p "$TEST_DIR/files"
	head -c "$1" /dev/urandom >"$TEST_DIR/files/large"
	file_sum=$(sha256sum <"$TEST_DIR/files/large")
}

# upload_server_start NAMESPACE: it takes uploads at port 9000, and answers each by its sum.
upload_server_start() {
	ip netns exec "$1" socat -b 65536 -t 600 "TCP${FAMILY/v/}-LISTEN:9000,fork,reuseaddr,backlog=64" SYSTEM:sha256sum \
		2>"$TEST_DIR/uploads.$1" &
	disown
	wait_until 20 listens "$1" 9000 || bail "$1 does not take uploads"
}

# listens NAMESPACE PORT
listens() {
	[ -n "$(in_ns "$1" ss -Hltn "sport = :$2")" ]
}

download() {
	expect_equal "sha256 of the download" "$file_sum" \
		"$(in_ns "$CLIENT" curl -sS --max-time 900 "http://$VIP_HOST/files/large" | sha256sum)"
}

upload() {
	# The sum comes back by the same connection, after the client has closed its side.
	expect_equal "sha256 of the upload" "$file_sum" \
		"$(in_ns "$CLIENT" socat -b 65536 -t 600 - "TCP:$VIP_HOST:9000" <"$TEST_DIR/files/large")"
}

# offloads FEATURE-SETTING...: on both ends of every link, and where packets come out of tunnels.
offloads() {
	local namespace
	for namespace in "${topology_namespaces[@]}"; do
		# shellcheck disable=SC2016 # for the shell in the namespace
		in_ns "$namespace" bash -c '
			while read -r device; do
				ethtool -K "$device" "$@" || exit
			done < <(ip -details -oneline link show | grep -E " (veth|ipip|gre|sit|ip6tnl|ip6gre) " |
				sed "s/^[0-9]*: \([^@:]*\).*/\1/")' offloads "$@" || return
	done
}

# offloads_of NAMESPACE FEATURE-SETTING...
offloads_of() {
	local topology_namespaces=("$1")
	shift
	offloads "$@"
}

# merging_waits NAMESPACE NANOSECONDS: for how long packets that have arrived are held for more of their flow. Where each
# packet takes long, as with sanitizers, they arrive one by one, and there would be nothing to merge.
merging_waits() {
	# shellcheck disable=SC2016 # for the shell in the namespace
	in_ns "$1" bash -c '
		for timeout in /sys/class/net/*/gro_flush_timeout; do
			echo "$1" >"$timeout" || exit
		done' merging_waits "$2"
}

# largest_bursts BYTES: that links and bridges pass on, and that packets which arrive are merged to. A bridge without ports takes none.
largest_bursts() {
	local namespace device type
	for namespace in "${topology_namespaces[@]}"; do
		for type in veth bridge; do
			for device in $(ip -n "$namespace" -o link show type "$type" | sed 's/^[0-9]*: \([^@:]*\).*/\1/'); do
				ip -n "$namespace" link set "$device" gso_max_size "$1" gro_max_size "$1" \
					gso_ipv4_max_size "$1" gro_ipv4_max_size "$1" 2>"$TEST_DIR/largest" ||
					[ "$type" = bridge ] || return
			done
		done
	done
}

large_segments() {
	expect_success offloads tso on gso on gro on tx on sg on
}

# Where sanitizers make a packet twenty times as dear a quarter of the file has to do.
single_packets() {
	expect_success offloads tso off gso off gro off tx off sg off
	[ ! -w "$kmemleak" ] || transfer_file $((SIZE / 4))
}

# mean_size NAMESPACE COUNTER: bytes a packet.
mean_size() {
	counted "$1" "$2" | awk '{ print $1 ? int($2 / $1) : 0 }'
}
