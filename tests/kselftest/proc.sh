#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# /proc/net/ip_vs*: names, modes, each file to the byte, long lists, and who may read what. The same verdicts as with IPVS.
. "$(dirname "$0")/lib.sh"

TCP=tcp/$VIP:7000
UDP=udp/$VIP:7000
# As the files write them
VIP_HEX=C6336401 CLIENT_HEX=C000020A
SERVER_HEX=(0A00000B 0A00000C 0A00000D)
FLOWS=3000
FIRST=20000

# proc NAMESPACE FILE
proc() {
	in_ns "$1" cat "/proc/net/ip_vs$2"
}

# services NAMESPACE: ip_vs, of which the size of the table of connections is anybody's matter; services of TCP first, as
# they have no order of their own.
services() {
	proc "$1" '' | sed '1s/(size=[0-9]*)/(size=N)/' | awk '
		/^UDP/ { is_last = 1 }
		/^TCP/ { is_last = 0 }
		is_last { rest = rest $0 "\n"; next }
		{ print }
		END { printf "%s", rest }'
}

HEADING="IP Virtual Server version 1.2.1 (size=N)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn"
CONNECTIONS_HEADING="Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData"
SYNC_HEADING="Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires"

files_are_those_of_ipvs() {
	expect_equal "modes and names" "444 ip_vs
444 ip_vs_app
444 ip_vs_conn
444 ip_vs_conn_sync
444 ip_vs_stats
444 ip_vs_stats_percpu
440 ip_vs_status" "$(in_ns "$DIRECTOR" find /proc/net/ -maxdepth 1 -name 'ip_vs*' -printf '%m %f\n' | sort -k 2)"
	expect_equal "writing" refused "$(in_ns "$DIRECTOR" sh -c 'echo x >/proc/net/ip_vs' 2>/dev/null || echo refused)"
}

without_services_there_are_headings() {
	expect_equal size "${HEADING/N/0}" "$(proc "$DIRECTOR" '')"
	expect_equal ip_vs_conn "$CONNECTIONS_HEADING" "$(proc "$DIRECTOR" _conn)"
	expect_equal ip_vs_conn_sync "$SYNC_HEADING" "$(proc "$DIRECTOR" _conn_sync)"
	expect_equal ip_vs_app "prot port    usecnt name" "$(proc "$DIRECTOR" _app)"
	expect_equal ip_vs_stats "   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
       0        0        0                0                0

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       0        0        0                0                0" "$(proc "$DIRECTOR" _stats)"
	expect_equal ip_vs_stats_percpu "       Total Incoming Outgoing         Incoming         Outgoing
CPU    Conns  Packets  Packets            Bytes            Bytes
  0        0        0        0                0                0
  ~        0        0        0                0                0

     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
           0        0        0                0                0" "$(proc "$DIRECTOR" _stats_percpu | sed '/^  [1-9A-F] /d')"
	# The rest tells of threads for statistics.
	expect_equal ip_vs_status "Conns:	0
Conn buckets:	0 (0 bits, lfactor 0)
Services:	0
Service buckets:	0 (0 bits, lfactor 0)" "$(proc "$DIRECTOR" _status | head -n 4)"
	expect_equal "names of the rest" "Stats thread slots:|Stats chain max len:|Stats thread ests:" \
		"$(proc "$DIRECTOR" _status | tail -n +5 | sed 's/\t.*//' | paste -sd '|')"
}

services_are_shown() {
	lb_begin "$TCP" rr "${SERVER_IPS[0]}:7000"
	expect_success lb_server_add "$TCP" "${SERVER_IPS[1]}:80" 65535
	expect_equal "one service" "$HEADING
TCP  $VIP_HEX:1B58 rr  
  -> ${SERVER_HEX[1]}:0050      Masq    65535  0          0         
  -> ${SERVER_HEX[0]}:1B58      Masq    1      0          0         " "$(services "$DIRECTOR")"
	expect_match size '^IP Virtual Server version 1\.2\.1 \(size=[1-9][0-9]*\)' "$(proc "$DIRECTOR" '' | head -n 1)"
	expect_success lb_server_del "$TCP" "${SERVER_IPS[1]}:80"
	LB_FORWARD=dr
	expect_success lb_server_add "$TCP" "${SERVER_IPS[1]}:7000" 0
	LB_FORWARD=tun
	expect_success lb_server_add "$TCP" "${SERVER_IPS[2]}:7000" 20
	LB_FORWARD=nat
	lb_begin "$UDP" wrr "${SERVER_IPS[0]}:7000"
	expect_equal "two services" "$HEADING
TCP  $VIP_HEX:1B58 rr  
  -> ${SERVER_HEX[2]}:1B58      Tunnel  20     0          0         
  -> ${SERVER_HEX[1]}:1B58      Route   0      0          0         
  -> ${SERVER_HEX[0]}:1B58      Masq    1      0          0         
UDP  $VIP_HEX:1B58 wrr  
  -> ${SERVER_HEX[0]}:1B58      Masq    1      0          0         " "$(services "$DIRECTOR")"
	for server in "${SERVER_IPS[1]}" "${SERVER_IPS[2]}"; do
		expect_success lb_server_del "$TCP" "$server:7000"
	done
}

connections_are_shown() {
	expect_match opening '^ok' "$(talk me open stream tcp "$VIP" 7000 40001)"
	expect_equal "who answers" server1 "$(talk me ask stream)"
	expect_match opening '^ok' "$(talk me open datagrams udp "$VIP" 7000 40002)"
	expect_equal "who answers" server1 "$(talk me ask datagrams)"
	# 900 and 300 seconds, less what has gone by
	expect_match ip_vs_conn "^$CONNECTIONS_HEADING
TCP $CLIENT_HEX 9C41 $VIP_HEX 1B58 ${SERVER_HEX[0]} 1B58 ESTABLISHED     8[0-9]{2}
UDP $CLIENT_HEX 9C42 $VIP_HEX 1B58 ${SERVER_HEX[0]} 1B58 UDP             2[0-9]{2}\$" "$(proc "$DIRECTOR" _conn | sort)"
	expect_match ip_vs_conn_sync "^$SYNC_HEADING
TCP $CLIENT_HEX 9C41 $VIP_HEX 1B58 ${SERVER_HEX[0]} 1B58 ESTABLISHED LOCAL      8[0-9]{2}
UDP $CLIENT_HEX 9C42 $VIP_HEX 1B58 ${SERVER_HEX[0]} 1B58 UDP         LOCAL      2[0-9]{2}\$" \
		"$(proc "$DIRECTOR" _conn_sync | sort)"
	expect_equal "active and inactive ones" "$HEADING
TCP  $VIP_HEX:1B58 rr  
  -> ${SERVER_HEX[0]}:1B58      Masq    1      1          0         
UDP  $VIP_HEX:1B58 wrr  
  -> ${SERVER_HEX[0]}:1B58      Masq    1      0          1         " "$(services "$DIRECTOR")"
}

# Both flows together, as the servers' counters tell; the file in hexadecimal.
counters_are_shown() {
	local sum total
	lb_counters_settle
	sum=$(printf '%s\n' "$(lb_counters "$TCP" "${SERVER_IPS[0]}:7000")" "$(lb_counters "$UDP" "${SERVER_IPS[0]}:7000")" |
		awk '{ for (i = 1; i <= 5; i++) sum[i] += $i } END { print sum[1], sum[2], sum[3], sum[4], sum[5] }')
	# shellcheck disable=SC2086 # five numbers
	total=$(printf '%8X %8X %8X %16X %16X' $sum)
	expect_match "something was counted" '^2 [1-9]' "$sum"
	expect_equal "ip_vs_stats" "$total" "$(proc "$DIRECTOR" _stats | sed -n 3p)"
	expect_equal "all CPUs" "  ~ $total" "$(proc "$DIRECTOR" _stats_percpu | grep '~')"
	expect_equal "each CPU" "$sum" "$(proc "$DIRECTOR" _stats_percpu | sed -n '3,/~/{ /~/d; p }' | {
		while read -r _ a b c d e; do
			echo $((16#$a)) $((16#$b)) $((16#$c)) $((16#$d)) $((16#$e))
		done
	} | awk '{ for (i = 1; i <= 5; i++) sum[i] += $i } END { print sum[1], sum[2], sum[3], sum[4], sum[5] }')"
	expect_equal "lines of CPUs" "$(nproc --all)" "$(proc "$DIRECTOR" _stats_percpu | sed -n '3,/~/{ /~/d; p }' | wc -l)"
}

exporters_understand() {
	local stats
	stats=$(proc "$DIRECTOR" _stats | sed -n 3p | { read -r a b c d e; echo $((16#$a)) $((16#$b)) $((16#$c)) $((16#$d)) $((16#$e)); })
	expect_equal "what is read" "server $TCP ${SERVER_IPS[0]}:7000 Masq 1 1 0
server $UDP ${SERVER_IPS[0]}:7000 Masq 1 0 1
stats $stats" "$(in_ns "$DIRECTOR" python3 -S "$HELPERS/proc_readers.py" exporter | sort)"
}

status_tells_sizes() {
	local status
	status=$(proc "$DIRECTOR" _status)
	expect_match status $'^Conns:\t2\nConn buckets:\t[1-9][0-9]* \\([1-9][0-9]* bits, lfactor -2\\)\nConn buckets empty:\t[0-9]+ \\([0-9]+%\\)\nConn buckets len-' "$status"
	expect_match services $'\nServices:\t2\nService buckets:\t[1-9][0-9]* \\([1-9][0-9]* bits, lfactor -2\\)\nService buckets empty:\t[0-9]+ \\([0-9]+%\\)\nService buckets len-' "$status"
	# Each has two entries, as replies pass by.
	expect_equal "entries" 4 "$(awk -F '[:\t ]+' '
		/^Conn buckets len-/ { sub("len-", "", $3); sum += $3 * $4 }
		END { print sum }' <<<"$status")"
}

long_lists_are_complete() {
	ulimit -n $((2 * FLOWS + 100))
	in_ns "$CLIENT" python3 -S "$HELPERS/datagrams.py" "$VIP" 7000 "$FIRST" "$FLOWS" 1
	expect_equal "read in pieces" same "$(in_ns "$DIRECTOR" python3 -S "$HELPERS/proc_readers.py" pieces)"
	talk_start slow "$DIRECTOR" proc_readers.py slowly
	expect_equal reading ok "$(talk slow read 5000)"
	# While a reader sleeps others come, and tables grow.
	in_ns "$CLIENT" python3 -S "$HELPERS/datagrams.py" "$VIP" 7000 $((FIRST + FLOWS)) $((2 * FLOWS)) 1
	expect_equal reading ok "$(talk slow read 5000)"
	if [ "$LB_BACKEND" = rvs ]; then
		expect_match "each once" "^rows=[0-9]+ twice=0 wanted=$FLOWS\$" "$(talk slow end "$FIRST" $((FIRST + FLOWS - 1)))"
	else
		# A list goes on in the new table where it was in the old one.
		diagnose "slow reader: $(talk slow end "$FIRST" $((FIRST + FLOWS - 1)))"
	fi
	expect_equal "all of them" "$((3 * FLOWS))" \
		"$(proc "$DIRECTOR" _conn | awk '$1 == "UDP" && $3 != "9C42" { print $2, $3 }' | sort -u | wc -l)"
}

# read_as USER-OPTIONS... FILE: "read" or why not.
read_as() {
	local file=${*: -1}
	set -- "${@:1:$#-1}"
	in_ns "$DIRECTOR" setpriv "$@" sh -c "cat /proc/net/ip_vs$file >/dev/null && echo read" 2>&1 | sed 's/.*: //'
}

not_everybody_may_read_all() {
	local nobody=(--reuid 65534 --regid 65534 --clear-groups) without=(--bounding-set -net_admin --inh-caps -net_admin)
	local strangers="Operation not permitted"
	# There everybody may read who talks to whom.
	[ "$LB_BACKEND" = rvs ] || strangers="read"
	for file in '' _stats _stats_percpu _app; do
		expect_equal "ip_vs$file, of nobody" read "$(read_as "${nobody[@]}" "$file")"
	done
	expect_equal "ip_vs_status, of nobody" "Permission denied" "$(read_as "${nobody[@]}" _status)"
	for file in _conn _conn_sync; do
		expect_equal "ip_vs$file, of nobody" "$strangers" "$(read_as "${nobody[@]}" "$file")"
		expect_equal "ip_vs$file, of root without capability" "$strangers" "$(read_as "${without[@]}" "$file")"
		expect_equal "ip_vs$file, of root" read "$(read_as --reuid 0 "$file")"
		expect_equal "ip_vs$file, of who administers networks" read \
			"$(read_as "${nobody[@]}" --inh-caps +net_admin --ambient-caps +net_admin "$file")"
		# By the right of who opens, not of who reads
		expect_equal "ip_vs$file, handed over" read "$(in_ns "$DIRECTOR" sh -c "exec 3</proc/net/ip_vs$file
			exec setpriv --reuid 65534 --clear-groups cat <&3 >/dev/null && echo read" && echo read)"
	done
}

# in_user_namespace COMMAND...: as root of a user namespace that owns a network namespace. One after the other, as root is
# somebody only when there are users.
in_user_namespace() {
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare -r unshare -n "$@"
}

user_namespaces_have_their_own() {
	if ! in_user_namespace true; then
		skip "there are no user namespaces"
		return
	fi
	expect_equal "its own" "$CONNECTIONS_HEADING
$SYNC_HEADING
Conns:	0" "$(in_user_namespace sh -c 'cat /proc/net/ip_vs_conn /proc/net/ip_vs_conn_sync; head -n 1 /proc/net/ip_vs_status')"
	# Root of a user namespace, in a network namespace that is not its own
	expect_equal "the director's" "$([ "$LB_BACKEND" = rvs ] && echo "Operation not permitted" || echo read)" \
		"$(in_ns "$DIRECTOR" setpriv --reuid 65534 --regid 65534 --clear-groups unshare -r \
			sh -c 'cat /proc/net/ip_vs_conn >/dev/null && echo read' 2>&1 | sed 's/.*: //')"
	expect_equal "status of the director" "Permission denied" \
		"$(in_ns "$DIRECTOR" setpriv --reuid 65534 --regid 65534 --clear-groups unshare -r \
			sh -c 'cat /proc/net/ip_vs_status' 2>&1 | sed 's/.*: //')"
}

other_namespaces_have_their_own() {
	expect_equal "of the client" "${HEADING/N/0}" "$(proc "$CLIENT" '')"
	expect_equal "its connections" "$CONNECTIONS_HEADING" "$(proc "$CLIENT" _conn)"
	expect_equal "its connections" $'Conns:\t0' "$(proc "$CLIENT" _status | head -n 1)"
}

# A file that is open when its namespace has lost its name holds nobody up, and reads on.
namespaces_go_while_files_are_open() {
	local name=going$NS_SUFFIX
	expect_success ip netns add "$name"
	talk_start going "$name" proc_readers.py slowly
	expect_equal reading ok "$(talk going read 10)"
	expect_success ip netns del "$name"
	expect_equal "the rest" "rows=0 twice=0 wanted=0" "$(talk going end 0 65535)"
}

test_begin
talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000
talk_client_start me "$CLIENT"
ktap_run files_are_those_of_ipvs without_services_there_are_headings services_are_shown connections_are_shown \
	counters_are_shown exporters_understand status_tells_sizes long_lists_are_complete not_everybody_may_read_all \
	user_namespaces_have_their_own other_namespaces_have_their_own namespaces_go_while_files_are_open
