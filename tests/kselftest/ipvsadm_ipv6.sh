#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Stock ipvsadm about services of IPv6, as ipvsadm.sh is about those of IPv4; /proc/net/ip_vs, and rvsadm about the same.
FAMILY=v6
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib/ipvsadm.sh
. "$KSELFTEST_DIR/lib/ipvsadm.sh"

TCP=[$VIP]:80
UDP=[$VIP]:53
SERVER=fd00::

INVALID="Invalid operation.  Possibly wrong module version, address not unicast, ..."

# Each forward method that IPv6 has so far, weight 0, thresholds, ports of its own; marks of both families.
configure() {
	done_by -A -t "$TCP"
	done_by -a -t "$TCP" -r "[${SERVER}11]:8080" -m
	done_by -a -t "$TCP" -r "[${SERVER}12]:80" -g -w 0 -x 9 -y 3
	done_by -A -u "$UDP" -s rr -o
	done_by -a -u "$UDP" -r "[${SERVER}11]:53" -m
	done_by -A -f 7 -6 -s rr
	done_by -a -f 7 -6 -r "[${SERVER}11]:0" -m
	done_by -A -f 7 -s wrr
	done_by -a -f 7 -r 10.0.0.11 -m
}

lists() {
	configure
	expect_list -L -n <<-'EOF'
		IP Virtual Server version 1.2.1 (size=N)$
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		TCP  [2001:db8:100::1]:80 wlc$
		  -> [fd00::11]:8080              Masq    1      0          0         $
		  -> [fd00::12]:80                Route   0      0          0         $
		UDP  [2001:db8:100::1]:53 rr ops$
		  -> [fd00::11]:53                Masq    1      0          0         $
		FWM  7 wrr$
		  -> 10.0.0.11:0                  Masq    1      0          0         $
		FWM  7 IPv6 rr$
		  -> [fd00::11]:0                 Masq    1      0          0         $
	EOF
	expect_list -L -n --thresholds -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn $
		  -> RemoteAddress:Port$
		TCP  [2001:db8:100::1]:80 wlc$
		  -> [fd00::11]:8080              0          0          0          0         $
		  -> [fd00::12]:80                9          3          0          0         $
	EOF
	expect_list -L -n --persistent-conn -u "$UDP" <<-'EOF'
		Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn $
		  -> RemoteAddress:Port$
		UDP  [2001:db8:100::1]:53 rr ops$
		  -> [fd00::11]:53                1         0           0          0         $
	EOF
	expect_list -L -n --stats -f 7 -6 <<-'EOF'
		Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes$
		  -> RemoteAddress:Port$
		FWM  7 IPv6                              0        0        0        0        0$
		  -> [fd00::11]:0                        0        0        0        0        0$
	EOF
	expect_list -L -n --rate -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS$
		  -> RemoteAddress:Port$
		TCP  [2001:db8:100::1]:80                0        0        0        0        0$
		  -> [fd00::11]:8080                     0        0        0        0        0$
		  -> [fd00::12]:80                       0        0        0        0        0$
	EOF
	expect_list -L -n -f 7 <<-'EOF'
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		FWM  7 wrr$
		  -> 10.0.0.11:0                  Masq    1      0          0         $
	EOF
	expect_list -L -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		TCP  [2001:db8:100::1]:http wlc$
		  -> [fd00::11]:http-alt          Masq    1      0          0         $
		  -> [fd00::12]:http              Route   0      0          0         $
	EOF
}

# The order of services is nobody's matter, that of servers is.
file_shows_them() {
	expect_equal "/proc/net/ip_vs" "FWM  00000007 rr 
  -> [fd00:0000:0000:0000:0000:0000:0000:0011]:0000      Masq    1      0          0         
FWM  00000007 wrr 
  -> 0A00000B:0000      Masq    1      0          0         
TCP  [2001:0db8:0100:0000:0000:0000:0000:0001]:0050 wlc 
  -> [fd00:0000:0000:0000:0000:0000:0000:0012]:0050      Route   0      0          0         
  -> [fd00:0000:0000:0000:0000:0000:0000:0011]:1F90      Masq    1      0          0         
UDP  [2001:0db8:0100:0000:0000:0000:0000:0001]:0035 rr 
  -> [fd00:0000:0000:0000:0000:0000:0000:0011]:0035      Masq    1      0          0         " \
		"$(in_ns "$DIRECTOR" sed 1,3d /proc/net/ip_vs | awk '
			/^[A-Z]/ { if (line) print line; line = $0; next }
			{ line = line "\t" $0 }
			END { print line }' | sort | tr '\t' '\n')"
}

saved_is_restored() {
	expect_list -S -n <<-'EOF'
		-A -t [2001:db8:100::1]:80 -s wlc$
		-a -t [2001:db8:100::1]:80 -r [fd00::11]:8080 -m -w 1$
		-a -t [2001:db8:100::1]:80 -r [fd00::12]:80 -g -w 0$
		-A -u [2001:db8:100::1]:53 -s rr -o$
		-a -u [2001:db8:100::1]:53 -r [fd00::11]:53 -m -w 1$
		-A -f 7 -s wrr$
		-a -f 7 -r 10.0.0.11:0 -m -w 1$
		-A -f 7 -6 -s rr$
		-a -f 7 -6 -r [fd00::11]:0 -m -w 1$
	EOF
	in_ns "$DIRECTOR" ipvsadm -S -n >"$TEST_DIR/saved"
	clear
	expect_says "" -S -n
	expect_success in_ns "$DIRECTOR" ipvsadm -R <"$TEST_DIR/saved"
	expect_equal "restored" "$(cat "$TEST_DIR/saved")" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
}

services_and_servers_are_edited() {
	done_by -E -t "$TCP" -s sh -b sh-port
	done_by -e -t "$TCP" -r "[${SERVER}11]:8080" -m -w 7
	done_by -d -t "$TCP" -r "[${SERVER}12]:80"
	done_by -E -f 7 -6 -s wlc
	done_by -Z -t "$TCP"
	expect_list -L -n -t "$TCP" <<-'EOF'
		Prot LocalAddress:Port Scheduler Flags$
		  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn$
		TCP  [2001:db8:100::1]:80 sh (sh-port)$
		  -> [fd00::11]:8080              Masq    7      0          0         $
	EOF
	expect_equal "marks" $'FWM  7 wrr$\nFWM  7 IPv6 wlc$' "$(ipvsadm_says -L -n | grep ^FWM)"
	done_by -D -f 7 -6
	expect_equal "marks" 'FWM  7 wrr$' "$(ipvsadm_says -L -n | grep ^FWM)"
	clear
}

# Clients are one by the number of leading bits.
persistent_services() {
	done_by -A -t "$TCP" -s rr -p
	done_by -A -u "$UDP" -s rr -p 50 -M 64
	done_by -A -t "[$VIP]:0" -s rr -p 60
	done_by -A -f 8 -6 -s rr -p 70 -M 56
	expect_list -S -n <<-'EOF'
		-A -t [2001:db8:100::1]:0 -s rr -p 60$
		-A -t [2001:db8:100::1]:80 -s rr -p 360$
		-A -u [2001:db8:100::1]:53 -s rr -p 50 -M 64$
		-A -f 8 -6 -s rr -p 70 -M 56$
	EOF
	expect_equal "lists" 'TCP  [2001:db8:100::1]:0 rr persistent 60$
TCP  [2001:db8:100::1]:80 rr persistent 360$
UDP  [2001:db8:100::1]:53 rr persistent 50 mask 64$
FWM  8 IPv6 rr persistent 70 mask 56$' "$(ipvsadm_says -L -n | sed 1,3d)"
	expect_equal "/proc/net/ip_vs" "FWM  00000008 rr persistent N 38000000
TCP  [2001:0db8:0100:0000:0000:0000:0000:0001]:0000 rr persistent N 80000000
TCP  [2001:0db8:0100:0000:0000:0000:0000:0001]:0050 rr persistent N 80000000
UDP  [2001:0db8:0100:0000:0000:0000:0000:0001]:0035 rr persistent N 40000000" \
		"$(in_ns "$DIRECTOR" sed '1,3d; s/persistent [0-9]*/persistent N/' /proc/net/ip_vs | sort)"
	# Without -p it is persistent no more, and ipvsadm tells no mask.
	done_by -E -u "$UDP" -s rr
	expect_equal "saved" "-A -u [2001:db8:100::1]:53 -s rr" "$(in_ns "$DIRECTOR" ipvsadm -S -n | grep -- -u)"
	clear
}

# 16 bytes of payload, "server1 " before them on the way back, 48 of headers; once to open and once to ask.
counters_are_listed() {
	done_by -A -u "[$VIP]:7000" -s rr
	done_by -a -u "[$VIP]:7000" -r "[${SERVER}11]:7000" -m
	expect_match "opening" '^ok' "$(talk me open flow udp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk me ask flow)"
	expect_equal "who answers again" server1 "$(talk me ask flow)"
	lb_counters_settle
	expect_list -L -n --stats -u "[$VIP]:7000" <<-'EOF'
		Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes$
		  -> RemoteAddress:Port$
		UDP  [2001:db8:100::1]:7000              1        2        2      128      144$
		  -> [fd00::11]:7000                     1        2        2      128      144$
	EOF
	clear
}

CLIENT_HEX=2001:0db8:0002:0000:0000:0000:0000
VIP_HEX=2001:0db8:0100:0000:0000:0000:0000:0001
SERVER_HEX=fd00:0000:0000:0000:0000:0000:0000:0011

# hexadecimal FILE: what it tells of the connections that are looked at, in some order, without the time that is left.
hexadecimal() {
	in_ns "$DIRECTOR" sed -nE 's/[0-9]+ *$/NN/; /^.{43} (0000|B79[89A]) /p' "/proc/net/$1" | sort
}

# Connections of TCP and UDP, of the service of a port and of a mark, and the templates of two services.
connections_are_listed() {
	local port
	done_by -A -t "[$VIP]:7000" -s rr
	done_by -a -t "[$VIP]:7000" -r "[${SERVER}11]:7000" -m
	done_by -A -u "[$VIP]:7001" -s rr -p 50 -M 64
	done_by -a -u "[$VIP]:7001" -r "[${SERVER}11]:7001" -m
	done_by -A -f 7 -6 -s rr -p 70
	done_by -a -f 7 -6 -r "[${SERVER}11]:0" -m
	expect_success in_ns "$DIRECTOR" nft -f - <<-EOF
		table ip6 marking {
			chain prerouting {
				type filter hook prerouting priority mangle;
				ip6 daddr $VIP udp dport 7002 meta mark set 7
			}
		}
	EOF
	expect_match "opening" '^ok' "$(talk me open stream tcp "$VIP" 7000 47000)"
	expect_equal "who answers" server1 "$(talk me ask stream)"
	for port in 7001 7002; do
		expect_match "opening to $port" '^ok' "$(talk me open "to$port" udp "$VIP" "$port" "4$port")"
		expect_equal "who answers at $port" server1 "$(talk me ask "to$port")"
	done
	expect_equal "connections" "IP  MM:SS  ASSURED     [2001:db8:2::10]:0 [0:7::]:0          [fd00::11]:0\$
TCP MM:SS  ESTABLISHED [2001:db8:2::10]:47000 [2001:db8:100::1]:7000 [fd00::11]:7000\$
UDP MM:SS  ASSURED     [2001:db8:2::]:0   [2001:db8:100::1]:7001 [fd00::11]:7001\$
UDP MM:SS  UDP         [2001:db8:2::10]:47001 [2001:db8:100::1]:7001 [fd00::11]:7001\$
UDP MM:SS  UDP         [2001:db8:2::10]:47002 [2001:db8:100::1]:7002 [fd00::11]:7002\$" \
		"$(ipvsadm_says -L -c -n | sed -nE 's/ [0-9]{2}:[0-9]{2} / MM:SS /; /]:(0|4700[012]) +[[]/p' | sort)"
	expect_equal "in hexadecimal" "IP  $CLIENT_HEX:0010 0000 0000:0007:0000:0000:0000:0000:0000:0000 0000 $SERVER_HEX 0000 ASSURED          NN
TCP $CLIENT_HEX:0010 B798 $VIP_HEX 1B58 $SERVER_HEX 1B58 ESTABLISHED     NN
UDP $CLIENT_HEX:0000 0000 $VIP_HEX 1B59 $SERVER_HEX 1B59 ASSURED          NN
UDP $CLIENT_HEX:0010 B799 $VIP_HEX 1B59 $SERVER_HEX 1B59 UDP             NN
UDP $CLIENT_HEX:0010 B79A $VIP_HEX 1B5A $SERVER_HEX 1B5A UDP             NN" "$(hexadecimal ip_vs_conn)"
	expect_equal "to be synchronised" "IP  $CLIENT_HEX:0010 0000 0000:0007:0000:0000:0000:0000:0000:0000 0000 $SERVER_HEX 0000 ASSURED     LOCAL       NN
TCP $CLIENT_HEX:0010 B798 $VIP_HEX 1B58 $SERVER_HEX 1B58 ESTABLISHED LOCAL      NN
UDP $CLIENT_HEX:0000 0000 $VIP_HEX 1B59 $SERVER_HEX 1B59 ASSURED     LOCAL       NN
UDP $CLIENT_HEX:0010 B799 $VIP_HEX 1B59 $SERVER_HEX 1B59 UDP         LOCAL      NN
UDP $CLIENT_HEX:0010 B79A $VIP_HEX 1B5A $SERVER_HEX 1B5A UDP         LOCAL      NN" "$(hexadecimal ip_vs_conn_sync)"
	expect_success talk me close stream
	clear
	in_ns "$DIRECTOR" nft delete table ip6 marking
}

every_scheduler_is_there() {
	local scheduler
	for scheduler in rr wrr lc wlc sed nq sh mh dh lblc lblcr fo ovf twos; do
		done_by -A -t "$TCP" -s "$scheduler"
		expect_match "service" "^-A -t [[]${VIP}[]]:80 -s $scheduler( -b.*)?\$" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
		done_by -D -t "$TCP"
	done
}

services_are_refused() {
	done_by -A -t "$TCP"
	expect_refusal "Service already exists" -A -t "$TCP" -s rr
	expect_refusal "Scheduler or persistence engine not found" -A -t "[$VIP]:81" -s nonsense
	expect_refusal "No such service" -E -t "[$VIP]:81" -s rr
	expect_refusal "No such service" -D -u "$TCP"
	expect_refusal "No such service" -D -t "[2001:db8:100::2]:80"
	expect_refusal "No such service" -D -f 7 -6
	expect_says $'No such service$\nexit status 1' -L -n -t "[$VIP]:81"
	expect_equal "what is there" "-A -t [2001:db8:100::1]:80 -s wlc" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
}

servers_are_refused() {
	local address
	done_by -a -t "$TCP" -r "[${SERVER}11]:8080" -m
	expect_refusal "Destination already exists" -a -t "$TCP" -r "[${SERVER}11]:8080" -m
	expect_refusal "Service not defined" -a -t "[$VIP]:81" -r "[${SERVER}11]:80" -m
	expect_refusal "No such destination" -e -t "$TCP" -r "[${SERVER}12]:80" -m
	expect_refusal "No such destination" -d -t "$TCP" -r "[${SERVER}11]:80"
	# Nothing tells the link of a link-local address.
	for address in fe80::1 ff02::1 :: ::ffff:10.0.0.11; do
		expect_refusal "$INVALID" -a -t "$TCP" -r "[$address]:80" -m
	done
	expect_equal "what is there" "-A -t [2001:db8:100::1]:80 -s wlc
-a -t [2001:db8:100::1]:80 -r [fd00::11]:8080 -m -w 1" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
	# Those of this host are known by their routes.
	for address in ::1 "$VIP"; do
		done_by -a -t "$TCP" -r "[$address]:8080" -m
		done_by -d -t "$TCP" -r "[$address]:8080"
	done
	clear
}

# helper CASE: of the family byte by byte. What it prints does not hold.
helper() {
	local output status=0
	output=$(in_ns "$DIRECTOR" python3 -S "$HELPERS/ipvs_ipv6.py" "$@" 2>&1) || status=$?
	[ "$status" = 0 ] || fail "$* ended with status $status:"$'\n'"$output"
	clear
}

answers_tell_the_family() {
	helper answers
}

wrong_requests_are_refused() {
	helper refusals
}

rvsadm_sees_the_same() {
	[ "$LB_BACKEND" = rvs ] || { skip "a tool of RVS"; return; }
	configure
	expect_equal "keys" "mark/7
mark/7/ipv6
tcp/[2001:db8:100::1]:80
udp/[2001:db8:100::1]:53" "$(director_rvsadm service list | sed 1d | awk '{ print $1 }' | sort)"
	expect_success director_rvsadm service set "tcp/$TCP" --scheduler mh --persistent 300/64
	expect_success director_rvsadm server set "tcp/$TCP" "[${SERVER}11]:8080" --weight 5
	expect_success director_rvsadm server add "tcp/$TCP" "${SERVER}13" --nat
	expect_equal "as ipvsadm saves it" "-A -t [2001:db8:100::1]:80 -s mh -p 300 -M 64
-a -t [2001:db8:100::1]:80 -r [fd00::11]:8080 -m -w 5
-a -t [2001:db8:100::1]:80 -r [fd00::12]:80 -g -w 0
-a -t [2001:db8:100::1]:80 -r [fd00::13]:80 -m -w 1" "$(in_ns "$DIRECTOR" ipvsadm -S -n | grep -- -t)"
	expect_success director_rvsadm service add "tcp/[$VIP]:8000-8999" --nat
	expect_success director_rvsadm service add "mark/9/ipv6" --nat
	expect_equal "what was not told" "-A -f 9 -6 -s wrr" "$(in_ns "$DIRECTOR" ipvsadm -S -n | grep -- '-f 9')"
	expect_success director_rvsadm service del "mark/9/ipv6"
	expect_equal "in JSON" ".services.0.address $VIP" \
		"$(director_rvsadm --json show "tcp/$TCP" | awk -f "$KSELFTEST_DIR/lib/json.awk" | grep '^.services.0.address ')"
	clear
	expect_equal "after ipvsadm -C" "no services" "$(director_rvsadm show)"
}

test_begin
talk_server_start "${SERVERS[0]}" server1 tcp:7000 udp:7000 udp:7001 udp:7002
talk_client_start me "$CLIENT"

ktap_run \
	lists \
	file_shows_them \
	saved_is_restored \
	services_and_servers_are_edited \
	persistent_services \
	counters_are_listed \
	connections_are_listed \
	every_scheduler_is_there \
	services_are_refused \
	servers_are_refused \
	answers_tell_the_family \
	wrong_requests_are_refused \
	rvsadm_sees_the_same
