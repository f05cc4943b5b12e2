#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# FTP by masquerading: data come from the server of the control connection, whoever begins them, and where the server says
# that it listens the client is told of the virtual address. With IPv6 there are the extended commands only.
. "$(dirname "$0")/lib.sh"

FTP=tcp/$VIP_HOST:21
# Shorter than that of any server, where the VIP is longer.
SHORT_VIP=9.9.9.9
# What a server says that has them other ways: with IPv6 an address where none is to be, so that replies get shorter.
case $FAMILY in
v4) USUAL=long WAYS=(passive extended-passive active extended-active) REPLACED=passive ;;
v6) USUAL=address WAYS=(extended-passive extended-active) REPLACED=extended-passive ;;
esac
SIZE=${SIZE:-5000000}
[ "$FAMILY" = v4 ] || SIZE=$((SIZE / 5))

# ftp_server NUMBER ADDRESS-IT-SAYS [STYLE]
ftp_server() {
	local directory=$TEST_DIR/ftp$1 ready=$TEST_DIR/ftp$1.ready
	mkdir -p "$directory"
	rm -f "$ready"
	ip netns exec "${SERVERS[$1 - 1]}" python3 -S "$HELPERS/ftp_server.py" "server$1" "$2" "$directory" "${3-$USUAL}" >"$ready" 2>"$ready.errors" &
	ftp_process[$1]=$!
	disown
	wait_until 20 test -s "$ready" || bail "server$1 does not serve: $(<"$ready.errors")"
}

# ftp_server_ends NUMBER
ftp_server_ends() {
	kill "${ftp_process[$1]}"
	wait_until 5 test ! -e "/proc/${ftp_process[$1]}"
}

# ftp OPTION... PATH...: one control connection, all files by it. A client that goes where it is told.
ftp() {
	local arguments=() path
	while [[ ${1-} == -* ]]; do
		arguments+=("$1")
		case $1 in -P | -T | --connect-timeout) arguments+=("$2"); shift ;; esac
		shift
	done
	for path; do
		arguments+=("ftp://$(host "${FTP_ADDRESS:-$VIP}")/$path")
	done
	in_ns "$CLIENT" curl -sS --max-time 60 --no-ftp-skip-pasv-ip --user me:please "${arguments[@]}" 2>&1
}

declare -A way=(
	[passive]='--disable-epsv'
	[extended-passive]='--ftp-pasv'
	[active]="-P $(host "$CLIENT_IP") --disable-eprt"
	[extended-active]="-P $(host "$CLIENT_IP") --eprt"
)

# files_come WAY: by each of three control connections, from its server, twice three files.
files_come() {
	local options connection seen=() answers
	read -ra options <<<"${way[$1]}"
	for connection in 1 2 3; do
		answers=$(ftp "${options[@]}" who who who who who who)
		seen+=("$(sort -u <<<"$answers")")
		expect_equal "files by connection $connection" 6 "$(grep -cx 'server[123]' <<<"$answers")"
	done
	expect_equal "servers" "server1 server2 server3" "$(printf '%s\n' "${seen[@]}" | sort | paste -sd' ')"
}

passive() {
	files_come passive
}

extended_passive() {
	files_come extended-passive
}

active() {
	files_come active
}

extended_active() {
	files_come extended-active
}

# large_both_ways WAY
large_both_ways() {
	local options
	read -ra options <<<"${way[$1]}"
	expect_equal "sha256 of what came, $1" "$file_sum" "$(ftp "${options[@]}" large | sha256sum)"
	expect_equal "what is said of an upload, $1" "" "$(ftp "${options[@]}" -T "$TEST_DIR/files/large" up)"
	expect_equal "sha256 of what went, $1" "$file_sum" "$(cat "$TEST_DIR"/ftp?/up | sha256sum)"
	rm -f "$TEST_DIR"/ftp?/up
}

large_files() {
	local how
	transfer_file "$SIZE"
	for how in 1 2 3; do
		cp "$TEST_DIR/files/large" "$TEST_DIR/ftp$how/large"
	done
	for how in "${WAYS[@]}"; do
		large_both_ways "$how"
	done
}

# What gets shorter is as good as what gets longer.
shorter_virtual_address() {
	local FTP_ADDRESS=$SHORT_VIP
	ip -n "$DIRECTOR" addr add "$SHORT_VIP/32" dev lo
	ftp_service "tcp/$SHORT_VIP:21"
	files_come passive
	files_come active
	expect_success lb_service_del "tcp/$SHORT_VIP:21"
}

# Of each third packet of either end nothing arrives the first time.
lost_segments() {
	local end
	for end in "$CLIENT" "${SERVERS[@]}"; do
		in_ns "$end" nft -f - <<-EOF
			table $IP losing {
				chain prerouting {
					type filter hook prerouting priority raw;
					tcp sport 21 tcp flags & syn == 0 numgen inc mod 3 == 1 drop
					tcp dport 21 tcp flags & syn == 0 numgen inc mod 3 == 1 drop
				}
			}
		EOF
	done
	case $FAMILY in
	v4) files_come passive ;;
	# The same steps, which wait for what is sent again.
	v6) expect_match "files" '^server[123] server[123]$' "$(ftp --ftp-pasv who who | paste -sd' ')" ;;
	esac
	for end in "$CLIENT" "${SERVERS[@]}"; do
		in_ns "$end" nft delete table "$IP" losing
	done
}

replies_without_a_word() {
	ftp_server_ends 1
	ftp_server 1 "${SERVER_IPS[0]}" terse
	expect_equal "files" "server1 server1" "$(only_first_server ftp --disable-epsv who who | paste -sd' ')"
	ftp_server_ends 1
	ftp_server 1 "${SERVER_IPS[0]}"
}

# only_first_server COMMAND...: the others get no new connections meanwhile.
only_first_server() {
	local server
	for server in "${SERVER_IPS[@]:1}"; do
		lb_server_weight "$FTP" "$(host "$server"):21" 0
	done
	"$@"
	for server in "${SERVER_IPS[@]:1}"; do
		lb_server_weight "$FTP" "$(host "$server"):21" 1
	done
}

# connections_to ADDRESS: sorted, without what changes in them.
connections_to() {
	lb_connection_list | awk -v server="$1:" 'index($4, server) == 1 { print $1, $2, $3, $4 }' | sort
}

# A server shall not open ways to another host: what it says of one is passed on as it is.
addresses_of_others() {
	if [ "$LB_BACKEND" = ipvs ]; then
		skip "IPVS opens a way to whatever address a server says"
		return
	fi
	ftp_server_ends 1
	ftp_server 1 "${SERVER_IPS[1]}"
	connections_to "${SERVER_IPS[1]}" >"$TEST_DIR/before"
	expect_match "what the client is told" "227 .*\(${SERVER_IPS[1]//./,}," "$(only_first_server ftp -v --connect-timeout 2 --disable-epsv who)"
	expect_equal "ways to another host" "" "$(connections_to "${SERVER_IPS[1]}" | comm -13 "$TEST_DIR/before" -)"
	ftp_server_ends 1
	ftp_server 1 "${SERVER_IPS[0]}"
}

# Who has not been told of a port gets nothing there.
ports_that_nobody_was_told() {
	expect_match "a port of the servers that nobody was told" "Failed to connect" \
		"$(in_ns "$CLIENT" curl -sS --max-time 5 "http://$VIP_HOST:8080/" 2>&1)"
}

# While data come the control connection is as silent as the client.
silence_while_data_come() {
	local timeouts
	read -ra timeouts < <(lb_timeouts)
	expect_success lb_timeouts_set 2 0 0
	# The last reply is that the transfer is done.
	expect_equal "file" ..... "$(ftp --ftp-pasv slow)"
	expect_success lb_timeouts_set "${timeouts[@]}"
}

# Connection tracking is to know that the client acknowledges what the server has never said.
numbers_are_right_to_the_firewall() {
	expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.conntrack=1
	in_ns "$DIRECTOR" nft -f - <<-EOF
		table $IP beside {
			counter invalid {}
			chain input { type filter hook input priority filter; tcp dport 21 ct state invalid counter name invalid drop; }
			chain forward { type filter hook forward priority filter; tcp sport 21 ct state invalid counter name invalid drop; }
		}
	EOF
	files_come "$REPLACED"
	expect_match "packets that are invalid" "packets 0 " "$(in_ns "$DIRECTOR" nft list counter "$IP" beside invalid)"
	in_ns "$DIRECTOR" nft delete table "$IP" beside
	[ "$LB_BACKEND" = ipvs ] || expect_success in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.conntrack=0
}

# ftp_service SERVICE
ftp_service() {
	local server
	lb_service_add "$1" rr || bail "no service $1"
	for server in "${SERVER_IPS[@]}"; do
		lb_server_add "$1" "$(host "$server"):21" 1 || bail "no server $server"
	done
}

# peer_prepare: IPVS has a module for it, which needs connection tracking.
peer_prepare() {
	modprobe ip_vs_ftp || bail "there is no ip_vs_ftp"
	in_ns "$DIRECTOR" sysctl -qw net.ipv4.vs.conntrack=1
}

declare -a ftp_process=()
test_begin
[ "$LB_BACKEND" != ipvs ] || peer_prepare
for number in 1 2 3; do
	ftp_server "$number" "${SERVER_IPS[number - 1]}"
	http_server_start "$number" 8080 || bail "nginx does not start"
done
ftp_service "$FTP"

case $FAMILY in
v4)
	ktap_run \
		passive \
		extended_passive \
		active \
		extended_active \
		large_files \
		shorter_virtual_address \
		lost_segments \
		replies_without_a_word \
		addresses_of_others \
		ports_that_nobody_was_told \
		silence_while_data_come \
		numbers_are_right_to_the_firewall
	;;
v6)
	ktap_run \
		extended_passive \
		extended_active \
		large_files \
		lost_segments \
		numbers_are_right_to_the_firewall
	;;
esac
