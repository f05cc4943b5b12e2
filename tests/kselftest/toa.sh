#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rvs-toa: programs on a real server see the client of a director that gives packets an address of its own. The director is
# one in user space (helpers/toa_director.py), so neither RVS nor ip_vs has a part in it.
#
#	client ---- tun ---- director ---- tun ---- server
#	192.0.2.10           10.0.0.1               10.0.0.11
#	2001:db8:2::10       fd00::1                fd00::11
. "$(dirname "$0")/lib.sh"

CLIENT_4=192.0.2.10 CLIENT_6=2001:db8:2::10
DIRECTOR_4=10.0.0.1 DIRECTOR_6=fd00::1
STRANGER_4=10.0.0.66
SERVER_4=10.0.0.11 SERVER_6=fd00::11
SERVER=${SERVERS[0]}
# nginx of each family is there by itself.
SERVERS=("$SERVER" "$SERVER")
BPF=/sys/fs/bpf PINS=/sys/fs/bpf/toa$NS_SUFFIX

# The virtual addresses, by what the director does for them.
VIP_BOTH=198.51.100.1 VIP_HANDSHAKE=198.51.100.2 VIP_DATA=198.51.100.3 VIP_NEVER=198.51.100.4 VIP_STRANGER=198.51.100.5
VIP_KIND_200=198.51.100.6 VIP6_BOTH=2001:db8:100::1 VIP6_TO_4=2001:db8:100::2
RULES=(
	"$VIP_BOTH,$DIRECTOR_4,$SERVER_4,254,both"
	"$VIP_HANDSHAKE,$DIRECTOR_4,$SERVER_4,254,handshake"
	"$VIP_DATA,$DIRECTOR_4,$SERVER_4,254,data"
	"$VIP_NEVER,$DIRECTOR_4,$SERVER_4,254,never"
	"$VIP_STRANGER,$STRANGER_4,$SERVER_4,254,both"
	"$VIP_KIND_200,$DIRECTOR_4,$SERVER_4,200,both"
	"$VIP6_BOTH,$DIRECTOR_6,$SERVER_6,254,both"
	"$VIP6_TO_4,$DIRECTOR_4,$SERVER_4,254,both"
)

# Ports of the server: for IPv4 alone, for both, of MPTCP, with TCP_DEFER_ACCEPT, nginx, python3 -m http.server.
ONLY_4=7000 ANY=7001 MPTCP=7002 DEFERRED=7003 NGINX=80 PYTHON=8000

toa() {
	rvs-toa --pins "$PINS" "$@"
}

# counter NAME: one of `rvs-toa status`.
counter() {
	toa -j status | grep -o "\"$1\":[0-9]*" | cut -d: -f2
}

# The next connection is from this port of the client.
port=40000

# seen VIP PORT [mptcp]: opens a connection, and prints what the server says of its client.
seen() {
	local opened
	port=$((port + 1))
	opened=$(talk me open now "$1" "$2" "$port" "${@:3}")
	if [ "$opened" = ok ]; then
		talk me ask now
		talk me close now >"$TEST_DIR/closed"
	else
		echo "$opened"
	fi
}

# expect_client WHAT ADDRESS VIP PORT [mptcp]: the server tells of this client, from the first to the last.
expect_client() {
	seen "${@:3}" >"$TEST_DIR/seen"
	expect_equal "$1" "accept $2 $port getpeername $2 $port" "$(<"$TEST_DIR/seen")"
}

# expect_director WHAT ADDRESS VIP PORT: likewise of the director, which has another port.
expect_director() {
	local theirs
	seen "${@:3}" >"$TEST_DIR/seen"
	theirs=$((port + 10000))
	expect_equal "$1" "accept $2 $theirs getpeername $2 $theirs" "$(<"$TEST_DIR/seen")"
}

# What is not attached, or not right.

what_is_wrong_is_said() {
	local status=0 said
	said=$(toa status 2>&1) || status=$?
	expect_equal "status before" "5 rvs-toa: not attached; run: rvs-toa attach" "$status $said"
	status=0
	said=$(toa attach --director 10.0.0.1/24 2>&1) || status=$?
	expect_equal "a prefix" "1 rvs-toa: 10.0.0.1/24: the address has bits behind the length; did you mean 10.0.0.0/24?" "$status $said"
	status=0
	said=$(toa attach --kind 34 2>&1) || status=$?
	expect_match "a kind" "^1 rvs-toa: --kind 34: not a number from 78 to 254" "$status $said"
	status=0
	said=$(rvs-toa --pins "$TEST_DIR/pins" attach 2>&1) || status=$?
	expect_equal "no BPF file system" "2 rvs-toa: $TEST_DIR/pins: is not in a BPF file system; run: mount -t bpf bpf $TEST_DIR" "$status $said"
	status=0
	said=$(toa attach --cgroup "$TEST_DIR" 2>&1) || status=$?
	expect_equal "no cgroup" "2 rvs-toa: $TEST_DIR: is no cgroup of version 2" "$status $said"
	status=0
	said=$(setpriv --reuid 65534 --clear-groups rvs-toa --pins "$PINS" -j attach 2>&1) || status=$?
	expect_match "another user" '^2 \{"error":\{.*permi' "$status $said"
	expect_equal "pins" "" "$(ls "$BPF")"
}

without_it_all_come_from_the_director() {
	expect_director "before it is attached" "$DIRECTOR_4" "$VIP_BOTH" "$ONLY_4"
}

nobody_is_believed_who_is_not_named() {
	expect_match "attach" "no director is believed yet" "$(toa attach)"
	expect_director "a director that is not named" "$DIRECTOR_4" "$VIP_BOTH" "$ONLY_4"
	expect_equal "refused" 1 "$(counter refused)"
	expect_success toa director add "$DIRECTOR_4"
	expect_success toa director add "fd00::/120"
	expect_client "one that is" "$CLIENT_4" "$VIP_BOTH" "$ONLY_4"
	expect_equal "directors" "$DIRECTOR_4 fd00::/120" "$(toa director list | xargs)"
}

attached_twice_says_so() {
	local status=0 said
	said=$(toa attach 2>&1) || status=$?
	expect_equal "attach" "2 rvs-toa: $PINS: already attached; run: rvs-toa detach" "$status $said"
	status=0
	said=$(toa director add "$DIRECTOR_4" 2>&1) || status=$?
	expect_equal "a director twice" "2 rvs-toa: $DIRECTOR_4: is believed already" "$status $said"
	expect_client "after it" "$CLIENT_4" "$VIP_BOTH" "$ONLY_4"
}

accept_and_getpeername_tell_the_client() {
	local mapped=::ffff:
	expect_client "IPv4" "$CLIENT_4" "$VIP_BOTH" "$ONLY_4"
	expect_client "IPv4 at [::]" "$mapped$CLIENT_4" "$VIP_BOTH" "$ANY"
	expect_client "IPv6 at [::]" "$CLIENT_6" "$VIP6_BOTH" "$ANY"
	expect_client "IPv6 in packets of IPv4 at [::]" "$CLIENT_6" "$VIP6_TO_4" "$ANY"
	expect_client "option in the ACK of the handshake alone" "$CLIENT_4" "$VIP_HANDSHAKE" "$ONLY_4"
}

ipv4_sockets_are_not_told_of_ipv6_clients() {
	local before
	before=$(counter not_shown)
	expect_director "IPv6 in packets of IPv4 at an IPv4 socket" "$DIRECTOR_4" "$VIP6_TO_4" "$ONLY_4"
	expect_equal "answers that were not given" 2 $(($(counter not_shown) - before))
}

logs_of_unmodified_servers_name_the_client() {
	local host name log
	for host in "$VIP_BOTH" "[$VIP6_BOTH]"; do
		name=$([ "$host" = "$VIP_BOTH" ] && echo server1 || echo server2)
		expect_equal "nginx" "$name" "$(in_ns "$CLIENT" curl -sS --max-time 10 "http://$host:$NGINX/")"
		expect_match "python3" "DOCTYPE" "$(in_ns "$CLIENT" curl -sS --max-time 10 "http://$host:$PYTHON/")"
	done
	log=$(cut -d' ' -f1 "$TEST_DIR/server1/access.log" "$TEST_DIR/server2/access.log" | xargs)
	expect_equal "nginx's log" "$CLIENT_4 $CLIENT_6" "$log"
	log=$(grep -F 'GET / ' "$TEST_DIR/python.log" | cut -d' ' -f1 | xargs)
	expect_equal "python3's log" "::ffff:$CLIENT_4 $CLIENT_6" "$log"
}

syn_cookies_change_nothing() {
	local sent
	in_ns "$SERVER" sysctl -qw net.ipv4.tcp_syncookies=2
	sent=$(in_ns "$SERVER" nstat -asz TcpExtSyncookiesRecv | awk '/Recv/ { print $2 }')
	expect_client "IPv4" "$CLIENT_4" "$VIP_BOTH" "$ONLY_4"
	expect_client "IPv6" "$CLIENT_6" "$VIP6_BOTH" "$ANY"
	expect_equal "cookies" 2 $(($(in_ns "$SERVER" nstat -asz TcpExtSyncookiesRecv | awk '/Recv/ { print $2 }') - sent))
	in_ns "$SERVER" sysctl -qw net.ipv4.tcp_syncookies=1
}

sockets_that_wait_for_data_are_told() {
	expect_client "TCP_DEFER_ACCEPT" "$CLIENT_4" "$VIP_BOTH" "$DEFERRED"
}

sockets_of_mptcp_are_told() {
	local before after
	before=$(in_ns "$SERVER" nstat -asz MPTcpExtMPCapableACKRX | awk '/ACKRX/ { print $2 }')
	expect_client "MPTCP" "$CLIENT_4" "$VIP_BOTH" "$MPTCP" mptcp
	after=$(in_ns "$SERVER" nstat -asz MPTcpExtMPCapableACKRX | awk '/ACKRX/ { print $2 }')
	expect_equal "connections of MPTCP" 1 $((after - before))
	expect_client "TCP at the same socket" "$CLIENT_4" "$VIP_BOTH" "$MPTCP"
}

late_option_is_read_from_the_first_data() {
	local late
	late=$(counter with_option_late)
	expect_match "getpeername" "getpeername $CLIENT_4 4[0-9]*\$" "$(seen "$VIP_DATA" "$ONLY_4")"
	port=$((port + 1))
	expect_equal "late ones" 1 $(($(counter with_option_late) - late))
}

# deltas COMMAND...: runs it, and prints by how much the counters have grown.
deltas() {
	local name names=(with_option without_option refused direct) before=() after=()
	for name in "${names[@]}"; do
		before+=("$(counter "$name")")
	done
	"$@"
	for name in "${!names[@]}"; do
		after+=("$(($(counter "${names[name]}") - before[name]))")
	done
	grown=${after[*]}
}

forged_option_is_refused_and_counted() {
	deltas expect_director "from who is no director" "$STRANGER_4" "$VIP_STRANGER" "$ONLY_4"
	expect_equal "with, without, refused, direct" "0 0 1 0" "$grown"
	deltas expect_director "of another kind" "$DIRECTOR_4" "$VIP_KIND_200" "$ONLY_4"
	expect_equal "with, without, refused, direct" "0 1 0 0" "$grown"
	deltas expect_director "none" "$DIRECTOR_4" "$VIP_NEVER" "$ONLY_4"
	expect_equal "with, without, refused, direct" "0 1 0 0" "$grown"
	deltas expect_client "of a director" "$CLIENT_4" "$VIP_BOTH" "$ONLY_4"
	expect_equal "with, without, refused, direct" "1 0 0 0" "$grown"
}

director_that_is_removed_is_not_believed() {
	local status=0 said
	expect_success toa director remove "$DIRECTOR_4"
	expect_director "removed" "$DIRECTOR_4" "$VIP_BOTH" "$ONLY_4"
	said=$(toa director remove "$DIRECTOR_4" 2>&1) || status=$?
	expect_equal "removed again" "2 rvs-toa: $DIRECTOR_4: no such director; see: rvs-toa director list" "$status $said"
	expect_client "another one" "$CLIENT_6" "$VIP6_BOTH" "$ANY"
	expect_success toa director add 10.0.0.0/30
	expect_client "one of a prefix" "$CLIENT_4" "$VIP_BOTH" "$ONLY_4"
	expect_director "one outside" "$STRANGER_4" "$VIP_STRANGER" "$ONLY_4"
}

detach_gives_back_the_director() {
	local status=0 said theirs
	port=$((port + 1)) theirs=$((port + 10000))
	expect_equal "opening" ok "$(talk me open long "$VIP_BOTH" "$ONLY_4" "$port")"
	expect_equal "before" "accept $CLIENT_4 $port getpeername $CLIENT_4 $port" "$(talk me ask long)"
	expect_success toa detach
	expect_equal "a connection of before" "accept $CLIENT_4 $port getpeername $DIRECTOR_4 $theirs" "$(talk me ask long)"
	expect_director "another one" "$DIRECTOR_4" "$VIP_BOTH" "$ONLY_4"
	expect_equal "pins" "" "$(ls "$BPF")"
	said=$(toa detach 2>&1) || status=$?
	expect_equal "detach again" "5 rvs-toa: not attached; run: rvs-toa attach" "$status $said"
}

kind_is_a_setting_and_any_director_may_be_believed() {
	expect_success toa attach --kind 200 --any-director
	expect_client "of kind 200" "$CLIENT_4" "$VIP_KIND_200" "$ONLY_4"
	expect_director "of kind 254" "$STRANGER_4" "$VIP_STRANGER" "$ONLY_4"
	expect_success toa detach
	expect_success toa attach --any-director
	expect_client "of kind 254" "$CLIENT_4" "$VIP_STRANGER" "$ONLY_4"
	expect_match "status" "directors: any" "$(toa status)"
	expect_success toa detach
}

only_processes_of_a_cgroup_are_told() {
	local group=/sys/fs/cgroup/toa$NS_SUFFIX
	mkdir "$group" || return
	expect_success toa attach --any-director --cgroup "$group"
	expect_director "a server outside" "$DIRECTOR_4" "$VIP_BOTH" "$ONLY_4"
	# The namespace of mounts that comes with the one of the network has no cgroups.
	bash -c "echo \$\$ >$group/cgroup.procs && exec ip netns exec $SERVER python3 -S $HELPERS/toa_server.py tcp:0.0.0.0:7009" >"$TEST_DIR/inside" &
	wait_until 20 test -s "$TEST_DIR/inside" || fail "the server inside does not start"
	expect_client "a server inside" "$CLIENT_4" "$VIP_BOTH" 7009
	kill "$!"
	wait "$!" 2>/dev/null
	expect_success toa detach
	rmdir "$group" || fail "the cgroup cannot be removed"
}

# Else what failed above has failed for another reason.
director_has_run_all_the_time() {
	expect_success kill -0 "$director_pid"
	expect_equal "what it said" "" "$(<"$TEST_DIR/director.errors")"
}

# What the test itself needs.

toa_end() {
	[ ! -e "$PINS" ] || toa detach
	test_end
}

director_start() {
	python3 -S "$HELPERS/toa_director.py" "$CLIENT" eth0 "$SERVER" eth0 "${RULES[@]}" >"$TEST_DIR/director" 2>"$TEST_DIR/director.errors" &
	director_pid=$!
	disown
	wait_until 20 test -s "$TEST_DIR/director" || bail "the director does not start: $(<"$TEST_DIR/director.errors")"
	ip -n "$CLIENT" -batch - <<-EOF &&
		addr add $CLIENT_4/24 dev eth0
		addr add $CLIENT_6/64 dev eth0 nodad
		link set eth0 mtu 1400 up
		route add default dev eth0
		route add ::/0 dev eth0
	EOF
		ip -n "$SERVER" -batch - <<-EOF
			addr add $SERVER_4/24 dev eth0
			addr add $SERVER_6/64 dev eth0 nodad
			link set eth0 up
			route add default dev eth0
			route add ::/0 dev eth0
		EOF
}

servers_start() {
	local ready=$TEST_DIR/ready
	in_ns "$SERVER" python3 -S "$HELPERS/toa_server.py" "tcp:0.0.0.0:$ONLY_4" "tcp::::$ANY" "mptcp:0.0.0.0:$MPTCP" \
		"deferred:0.0.0.0:$DEFERRED" >"$ready" 2>"$ready.errors" &
	disown
	in_ns "$SERVER" python3 -u -S -m http.server --bind :: --directory "$TEST_DIR/files" "$PYTHON" >"$TEST_DIR/python.log" 2>&1 &
	disown
	FAMILY=v4 http_server_start 1 "$NGINX" || bail "nginx does not start"
	FAMILY=v6 http_server_start 2 "$NGINX" || bail "nginx does not start with IPv6"
	wait_until 20 test -s "$ready" || bail "the server does not start: $(<"$ready.errors")"
	wait_until 20 grep -q Serving "$TEST_DIR/python.log" || bail "python3 does not serve: $(<"$TEST_DIR/python.log")"
}

[ "$(id -u)" = 0 ] || skip_all "needs root"
command -v rvs-toa >/dev/null || skip_all "there is no rvs-toa"
mountpoint -q "$BPF" || mount -t bpf bpf "$BPF" 2>/dev/null || skip_all "the kernel has no BPF file system"
[ -e /sys/kernel/btf/vmlinux ] || skip_all "the kernel does not describe itself (CONFIG_DEBUG_INFO_BTF)"
TEST_DIR=$(mktemp -d "${TMPDIR:-/tmp}/rvs-test.XXXXXX") || bail "no temporary directory"
trap toa_end EXIT
trap 'exit 1' INT TERM
modprobe -q tun
topology_namespaces=("$CLIENT" "$SERVER")
namespaces_create || bail "the namespaces cannot be made"
mkdir "$TEST_DIR/files"
director_start || bail "the namespaces cannot be joined"
servers_start
talk_start me "$CLIENT" toa_client.py

ktap_run \
	what_is_wrong_is_said \
	without_it_all_come_from_the_director \
	nobody_is_believed_who_is_not_named \
	attached_twice_says_so \
	accept_and_getpeername_tell_the_client \
	ipv4_sockets_are_not_told_of_ipv6_clients \
	logs_of_unmodified_servers_name_the_client \
	syn_cookies_change_nothing \
	sockets_that_wait_for_data_are_told \
	sockets_of_mptcp_are_told \
	late_option_is_read_from_the_first_data \
	forged_option_is_refused_and_counted \
	director_that_is_removed_is_not_believed \
	detach_gives_back_the_director \
	kind_is_a_setting_and_any_director_may_be_believed \
	only_processes_of_a_cgroup_are_told \
	director_has_run_all_the_time
