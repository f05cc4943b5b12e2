#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Stock ipvsadm: its commands, its lists to the byte, and what it says of each refusal. The family IPVS byte by byte, as other
# clients speak it.
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib/ipvsadm.sh
. "$KSELFTEST_DIR/lib/ipvsadm.sh"

TCP=$VIP:80
UDP=$VIP:7000

# What most lists show: each forward method, weight 0 and the greatest one, thresholds, ports of its own.
configure() {
	done_by -A -t "$TCP"
	done_by -a -t "$TCP" -r 10.0.0.11:8080 -m
	done_by -a -t "$TCP" -r 10.0.0.12 -g -w 0
	done_by -a -t "$TCP" -r 10.0.0.13 -i -w 2147483647 -x 9 -y 3
	done_by -A -u "$UDP" -s rr
	done_by -a -u "$UDP" -r 10.0.0.11:7000 -m
}

list_without_services() {
	expect_equal "before the first service" "IP Virtual Server version 1.2.1 (size=0)" \
		"$(in_ns "$DIRECTOR" ipvsadm -Ln | head -n 1)"
	expect_list -L -n <<-'EOF'
		IP Virtual Server version 1.2.1 (size=N)$
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
	EOF
	expect_says "" -S -n
	expect_says "" -L --daemon
}

lists() {
	configure
	expect_list -L -n <<-'EOF'
		IP Virtual Server version 1.2.1 (size=N)$
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		TCP  198.51.100.1:80 wlc$
		  -> 10.0.0.11:8080               Masq    1      0          0         $
		  -> 10.0.0.12:80                 Route   0      0          0         $
		  -> 10.0.0.13:80                 Tunnel  2147483647 0          0         $
		UDP  198.51.100.1:7000 rr$
		  -> 10.0.0.11:7000               Masq    1      0          0         $
	EOF
	expect_equal "in the order of addresses" "$(ipvsadm_says -L -n)" "$(ipvsadm_says -l -n --sort)"
	# The newest one is the first of the kernel.
	expect_list -L -n --nosort -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		TCP  198.51.100.1:80 wlc$
		  -> 10.0.0.13:80                 Tunnel  2147483647 0          0         $
		  -> 10.0.0.12:80                 Route   0      0          0         $
		  -> 10.0.0.11:8080               Masq    1      0          0         $
	EOF
	expect_list -L -n --thresholds -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn $
		  -> RemoteAddress:Port$
		TCP  198.51.100.1:80 wlc$
		  -> 10.0.0.11:8080               0          0          0          0         $
		  -> 10.0.0.12:80                 0          0          0          0         $
		  -> 10.0.0.13:80                 9          3          0          0         $
	EOF
	expect_list -L -n --persistent-conn -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn $
		  -> RemoteAddress:Port$
		TCP  198.51.100.1:80 wlc$
		  -> 10.0.0.11:8080               1         0           0          0         $
		  -> 10.0.0.12:80                 0         0           0          0         $
		  -> 10.0.0.13:80                 2147483647 0           0          0         $
	EOF
	expect_list -L -n --tun-info -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn$
		TCP  198.51.100.1:80 wlc$
		  -> 10.0.0.11:8080               Masq    n/a           1      0          0         $
		  -> 10.0.0.12:80                 Route   n/a           0      0          0         $
		  -> 10.0.0.13:80                 Tunnel  ipip          2147483647 0          0         $
	EOF
	expect_list -L -n --rate -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS$
		  -> RemoteAddress:Port$
		TCP  198.51.100.1:80                     0        0        0        0        0$
		  -> 10.0.0.11:8080                      0        0        0        0        0$
		  -> 10.0.0.12:80                        0        0        0        0        0$
		  -> 10.0.0.13:80                        0        0        0        0        0$
	EOF
	expect_list -L -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		TCP  198.51.100.1:http wlc$
		  -> 10.0.0.11:http-alt           Masq    1      0          0         $
		  -> 10.0.0.12:http               Route   0      0          0         $
		  -> 10.0.0.13:http               Tunnel  2147483647 0          0         $
	EOF
}

# Two flows, of which one asks once more: 16 bytes of payload there, "server1 " before them on the way back, 28 of headers.
counters_are_listed() {
	local flow
	for flow in first second; do
		expect_match "opening the $flow" '^ok' "$(talk me open "$flow" udp "$VIP" 7000)"
		expect_equal "who answers the $flow" server1 "$(talk me ask "$flow")"
	done
	expect_equal "who answers again" server1 "$(talk me ask second)"
	lb_counters_settle
	expect_list -L -n --stats -u "$UDP" <<-'EOF'
		Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes$
		  -> RemoteAddress:Port$
		UDP  198.51.100.1:7000                   2        3        3      132      156$
		  -> 10.0.0.11:7000                      2        3        3      132      156$
	EOF
	expect_equal "exact" "$(ipvsadm_says -L -n --stats -u "$UDP")" "$(ipvsadm_says -L -n --stats --exact -u "$UDP")"
	expect_list -L -n -u "$UDP" <<-'EOF'
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		UDP  198.51.100.1:7000 rr$
		  -> 10.0.0.11:7000               Masq    1      0          2         $
	EOF
}

ZEROED='Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes$
  -> RemoteAddress:Port$
UDP  198.51.100.1:7000                   0        0        0        0        0$
  -> 10.0.0.11:7000                      0        0        0        0        0$'

counting_begins_anew() {
	done_by -Z -t "$TCP"
	expect_match "counters of another service" ' 132 ' "$(ipvsadm_says -L -n --stats -u "$UDP")"
	done_by -Z -u "$UDP"
	expect_says "$ZEROED" -L -n --stats -u "$UDP"
	expect_equal "who answers" server1 "$(talk me ask first)"
	lb_counters_settle
	expect_match "counters" '^UDP +[^ ]+ +0 +1 +1 +44 +52\$$' \
		"$(ipvsadm_says -L -n --stats -u "$UDP" | grep ^UDP)"
	done_by -Z
	expect_says "$ZEROED" -L -n --stats -u "$UDP"
}

saved_is_restored() {
	expect_list -S -n <<-'EOF'
		-A -t 198.51.100.1:80 -s wlc$
		-a -t 198.51.100.1:80 -r 10.0.0.11:8080 -m -w 1$
		-a -t 198.51.100.1:80 -r 10.0.0.12:80 -g -w 0$
		-a -t 198.51.100.1:80 -r 10.0.0.13:80 -i -w 2147483647 --tun-type ipip$
		-A -u 198.51.100.1:7000 -s rr$
		-a -u 198.51.100.1:7000 -r 10.0.0.11:7000 -m -w 1$
	EOF
	in_ns "$DIRECTOR" ipvsadm -S -n >"$TEST_DIR/saved"
	clear
	expect_says "" -S -n
	expect_success in_ns "$DIRECTOR" ipvsadm -R <"$TEST_DIR/saved"
	expect_equal "restored" "$(cat "$TEST_DIR/saved")" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
	# All of it is there already; what the kernel refuses does not keep it from going on.
	expect_equal "restored twice" "Service already exists
Destination already exists
Destination already exists
Destination already exists
Service already exists
Destination already exists" \
		"$(in_ns "$DIRECTOR" ipvsadm -R <"$TEST_DIR/saved" 2>&1)"
	expect_equal "still" "$(cat "$TEST_DIR/saved")" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
}

marks_and_single_datagrams() {
	done_by -A -f 7 -s rr
	done_by -a -f 7 -r 10.0.0.11 -m
	done_by -a -f 7 -r 10.0.0.12:8080 -g
	done_by -A -u "$UDP" -s rr -o
	expect_list -L -n <<-'EOF'
		IP Virtual Server version 1.2.1 (size=N)$
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		UDP  198.51.100.1:7000 rr ops$
		FWM  7 rr$
		  -> 10.0.0.11:0                  Masq    1      0          0         $
		  -> 10.0.0.12:8080               Route   1      0          0         $
	EOF
	expect_list -S -n <<-'EOF'
		-A -u 198.51.100.1:7000 -s rr -o$
		-A -f 7 -s rr$
		-a -f 7 -r 10.0.0.11:0 -m -w 1$
		-a -f 7 -r 10.0.0.12:8080 -g -w 1$
	EOF
	expect_refusal "Service already exists" -A -f 7
	expect_refusal "No such service" -D -f 8
	done_by -E -f 7 -s wlc
	done_by -E -u "$UDP" -s rr
	done_by -d -f 7 -r 10.0.0.12:8080
	expect_equal "saved" $'-A -u 198.51.100.1:7000 -s rr\n-A -f 7 -s wlc\n-a -f 7 -r 10.0.0.11:0 -m -w 1' \
		"$(in_ns "$DIRECTOR" ipvsadm -S -n)"
	clear
}

# connections_of PATTERN: of ipvsadm -Lcn those from such a port, sorted, without the time that is left.
connections_of() {
	ipvsadm_says -L -c -n | sed -nE "1,2d; s/ [0-9]{2}:[0-9]{2} / MM:SS /; /^[^:]*:SS +[A-Z]+ +[0-9.]+:($1) /p" | sort
}

persistent_services() {
	done_by -A -t "$TCP" -s rr -p
	done_by -A -u "$UDP" -s rr -p 50 -M 255.255.255.0
	done_by -A -t "$VIP:0" -s rr -p 60
	done_by -A -f 7 -s rr -p 60 -M 255.0.255.0
	done_by -a -t "$TCP" -r 10.0.0.11:8080 -m
	done_by -a -f 7 -r 10.0.0.11 -m
	expect_list -L -n <<-'EOF'
		IP Virtual Server version 1.2.1 (size=N)$
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		TCP  198.51.100.1:0 rr persistent 60$
		TCP  198.51.100.1:80 rr persistent 360$
		  -> 10.0.0.11:8080               Masq    1      0          0         $
		UDP  198.51.100.1:7000 rr persistent 50 mask 255.255.255.0$
		FWM  7 rr persistent 60 mask 255.0.255.0$
		  -> 10.0.0.11:0                  Masq    1      0          0         $
	EOF
	expect_equal "in hexadecimal, by jiffies of the first" "FWM  00000007 rr persistent 1 FF00FF00
TCP  C6336401:0000 rr  persistent 1 FFFFFFFF
TCP  C6336401:0050 rr  persistent 6 FFFFFFFF
UDP  C6336401:1B58 rr  persistent 0.833333 FFFFFF00" "$(persistent_by_the_first)"
	expect_list -S -n <<-'EOF'
		-A -t 198.51.100.1:0 -s rr -p 60$
		-A -t 198.51.100.1:80 -s rr -p 360$
		-a -t 198.51.100.1:80 -r 10.0.0.11:8080 -m -w 1$
		-A -u 198.51.100.1:7000 -s rr -p 50 -M 255.255.255.0$
		-A -f 7 -s rr -p 60 -M 255.0.255.0$
		-a -f 7 -r 10.0.0.11:0 -m -w 1$
	EOF
	in_ns "$DIRECTOR" ipvsadm -S -n >"$TEST_DIR/saved"
	clear
	expect_success in_ns "$DIRECTOR" ipvsadm -R <"$TEST_DIR/saved"
	expect_equal "restored" "$(cat "$TEST_DIR/saved")" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
	persistent_services_are_edited
	clear
}

# persistent_by_the_first: lines of services in /proc/net/ip_vs, sorted, with timeouts as multiples of that of the mark.
persistent_by_the_first() {
	in_ns "$DIRECTOR" grep -E '^(TCP|UDP|FWM)' /proc/net/ip_vs | sort | awk '
		match($0, / persistent [0-9]+ /) {
			timeout = substr($0, RSTART + 12, RLENGTH - 13)
			first = first ? first : timeout
			print substr($0, 1, RSTART + 11) timeout / first substr($0, RSTART + RLENGTH - 1)
		}'
}

# ipvsadm sends all of it: without -p a service is persistent no more.
persistent_services_are_edited() {
	done_by -E -t "$TCP" -s rr -p 2678400
	done_by -E -u "$UDP" -s rr
	done_by -E -f 7 -s rr -p 1 -M 255.255.255.255
	expect_equal "services" "-A -f 7 -s rr -p 1
-A -t 198.51.100.1:0 -s rr -p 60
-A -t 198.51.100.1:80 -s rr -p 2678400
-A -u 198.51.100.1:7000 -s rr" "$(in_ns "$DIRECTOR" ipvsadm -S -n | grep '^-A' | sort)"
}

# Of each kind of service one template: of a port, of all ports, and of a mark, which is of no protocol and has the mark for
# an address. A template is told of as a connection from port 0.
templates_are_listed() {
	local port
	done_by -A -u "$UDP" -s rr -p 50 -M 255.255.255.0
	done_by -a -u "$UDP" -r 10.0.0.11:7000 -m
	done_by -A -u "$VIP:0" -s rr -p 60
	done_by -a -u "$VIP:0" -r 10.0.0.11 -m
	done_by -A -f 7 -s rr -p 70
	done_by -a -f 7 -r 10.0.0.11 -m
	expect_success in_ns "$DIRECTOR" nft -f - <<-EOF
		table ip marking {
			chain prerouting {
				type filter hook prerouting priority mangle;
				ip daddr $VIP udp dport 7002 meta mark set 7
			}
		}
	EOF
	for port in 7000 7001 7002; do
		expect_match "opening to $port" '^ok' "$(talk me open "to$port" udp "$VIP" "$port" "4$port")"
		expect_equal "who answers at $port" server1 "$(talk me ask "to$port")"
	done
	expect_equal "connections" "IP  MM:SS  ASSURED     192.0.2.10:0       0.0.0.7:0          10.0.0.11:0\$
UDP MM:SS  ASSURED     192.0.2.0:0        198.51.100.1:7000  10.0.0.11:7000\$
UDP MM:SS  ASSURED     192.0.2.10:0       198.51.100.1:0     10.0.0.11:0\$
UDP MM:SS  UDP         192.0.2.10:47000   198.51.100.1:7000  10.0.0.11:7000\$
UDP MM:SS  UDP         192.0.2.10:47001   198.51.100.1:7001  10.0.0.11:7001\$
UDP MM:SS  UDP         192.0.2.10:47002   198.51.100.1:7002  10.0.0.11:7002\$" "$(connections_of '0|4700[012]')"
	expect_equal "in hexadecimal" "IP  C000020A 0000 00000007 0000 0A00000B 0000 ASSURED          NN
UDP C0000200 0000 C6336401 1B58 0A00000B 1B58 ASSURED          NN
UDP C000020A 0000 C6336401 0000 0A00000B 0000 ASSURED          NN" \
		"$(in_ns "$DIRECTOR" sed -nE '/^.{12} 0000/s/[0-9]{2}$/NN/p' /proc/net/ip_vs_conn | sort)"
	expect_equal "to be synchronised" "IP  C000020A 0000 00000007 0000 0A00000B 0000 ASSURED     LOCAL       NN
UDP C0000200 0000 C6336401 1B58 0A00000B 1B58 ASSURED     LOCAL       NN
UDP C000020A 0000 C6336401 0000 0A00000B 0000 ASSURED     LOCAL       NN" \
		"$(in_ns "$DIRECTOR" sed -nE '/^.{12} 0000/s/[0-9]{2}$/NN/p' /proc/net/ip_vs_conn_sync | sort)"
	expect_equal "number of them all" "Conns:"$'\t'"$(in_ns "$DIRECTOR" sed 1d /proc/net/ip_vs_conn | wc -l)" \
		"$(in_ns "$DIRECTOR" head -n 1 /proc/net/ip_vs_status)"
	# With the server two connections of another case have come back.
	expect_list -L -n --persistent-conn -u "$UDP" <<-'EOF'
		Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn $
		  -> RemoteAddress:Port$
		UDP  198.51.100.1:7000 rr persistent 50 mask 255.255.255.0$
		  -> 10.0.0.11:7000               1         1           0          3         $
	EOF
	clear
	in_ns "$DIRECTOR" nft delete table ip marking
}

# Not what is named alone: ipvsadm sends all of it.
services_and_servers_are_edited() {
	done_by -E -t "$TCP" -s sh -b sh-fallback,sh-port
	done_by -E -u "$UDP" -s mh -b mh-port
	done_by -e -t "$TCP" -r 10.0.0.11:8080 -m -w 7 -x 5
	done_by -e -t "$TCP" -r 10.0.0.12 -i
	done_by -d -t "$TCP" -r 10.0.0.13
	expect_list -L -n <<-'EOF'
		IP Virtual Server version 1.2.1 (size=N)$
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		TCP  198.51.100.1:80 sh (sh-fallback,sh-port)$
		  -> 10.0.0.11:8080               Masq    7      0          0         $
		  -> 10.0.0.12:80                 Tunnel  1      0          0         $
		UDP  198.51.100.1:7000 mh (mh-port)$
		  -> 10.0.0.11:7000               Masq    1      0          2         $
	EOF
	expect_list -L -n --thresholds -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn $
		  -> RemoteAddress:Port$
		TCP  198.51.100.1:80 sh (sh-fallback,sh-port)$
		  -> 10.0.0.11:8080               5          0          0          0         $
		  -> 10.0.0.12:80                 0          0          0          0         $
	EOF
	done_by -E -t "$TCP"
	# Flags that the scheduler does not know are kept.
	done_by -E -u "$UDP" -s rr -b flag-1,flag-3
	expect_equal "services" $'TCP  198.51.100.1:80 wlc$\nUDP  198.51.100.1:7000 rr (flag-1,flag-3)$' \
		"$(ipvsadm_says -L -n | grep -E '^(TCP|UDP)')"
	done_by -D -u "$UDP"
	expect_equal "services" 'TCP  198.51.100.1:80 wlc$' "$(ipvsadm_says -L -n | grep -E '^(TCP|UDP)')"
	clear
}

every_scheduler_is_there() {
	local scheduler port=9000
	for scheduler in rr wrr lc wlc sed nq sh mh dh lblc lblcr fo ovf twos; do
		port=$((port + 1))
		done_by -A -t "$VIP:$port" -s "$scheduler"
		expect_match "service" "^-A -t $VIP:$port -s $scheduler( -b.*)?\$" \
			"$(in_ns "$DIRECTOR" ipvsadm -S -n | grep ":$port ")"
	done
	clear
}

timeouts_are_set() {
	expect_says 'Timeout (tcp tcpfin udp): 900 120 300$' -L --timeout
	done_by --set 10 20 30
	expect_says 'Timeout (tcp tcpfin udp): 10 20 30$' -L --timeout
	done_by --set 0 21 0
	expect_says 'Timeout (tcp tcpfin udp): 10 21 30$' -L --timeout
	done_by --set 900 120 300
}

services_are_refused() {
	done_by -A -t "$TCP"
	expect_refusal "Service already exists" -A -t "$TCP" -s rr
	expect_refusal "Scheduler or persistence engine not found" -A -t "$VIP:81" -s nonsense
	expect_refusal "Scheduler or persistence engine not found" -E -t "$TCP" -s nonsense
	expect_refusal "No such service" -E -t "$VIP:81" -s rr
	expect_refusal "No such service" -E -u "$TCP" -s rr
	expect_refusal "No such service" -D -t "$VIP:81"
	expect_refusal "No such service" -D -t 198.51.100.2:80
	expect_refusal "No such service" -Z -t "$VIP:81"
	expect_refusal "No such service" -D -f 7
	expect_says $'No such service$\nexit status 1' -L -n -t "$VIP:81"
	expect_equal "what is there" "-A -t 198.51.100.1:80 -s wlc" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
}

tunnels_are_listed_and_saved() {
	clear
	done_by -A -t "$TCP" -s rr
	done_by -a -t "$TCP" -r 10.0.0.11 -i --tun-type gre --tun-nocsum
	done_by -a -t "$TCP" -r 10.0.0.12 -i --tun-type gue --tun-port 6080 --tun-csum
	done_by -a -t "$TCP" -r 10.0.0.13 -i --tun-type gue --tun-port 6081 --tun-remcsum
	expect_list -L -n --tun-info <<-'EOF'
		IP Virtual Server version 1.2.1 (size=N)$
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn$
		TCP  198.51.100.1:80 rr$
		  -> 10.0.0.11:80                 Tunnel  gre:-c        1      0          0         $
		  -> 10.0.0.12:80                 Tunnel  gue:6080:+c   1      0          0         $
		  -> 10.0.0.13:80                 Tunnel  gue:6081:r+c  1      0          0         $
	EOF
	expect_list -S -n <<-'EOF'
		-A -t 198.51.100.1:80 -s rr$
		-a -t 198.51.100.1:80 -r 10.0.0.11:80 -i -w 1 --tun-type gre --tun-nocsum$
		-a -t 198.51.100.1:80 -r 10.0.0.12:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum$
		-a -t 198.51.100.1:80 -r 10.0.0.13:80 -i -w 1 --tun-type gue --tun-port 6081 --tun-remcsum$
	EOF
	in_ns "$DIRECTOR" ipvsadm -S -n >"$TEST_DIR/saved"
	clear
	expect_success in_ns "$DIRECTOR" ipvsadm -R <"$TEST_DIR/saved"
	expect_equal "restored" "$(cat "$TEST_DIR/saved")" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
	done_by -e -t "$TCP" -r 10.0.0.12 -i --tun-type gre --tun-csum
	done_by -e -t "$TCP" -r 10.0.0.13 -i
	expect_list -S -n <<-'EOF'
		-A -t 198.51.100.1:80 -s rr$
		-a -t 198.51.100.1:80 -r 10.0.0.11:80 -i -w 1 --tun-type gre --tun-nocsum$
		-a -t 198.51.100.1:80 -r 10.0.0.12:80 -i -w 1 --tun-type gre --tun-csum$
		-a -t 198.51.100.1:80 -r 10.0.0.13:80 -i -w 1 --tun-type ipip$
	EOF
	clear
}

servers_are_refused() {
	local invalid="Invalid operation.  Possibly wrong module version, address not unicast, ..." address
	done_by -a -t "$TCP" -r 10.0.0.11:8080 -m
	expect_refusal "Destination already exists" -a -t "$TCP" -r 10.0.0.11:8080 -m
	expect_refusal "Service not defined" -a -t "$VIP:81" -r 10.0.0.11 -m
	expect_refusal "Service not defined" -e -t "$VIP:81" -r 10.0.0.11 -m
	expect_refusal "Service not defined" -d -t "$VIP:81" -r 10.0.0.11
	expect_refusal "No such destination" -e -t "$TCP" -r 10.0.0.11:8081 -m
	# Without -m the port is that of the service.
	expect_refusal "No such destination" -e -t "$TCP" -r 10.0.0.11:8080 -w 3
	expect_refusal "No such destination" -d -t "$TCP" -r 10.0.0.12:8080
	expect_refusal "Numerical result out of range" -a -t "$TCP" -r 10.0.0.12 -m -x 3 -y 4
	expect_refusal "Numerical result out of range" -a -t "$TCP" -r 10.0.0.12 -m -y 1
	expect_refusal "Numerical result out of range" -e -t "$TCP" -r 10.0.0.11:8080 -m -x 3 -y 4
	for address in 255.255.255.255 224.0.0.1 10.0.0.255; do
		expect_refusal "$invalid" -a -t "$TCP" -r "$address" -m
	done
	expect_equal "what is there" $'-A -t 198.51.100.1:80 -s wlc\n-a -t 198.51.100.1:80 -r 10.0.0.11:8080 -m -w 1' \
		"$(in_ns "$DIRECTOR" ipvsadm -S -n)"
	clear
}

daemons_are_refused() {
	expect_refusal "No daemon is running" --stop-daemon master
	expect_refusal "No daemon is running" --stop-daemon backup
	expect_says "" -L --daemon
}

# What ipvsadm refuses by itself, it refuses because the kernel has answered before.
wrong_arguments_are_refused() {
	expect_says $'illegal weight specified$\nexit status 2' -a -t "$TCP" -r 10.0.0.12 -m -w -1
	expect_says $'illegal u_threshold specified$\nexit status 2' -a -t "$TCP" -r 10.0.0.12 -m -x 2147483648
	expect_match "version" '^ipvsadm v1\.[0-9]+ .*\(compiled with popt and IPVS v1\.2\.1\)' "$(ipvsadm_says -v)"
}

# Not even with all capabilities in a user namespace that owns the network namespace.
only_the_first_user_namespace_may() {
	configure
	expect_equal "nobody" "Permission denied" "$(in_ns "$DIRECTOR" setpriv --reuid 65534 --clear-groups ipvsadm -L -n 2>&1 |
		grep -o "Permission denied" | head -n 1)"
	expect_equal "root of another user namespace" "Permission denied" "$(unshare --user --map-root-user --net ipvsadm -C 2>&1 |
		grep -o "Permission denied" | head -n 1)"
	expect_match "the services" "^-A -t $TCP" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
	clear
}

namespaces_are_apart() {
	done_by -A -t "$TCP"
	expect_equal "services of the client" "" "$(in_ns "$CLIENT" ipvsadm -S -n)"
	expect_success in_ns "$CLIENT" ipvsadm -A -t "$TCP" -s rr
	expect_success in_ns "$CLIENT" ipvsadm -C
	expect_match "services of the director" "^-A -t $TCP -s wlc" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
	clear
}

# helper CASE: of the family byte by byte. What it prints does not hold.
helper() {
	local output status=0
	output=$(in_ns "$DIRECTOR" python3 -S "$HELPERS/ipvs_clients.py" "$@" 2>&1) || status=$?
	[ "$status" = 0 ] || fail "$* ended with status $status:"$'\n'"$output"
	clear
}

answers_are_in_order() {
	helper answers
}

requests_of_other_clients() {
	helper clients
}

requests_are_parsed_liberally() {
	helper liberal
}

wrong_requests_are_refused() {
	helper refusals
}

dumps_go_on_among_changes() {
	helper dumps
}

users_may_what_they_may() {
	helper users
}

rvsadm_sees_the_same() {
	[ "$LB_BACKEND" = rvs ] || { skip "a tool of RVS"; return; }
	configure
	expect_match "services" '^tcp/198\.51\.100\.1:80 +wlc ' "$(director_rvsadm show "tcp/$TCP" | sed 1d)"
	expect_success director_rvsadm service set "tcp/$TCP" --scheduler mh --scheduler-flags fallback
	expect_success director_rvsadm server set "tcp/$TCP" 10.0.0.11:8080 --weight 5
	expect_equal "as ipvsadm lists it" $'TCP  198.51.100.1:80 mh (mh-fallback)$\n  -> 10.0.0.11:8080               Masq    5      0          0         $' \
		"$(ipvsadm_says -L -n | sed -n 4,5p)"
	clear
	expect_equal "after ipvsadm -C" "no services" "$(director_rvsadm show)"
}

test_begin
talk_server_start "${SERVERS[0]}" server1 udp:7000 udp:7001 udp:7002
talk_client_start me "$CLIENT"

ktap_run \
	list_without_services \
	lists \
	counters_are_listed \
	counting_begins_anew \
	saved_is_restored \
	services_and_servers_are_edited \
	marks_and_single_datagrams \
	persistent_services \
	templates_are_listed \
	every_scheduler_is_there \
	timeouts_are_set \
	services_are_refused \
	servers_are_refused \
	daemons_are_refused \
	wrong_arguments_are_refused \
	only_the_first_user_namespace_may \
	namespaces_are_apart \
	answers_are_in_order \
	requests_of_other_clients \
	requests_are_parsed_liberally \
	wrong_requests_are_refused \
	dumps_go_on_among_changes \
	users_may_what_they_may \
	rvsadm_sees_the_same \
	tunnels_are_listed_and_saved
