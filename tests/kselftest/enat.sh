#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ENAT: director, real servers, clients and a router between all of them share no network. Real servers, which have their half
# (rvs-toa enat), see the clients and answer them past the director.
# In the environment, for longer runs:
#	SIZE  of a file, in bytes; 50000000 with make test-transfers
. "$(dirname "$0")/lib.sh"

lb_needs rvs "IPVS has no such forward method"
[ "${LB_TOOL-rvsadm}" = rvsadm ] || skip_all "only rvsadm configures ENAT"
fullnat_site
LB_FORWARD=enat
SIZE=${SIZE:-2000000}

WEB=tcp/$VIP_HOST:80 TALK=tcp/$VIP_HOST:7000 UPLOADS=tcp/$VIP_HOST:9000 WHO=tcp/$VIP_HOST:7001
# Server3 lacks its half.
WITH_HALF=(0 1)
BPF=/sys/fs/bpf
case $FAMILY in
v4) MSS=1452 SMALL_MTU=1300 SMALL_MTU_OF_CLIENT=1292 REFUSED_BY_RULE=EHOSTUNREACH ;;
v6) MSS=1420 SMALL_MTU=1280 SMALL_MTU_OF_CLIENT=1280 REFUSED_BY_RULE=EACCES ;;
esac
# The next connection is from this port of the client, where that has to be known; RSTs of the client from there are dropped.
port=45000

# enat_on NUMBER ARGUMENT...: the half of this server. The namespace of mounts that comes with the one of the network has no BPF
# file system.
enat_on() {
	nsenter --net="/run/netns/${SERVERS[$1]}" rvs-toa --pins "$BPF/enat${NS_SUFFIX}_$1" "${@:2}"
}

# half_counter NUMBER NAME
half_counter() {
	enat_on "$1" -j enat status | grep -o "\"$2\":[0-9]*" | cut -d: -f2
}

half_attach() {
	enat_on "$1" enat attach --device eth0 "${@:2}" &&
		enat_on "$1" enat add "$VIP_HOST:80" 8080 &&
		enat_on "$1" enat add "$VIP_HOST:7000" 7005 &&
		enat_on "$1" enat add "$VIP_HOST:7001" 7006 &&
		enat_on "$1" enat add "$VIP_HOST:7002" 7009 &&
		enat_on "$1" enat add "$VIP_HOST:9000" 9000
}

halves_end() {
	local number
	for number in "${WITH_HALF[@]}"; do
		[ ! -e "$BPF/enat${NS_SUFFIX}_$number" ] || enat_on "$number" enat detach
	done
	test_end
}

# serve SERVICE SERVER: by this server alone.
serve() {
	director_rvsadm service del "$1" 2>"$TEST_DIR/deleted"
	expect_success lb_service_add "$1" rr
	expect_success lb_server_add "$1" "$2" 1
}

# by_hand PORT OPTIONS...: what a connection without socket is answered; see helpers/tcp_by_hand.py.
by_hand() {
	port=$((port + 1))
	in_ns "$CLIENT" python3 -S "$HELPERS/tcp_by_hand.py" "$CLIENT_IP" "$port" "$VIP" "$@"
}

# as_seen: what a server says that sees the client at $port.
as_seen() {
	echo "accept $CLIENT_IP $port getpeername $CLIENT_IP $port"
}

# without_room: packets of $WHO.
without_room() {
	director_rvsadm --json show "$WHO" | awk -f "$KSELFTEST_DIR/lib/json.awk" | awk '$1 == ".services.0.enat_no_room" { print $2 }'
}

what_cannot_be_is_said() {
	local status=0 said
	said=$(enat_on 0 enat status 2>&1) || status=$?
	expect_equal "status before" "5 rvs-toa: not attached; run: rvs-toa attach" "$status $said"
	status=0
	said=$(enat_on 0 enat attach --device nodev 2>&1) || status=$?
	expect_equal "a device" "2 rvs-toa: nodev: no such device" "$status $said"
	expect_equal "pins" "" "$(ls "$BPF")"
	expect_success director_rvsadm service add "$TALK" --scheduler rr
	expect_match "no pool" "needs? a pool" "$(director_rvsadm server add "$TALK" "${SERVER_HOSTS[0]}:7005" --enat 2>&1)"
	expect_success director_rvsadm pool add elsewhere "${LOCAL_IPS[0]}"
	expect_success director_rvsadm service set "$TALK" --pool elsewhere
	expect_match "a pool of other addresses" "takes ports of the service's address, which its pool does not have" \
		"$(director_rvsadm server add "$TALK" "${SERVER_HOSTS[0]}:7005" --enat 2>&1)"
	expect_success director_rvsadm service set "$TALK" --pool "$LB_POOL"
	expect_success director_rvsadm server add "$TALK" "${SERVER_HOSTS[0]}:7005" --enat
	expect_match "another pool afterwards" "which its pool does not have" \
		"$(director_rvsadm service set "$TALK" --pool elsewhere 2>&1)"
	expect_success director_rvsadm service add "udp/$VIP_HOST:53" --scheduler rr --pool "$LB_POOL"
	expect_match "UDP" "enat is of services of TCP" "$(director_rvsadm server add "udp/$VIP_HOST:53" "${SERVER_HOSTS[0]}:53" --enat 2>&1)"
	director_rvsadm flush
	expect_success director_rvsadm pool del elsewhere
}

a_server_without_its_half_is_seen() {
	serve "$TALK" "${SERVER_HOSTS[2]}:7005"
	expect_equal "opening" ECONNREFUSED "$(talk me open none tcp "$VIP" 7000)"
	expect_equal "what is counted" 1 "$(server_members "$TALK" "${SERVER_HOSTS[2]}:7005" enat_no_half)"
	expect_match "what is shown" "enat,no-half=1" "$(director_rvsadm show)"
	expect_soon "connections at the server" 0 connections_at 2
	# Nor has it a service of a port that nobody listens to.
	serve "$TALK" "${SERVER_HOSTS[2]}:7007"
	expect_equal "opening one that nobody serves" ECONNREFUSED "$(talk me open none tcp "$VIP" 7000)"
	expect_equal "what is counted" 1 "$(server_members "$TALK" "${SERVER_HOSTS[2]}:7007" enat_no_half)"
	expect_success director_rvsadm zero
	expect_equal "what is counted from then on" 0 "$(server_members "$TALK" "${SERVER_HOSTS[2]}:7007" enat_no_half)"
}

# connections_at NUMBER: that the server knows of.
connections_at() {
	in_ns "${SERVERS[$1]}" ss -Htn "sport = :7005" | wc -l
}

a_server_on_the_director_is_refused() {
	serve "$TALK" "$DIRECTOR_LAN_HOST:7005"
	expect_equal "opening" ECONNREFUSED "$(talk me open none tcp "$VIP" 7000)"
	expect_equal "what is counted" 1 "$(server_members "$TALK" "$DIRECTOR_LAN_HOST:7005" enat_no_half)"
}

clients_are_seen_and_answered_straight() {
	local number before
	before=$(counted_packets "$DIRECTOR" from_servers)
	for number in "${WITH_HALF[@]}"; do
		# The flows of this script end soon.
		expect_success half_attach "$number" --linger 1
	done
	expect_success lb_service_add "$WEB" rr
	for number in "${WITH_HALF[@]}"; do
		expect_success lb_server_add "$WEB" "${SERVER_HOSTS[number]}:8080" 1
	done
	fetch 6 "$TEST_DIR/answers"
	expect_shares "$TEST_DIR/answers" 3 3 0
	expect_equal "answers of the VIP" 6 "$(answers "$TEST_DIR/answers" "$VIP")"
	for number in 1 2; do
		expect_equal "whom server$number has served" "3 $CLIENT_IP" "$(awk '{ print $1 }' "$TEST_DIR/server$number/access.log" | sort | uniq -c | xargs)"
	done
	expect_equal "packets of servers at the director" 0 $(($(counted_packets "$DIRECTOR" from_servers) - before))
	expect_equal "answers that the director counts" 0 "$(server_members "$WEB" "${SERVER_HOSTS[0]}:8080" stats.out_packets)"
	expect_match "what is saved" "server add $(literal "$WEB") .*:8080 .*--enat" "$(director_rvsadm save)"
	expect_range "requests" 9 100 "$(half_counter 0 requests)"
	expect_range "replies" 6 100 "$(half_counter 0 replies)"
	expect_equal "flows" 3 "$(half_counter 0 new_flows)"
	expect_equal "packets that could not be changed" 0 "$(half_counter 0 failed)"
	expect_range "flows that have ended" 0 3 "$(half_counter 0 ended_flows)"
}

flows_end_behind_their_fins() {
	wait_until 20 flows_have_ended 0 3 || fail "of 3 flows $(half_counter 0 ended_flows) have ended"
}

# flows_have_ended NUMBER COUNT: of this server, so many.
flows_have_ended() {
	[ "$(half_counter "$1" ended_flows)" = "$2" ]
}

clients_leave_room() {
	serve "$TALK" "${SERVER_HOSTS[0]}:7005"
	expect_match "opening" '^ok' "$(talk me open stays tcp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk me ask stays)"
	# Less what timestamps take.
	expect_match "size of segments" " mss:$((MSS - 12)) " "$(in_ns "$CLIENT" ss -Htni dst "$VIP_HOST")"
	expect_match "what is listed" "ESTABLISHED" "$(lb_connection_list "$TALK")"
}

later_packets_are_fast() {
	local before i
	[ "${FAST_PATH-on}" = on ] || { skip "without the fast path" && return; }
	for i in 1 2; do
		expect_equal "who answers" server1 "$(talk me ask stays)"
	done
	before=$(paths fast)
	for i in 1 2 3; do
		expect_equal "who answers" server1 "$(talk me ask stays)"
	done
	# A question and the acknowledgment of its answer each, which may come with the next one.
	expect_range "fast packets" 3 8 "$(($(paths fast) - before))"
}

transfers_arrive_whole() {
	local before
	before=$(counted_packets "$DIRECTOR" from_servers)
	serve "$UPLOADS" "${SERVER_HOSTS[0]}:9000"
	transfer_file "$SIZE"
	download
	upload
	expect_success single_packets
	transfer_file "$((SIZE < 50000000 ? SIZE / 8 : SIZE))"
	download
	upload
	expect_success large_segments
	expect_equal "packets of servers at the director" 0 $(($(counted_packets "$DIRECTOR" from_servers) - before))
}

# forged_option: that somebody else is the client.
forged_option() {
	case $FAMILY in
	v4) echo fe08cafe09090909 ;;
	v6) echo fe14cafe20010db8000000000000000000000999 ;;
	esac
}

# What others may take for the director's does not come from the client.
options_of_clients_reach_nobody() {
	local forged
	forged=$(forged_option)
	serve "$WHO" "${SERVER_HOSTS[0]}:7006"
	expect_by_hand "a forged option" 7001 "$forged" "$forged"
	expect_by_hand "one behind the end of the list" 7001 "01010100$forged" "01010100$forged"
}

# expect_by_hand WHAT PORT OPTIONS...: the server sees the client.
expect_by_hand() {
	by_hand "${@:2}" >"$TEST_DIR/seen"
	expect_equal "whom the server sees: $1" "accept $CLIENT_IP $port getpeername $CLIENT_IP $port" "$(<"$TEST_DIR/seen")"
}

# All 40 bytes there are, of options that nobody knows.
FULL=$(printf 'fd14%036d' 0 0)

packets_without_room_are_of_their_flow() {
	local remembered
	remembered=$(half_counter 0 remembered)
	expect_by_hand "segments without room" 7001 "" "$FULL"
	expect_range "requests without the option" 3 10 $(($(half_counter 0 remembered) - remembered))
	expect_range "packets without room" 3 10 "$(without_room)"
}

connections_that_begin_without_room_are_served() {
	local without
	without=$(half_counter 0 without_option)
	director_rvsadm zero
	by_hand 7001 "$FULL" >"$TEST_DIR/seen"
	expect_match "whom the server sees" "^accept $(literal "$VIP") [0-9]+ getpeername $(literal "$VIP") [0-9]+\$" "$(<"$TEST_DIR/seen")"
	expect_range "packets that the half left alone" 3 10 $(($(half_counter 0 without_option) - without))
	expect_equal "packets without room" 1 "$(without_room)"
	expect_match "what is shown" "no-room=1" "$(director_rvsadm show)"
	# The half would believe what such a connection says itself.
	by_hand 7001 "$FULL" "$(forged_option)" >"$TEST_DIR/seen"
	expect_match "whom the server sees" "^accept $(literal "$VIP") [0-9]+ getpeername $(literal "$VIP") [0-9]+\$" "$(<"$TEST_DIR/seen")"
	expect_equal "answers that are none of a server without its half" 0 "$(server_members "$WHO" "${SERVER_HOSTS[0]}:7006" enat_no_half)"
}

errors_of_servers_reach_the_client() {
	local errors
	serve "tcp/$VIP_HOST:7002" "${SERVER_HOSTS[0]}:7009"
	expect_equal "opening what nobody serves" ECONNREFUSED "$(talk me open none tcp "$VIP" 7002)"
	errors=$(half_counter 0 errors)
	in_ns "${SERVERS[0]}" nft -f - <<-EOF
		table inet refuse {
			chain input {
				type filter hook input priority 0
				meta nfproto ipv4 tcp dport 7009 reject with icmp type admin-prohibited
				meta nfproto ipv6 tcp dport 7009 reject with icmpv6 type admin-prohibited
			}
		}
	EOF
	expect_equal "opening what is forbidden" "$REFUSED_BY_RULE" "$(talk me open none tcp "$VIP" 7002)"
	# The client may try once more, with IPv6.
	expect_range "errors" 1 2 $(($(half_counter 0 errors) - errors))
	in_ns "${SERVERS[0]}" nft delete table inet refuse
	# Of a router on the way.
	expect_success ip -n "$ROUTER" route add prohibit "${SERVER_IPS[1]}/$HOST_BITS"
	serve "tcp/$VIP_HOST:7002" "${SERVER_HOSTS[1]}:7009"
	expect_equal "opening what a router forbids" "$REFUSED_BY_RULE" "$(talk me open none tcp "$VIP" 7002)"
	expect_success ip -n "$ROUTER" route del prohibit "${SERVER_IPS[1]}/$HOST_BITS"
}

small_mtus_are_learnt() {
	local remembered
	serve "$WEB" "${SERVER_HOSTS[0]}:8080"
	expect_success ip -n "$ROUTER" link set client mtu 1300
	download
	expect_equal "what the server has learnt" "mtu 1300" "$(path_mtu "${SERVERS[0]}" "$CLIENT_IP")"
	expect_success ip -n "$ROUTER" link set client mtu 1500
	# It would tell the client of smaller segments by itself.
	expect_success ip "$IP_FAMILY" -n "${SERVERS[0]}" route flush cache
	remembered=$(half_counter 0 remembered)
	expect_success ip -n "$ROUTER" link set server1 mtu "$SMALL_MTU"
	upload
	expect_equal "what the client has learnt" "mtu $SMALL_MTU_OF_CLIENT" "$(path_mtu "$CLIENT" "$VIP")"
	# Where it cannot send smaller packets, they have no room.
	[ "$FAMILY" = v4 ] || expect_range "requests without the option" 5 10000 $(($(half_counter 0 remembered) - remembered))
	expect_success ip -n "$ROUTER" link set server1 mtu 1500
	expect_success ip "$IP_FAMILY" -n "$CLIENT" route flush cache
	expect_success ip "$IP_FAMILY" -n "$DIRECTOR" route flush cache
}

clients_hear_of_a_half_that_is_gone() {
	expect_equal "who answers" server1 "$(talk me ask stays)"
	expect_success enat_on 0 enat detach
	expect_equal "what the client hears" ECONNRESET "$(talk me ask stays)"
	expect_range "what is counted" 1 3 "$(server_members "$TALK" "${SERVER_HOSTS[0]}:7005" enat_no_half)"
	expect_success half_attach 0
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.toa_kind=200
	expect_equal "opening with another kind of option" ECONNREFUSED "$(talk me open other tcp "$VIP" 7000)"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.toa_kind=254
	expect_match "opening" '^ok' "$(talk me open again tcp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk me ask again)"
}

checksums_were_right() {
	local namespace
	for namespace in "$CLIENT" "$DIRECTOR" "${SERVERS[@]}"; do
		expect_equal "wrong checksums at $namespace" 0 "$(in_ns "$namespace" nstat -asz TcpInCsumErrors | awk '/Errors/ { print $2 }')"
	done
}

command -v rvs-toa >/dev/null || skip_all "there is no rvs-toa"
# By its interpreter the kernel runs no timers of programs, with which flows end.
[ -e /proc/sys/net/core/bpf_jit_enable ] || skip_all "the kernel compiles no programs of BPF (CONFIG_BPF_JIT)"
test_begin --fullnat
trap halves_end EXIT
mountpoint -q "$BPF" || mount -t bpf bpf "$BPF" 2>/dev/null || skip_all "the kernel has no BPF file system"
for number in 1 2; do
	http_server_start "$number" 8080 || bail "nginx does not start"
	talk_server_start "${SERVERS[number - 1]}" "server$number" tcp:7005
done
talk_server_start "${SERVERS[2]}" server3 tcp:7005
in_ns "${SERVERS[0]}" python3 -S "$HELPERS/toa_server.py" "tcp:$([ "$FAMILY" = v4 ] && echo 0.0.0.0 || echo ::):7006" >"$TEST_DIR/ready" &
disown
wait_until 20 test -s "$TEST_DIR/ready" || bail "the server does not start"
upload_server_start "${SERVERS[0]}"
talk_client_start me "$CLIENT"
fullnat_pool "$VIP" --ports 20000-60000 || bail "no pool"
count_packets "$DIRECTOR" from_servers prerouting "$IP saddr { $(IFS=, && echo "${SERVER_IPS[*]}"), $VIP } iifname eth0"
in_ns "$CLIENT" nft -f - <<-EOF || bail "no rules"
	table inet quiet {
		chain output {
			type filter hook output priority 0
			tcp sport 45000-45999 tcp flags & rst == rst meta mark != 7 drop
		}
	}
EOF

ktap_run \
	what_cannot_be_is_said \
	a_server_without_its_half_is_seen \
	a_server_on_the_director_is_refused \
	clients_are_seen_and_answered_straight \
	flows_end_behind_their_fins \
	clients_leave_room \
	later_packets_are_fast \
	transfers_arrive_whole \
	options_of_clients_reach_nobody \
	packets_without_room_are_of_their_flow \
	connections_that_begin_without_room_are_served \
	errors_of_servers_reach_the_client \
	small_mtus_are_learnt \
	clients_hear_of_a_half_that_is_gone \
	checksums_were_right
