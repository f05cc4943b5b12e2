# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Two directors, of which the one has the VIP, and the servers' gateway, that speaks for both. The network is a namespace
# with two bridges.
#
#	client ====(outside)==== director  .2 ====(inside)==== server1, server2, server3
#	192.0.2.10/24            director2 .3                  10.0.0.11, .12, .13
#	                    VIP 192.0.2.100    10.0.0.1        gateway: 10.0.0.1
# shellcheck disable=SC2034 # for the tests

SECOND_DIRECTOR=second$NS_SUFFIX
NETWORK=network$NS_SUFFIX

# topology_create_two_directors: without VIP and gateway, which are for who is master.
topology_create_two_directors() {
	local i
	CLIENT_IP=192.0.2.10 CLIENT_GATEWAY=192.0.2.1
	VIP=192.0.2.100
	topology_namespaces=("$CLIENT" "$NETWORK" "$DIRECTOR" "$SECOND_DIRECTOR" "${SERVERS[@]}")
	site_begin
	namespaces_create || return
	ip_in "$NETWORK" <<-EOF || return
		link add outside type bridge
		link set outside up
		link add inside type bridge
		link set inside up
	EOF
	bridge_link "$CLIENT" "$CLIENT_IP" "$CLIENT_GATEWAY" "$NETWORK" outside client || return
	director_of_two "$DIRECTOR" 1 || return
	director_of_two "$SECOND_DIRECTOR" 2 || return
	for i in "${!SERVERS[@]}"; do
		bridge_link "${SERVERS[i]}" "${SERVER_IPS[i]}" "$DIRECTOR_LAN_IP" "$NETWORK" inside "server$((i + 1))" || return
	done
	site_end
}

# director_of_two NAMESPACE NUMBER
director_of_two() {
	local host=$(($2 + 1))
	link_add "$1" outside "$NETWORK" "outside$2" &&
		link_add "$1" inside "$NETWORK" "inside$2" &&
		ip_in "$1" <<-EOF &&
			addr add 192.0.2.$host/24 dev outside
			link set outside up
			addr add 10.0.0.$host/24 dev inside
			link set inside up
		EOF
		ip_in "$NETWORK" <<-EOF &&
			link set outside$2 master outside up
			link set inside$2 master inside up
		EOF
		set_in "$1" net.ipv4.ip_forward=1
}
