#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The generic netlink family, spoken byte by byte: what is refused, and how; dumps; namespaces; the policy.
. "$(dirname "$0")/lib.sh"

# helper NAME ARGUMENT...: a helper that does the whole case, in the director. What it prints does not hold.
helper() {
	local output status=0 name=$1
	shift
	output=$(in_ns "$DIRECTOR" python3 -S "$HELPERS/$name" "$@" 2>&1) || status=$?
	[ "$status" = 0 ] || fail "$name $* ended with status $status:"$'\n'"$output"
	# What a helper that failed has left.
	[ "$status" = 0 ] || lb_flush
}

wrong_services_are_refused() {
	helper netlink_refusals.py services
}

wrong_servers_are_refused() {
	helper netlink_refusals.py servers
}

what_does_not_fit_is_refused() {
	helper netlink_refusals.py states
}

what_does_not_go_with_ipv6_is_refused() {
	helper netlink_refusals.py families
}

wrong_connections_are_refused() {
	helper netlink_refusals.py connections
}

wrong_pools_are_refused() {
	helper netlink_refusals.py pools
}

commands_without_attributes_take_none() {
	helper netlink_refusals.py commands-without-attributes
}

unprivileged_users_read_only() {
	helper netlink_users.py unprivileged
	lb_flush
}

capabilities_hold_where_they_are_owned() {
	helper netlink_users.py user-namespaces
}

namespaces_are_apart() {
	helper netlink_users.py namespaces "/run/netns/$CLIENT"
}

policy_is_the_documented_one() {
	helper netlink_policy.py
}

dumps_are_complete_and_in_order() {
	helper netlink_dumps.py complete
}

dump_of_one_service() {
	helper netlink_dumps.py of-one-service
}

dump_tells_of_a_change_in_its_middle() {
	helper netlink_dumps.py changed
}

damaged_requests_do_no_harm() {
	helper netlink_mutations.py 4000 1
	# It still does what it is for.
	talk_server_start "${SERVERS[0]}" server1 tcp:7000
	talk_client_start me "$CLIENT"
	expect_success lb_service_add "tcp/$VIP:7000" rr
	expect_success lb_server_add "tcp/$VIP:7000" "${SERVER_IPS[0]}:7000" 1
	expect_match "opening" '^ok' "$(talk me open one tcp "$VIP" 7000)"
	expect_equal "who answers" server1 "$(talk me ask one)"
}

lb_needs rvs "IPVS has a family of its own"
test_begin

ktap_run \
	wrong_services_are_refused \
	wrong_servers_are_refused \
	what_does_not_fit_is_refused \
	what_does_not_go_with_ipv6_is_refused \
	wrong_connections_are_refused \
	wrong_pools_are_refused \
	commands_without_attributes_take_none \
	unprivileged_users_read_only \
	capabilities_hold_where_they_are_owned \
	namespaces_are_apart \
	policy_is_the_documented_one \
	dumps_are_complete_and_in_order \
	dump_of_one_service \
	dump_tells_of_a_change_in_its_middle \
	damaged_requests_do_no_harm
