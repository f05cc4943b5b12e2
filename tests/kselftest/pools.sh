#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Pools of local addresses, as they are configured: that they are used is shown by fullnat.sh.
. "$(dirname "$0")/lib.sh"

SERVICE=tcp/$VIP:80

# pool VERB ARGUMENT...: of the director.
pool() {
	director_rvsadm pool "$@" 2>&1
}

# addresses POOL: of the pool, with what is free of each.
addresses() {
	pool show "$1" | awk '/^  [0-9a-f]/ { print $1, $2 }' | paste -sd' '
}

# refused PATTERN ARGUMENT...: of `rvsadm pool`; nothing changes.
refused() {
	local before pattern=$1 seen status=0
	shift
	before=$(pool show)
	seen=$(pool "$@") || status=$?
	expect_equal "exit status of pool $*" 2 "$status"
	expect_match "reason of pool $*" "$pattern" "$seen"
	expect_equal "pools after pool $*" "$before" "$(pool show)"
}

pools_are_added_and_shown() {
	expect_equal "no pools" "no pools" "$(pool show)"
	expect_success pool add web 192.0.2.10-192.0.2.11 2001:db8::10 --ports 20000-20099
	expect_success pool add empty
	expect_equal "addresses" "192.0.2.10 100 192.0.2.11 100 2001:db8::10 100" "$(addresses web)"
	expect_match "what is shown" $'\nempty +1024-65535 +0 +0 +0 +0 +0 +- +- +-\nweb +20000-20099 +0 +0 +0 +0 +0 +- ' "$(pool show)"
	local json
	json=$(director_rvsadm -j pool show web | awk -f "$KSELFTEST_DIR/lib/json.awk")
	expect_match "JSON" "pools\.[0-9]\.pool web" "$json"
	expect_match "JSON" "pools\.[0-9]\.addresses\.[0-9]\.address 2001:db8::10" "$json"
	expect_success pool set empty --ports 80
	expect_match "other ports" "empty +80-80 " "$(pool show empty)"
	expect_success pool del empty
	expect_match "one that is gone" "no such pool" "$(pool show empty)"
}

addresses_come_and_go() {
	expect_success pool add-address web 192.0.2.8-192.0.2.9 192.0.2.12
	expect_success pool del-address web 192.0.2.9-192.0.2.10
	expect_equal "addresses in their order" "192.0.2.8 100 192.0.2.11 100 192.0.2.12 100 2001:db8::10 100" "$(addresses web)"
	refused "192.0.2.12: the pool has 192.0.2.12 already" add-address web 192.0.2.12
	refused "192.0.2.11-192.0.2.13: the pool does not have 192.0.2.13" del-address web 192.0.2.11-192.0.2.13
	# More than a part of a dump takes.
	expect_success pool add-address web 10.0.0.0-10.0.3.251
	expect_equal "addresses" 1024 "$(addresses web | awk '{ print NF - NF / 2 }')"
	refused "at most 1024 addresses" add-address web 192.0.2.13
	expect_success pool del-address web 10.0.0.0-10.0.3.251 192.0.2.8 192.0.2.12 2001:db8::10
	expect_success pool add-address web 192.0.2.10
	expect_equal "addresses" "192.0.2.10 100 192.0.2.11 100" "$(addresses web)"
}

no_two_pools_give_the_same_port() {
	expect_success pool add other
	refused "other: 192.0.2.10-192.0.2.19|192.0.2.10 is in pool web" add-address other 192.0.2.5-192.0.2.10
	expect_success pool set other --ports 20100-20200
	expect_success pool add-address other 192.0.2.10
	refused "192.0.2.10 is in pool web" set other --ports 20099-20200
	refused "192.0.2.10 is in pool other" set web --ports 20000-20100
	expect_success pool del other
	refused "there is a pool of this name already; change it with: rvsadm pool set" add web
	# One that cannot have its addresses is not there.
	refused "192.0.2.11 is in pool web" add third 192.0.2.20 192.0.2.11
	refused "no such pool" del third
}

a_pool_of_a_service_stays() {
	expect_success director_rvsadm service add "$SERVICE" --pool web
	expect_match "services of the pool" "web +20000-20099 +1 " "$(pool show web)"
	expect_match "pool of the service" "wrr,pool=web " "$(director_rvsadm service list)"
	refused "web: the service $SERVICE uses it; take it away" del web
	expect_success pool del-address web 192.0.2.11
	expect_match "a service without a pool" "--pool none2: there is no such pool" \
		"$(director_rvsadm service set "$SERVICE" --pool none2 2>&1)"
	expect_success director_rvsadm service set "$SERVICE" --scheduler rr
	refused "the service $SERVICE uses it" del web
	expect_success director_rvsadm service set "$SERVICE" --pool none
	expect_match "services of the pool" "web +20000-20099 +0 " "$(pool show web)"
	expect_success director_rvsadm service set "$SERVICE" --pool web
	expect_success director_rvsadm service del "$SERVICE"
	expect_match "services of the pool" "web +20000-20099 +0 " "$(pool show web)"
	# Deleted all at once, and added again with another one.
	expect_success director_rvsadm service add "$SERVICE" --pool web
	expect_success director_rvsadm flush
	expect_match "services of the pool" "web +20000-20099 +0 " "$(pool show web)"
	expect_success director_rvsadm service add "$SERVICE"
	expect_success pool del web
	expect_success director_rvsadm service del "$SERVICE"
}

# kept PATTERN ARGUMENT...: of `rvsadm service set`, which is refused as servers need the pool that the service has. Nothing changes.
kept() {
	local before pattern=$1 seen status=0
	shift
	before=$(director_rvsadm save)
	seen=$(director_rvsadm service set "$SERVICE" "$@" 2>&1) || status=$?
	expect_equal "exit status of service set $*" 2 "$status"
	expect_match "reason of service set $*" "$pattern" "$seen"
	expect_equal "configuration after service set $*" "$before" "$(director_rvsadm save)"
}

servers_keep_the_pool_that_they_need() {
	expect_success pool add web 192.0.2.10-192.0.2.11 2001:db8::10
	expect_success pool add other 192.0.2.20
	expect_success director_rvsadm service add "$SERVICE" --pool web
	# Of the family of the service: from whatever pool.
	expect_success director_rvsadm server add "$SERVICE" 10.0.0.11 --fullnat
	kept "--pool none: servers of the service are reached by fullnat or enat" --pool none
	kept "--pool none: servers of the service are reached by fullnat or enat" --scheduler rr --pool none --persistent 60
	expect_success director_rvsadm service set "$SERVICE" --pool other
	expect_success director_rvsadm service set "$SERVICE" --pool web
	expect_success pool del-address web 192.0.2.10-192.0.2.11
	# Of the other one: from a pool that has an address of that, and goes on having one.
	expect_success director_rvsadm server add "$SERVICE" "[fd00::11]:80" --fullnat
	kept "--pool other: a server of the service has an IPv6 address, and the pool has none" --pool other --scheduler rr
	refused "2001:db8::10: servers of the service $SERVICE need it; delete them" del-address web 2001:db8::10
	expect_success pool add-address web 2001:db8::11
	expect_success pool del-address web 2001:db8::10
	expect_success director_rvsadm server set "$SERVICE" "[fd00::11]:80" --tun
	expect_success pool del-address web 2001:db8::11
	expect_success director_rvsadm server del "$SERVICE" "[fd00::11]:80"
	# By ENAT: from a pool that has the address of the service.
	expect_success pool add-address web "$VIP" 192.0.2.10
	expect_success director_rvsadm server add "$SERVICE" 10.0.0.12 --enat
	kept "--pool other: the forward method enat takes ports of the service's address" --pool other
	refused "$VIP: servers of the service $SERVICE need it; delete them" del-address web "$VIP"
	expect_success pool del-address web 192.0.2.10
	# Whoever needs it no more keeps none.
	expect_success director_rvsadm server set "$SERVICE" 10.0.0.12 --nat
	expect_success director_rvsadm service set "$SERVICE" --pool other
	kept "--pool none: servers of the service are reached by fullnat or enat" --pool none
	expect_success director_rvsadm server del "$SERVICE" 10.0.0.11
	expect_success director_rvsadm service set "$SERVICE" --pool none
	director_rvsadm flush
	expect_success pool del web
	expect_success pool del other
}

pools_are_those_of_a_namespace() {
	expect_success pool add web 192.0.2.10
	expect_success rvsadm --netns "$CLIENT" pool add web 192.0.2.10
	expect_success pool del web
	expect_equal "pools of the other" "  192.0.2.10" "$(rvsadm --netns "$CLIENT" pool show | grep -o '^  192[.0-9]*')"
	expect_success rvsadm --netns "$CLIENT" pool del web
	# It goes with its pools, and with a service that names one.
	expect_success ip netns add pools-of-its-own
	expect_success rvsadm --netns pools-of-its-own pool add web 192.0.2.10-192.0.2.100
	expect_success rvsadm --netns pools-of-its-own service add "$SERVICE" --pool web
	expect_success ip netns del pools-of-its-own
}

# What is saved is restored, whatever it is; all of it, or nothing.
configurations_are_saved_and_restored() {
	local saved=$TEST_DIR/saved pattern
	expect_success pool add web 192.0.2.10-192.0.2.11 192.0.2.13 2001:db8::10 --ports 20000-20099
	expect_success pool add empty
	director_rvsadm restore <<-EOF || fail "the services cannot be made"
		service add $SERVICE --scheduler mh --scheduler-flags port --fullnat --pool web --removal reset --timeout established=60,fin=5
		server add $SERVICE 10.0.0.11:8080 --weight 3 --fullnat --upper-threshold 500 --lower-threshold 300
		server add $SERVICE 10.0.0.12:80 --weight 0 --tun --tun-type gue --tun-port 6080 --tun-checksum remote
		service add udp/[2001:db8::1]:5000-5999 --persistent 300/64 --nat
		server add udp/[2001:db8::1]:5000-5999 fd00::11
		service add udp/$VIP:* --persistent 60/24,sip --timeout 10 --one-packet on --fast-path off
		server add udp/$VIP:* 10.0.0.11 --dr
		service add mark/7/ipv6 --scheduler none
		timeouts --tcp 901 --tcp-fin 121 --udp 301
	EOF
	director_rvsadm save >"$saved" || fail "not saved"
	for pattern in "$(literal "pool add web 192.0.2.10-192.0.2.11 192.0.2.13 2001:db8::10 --ports 20000-20099")" \
		"$SERVICE 10\.0\.0\.11:8080 .*--fullnat" "timeouts --tcp 901 "; do
		expect_match "what is saved" "$pattern" "$(<"$saved")"
	done
	director_rvsadm flush
	expect_success director_rvsadm timeouts --tcp 900 --tcp-fin 120 --udp 300
	# A pool is there already: nothing else comes to be.
	expect_match "where a pool is there" "restore: line [23]: pool add: (web|empty): there is a pool of this name already" \
		"$(director_rvsadm restore "$saved" 2>&1)"
	expect_equal "services" "no services" "$(director_rvsadm show)"
	expect_match "timeouts" "900" "$(director_rvsadm timeouts)"
	expect_success pool del web
	expect_success pool del empty
	expect_success director_rvsadm restore "$saved"
	expect_equal "what is saved of what was restored" "$(<"$saved")" "$(director_rvsadm save)"
	director_rvsadm flush
	# The last line cannot be.
	{
		grep -v pool "$saved" | grep -v "$SERVICE"
		echo "service add tcp/$VIP:81 --pool nosuch"
	} >"$saved.wrong"
	expect_match "a pool that is not there" "line [0-9]+: service add: --pool nosuch: there is no such pool" \
		"$(director_rvsadm restore "$saved.wrong" 2>&1)"
	expect_equal "services" "no services" "$(director_rvsadm show)"
	expect_success pool del web
	expect_success pool del empty
	expect_success director_rvsadm timeouts --tcp 900 --tcp-fin 120 --udp 300
}

# IPVS takes any port where nothing maps it: it is a part of the server's name. ipvsadm makes it that of the service, where that has one.
a_port_that_means_nothing_is_saved_and_restored() {
	local service=tcp/$VIP:90 saved seen
	in_ns "$DIRECTOR" ipvsadm -R <<-EOF || fail "ipvsadm has not made it"
		-A -t $VIP:90 -s rr
		-a -t $VIP:90 -r 10.0.0.11:90 -g -w 1
		-A -f 7 -s rr
		-a -f 7 -r 10.0.0.11:8080 -g -w 4
		-a -f 7 -r 10.0.0.12:8080 -i -w 5
	EOF
	expect_success director_rvsadm server add "$service" 10.0.0.11:8080 --weight 2 --dr --keep-port
	expect_success director_rvsadm server add "$service" 10.0.0.12:8080 --weight 3 --tun --keep-port
	seen=$(in_ns "$DIRECTOR" ipvsadm -S -n)
	expect_match "what ipvsadm says" "$(literal "-a -f 7 -r 10.0.0.12:8080 -i -w 5")" "$seen"
	saved=$(director_rvsadm save)
	expect_match "what is saved" "$(literal "server add $service 10.0.0.11:8080 --weight 2 --dr --keep-port")" "$saved"
	expect_match "what is saved" "$(literal "server add mark/7 10.0.0.11:8080 --weight 4 --dr --keep-port")" "$saved"
	director_rvsadm flush
	director_rvsadm restore <<<"$saved" || fail "not restored"
	expect_equal "what is saved of what was restored" "$saved" "$(director_rvsadm save)"
	expect_equal "what ipvsadm says of it" "$seen" "$(in_ns "$DIRECTOR" ipvsadm -S -n)"
	# Such a server is changed and deleted like any other.
	expect_success director_rvsadm server set "$service" 10.0.0.11:8080 --weight 5
	expect_match "its weight" "10\.0\.0\.11:8080 +dr +5 " "$(director_rvsadm show)"
	expect_success in_ns "$DIRECTOR" ipvsadm -d -t "$VIP:90" -r 10.0.0.11:8080
	expect_match "without being asked for" "port mapping needs NAT" \
		"$(director_rvsadm server add "$service" 10.0.0.11:8080 --dr 2>&1)"
	director_rvsadm flush
}

# The family IPVS has no number for full NAT.
a_server_by_full_nat_stays_so_whatever_ipvsadm_is_told() {
	local server="-t $VIP:80 -r 10.0.0.11:80"
	expect_success pool add web 192.0.2.10
	expect_success director_rvsadm service add "$SERVICE" --fullnat --pool web
	expect_success director_rvsadm server add "$SERVICE" 10.0.0.11
	# shellcheck disable=SC2086 # words
	expect_success in_ns "$DIRECTOR" ipvsadm -e $server -m -w 7
	expect_match "after a change of the weight" "10\.0\.0\.11:80 +fullnat +7 " "$(director_rvsadm show)"
	# Another method is what it says.
	# shellcheck disable=SC2086 # words
	expect_success in_ns "$DIRECTOR" ipvsadm -e $server -i -w 7
	expect_match "after a change to tunnels" "10\.0\.0\.11:80 +tun +7 " "$(director_rvsadm show)"
	expect_success director_rvsadm flush
	expect_success pool del web
}

# listening: somebody listens to what is told of pools.
listening() {
	in_ns "$DIRECTOR" cat /proc/net/netlink | awk '$2 == 16 && $4 !~ /^0*$/ { found = 1 } END { exit !found }'
}

whoever_wants_may_listen() {
	in_ns "$DIRECTOR" setpriv --reuid 65534 --regid 65534 --clear-groups rvsadm pool watch >"$TEST_DIR/events" 2>&1 &
	wait_until 5 listening || fail "nobody listens: $(<"$TEST_DIR/events")"
	kill $!
	wait $! 2>/dev/null
	expect_equal "told of nothing" "" "$(<"$TEST_DIR/events")"
}

lb_needs rvs "IPVS has no pools"
test_begin
ktap_run pools_are_added_and_shown addresses_come_and_go no_two_pools_give_the_same_port a_pool_of_a_service_stays \
	servers_keep_the_pool_that_they_need pools_are_those_of_a_namespace configurations_are_saved_and_restored \
	a_port_that_means_nothing_is_saved_and_restored \
	a_server_by_full_nat_stays_so_whatever_ipvsadm_is_told whoever_wants_may_listen
