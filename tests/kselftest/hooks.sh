#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which hooks a director has: a packet pays for each, whatever that does with it, so each is there only for who needs it.
. "$(dirname "$0")/lib.sh"

KNOB=/proc/sys/net/rvs/fast_path
SERVICE=tcp/$VIP:80
SERVER=${SERVER_IPS[0]}:80

# all_hooks: those of IPv4 in the director's namespace, as the kernel lists them.
all_hooks() {
	in_ns "$DIRECTOR" nft list hooks ip
}

# hooks: the points at which RVS has one.
hooks() {
	all_hooks | awk '$1 == "hook" { point = $2 } /\[rvs\]/ { print point }' | sort | tr '\n' ' '
}

# Where the kernel does not tell, nft lists nothing and is content.
can_list_hooks() {
	in_ns "$DIRECTOR" nft 'add table ip probe; add chain ip probe input { type filter hook input priority 0; }' &&
		[[ $(all_hooks) == *input* ]]
	local status=$?
	in_ns "$DIRECTOR" nft delete table ip probe
	return "$status"
}

none_without_service() {
	expect_equal "hooks" "" "$(hooks)"
}

service_has_those_of_clients() {
	expect_success director_rvsadm service add "$SERVICE" --scheduler rr
	expect_equal "hooks" "input output prerouting " "$(hooks)"
}

replies_past_the_director_need_none() {
	local forward
	for forward in dr tun; do
		expect_success director_rvsadm server add "$SERVICE" "$SERVER" "--$forward"
		expect_equal "hooks with $forward" "input output prerouting " "$(hooks)"
		expect_success director_rvsadm server del "$SERVICE" "$SERVER"
	done
}

replies_by_nat_need_one() {
	expect_success director_rvsadm server add "$SERVICE" "$SERVER" --nat
	expect_equal "hooks" "forward input output prerouting " "$(hooks)"
	# Its connections have to end in peace.
	expect_success director_rvsadm server del "$SERVICE" "$SERVER"
	expect_equal "hooks after it" "forward input output prerouting " "$(hooks)"
}

changed_to_nat_needs_one() {
	expect_success director_rvsadm flush
	expect_success director_rvsadm service add "$SERVICE" --scheduler rr
	expect_success director_rvsadm server add "$SERVICE" "$SERVER" --dr
	expect_equal "hooks with dr" "input output prerouting " "$(hooks)"
	expect_success director_rvsadm server set "$SERVICE" "$SERVER" --nat
	expect_equal "hooks with nat" "forward input output prerouting " "$(hooks)"
}

forward_method_of_the_service_counts() {
	expect_success director_rvsadm flush
	expect_success director_rvsadm service add "$SERVICE" --scheduler rr --nat
	expect_equal "hooks before a server" "input output prerouting " "$(hooks)"
	expect_success director_rvsadm server add "$SERVICE" "$SERVER"
	expect_equal "hooks" "forward input output prerouting " "$(hooks)"
}

fast_path_has_its_own() {
	expect_success in_ns "$DIRECTOR" sh -c "echo 0 >$KNOB"
	expect_equal "hooks without it" "forward input output " "$(hooks)"
	expect_success in_ns "$DIRECTOR" sh -c "echo 1 >$KNOB"
	expect_equal "hooks with it" "forward input output prerouting " "$(hooks)"
}

none_after_the_last_service() {
	expect_success director_rvsadm service del "$SERVICE"
	expect_equal "hooks" "" "$(hooks)"
	# The setting alone brings none.
	expect_success in_ns "$DIRECTOR" sh -c "echo 0 >$KNOB; echo 1 >$KNOB"
	expect_equal "hooks after the setting was written" "" "$(hooks)"
}

fast_path_that_is_off_stays_off() {
	expect_success in_ns "$DIRECTOR" sh -c "echo 0 >$KNOB"
	expect_success director_rvsadm service add "$SERVICE" --scheduler rr
	expect_equal "hooks" "input output " "$(hooks)"
	expect_success director_rvsadm flush
}

lb_needs rvs "ip_vs has all of its hooks as long as it has a service"
# shellcheck disable=SC2034 # read by lib/backend_rvs.sh
FAST_PATH=on
test_begin
can_list_hooks || skip_all "the kernel does not list hooks (CONFIG_NETFILTER_NETLINK_HOOK)"

ktap_run \
	none_without_service \
	service_has_those_of_clients \
	replies_past_the_director_need_none \
	replies_by_nat_need_one \
	changed_to_nat_needs_one \
	forward_method_of_the_service_counts \
	fast_path_has_its_own \
	none_after_the_last_service \
	fast_path_that_is_off_stays_off
