#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Strangers cannot make a director keep more than it was told to: who is served stays served, and new clients are, on a
# machine with little memory, while SYNs or datagrams come from everywhere. FLOOD_SECONDS=60 floods that long, and up to
# the bound that the machine has by default; FLOOD_MEMORY=N leaves N MiB.
. "$(dirname "$0")/lib.sh"

SECONDS_OF_FLOOD=${FLOOD_SECONDS:-5}
# Of memory, that the machine may have left.
LEFT=${FLOOD_MEMORY:-150}
# Few enough to be reached at once.
BOUND=20000
NOBODY=65534
# As many CPUs may be at it at the same time.
SLACK=$(nproc)
# Packets each second below which there was no flood; a kernel with sanitizers makes some hundred.
FLOODED=100
[ ! -w "$kmemleak" ] || FLOODED=20

WEB=tcp/$VIP:80
DATAGRAMS=udp/$VIP:9
SILENT=udp/$VIP:10

# info MEMBER: of the object "info" of rvsadm show.
info() {
	director_rvsadm --json show | awk -f "$KSELFTEST_DIR/lib/json.awk" | awk -v name=".info.$1" '$1 == name { print $2 }'
}

bound() {
	in_ns "$DIRECTOR" sysctl -qw net.rvs.max_connections="$1"
}

needs_bound() {
	[ "$LB_BACKEND" = rvs ] || skip "IPVS has no bound"
}

# refusal NAME VALUE: of a setting below net.rvs, by the words of the kernel's error.
refusal() {
	in_ns "$DIRECTOR" sysctl -qw "net.rvs.$1=$2" 2>&1
}

settings_are_within_bounds() {
	local name least most before value
	needs_bound
	[ -z "$case_skipped" ] || return
	while read -r name least most; do
		before=$(in_ns "$DIRECTOR" sysctl -n "net.rvs.$name")
		for value in $((least - 1)) $((most + 1)) -1 4294967297 some; do
			expect_match "$name=$value" "Invalid argument" "$(refusal "$name" "$value")"
			expect_equal "$name after $value" "$before" "$(in_ns "$DIRECTOR" sysctl -n "net.rvs.$name")"
		done
		for value in "$least" "$most" "$before"; do
			expect_equal "$name=$value" "" "$(refusal "$name" "$value")"
			expect_equal "$name" "$value" "$(in_ns "$DIRECTOR" sysctl -n "net.rvs.$name")"
		done
	done <<-EOF
		fast_path 0 1
		udp_reuse_after 1 3600
		max_connections 1 2147483647
		toa_kind 78 254
	EOF
}

# Who owns a user namespace could make any number of namespaces.
strangers_cannot_raise_the_bound() {
	local default saw
	needs_bound
	[ -z "$case_skipped" ] || return
	default=$(sysctl -n net.rvs.max_connections)
	saw=$(setpriv --reuid="$NOBODY" --regid="$NOBODY" --clear-groups unshare --user --map-root-user --net sh -c "
		sysctl -n net.rvs.max_connections
		sysctl -qw net.rvs.max_connections=$((default + 1)) 2>&1 | sed 's/.*: //'
		sysctl -n net.rvs.max_connections
		sysctl -qw net.rvs.max_connections=$default && echo taken
		sysctl -qw net.rvs.max_connections=100 && sysctl -n net.rvs.max_connections" 2>&1)
	expect_equal "in a namespace of nobody's own" \
		"$default"$'\n'"Operation not permitted"$'\n'"$default"$'\n'"taken"$'\n'"100" "$saw"
	# The machine's own may have as many as they are told.
	expect_success bound $((default + 1))
	expect_success bound "$default"
}

bound_is_told() {
	local memory default
	needs_bound
	[ -z "$case_skipped" ] || return
	# One for each 2 KiB, of what the kernel calls total.
	memory=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
	default=$(in_ns "$DIRECTOR" sysctl -n net.rvs.max_connections)
	expect_range "default" $((memory / 2 - 100)) $((memory / 2 + memory / 64)) "$default"
	expect_range "what programs are told by default" 4096 "$default" "$(info max_connections)"
	expect_success bound $((default - 1))
	expect_match "rvsadm show" "connections: [0-9]+ of at most $((default - 1))" "$(director_rvsadm show)"
	expect_success bound 5000
	expect_equal "what programs are told" 5000 "$(info max_connections)"
	! bound 0 2>/dev/null || fail "a bound of 0 was taken"
	expect_success bound "$default"
}

# mebibytes_available
mebibytes_available() {
	awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
}

# What holds as long as nobody sets it is what the memory of now has room for.
bound_heeds_what_others_have_taken() {
	local before left default
	needs_bound
	[ ! -w "$kmemleak" ] || skip "the memory of this kernel is not filled"
	[ -z "$case_skipped" ] || return
	default=$(in_ns "$DIRECTOR" sysctl -n net.rvs.max_connections)
	before=$(info max_connections)
	expect_success memory_left 60
	left=$(mebibytes_available)
	# In a second they take a quarter of what is left at most, by 256 bytes each.
	expect_range "bound with $left MiB left" 4096 $((left * 1024 + 20000)) "$(info max_connections)"
	expect_success bound $((default - 1))
	expect_equal "one that somebody has set" $((default - 1)) "$(info max_connections)"
	expect_success bound "$default"
	expect_success memory_back
	expect_soon "bound when the memory is back" "$before" info max_connections
}

# download_start: one that takes longer than the flood; sets download.
download_start() {
	in_ns "$CLIENT" curl -sS --limit-rate 500k -o "$TEST_DIR/downloaded" "http://$VIP/files/large" &
	download=$!
	disown
	wait_until 10 test -s "$TEST_DIR/downloaded" || fail "the download does not begin"
}

downloaded() {
	stat -c %s "$TEST_DIR/downloaded"
}

downloaded_more_than() {
	[ "$(downloaded)" -gt "$1" ]
}

# flood PORT: what is to hold under a flood to this port, and after it.
flood() {
	local port=$1 end served=0 refused=0 at_end most=0 count before
	download_start
	before=$(downloaded)
	flood_start "$port"
	end=$((SECONDS + SECONDS_OF_FLOOD))
	while [ "$SECONDS" -lt "$end" ]; do
		if [ "$(in_ns "$CLIENT" curl -sS --max-time 3 "http://$VIP/" 2>&1)" = server1 ]; then
			served=$((served + 1))
		else
			refused=$((refused + 1))
		fi
		count=$(lb_connection_count)
		[ "${count:-0}" -le "$most" ] || most=$count
		sleep 0.3
	done
	at_end=$(downloaded)
	flood_end
	diagnose "$flooded packets, at most $most connections, $served new clients served"
	expect_range "packets of the flood" $((SECONDS_OF_FLOOD * FLOODED)) 10000000000 "$flooded"
	expect_equal "new clients that were not served within 3 seconds" 0 "$refused"
	expect_range "new clients that were served" 1 100000 "$served"
	downloaded_more_than "$before" || fail "the download has stopped during the flood"
	wait_until 5 downloaded_more_than "$at_end" || fail "the download has stopped with the flood"
	kill "$download" || fail "the download was killed"
	if [ "$LB_BACKEND" = rvs ]; then
		expect_range "most connections" 1 $((limit + SLACK)) "$most"
		if [ "$flooded" -gt $((limit * 2)) ]; then
			expect_range "connections that made room" 1 10000000000 "$(paths evicted)"
		fi
	fi
	memory_was_enough
}

# Nobody was killed, and the kernel has not complained of allocations.
memory_was_enough() {
	local complaints
	complaints=$(kernel_log_since_start | grep -E 'Out of memory|oom-kill|oom_reaper|allocation failure|vmalloc')
	[ -z "$complaints" ] || fail "the kernel log has:"$'\n'"$complaints"
}

flood_of_datagrams_is_survived() {
	flood 9
}

flood_of_syns_is_survived() {
	expect_success flood_of_syns 80
	flood 80
	expect_success flood_of_datagrams
}

# paths_now: sets evicted and refused.
paths_now() {
	read -r evicted refused < <(paths evicted refused)
}

# flows FIRST-PORT: how many of the 40 flows from there on are in the table.
flows() {
	lb_connection_list "$SILENT" | awk -v first="$1" '
		{ n = split($2, client, ":"); port = client[n] }
		port >= first && port < first + 40 { count++ }
		END { print count + 0 }'
}

datagrams() {
	in_ns "$CLIENT" python3 -S "$HELPERS/datagrams.py" "$VIP" 10 "$@"
}

# Where replies do not pass the director, a second datagram tells that the flow goes on.
unanswered_datagrams_give_way() {
	local before_evicted before_refused
	needs_bound
	[ -z "$case_skipped" ] || return
	expect_success lb_service_add "$SILENT" rr
	expect_success director_rvsadm server add "$SILENT" "${SERVER_IPS[1]}" --dr
	expect_success bound 1000000
	expect_success datagrams 20000 40 2
	expect_success datagrams 30000 40 1
	expect_equal "flows of two datagrams" 40 "$(flows 20000)"
	expect_equal "flows of one" 40 "$(flows 30000)"
	expect_success bound "$(lb_connection_count)"
	paths_now
	before_evicted=$evicted before_refused=$refused
	expect_success datagrams 40000 40 1
	paths_now
	expect_equal "flows of two datagrams, at the bound" 40 "$(flows 20000)"
	expect_equal "flows of one, old and new" 40 $(($(flows 30000) + $(flows 40000)))
	expect_equal "evicted or refused" 40 $((evicted - before_evicted + refused - before_refused))
	expect_range "evicted" 1 40 $((evicted - before_evicted))
}

established_connections_stay() {
	local before_refused
	needs_bound
	[ -z "$case_skipped" ] || return
	expect_success lb_service_add tcp/"$VIP":7000 rr
	expect_success lb_server_add tcp/"$VIP":7000 "${SERVER_IPS[0]}:7000" 1
	talk_server_start "${SERVERS[0]}" server1 tcp:7000
	talk_client_start me "$CLIENT"
	talk_client_start other "$CLIENT"
	expect_match "opening" '^ok' "$(talk me open one tcp "$VIP" 7000)"
	expect_success bound "$(lb_connection_count)"
	paths_now
	before_refused=$refused
	in_ns "$CLIENT" curl -sS --max-time 2 "http://$VIP:7000/" >/dev/null 2>&1
	paths_now
	expect_equal "the connection that was there" server1 "$(talk me ask one)"
	expect_success bound 1000000
	expect_match "opening when there is room" '^ok' "$(talk other open two tcp "$VIP" 7000)"
	expect_equal "the other one" server1 "$(talk other ask two)"
	[ "$refused" -gt "$before_refused" ] || fail "no connection was refused"
}

# What no server gets is answered at the bound as ever, and ends no connection that could make room.
what_nobody_serves_ends_nothing() {
	local before_evicted before_refused protocol
	needs_bound
	[ -z "$case_skipped" ] || return
	expect_success bound 1000000
	for protocol in tcp udp; do
		expect_success lb_service_add "$protocol/$VIP:7001" rr
		expect_success lb_server_add "$protocol/$VIP:7001" "${SERVER_IPS[0]}:7001" 0
	done
	talk_client_start unserved "$CLIENT"
	expect_success datagrams 50000 40 1
	expect_equal "flows of one datagram" 40 "$(flows 50000)"
	expect_success bound "$(lb_connection_count)"
	paths_now
	before_evicted=$evicted before_refused=$refused
	expect_equal "opening by TCP" ECONNREFUSED "$(talk unserved open none tcp "$VIP" 7001)"
	expect_match "opening by UDP" '^ok' "$(talk unserved open datagrams udp "$VIP" 7001)"
	expect_equal "asking by UDP" ECONNREFUSED "$(talk unserved ask datagrams)"
	paths_now
	expect_equal "evicted" 0 $((evicted - before_evicted))
	expect_equal "refused for want of room" 0 $((refused - before_refused))
	expect_equal "flows of one datagram, afterwards" 40 "$(flows 50000)"
	expect_success bound 1000000
}

# connections_and_templates: of the director.
connections_and_templates() {
	director_rvsadm --json show | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk '$1 == ".info.connections" || $1 == ".info.templates" { sum += $2 } END { print sum }'
}

# Datagrams that are scheduled one by one make templates and no connections. They end before those of clients that have
# reached their server.
strangers_cannot_grow_templates() {
	local end count most=0 before_templates after_templates
	needs_bound
	[ -z "$case_skipped" ] || return
	expect_success lb_service_persistent "udp/$VIP:11" rr 600 one-packet
	expect_success lb_server_add "udp/$VIP:11" "${SERVER_IPS[1]}:11" 1
	expect_success lb_service_persistent "tcp/$VIP:7002" rr 600
	expect_success lb_server_add "tcp/$VIP:7002" "${SERVER_IPS[0]}:7000" 1
	talk_client_start persistent "$CLIENT"
	expect_match "opening" '^ok' "$(talk persistent open one tcp "$VIP" 7002)"
	expect_equal "who answers" server1 "$(talk persistent ask one)"
	talk persistent reset one >"$TEST_DIR/closed"
	before_templates=$(paths templates_evicted)
	flood_start 11
	end=$((SECONDS + SECONDS_OF_FLOOD / 2))
	while [ "$SECONDS" -lt "$end" ]; do
		count=$(connections_and_templates)
		[ "${count:-0}" -le "$most" ] || most=$count
		expect_equal "a new client" server1 "$(in_ns "$CLIENT" curl -sS --max-time 3 "http://$VIP/" 2>&1)"
		sleep 0.3
	done
	flood_end
	after_templates=$(paths templates_evicted)
	diagnose "$flooded packets, at most $most connections and templates, $((after_templates - before_templates)) templates evicted"
	expect_range "packets of the flood" $((SECONDS_OF_FLOOD * FLOODED / 2)) 10000000000 "$flooded"
	expect_range "most connections and templates" 1 $((limit + SLACK)) "$most"
	if [ "$flooded" -gt $((limit * 2)) ]; then
		expect_range "templates that made room" 1 10000000000 $((after_templates - before_templates))
	fi
	expect_equal "the client that was there" "$CLIENT_IP ${SERVER_IPS[0]}:7000" "$(lb_templates "tcp/$VIP:7002")"
	memory_was_enough
}

test_begin
flood_prepare
http_server_start 1 80
truncate -s 500M "$TEST_DIR/files/large"
lb_begin "$WEB" rr "${SERVER_IPS[0]}:80"
lb_begin "$DATAGRAMS" rr "${SERVER_IPS[1]}:9"
limit=$BOUND
if [ "$LB_BACKEND" = rvs ] && [ -n "${FLOOD_SECONDS-}" ]; then
	limit=$(in_ns "$DIRECTOR" sysctl -n net.rvs.max_connections)
fi

begin_of_flood() {
	# Another case has lowered it.
	[ "$LB_BACKEND" != rvs ] || expect_success bound "$limit"
	[ -w "$kmemleak" ] || expect_success memory_left "$LEFT"
}

end_of_flood() {
	[ -w "$kmemleak" ] || expect_success memory_back
}

ktap_run settings_are_within_bounds strangers_cannot_raise_the_bound bound_is_told \
	bound_heeds_what_others_have_taken established_connections_stay unanswered_datagrams_give_way \
	what_nobody_serves_ends_nothing begin_of_flood flood_of_datagrams_is_survived flood_of_syns_is_survived \
	strangers_cannot_grow_templates end_of_flood
