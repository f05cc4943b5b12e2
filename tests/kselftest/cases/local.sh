# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The director itself as real server where packets are not translated: the cases of dr_local.sh and tun_local.sh.
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

SERVER=${SERVER_IPS[0]}

local_begin() {
	test_begin --direct-reply
	talk_server_start "$DIRECTOR" director "tcp:$VIP:7000" "udp:$VIP:7000"
	talk_server_start "${SERVERS[0]}" server1 "tcp:$VIP:7000" "udp:$VIP:7000"
	upload_server_start "${SERVERS[0]}"
	talk_client_start client "$CLIENT"
	talk_client_start director "$DIRECTOR"
}

# serve SERVICE SERVER...: the service with these servers alone.
serve() {
	local service=$1 server
	shift
	lb_flush
	expect_success lb_service_add "$service" rr
	for server; do
		expect_success lb_server_add "$service" "$(host "$server"):${service##*:}" 1
	done
}

# connections_of SERVICE SERVER: how many it has got, those that have ended meanwhile included.
connections_of() {
	lb_counters_settle
	lb_counters "$@" | cut -d' ' -f1
}

# expect_balanced CONNECTIONS SERVICE SERVER EXPECTATION...: the server gets so many connections by it.
expect_balanced() {
	local before number=$1 service=$2 server=$3
	shift 3
	before=$(connections_of "$service" "$server")
	"$@"
	expect_equal "new connections of $server" "$number" $(($(connections_of "$service" "$server") - before))
}

# The address of the director, whichever, only says that it is the director.
director_is_real_server() {
	local protocol address
	for protocol in tcp udp; do
		for address in "$DIRECTOR_LAN_IP" "$VIP" "$LOOPBACK_IP"; do
			serve "$protocol/$VIP_HOST:7000" "$address"
			expect_balanced 2 "$protocol/$VIP_HOST:7000" "$(host "$address"):7000" expect_served client "$protocol" director
		done
	done
}

director_is_one_of_two_real_servers() {
	local protocol answers
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_IP" "$SERVER"
		answers=$(for i in 1 2 3 4; do
			talk client open "turn$i" "$protocol" "$VIP" 7000 >>"$TEST_DIR/opened"
			talk client ask "turn$i"
		done | sort | paste -sd' ')
		expect_equal "who answers by $protocol" "director director server1 server1" "$answers"
	done
}

director_is_client_and_real_server() {
	local protocol
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_IP"
		expect_balanced 2 "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_HOST:7000" \
			expect_served director "$protocol" director
		expect_balanced 2 "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_HOST:7000" \
			expect_served director "$protocol" director "$DIRECTOR_LAN_IP"
	done
}

# The answers come from the VIP, which is the director's own: no host takes that without being told to.
director_is_client_of_a_server_elsewhere() {
	local protocol
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.conf.eth0.accept_local=1
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "$SERVER"
		expect_balanced 2 "$protocol/$VIP_HOST:7000" "$(host "$SERVER"):7000" \
			expect_served director "$protocol" server1 "$DIRECTOR_LAN_IP"
	done
}

loopback_address_does_not_leave_the_director() {
	count_packets "$DIRECTOR" of_loopback postrouting "oifname eth0 $IP saddr $LOOPBACK_NET"
	serve "udp/$VIP_HOST:7000" "$SERVER"
	expect_match "opening" '^ok' "$(talk director open loopback udp "$VIP" 7000 0 "$LOOPBACK_IP")"
	# IPVS does not tell the sender.
	expect_match "who answers" '^(EPERM|timeout)$' "$(talk director ask loopback 1)"
	expect_equal "packets that left" 0 "$(counted_packets "$DIRECTOR" of_loopback)"
}

upload_of_the_director_to_a_server_elsewhere() {
	transfer_file 2000000
	serve "tcp/$VIP_HOST:9000" "$SERVER"
	# The loopback device, by which it reaches the VIP, takes larger packets than the way to the server.
	expect_equal "sha256 of the upload" "$file_sum" "$(in_ns "$DIRECTOR" \
		socat -b 65536 -t 60 - "TCP:$VIP_HOST:9000,bind=$DIRECTOR_LAN_HOST" <"$TEST_DIR/files/large")"
}

# sent_by_director PROTOCOL: prints PACKETS BYTES of replies, as the load balancer has counted them.
sent_by_director() {
	lb_counters_settle
	lb_counters "$1/$VIP_HOST:7000" "$DIRECTOR_LAN_HOST:7000" | cut -d' ' -f3,5
}

# replies_match PROTOCOL PACKETS-BEFORE BYTES-BEFORE
replies_match() {
	local packets bytes
	read -r packets bytes < <(sent_by_director "$1")
	seen="$((packets - $2)) $((bytes - $3))"
	arrived=$(counted "$CLIENT" "replies_$1")
	[ "$seen" = "$arrived" ]
}

# They come from the virtual address, and nobody has to translate them.
replies_of_the_director_are_counted() {
	local protocol before packets bytes seen arrived
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_IP"
		read -r packets bytes < <(sent_by_director "$protocol")
		count_packets "$CLIENT" "replies_$protocol" input "$IP saddr $VIP $protocol sport 7000"
		expect_served client "$protocol" director
		wait_until 10 replies_match "$protocol" "$packets" "$bytes" ||
			fail "replies by $protocol: '$arrived' packets and bytes arrived, counted were '$seen'"
		expect_range "packets of replies by $protocol" 4 100 "${arrived% *}"
	done
}

# firewall_of_director: what many hosts have.
firewall_of_director() {
	local invalid="ct state invalid drop"
	if [ "$LB_BACKEND" = ipvs ]; then
		diagnose "IPVS leaves the answer to a SYN to connection tracking, for which it is invalid"
		invalid=accept
	fi
	in_ns "$DIRECTOR" nft -f - <<-EOF
		table $IP firewall {
			chain output { type filter hook output priority 0; $invalid; }
			chain leave { type nat hook postrouting priority 100; oifname eth0 masquerade; }
		}
	EOF
}

# Connection tracking has not seen the requests.
firewall_of_the_director_leaves_its_replies_alone() {
	local protocol
	expect_success firewall_of_director
	for protocol in tcp udp; do
		serve "$protocol/$VIP_HOST:7000" "$DIRECTOR_LAN_IP"
		expect_served client "$protocol" director
	done
	in_ns "$DIRECTOR" nft delete table "$IP" firewall
}

# state_of PORT: of the connection from this port of the client.
state_of() {
	lb_connection_list "tcp/$VIP_HOST:7000" | awk -v port="$1" '{ sub(/.*:/, "", $2) } $2 == port { print $5 }'
}

ends_of_connections_to_the_director_are_seen() {
	serve "tcp/$VIP_HOST:7000" "$DIRECTOR_LAN_IP"
	expect_equal "opening" "ok 42000" "$(talk client open finished tcp "$VIP" 7000 42000)"
	expect_equal "who answers" director "$(talk client ask finished)"
	expect_equal "finishing" ok "$(talk client finish finished)"
	expect_soon "state when both have finished" TIME_WAIT state_of 42000
	expect_equal "opening" "ok 42001" "$(talk client open reset tcp "$VIP" 7000 42001)"
	expect_equal "who answers" director "$(talk client ask reset)"
	# The director's own side ends it.
	in_ns "$DIRECTOR" ss -K -t "sport = :7000 and dport = :42001" >"$TEST_DIR/killed"
	if grep -q 42001 "$TEST_DIR/killed"; then
		expect_soon "state when the server has reset it" CLOSE state_of 42001
	else
		diagnose "no socket can be closed from outside (CONFIG_INET_DIAG_DESTROY)"
	fi
}

local_cases=(
	replies_of_the_director_are_counted
	firewall_of_the_director_leaves_its_replies_alone
	ends_of_connections_to_the_director_are_seen
	director_is_real_server
	director_is_one_of_two_real_servers
	director_is_client_and_real_server
	director_is_client_of_a_server_elsewhere
	loopback_address_does_not_leave_the_director
	upload_of_the_director_to_a_server_elsewhere
)
