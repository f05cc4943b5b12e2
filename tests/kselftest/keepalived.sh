#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Debian's keepalived drives the load balancer: its checks take servers out and bring them back, its reloads change
# weights, and its VRRP moves the VIP from one director to another, while a client requests all the time.
#	HOWTO_DIR      where the page on keepalived is
. "$(dirname "$0")/lib.sh"

HOWTO_DIR=${HOWTO_DIR:-$KSELFTEST_DIR/../howto}
SERVER_PORT=8080
# What checks see, reals[0] to reals[2].
reals=()
for address in "${SERVER_IPS[@]}"; do
	reals+=("$address:$SERVER_PORT")
done

PREEMPT_SECONDS=5

# Until a client that requests all the time has had enough answers: it has to start.
ANSWERS_SECONDS=30

# Until a check, its retry and what they start have come to an end.
CHECK_SECONDS=30

# --- what is configured

algorithm=rr

# virtual_server ADDRESS-AND-PORT [LINE...] <REAL-SERVERS
virtual_server() {
	local line
	echo "virtual_server $1 {"
	shift
	printf '    %s\n' 'delay_loop 1' "lb_algo $algorithm" 'lb_kind NAT' 'protocol TCP' "$@"
	while IFS= read -r line; do
		echo "    $line"
	done
	echo "}"
}

# real_server NUMBER CHECK WEIGHT [LINE...]
real_server() {
	local address=${SERVER_IPS[$1 - 1]} check=$2 weight=$3
	shift 3
	printf '%s\n' "real_server $address $SERVER_PORT {" "    weight $weight" "${@/#/    }" "    $check {"
	[ "$check" != HTTP_GET ] || printf '        %s\n' 'url {' '  path /' '  status_code 200' '}'
	printf '        %s\n' 'connect_timeout 1' 'retry 1' 'delay_before_retry 1'
	printf '%s\n' '    }' '}'
}

# real_servers CHECK WEIGHT...
real_servers() {
	local i=1 check=$1
	shift
	for weight; do
		real_server $((i++)) "$check" "$weight"
	done
}

# --- what there is

# servers_of SERVICE-OPTION...: "ADDRESS:PORT=WEIGHT" of each real server, sorted, in a line.
servers_of() {
	in_ns "$DIRECTOR" ipvsadm -Ln "$@" 2>&1 | awk '$1 == "->" && $2 ~ /:[0-9]+$/ { print $2 "=" $4 }' | sort | paste -sd' '
}

# expect_servers WHAT EXPECTED...: those of the web service, before long.
expect_servers() {
	local what=$1
	shift
	wait_until "$CHECK_SECONDS" prints "$*" servers_of -t "$VIP:80" ||
		fail "$what: expected '$*', saw '$(servers_of -t "$VIP:80")'"
}

# services: as ipvsadm would be told them, without servers.
services() {
	in_ns "$DIRECTOR" ipvsadm -Sn | grep '^-A' | sort
}

# http_server_ails NUMBER / http_server_recovers NUMBER: it answers, but 503.
http_server_ails() {
	local directory=$TEST_DIR/server$1
	sed -i "s|return 200 .*;|return 503 ;|" "$directory/nginx.conf"
	in_ns "${SERVERS[$1 - 1]}" nginx -e "$directory/error.log" -c "$directory/nginx.conf" -s reload
}

http_server_recovers() {
	local directory=$TEST_DIR/server$1
	sed -i "s|return 503 ;|return 200 \"server$1\\\\n\";|" "$directory/nginx.conf"
	in_ns "${SERVERS[$1 - 1]}" nginx -e "$directory/error.log" -c "$directory/nginx.conf" -s reload
}

# link NUMBER up|down: of that server.
link() {
	ip -n "${SERVERS[$1 - 1]}" link set eth0 "$2"
	[ "$2" = down ] || ip -n "${SERVERS[$1 - 1]}" route replace default via "$DIRECTOR_LAN_IP"
}

# web_begin: keepalived with what is read, and all servers in; requests begin.
web_begin() {
	keepalived_start "$DIRECTOR"
	expect_servers "with all servers" "$@"
	requests_start
	wait_until "$ANSWERS_SECONDS" requests_since 0 '^server' 30 || fail "no requests are answered"
}

web_end() {
	requests_end
	keepalived_stop "$DIRECTOR"
	expect_equal "services after keepalived" "" "$(services)"
}

# --- cases

# goes_and_returns CHECK LEAVE RETURN: server 2 does by LEAVE and RETURN.
goes_and_returns() {
	local check=$1 left gone back
	web_begin "${reals[0]}=1" "${reals[1]}=1" "${reals[2]}=1" < <(real_servers "$check" 1 1 1 | virtual_server "$VIP 80")

	left=$(now)
	$2
	expect_servers "without server 2" "${reals[0]}=1" "${reals[2]}=1"
	gone=$(now)
	wait_until "$ANSWERS_SECONDS" requests_since "$gone" . 20 || fail "too few requests without server 2"
	back=$(now)
	$3
	expect_servers "with server 2 again" "${reals[0]}=1" "${reals[1]}=1" "${reals[2]}=1"
	wait_until "$ANSWERS_SECONDS" requests_since "$back" '^server2$' 5 || fail "server 2 gets no requests any more"
	web_end

	expect_all_answered "before server 2 was left alone" 0 $((left - 500))
	expect_range "requests lost before the check had seen it" 1 1000 "$(requests_between "$left" "$gone" "$LOST")"
	expect_all_answered "after the check had seen it" "$gone" 999999999
	expect_equal "answers of server 2 while it was out" 0 "$(requests_between "$gone" "$back" '^server2$')"
}

tcp_check() {
	goes_and_returns TCP_CHECK 'link 2 down' 'link 2 up'
}

http_get() {
	goes_and_returns HTTP_GET 'http_server_ails 2' 'http_server_recovers 2'
}

quorum_and_sorry_server() {
	local gone back returned
	web_begin "${reals[0]}=1" "${reals[1]}=1" < <(real_servers HTTP_GET 1 1 |
		virtual_server "$VIP 80" 'quorum 2' "sorry_server ${SERVER_IPS[2]} $SERVER_PORT")
	http_server_ails 1
	expect_servers "without a quorum" "${reals[2]}=1"
	gone=$(now)
	wait_until "$ANSWERS_SECONDS" requests_since "$gone" '^server3$' 20 || fail "the sorry server gets no requests"
	back=$(now)
	http_server_recovers 1
	expect_servers "with a quorum again" "${reals[0]}=1" "${reals[1]}=1"
	returned=$(now)
	wait_until "$ANSWERS_SECONDS" requests_since "$returned" '^server1$' 5 || fail "server 1 gets no requests any more"
	web_end
	# What the sorry server was about to answer when it was removed is lost.
	expect_all_answered "without a quorum" "$gone" "$back"
	expect_all_answered "with a quorum again" "$returned" 999999999
	expect_equal "answers of real servers without a quorum" 0 "$(requests_between "$gone" "$back" '^server[12]$')"
}

inhibit_on_failure() {
	local gone
	# A connection that is there stays: its server has a weight still, if only 0.
	web_begin "${reals[0]}=1" "${reals[1]}=1" < <({
		real_server 1 HTTP_GET 1
		real_server 2 HTTP_GET 1 inhibit_on_failure
	} | virtual_server "$VIP 80")
	http_server_ails 2
	expect_servers "with server 2 inhibited" "${reals[0]}=1" "${reals[1]}=0"
	gone=$(now)
	wait_until "$ANSWERS_SECONDS" requests_since "$gone" '^server1$' 20 || fail "too few requests with server 2 inhibited"
	expect_equal "requests of server 2" 0 "$(requests_between "$gone" 999999999 '^(server2|status)')"
	http_server_recovers 2
	expect_servers "with server 2 again" "${reals[0]}=1" "${reals[1]}=1"
	wait_until "$ANSWERS_SECONDS" requests_since "$(now)" '^server2$' 5 || fail "server 2 gets no requests any more"
	web_end
	expect_all_answered "since server 2 was inhibited" "$gone" 999999999
}

weights_by_reload() {
	local changed until first second algorithm=wrr
	web_begin "${reals[0]}=1" "${reals[1]}=1" "${reals[2]}=1" < <(real_servers TCP_CHECK 1 1 1 |
		virtual_server "$VIP 80")
	keepalived_reload "$DIRECTOR" < <(real_servers TCP_CHECK 6 3 0 | virtual_server "$VIP 80")
	expect_servers "after the reload" "${reals[0]}=6" "${reals[1]}=3" "${reals[2]}=0"
	changed=$(now)
	wait_until "$ANSWERS_SECONDS" requests_since "$changed" . 45 || fail "too few requests after the reload"
	until=$(now)
	keepalived_reload "$DIRECTOR" < <(real_servers TCP_CHECK 1 1 | virtual_server "$VIP 80")
	expect_servers "after another reload, without server 3" "${reals[0]}=1" "${reals[1]}=1"
	expect_equal "services after it" "-A -t $VIP:80 -s wrr" "$(services)"
	wait_until "$ANSWERS_SECONDS" requests_since "$(now)" . 10 || fail "too few requests after the other reload"
	web_end

	expect_all_answered "all the time" 0 999999999
	expect_equal "requests of a server without weight" 0 "$(requests_between "$changed" "$until" '^server3$')"
	# Of each nine, six and three; what was under way, and where the turn ends, make a few of difference.
	first=$(requests_between "$changed" "$until" '^server1$')
	second=$(requests_between "$changed" "$until" '^server2$')
	expect_range "requests of server 1, with $second of server 2" $((second * 2 - 6)) $((second * 2 + 6)) "$first"
}

# The file in docs/howto/keepalived.md.
page_as_written() {
	local page=$HOWTO_DIR/keepalived.md
	[ -e "$page" ] || { skip "there is no $page"; return; }
	keepalived_start "$DIRECTOR" < <(awk '/^## / { site = $0 == "## A site" } site && sub(/^    /, "")' "$page")
	expect_servers "of the page" "${reals[0]}=2" "${reals[1]}=1"
	fetch 6 "$TEST_DIR/answers"
	expect_shares "$TEST_DIR/answers" 4 2 0
	keepalived_stop "$DIRECTOR"
}

# The file that comes with the package, as it is: all is configured, before the checks have found nobody.
sample_configuration() {
	local sample=/etc/keepalived/keepalived.conf.sample
	[ -e "$sample" ] || { skip "there is no $sample"; return; }
	ip -n "$DIRECTOR" link add eth0 type dummy
	ip -n "$DIRECTOR" link set eth0 up
	keepalived_start "$DIRECTOR" <"$sample"
	wait_until 10 prints '192.168.200.4:1358=1 192.168.200.5:1358=1' servers_of -t 10.10.10.3:1358 ||
		fail "servers of the last service: $(servers_of -t 10.10.10.3:1358)"
	expect_equal "services" \
		"$(printf '%s\n' '-A -t 10.10.10.2:1358 -s rr -p 50' '-A -t 10.10.10.3:1358 -s rr -p 50' '-A -t 192.168.200.100:443 -s rr -p 50')" \
		"$(services)"
	expect_equal "servers of the first" "192.168.201.100:443=1" "$(servers_of -t 192.168.200.100:443)"
	expect_equal "servers of the second" "192.168.200.2:1358=1 192.168.200.3:1358=1" "$(servers_of -t 10.10.10.2:1358)"
	keepalived_stop "$DIRECTOR"
	ip -n "$DIRECTOR" link del eth0
	expect_equal "services after keepalived" "" "$(services)"
}

persistence() {
	web_begin "${reals[0]}=1" "${reals[1]}=1" "${reals[2]}=1" < <(real_servers TCP_CHECK 1 1 1 |
		virtual_server "$VIP 80" 'persistence_timeout 50')
	expect_equal "services" "-A -t $VIP:80 -s rr -p 50" "$(services)"
	wait_until "$ANSWERS_SECONDS" requests_since 0 . 30 || fail "too few requests"
	web_end
	expect_all_answered "all the time" 0 999999999
	expect_equal "servers of the one client" 1 "$(cut -d' ' -f2 "$TEST_DIR/requests" | sort -u | wc -l)"
}

# two_answers PORT: of the VIP.
two_answers() {
	in_ns "$CLIENT" curl -sS --max-time 5 "http://$VIP:$1/" 2>&1
	in_ns "$CLIENT" curl -sS --max-time 5 "http://$VIP:$1/" 2>&1
}

# A group of two addresses and a mark.
virtual_server_group() {
	local service port
	in_ns "$DIRECTOR" nft -f - <<-EOF
		table ip marking {
			chain prerouting {
				type filter hook prerouting priority mangle;
				ip daddr $VIP tcp dport 8800-8899 meta mark set 7
			}
		}
	EOF
	keepalived_start "$DIRECTOR" < <(
		printf '%s\n' 'virtual_server_group web {' "    $VIP 80" "    $VIP 81" '    fwmark 7' '}'
		real_servers TCP_CHECK 1 1 | virtual_server 'group web'
	)
	for service in "-t $VIP:80" "-t $VIP:81" "-f 7"; do
		# shellcheck disable=SC2086 # two words
		wait_until "$CHECK_SECONDS" prints "${reals[0]}=1 ${reals[1]}=1" servers_of $service || fail "servers of $service: $(servers_of $service)"
	done
	for port in 80 81 8803; do
		expect_equal "answers at port $port" "server1 server2" "$(two_answers "$port" | sort | paste -sd' ')"
	done
	server_leaves_the_group
	keepalived_stop "$DIRECTOR"
	in_ns "$DIRECTOR" nft delete table ip marking
	expect_equal "services after keepalived" "" "$(services)"
}

# One check takes the server out of all of the group.
server_leaves_the_group() {
	local service
	link 2 down
	for service in "-t $VIP:80" "-t $VIP:81" "-f 7"; do
		# shellcheck disable=SC2086 # two words
		wait_until "$CHECK_SECONDS" prints "${reals[0]}=1" servers_of $service || fail "servers of $service without server 2: $(servers_of $service)"
	done
	link 2 up
}

# vrrp PRIORITY: the VIP and the gateway, of one instance. Who comes back waits until its checks have
# found the servers. Advertisements are those that keepalived has by default, and who sends them comes before others: a
# backup that hears nothing for three of them takes the addresses, while the master lives and does not know. Such a
# process is killed after 10 ms without a pause, unless it is told otherwise (microseconds): on a slow machine it was.
vrrp() {
	cat <<-EOF
		global_defs {
		    vrrp_version 3
		    vrrp_rt_priority 50
		    vrrp_rlimit_rttime 10000000
		}
		vrrp_instance site {
		    state BACKUP
		    interface outside
		    track_interface {
		        inside
		    }
		    virtual_router_id 51
		    priority $1
		    preempt_delay $PREEMPT_SECONDS
		    advert_int 1
		    virtual_ipaddress {
		        $VIP/24 dev outside
		        $DIRECTOR_LAN_IP/24 dev inside
		    }
		}
	EOF
	real_servers TCP_CHECK 1 1 1 | virtual_server "$VIP 80"
}

# has_vip NAMESPACE: it has both.
has_vip() {
	ip -n "$1" address show dev outside | grep -q "inet $VIP/" &&
		ip -n "$1" address show dev inside | grep -q "inet $DIRECTOR_LAN_IP/"
}

# cable DIRECTOR-NUMBER up|down: both of its links.
cable() {
	ip -n "$NETWORK" link set "outside$1" "$2"
	ip -n "$NETWORK" link set "inside$1" "$2"
}

# link_address NAMESPACE DEVICE
link_address() {
	in_ns "$1" cat "/sys/class/net/$2/address"
}

# sends_to NAMESPACE ADDRESS LINK-ADDRESS: what is there for the address, goes to this link address, as far as is known.
sends_to() {
	local known
	known=$(ip -n "$1" neigh show "$2" | grep -o 'lladdr [^ ]*')
	[ -z "$known" ] || [ "$known" = "lladdr $3" ]
}

# has_taken_over NAMESPACE: it has both, and those who send to the addresses have heard of it: between what
# keepalived does about the one and about the other, the packets of a connection pass one director on their way, and
# the other one on their way back.
has_taken_over() {
	local server
	has_vip "$1" && sends_to "$CLIENT" "$VIP" "$(link_address "$1" outside)" || return
	for server in "${SERVERS[@]}"; do
		sends_to "$server" "$DIRECTOR_LAN_IP" "$(link_address "$1" inside)" || return
	done
}

# expect_takeover WHAT DIRECTOR: it gets the addresses, and all requests from then on are answered by way of it.
expect_takeover() {
	local taken
	wait_until "$CHECK_SECONDS" has_taken_over "$2" || fail "$1: the addresses are not taken over"
	taken=$(now)
	wait_until "$ANSWERS_SECONDS" requests_since "$taken" '^server' 20 || fail "$1: requests are not answered"
	takeovers+=("$1:$taken:$(now)")
}

two_directors() {
	local takeover since until what takeovers=()
	topology_destroy
	topology_create_two_directors || bail "the namespaces cannot be made"
	web_servers
	keepalived_start "$DIRECTOR" < <(vrrp 150)
	wait_until "$CHECK_SECONDS" has_vip "$DIRECTOR" || fail "the first director is not master"
	# Later, so that it does not become master as well, at about the same time.
	keepalived_start "$SECOND_DIRECTOR" < <(vrrp 100)
	expect_servers "at the first director" "${reals[0]}=1" "${reals[1]}=1" "${reals[2]}=1"
	DIRECTOR=$SECOND_DIRECTOR expect_servers "at the second director" "${reals[0]}=1" "${reals[1]}=1" "${reals[2]}=1"
	requests_start
	wait_until "$ANSWERS_SECONDS" requests_since 0 '^server' 20 || fail "no requests are answered"

	cable 1 down
	expect_takeover "the first director is cut off" "$SECOND_DIRECTOR"
	cable 1 up
	# Of the same names, both; the one of higher priority wins.
	wait_until "$CHECK_SECONDS" prints "" second_has_vip || fail "the second director does not give the addresses back"
	expect_takeover "the first director is back" "$DIRECTOR"
	keepalived_stop "$DIRECTOR"
	expect_takeover "the first director is stopped" "$SECOND_DIRECTOR"

	requests_end
	keepalived_stop "$SECOND_DIRECTOR"
	for takeover in "${takeovers[@]}"; do
		IFS=: read -r what since until <<<"$takeover"
		expect_all_answered "$what" "$since" "$until"
	done
	# Who becomes master more often than it is made to has not heard the other one for too long.
	[ "$case_failed" = n ] || fail "takeovers (milliseconds since boot): ${takeovers[*]}; the first director became" \
		"master $(became_master "$DIRECTOR") times, the second one $(became_master "$SECOND_DIRECTOR") times, of 2 each;" \
		"first: $(states "$DIRECTOR"); second: $(states "$SECOND_DIRECTOR")"
}

# states NAMESPACE: when it went from one state of VRRP to another, and why, as keepalived tells.
states() {
	sed -nE 's/^[A-Z][a-z]+ +[A-Z][a-z]+ +[0-9]+ +([0-9:]+) +[0-9]+: +(.*(STATE|advert|priority|FAULT|timeout|lost|expired).*)/\1 \2/p' \
		"$TEST_DIR/keepalived.$1/log" | paste -sd, | cut -c1-1200
}

# became_master NAMESPACE: how often, as keepalived tells.
became_master() {
	grep -c '(site) Entering MASTER STATE' "$TEST_DIR/keepalived.$1/log"
}

# second_has_vip: prints those of the addresses that the second director has.
second_has_vip() {
	ip -n "$SECOND_DIRECTOR" -o address show | grep -oE "($VIP|$DIRECTOR_LAN_IP)/" || true
}

web_servers() {
	local i
	for i in 1 2 3; do
		http_server_start "$i" "$SERVER_PORT" || bail "nginx does not start"
	done
}

# family_is_there: without having C ip_vs loaded by asking.
family_is_there() {
	in_ns "$DIRECTOR" python3 -S "$HELPERS/netlink_fuzz.py" families | grep -qx IPVS
}

command -v keepalived >/dev/null || skip_all "there is no keepalived"
test_begin
family_is_there || bail "the load balancer has no family IPVS"
web_servers

ktap_run \
	tcp_check \
	http_get \
	quorum_and_sorry_server \
	inhibit_on_failure \
	weights_by_reload \
	page_as_written \
	sample_configuration \
	persistence \
	virtual_server_group \
	two_directors
