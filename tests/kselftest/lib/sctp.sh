# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Associations of SCTP, made by the kernel's own ends (talk.sh) or chunk by chunk (helpers/sctp_raw.py). The ports of the
# latter are below, so that the kernel does not answer for them.
# shellcheck disable=SC2154 # with lib.sh

RAW_MARK=9

# sctp_begin: the guest's kernel can do it at all.
sctp_begin() {
	modprobe -q sctp || skip_all "the kernel has no SCTP"
}

# sctp_raw_start NAME NAMESPACE ADDRESS FIRST-PORT: an end that has a hundred ports from that on.
sctp_raw_start() {
	in_ns "$2" nft -f - <<-EOT || bail "$2 cannot be silenced"
		table inet raw_$1 {
			chain output {
				type filter hook output priority 0; policy accept;
				sctp sport $4-$(($4 + 99)) meta mark != $RAW_MARK drop
			}
		}
	EOT
	talk_start "$1" "$2" sctp_raw.py "$3" "$RAW_MARK"
	expect_equal "raw end $1" ready "$(hear "$1")"
}

# send CLIENT-PORT PORT CHUNKS [damaged]: from the raw client to the VIP.
send() {
	expect_equal "sending" ok "$(talk client send "$VIP" "$@")"
}

# association CLIENT-PORT: SERVER STATE SECONDS of what is listed of it; the seconds may be one less than there were.
association() {
	lb_connection_list | awk -v client="$(host "$CLIENT_IP"):$1" '$1 == "sctp" && $2 == client { print $4, $5, $6 }'
}

# expect_state WHAT CLIENT-PORT STATE SECONDS: of what is listed.
expect_state() {
	local state seconds
	read -r _ state seconds < <(association "$2")
	expect_equal "state after $1" "$3" "${state-}"
	expect_range "seconds after $1" $(($4 - 3)) $(($4 + 2)) "${seconds-}"
}

# sctp_offloads on|off: whether the ends leave the checksum to who takes their packets, and send several in one.
sctp_offloads() {
	local namespace
	for namespace in "$CLIENT" "${SERVERS[@]}"; do
		in_ns "$namespace" ethtool -K eth0 tx-checksum-sctp "$1" tx-sctp-segmentation "$1" gso "$1" \
			>"$TEST_DIR/ethtool" 2>&1 || fail "$namespace: $(<"$TEST_DIR/ethtool")"
	done
}

# expect_transfer NAME PORT BY SIZE: a line of so many bytes goes there and back.
expect_transfer() {
	expect_match "opening $1" '^ok' "$(talk me open "$1" sctp "$VIP" "$2")"
	expect_match "who answers $4 bytes" "^$3\$" "$(talk me ask "$1" 20 "$4")"
	talk me reset "$1" >"$TEST_DIR/ended"
}
