# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packet counters of nftables, which know nothing of the load balancer, and sums of the load balancer's.

# count_packets NAMESPACE NAME HOOK EXPRESSION [PRIORITY]: counts, from now on, what matches at a hook (input, output,
# forward, ...): all that come there, unless a priority says after whom.
count_packets() {
	local priority=${5:-1000}
	# The fast path takes packets at -401.
	[ "$3" != prerouting ] || priority=${5:--450}
	in_ns "$1" nft -f - <<-EOF
		table $IP watch
		table $IP watch {
			counter $2 { }
			chain $2 {
				type filter hook $3 priority $priority; policy accept;
				$4 counter name $2
			}
		}
	EOF
}

# counted NAMESPACE NAME: prints PACKETS BYTES.
counted() {
	in_ns "$1" nft list counter "$IP" watch "$2" | awk '$1 == "packets" { print $2, $4 }'
}

# counted_packets NAMESPACE NAME
counted_packets() {
	local packets
	read -r packets _ < <(counted "$1" "$2")
	echo "$packets"
}

# lb_sum SERVICE SERVER...: prints the counters of the servers, added up.
lb_sum() {
	local service=$1 server
	shift
	for server; do
		lb_counters "$service" "$server"
	done | awk '{ for (i = 1; i <= 5; i++) sum[i] += $i } END { print sum[1], sum[2], sum[3], sum[4], sum[5] }'
}
