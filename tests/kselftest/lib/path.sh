# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the hosts on a path learn of it.

# client_error PORT [TTL [SIZE]]: a datagram of the client to the VIP, and what comes back; see helpers/udp_error.py.
client_error() {
	in_ns "$CLIENT" python3 -S "$HELPERS/udp_error.py" "$VIP" "$@"
}

# path_mtu NAMESPACE ADDRESS: what the host has learnt.
path_mtu() {
	ip -n "$1" route get "$2" | grep -o 'mtu [0-9]*'
}
