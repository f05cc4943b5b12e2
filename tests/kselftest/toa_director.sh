#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The director tells real servers of their clients by an option of TCP: rvs-toa there has unmodified programs see them. What is on
# the wire is told by helpers/toa_watch.py, which knows nothing of RVS.
. "$(dirname "$0")/lib.sh"

[ "$LB_BACKEND" = rvs ] || skip_all "IPVS tells nobody of its clients"
[ "${LB_TOOL-rvsadm}" = rvsadm ] || skip_all "only rvsadm configures it"
LB_FORWARD=fullnat
BPF=/sys/fs/bpf PINS=/sys/fs/bpf/toa_director$NS_SUFFIX
SERVER=${SERVERS[0]}
# Ports of the VIP, and of the server: one of Python that says who its client is, one with TCP_DEFER_ACCEPT, nginx.
ASK=7000 DEFERRED=7003 NGINX=8080
case $FAMILY in
v4) SHORTER=8 ;;
v6) SHORTER=20 ;;
esac
# Where servers listen, what stands before a client's and a director's address there, and bytes of headers, of the largest segment, and by
# which the client's packets are longer than the server's.
case $FAMILY-${UNDERLAY:-$FAMILY} in
v4-v4) AT=0.0.0.0 CLIENT_AS='' DIRECTOR_AS='' HEADERS=40 LARGEST=1460 LONGER=0 ;;
v6-v6) AT=:: CLIENT_AS='' DIRECTOR_AS='' HEADERS=60 LARGEST=1440 LONGER=0 ;;
v6-v4) AT=:: CLIENT_AS='' DIRECTOR_AS=::ffff: HEADERS=40 LARGEST=1460 LONGER=20 ;;
v4-v6) AT=:: CLIENT_AS=::ffff: DIRECTOR_AS='' HEADERS=60 LARGEST=1440 LONGER=-20 ;;
esac
# Options of a client that pretends to be another one, of both lengths, and of one that was never seen.
FORGED_4=fe080001c6336309 FORGED_6=fe14000120010db8000000000000000000000bad FORGED_ODD=fe040102
# Fast Open, as it is now, with a cookie, and as it was.
FAST_OPEN=220a0102030405060708 FAST_OPEN_BEFORE=fe08f98901020304
# 40 bytes of an option that nobody knows.
FULL=c828$(printf '00%.0s' {1..38})

toa() {
	rvs-toa --pins "$PINS" "$@"
}

# service PORT [OPTION...]: of the VIP, to the same port of the server.
service() {
	director_rvsadm service del "tcp/$VIP_HOST:$1" >"$TEST_DIR/del" 2>&1
	expect_success director_rvsadm service add "tcp/$VIP_HOST:$1" --scheduler rr --fullnat --pool web "${@:2}"
	expect_success lb_server_add "tcp/$VIP_HOST:$1" "${SERVER_HOSTS[0]}:${TO-$1}" 1
}

# counted_of PORT NAME: inserted, no_room or taken_out of the service.
counted_of() {
	director_rvsadm --json show "tcp/$VIP_HOST:$1" | grep -o "\"$2\":[0-9]*" | cut -d: -f2
}

# The next connection is from this port of the client.
port=40000

# seen PORT: opens a connection, and prints what the server says of its client.
seen() {
	local opened
	port=$((port + 1))
	opened=$(talk me open now "$VIP" "$1" "$port")
	if [ "$opened" = ok ]; then
		talk me ask now
		talk me close now >"$TEST_DIR/closed"
	else
		echo "$opened"
	fi
}

# expect_client WHAT PORT: the server knows who it is, from the first to the last.
expect_client() {
	seen "$2" >"$TEST_DIR/seen"
	expect_equal "$1" "accept $CLIENT_AS$CLIENT_IP $port getpeername $CLIENT_AS$CLIENT_IP $port" "$(<"$TEST_DIR/seen")"
}

# expect_director WHAT PORT: it sees a local address of the director.
expect_director() {
	seen "$2" >"$TEST_DIR/seen"
	expect_match "$1" "^accept $director [0-9]+ getpeername $director " "$(<"$TEST_DIR/seen")"
}

# expect_segments WHAT PORT PATTERN...: those that have come to the server since the last time.
expect_segments() {
	local what=$1 to=$2 segments
	shift 2
	segments=$(talk watch take "$to" "${KIND-254}")
	expect_match "$what" "^$*\$" "$segments"
}

# told [NUMBER]: the client of this port in the option, which is the first one.
told() {
	echo "(254)[0-9,]*/[0-9]+/$(literal "$CLIENT_IP"):${1-$port}/(ok|left)"
}

# As patterns: the addresses by which servers know the client and the director.
client=$(literal "$CLIENT_AS$FAR_CLIENT_IP") director="$DIRECTOR_AS$(literal "${LOCAL_IPS[0]%1}")[12]"
BARE='[SFAP]+/(8|)/[0-9]+/-/(ok|left)'

servers_see_the_client_with_rvs_toa_alone() {
	expect_director "a server of Python" "$ASK"
	expect_equal "nginx" server1 "$(in_ns "$CLIENT" curl -sS --max-time 10 "http://$VIP_HOST/")"
	expect_success toa attach --director "$LOCAL_NET"
	expect_client "a server of Python, with rvs-toa" "$ASK"
	expect_equal "nginx" server1 "$(in_ns "$CLIENT" curl -sS --max-time 10 "http://$VIP_HOST/")"
	# It listens at addresses of the server's family alone, and cannot be told of others.
	[ "${UNDERLAY:-$FAMILY}" = "$FAMILY" ] || return
	expect_match "nginx's log" "^$director $client\$" "$(cut -d' ' -f1 "$TEST_DIR/server1/access.log" | xargs)"
}

segments_carry_it_until_the_server_has_spoken() {
	local before persistent
	for persistent in off 300; do
		service "$ASK" --persistent "$persistent"
		talk watch forget >"$TEST_DIR/forgot"
		port=$((port + 1))
		expect_equal "opening" ok "$(talk me open long "$VIP" "$ASK" "$port")"
		expect_match "asking" "^accept $client $port" "$(talk me ask long)"
		expect_match "asking again" "^accept $client $port" "$(talk me ask long)"
		expect_segments "SYN, ACK, question, and what follows" "$ASK" "S/[0-9,]+/0/-/(ok|left) A/$(told) [AP]+/$(told)( $BARE)+"
		expect_equal "inserted" 2 "$(counted_of "$ASK" inserted)"
		expect_match "asking" "^accept" "$(talk me ask long)"
		before=$(paths fast)
		expect_match "asking once more" "^accept" "$(talk me ask long)"
		# Question, answer, and acknowledgments.
		[ "${FAST_PATH-on}" != on ] || expect_range "fast packets" 2 4 "$(($(paths fast) - before))"
		expect_equal "closing" ok "$(talk me close long)"
	done
}

syn_cookies_and_deferred_sockets_are_told() {
	local sent
	in_ns "$SERVER" sysctl -qw net.ipv4.tcp_syncookies=2
	sent=$(counter_of TcpExtSyncookiesRecv)
	expect_client "with cookies" "$ASK"
	expect_equal "cookies" 1 $(($(counter_of TcpExtSyncookiesRecv) - sent))
	in_ns "$SERVER" sysctl -qw net.ipv4.tcp_syncookies=1
	expect_client "TCP_DEFER_ACCEPT" "$DEFERRED"
}

# counter_of NAME: of the server's stack.
counter_of() {
	in_ns "$SERVER" nstat -asz "$1" | awk -v name="$1" '$1 == name { print $2 }'
}

forged_options_never_reach_a_server() {
	local from=39000 forged fast slow
	service "$ASK"
	talk watch forget >"$TEST_DIR/forgot"
	for forged in "$FORGED_4" "$FORGED_6" "$FORGED_ODD" "01$FORGED_4$FORGED_ODD"; do
		from=$((from + 1))
		expect_match "opening" '^[0-9]+$' "$(talk raw open forger "$CLIENT_IP" "$from" "$VIP" "$ASK" "020405b4$forged" "$forged")"
		expect_match "who is told of" "^accept $client $from getpeername $client $from\$" "$(talk raw ask forger "$forged")"
		expect_match "asking" "^accept $client $from" "$(talk raw ask forger -)"
		# Those of the fast path, too.
		expect_match "asking" "^accept $client $from" "$(talk raw ask forger "$forged")"
		expect_match "asking" "^accept $client $from" "$(talk raw ask forger "$forged")"
		expect_segments "with $forged" "$ASK" "S/2/0/-/ok A/$(told "$from") [AP]+/$(told "$from")( [AP]+//[0-9]+/-/ok)+"
		expect_equal "closing" ok "$(talk raw close forger)"
		talk watch forget >"$TEST_DIR/forgot"
	done
	expect_equal "taken out" 20 "$(counted_of "$ASK" taken_out)"
	# What is usual is fast all the same: blocks of SACK, and options that nobody knows.
	expect_match "opening" '^[0-9]+$' "$(talk raw open other "$CLIENT_IP" 39010 "$VIP" "$ASK")"
	expect_match "asking" "^accept" "$(talk raw ask other -)"
	expect_match "asking" "^accept" "$(talk raw ask other -)"
	fast=$(paths fast) slow=$(paths slow)
	for forged in c804ffff 0101050a0000000000000001; do
		expect_match "asking" "^accept" "$(talk raw ask other "$forged")"
	done
	# Questions, answers and acknowledgments; a server that answers late has acknowledged the question before.
	[ "${FAST_PATH-on}" != on ] || expect_range "fast packets" 6 8 "$(($(paths fast) - fast))"
	[ "${FAST_PATH-on}" != on ] || expect_equal "slow packets" 0 "$(($(paths slow) - slow))"
	expect_equal "closing" ok "$(talk raw close other)"
}

fast_open_is_taken_out_of_syns() {
	local from=39020 fast_open
	service "$ASK"
	for fast_open in "$FAST_OPEN" "$FAST_OPEN_BEFORE"; do
		from=$((from + 1))
		talk watch forget >"$TEST_DIR/forgot"
		expect_match "opening" '^[0-9]+$' "$(talk raw open eager "$CLIENT_IP" "$from" "$VIP" "$ASK" "020405b4$fast_open" - hello)"
		expect_segments "SYN with $fast_open" "$ASK" "S/2/5/-/ok A/$(told "$from")"
		expect_equal "closing" ok "$(talk raw close eager)"
	done
}

without_room_a_segment_goes_without_and_the_next_one_has_it() {
	service "$ASK"
	talk watch forget >"$TEST_DIR/forgot"
	expect_equal "opening" none "$(talk raw open full "$CLIENT_IP" 39031 "$VIP" "$ASK" "$FULL" "$FULL" | sed 's/^[0-9]*$/none/')"
	expect_match "asking" " getpeername $client 39031$" "$(talk raw ask full)"
	expect_segments "with all options taken" "$ASK" "S/200/0/-/ok A/200/0/-/ok AP/$(told 39031)( A//0/-/ok)*"
	expect_equal "no room" 1 "$(counted_of "$ASK" no_room)"
	expect_equal "inserted" 1 "$(counted_of "$ASK" inserted)"
	expect_equal "closing" ok "$(talk raw close full)"
	# The server hears of 1400 bytes: as many the way behind the director takes.
	expect_success behind way_takes 1400
	talk watch forget >"$TEST_DIR/forgot"
	expect_match "opening" '^[0-9]+$' "$(talk raw open long "$CLIENT_IP" 39032 "$VIP" "$ASK" - "$FULL")"
	expect_match "asking" '^accept' "$(talk raw ask long - $((1400 - HEADERS)))"
	expect_segments "as long as the way takes" "$ASK" "S//0/-/ok A/200/0/-/ok AP//$((1400 - HEADERS))/-/ok A//0/-/ok"
	expect_equal "closing" ok "$(talk raw close long)"
	talk watch forget >"$TEST_DIR/forgot"
	expect_match "opening" '^[0-9]+$' "$(talk raw open long "$CLIENT_IP" 39033 "$VIP" "$ASK" - "$FULL")"
	expect_match "asking" '^accept' "$(talk raw ask long - $((1400 - HEADERS - SHORTER)))"
	expect_segments "with room to the byte" "$ASK" "S//0/-/ok A/200/0/-/ok AP/$(told 39033) A//0/-/ok"
	expect_equal "closing" ok "$(talk raw close long)"
	expect_success behind way_takes 1500
}

# way_takes BYTES: in packets to the servers.
way_takes() {
	ip "-${FAMILY#v}" -n "$DIRECTOR" route change "$SERVER_NET" via "$INNER_IP" mtu "$1"
}

clients_leave_room() {
	service "$ASK"
	expect_equal "largest segment" $((LARGEST - SHORTER)) "$(talk raw open size "$CLIENT_IP" 39041 "$VIP" "$ASK" 020405b4)"
	talk raw close size >"$TEST_DIR/closed"
	service "$ASK" --toa off
	expect_equal "of a service without" "$LARGEST" "$(talk raw open size "$CLIENT_IP" 39042 "$VIP" "$ASK" 020405b4)"
	talk raw close size >"$TEST_DIR/closed"
}

transfers_are_whole() {
	local wrong
	wrong=$(counter_of TcpInCsumErrors)
	TO=$NGINX service 80
	service 9000
	transfer_file 1000000
	download
	# The server says nothing before it has all: each segment carries it.
	upload
	expect_range "inserted" 10 100000 "$(counted_of 9000 inserted)"
	expect_equal "no room" 0 "$(counted_of 9000 no_room)"
	# Packets of a list have headers each.
	expect_success offloads_of "$DIRECTOR" rx-gro-list on
	upload
	expect_success offloads_of "$DIRECTOR" rx-gro-list off
	expect_success offloads_of "$CLIENT" tso off gso off tx off
	upload
	expect_success offloads_of "$CLIENT" tso on gso on tx on
	expect_equal "no room" 0 "$(counted_of 9000 no_room)"
	expect_equal "wrong checksums at the server" "$wrong" "$(counter_of TcpInCsumErrors)"
}

small_mtus_behind_the_director_are_learnt() {
	service 9000
	transfer_file 200000
	expect_success ip -n "$INNER" link set servers mtu 1300
	upload
	# Less by what the option needs.
	expect_equal "path MTU of the client" "mtu $((1300 - SHORTER + LONGER))" "$(path_mtu "$CLIENT" "$VIP")"
	expect_success ip -n "$INNER" link set servers mtu 1500
	expect_success ip "$IP_FAMILY" -n "$CLIENT" route flush cache
}

kind_is_a_setting() {
	local kind
	for kind in 34 8 77 255 0; do
		if in_ns "$DIRECTOR" sysctl -qw "net.rvs.toa_kind=$kind" 2>"$TEST_DIR/refused"; then
			fail "kind $kind is accepted"
		fi
	done
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.toa_kind=200
	service "$ASK"
	talk watch forget >"$TEST_DIR/forgot"
	expect_director "another kind than rvs-toa reads" "$ASK"
	KIND=200 expect_segments "the other kind" "$ASK" "S/[0-9,]+/0/-/(ok|left)( [AP]+/200[0-9,]*/[0-9]+/$(literal "$CLIENT_IP"):$port/(ok|left))+( $BARE)+"
	expect_success in_ns "$DIRECTOR" sysctl -qw net.rvs.toa_kind=254
	expect_client "as before" "$ASK"
}

it_can_be_turned_off() {
	service "$ASK" --toa off
	expect_director "off" "$ASK"
	expect_match "what show says" ",toa=off" "$(director_rvsadm show "tcp/$VIP_HOST:$ASK")"
	# Connections that begin from then on.
	expect_success director_rvsadm service set "tcp/$VIP_HOST:$ASK" --toa default
	expect_client "on again" "$ASK"
	expect_match "of UDP" "only TCP" "$(director_rvsadm service add "udp/$VIP_HOST:$ASK" --toa on 2>&1)"
}

nat_carries_it_on_demand() {
	local on from=39050 before
	expect_success ip "$IP_FAMILY" -n "$INNER" route add default via "$DIRECTOR_LAN_IP"
	for on in default on; do
		from=$((from + 1))
		director_rvsadm service del "tcp/$VIP_HOST:$ASK" >"$TEST_DIR/del" 2>&1
		expect_success director_rvsadm service add "tcp/$VIP_HOST:$ASK" --scheduler rr --nat --toa "$on"
		expect_success director_rvsadm server add "tcp/$VIP_HOST:$ASK" "${SERVER_HOSTS[0]}:$ASK"
		talk watch forget >"$TEST_DIR/forgot"
		expect_match "opening" '^[0-9]+$' "$(talk raw open by_nat "$CLIENT_IP" "$from" "$VIP" "$ASK" "020405b4$FORGED_4" "$FORGED_4")"
		expect_match "asking" "^accept" "$(talk raw ask by_nat)"
		expect_match "asking again" "^accept" "$(talk raw ask by_nat "$FORGED_4")"
		expect_match "asking again" "^accept" "$(talk raw ask by_nat)"
		before=$(paths fast)
		expect_match "asking again" "^accept" "$(talk raw ask by_nat)"
		[ "${FAST_PATH-on}" != on ] || expect_range "fast packets" 2 4 "$(($(paths fast) - before))"
		if [ "$on" = on ]; then
			expect_segments "by NAT with it" "$ASK" "S/2/0/-/ok A/$(told "$from") AP/$(told "$from")( [AP]+//[0-9]+/-/ok)+"
		else
			# What the client sends arrives.
			expect_match "by NAT without" "^S/2,254/0/198.51.99.9:1/ok A/254/0/198.51.99.9:1/ok AP//4/-/ok" "$(talk watch take "$ASK")"
		fi
		expect_equal "closing" ok "$(talk raw close by_nat)"
	done
	expect_equal "taken out" 3 "$(counted_of "$ASK" taken_out)"
	expect_equal "inserted" 2 "$(counted_of "$ASK" inserted)"
	expect_success director_rvsadm zero "tcp/$VIP_HOST:$ASK"
	expect_equal "inserted, from 0 again" 0 "$(counted_of "$ASK" inserted)"
	expect_success ip "$IP_FAMILY" -n "$INNER" route del default
}

# What the test itself needs.

toa_end() {
	[ ! -e "$PINS" ] || toa detach
	test_end
}

command -v rvs-toa >/dev/null || skip_all "there is no rvs-toa"
mountpoint -q "$BPF" || mount -t bpf bpf "$BPF" 2>/dev/null || skip_all "the kernel has no BPF file system"
[ -e /sys/kernel/btf/vmlinux ] || skip_all "the kernel does not describe itself (CONFIG_DEBUG_INFO_BTF)"
test_begin --routed
trap toa_end EXIT
behind http_server_start 1 "$NGINX" || bail "nginx does not start"
behind upload_server_start "$SERVER"
in_ns "$SERVER" python3 -S "$HELPERS/toa_server.py" "tcp:$AT:$ASK" "deferred:$AT:$DEFERRED" >"$TEST_DIR/ready" 2>"$TEST_DIR/ready.errors" &
disown
wait_until 20 test -s "$TEST_DIR/ready" || bail "the server does not start: $(<"$TEST_DIR/ready.errors")"
talk_start me "$CLIENT" toa_client.py
talk_start raw "$CLIENT" toa_raw.py
talk_start watch "$SERVER" toa_watch.py
# Its stack knows nothing of these connections.
in_ns "$CLIENT" nft -f - <<-EOF
	table inet raw_client {
		chain output { type filter hook output priority 0; policy accept; tcp sport 39000-39099 tcp flags & (rst | ack) == rst drop; }
	}
EOF
director_rvsadm pool add web "${LOCAL_IPS[0]}-${LOCAL_IPS[1]}" --ports 10000-60000 || bail "no pool"
service "$ASK"
service "$DEFERRED"
TO=$NGINX service 80

# What is the same between families.
within=()
[ "${UNDERLAY:-$FAMILY}" != "$FAMILY" ] || within=(fast_open_is_taken_out_of_syns kind_is_a_setting it_can_be_turned_off nat_carries_it_on_demand)

ktap_run \
	servers_see_the_client_with_rvs_toa_alone \
	segments_carry_it_until_the_server_has_spoken \
	syn_cookies_and_deferred_sockets_are_told \
	forged_options_never_reach_a_server \
	without_room_a_segment_goes_without_and_the_next_one_has_it \
	clients_leave_room \
	transfers_are_whole \
	small_mtus_behind_the_director_are_learnt \
	${within[@]+"${within[@]}"}
