# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Pools of local addresses: what is shown and told of them, and addresses that come and go.
# shellcheck disable=SC2154 # with lib.sh

# pool_value PATH: of the pool, a member of its JSON: used, refused, addresses.0.free.
pool_value() {
	director_rvsadm --json pool show "$LB_POOL" | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk -v path=".pools.0.$1" '$1 == path { print $2 }'
}

# pool_watch_start: what is told of pools is in $TEST_DIR/pool-events from now on.
pool_watch_start() {
	ip netns exec "$DIRECTOR" rvsadm pool watch >"$TEST_DIR/pool-events" 2>&1 &
	disown
	# shellcheck disable=SC2034 # who has begun it ends it
	pool_watch=$!
	wait_until 5 pool_is_watched || bail "nobody watches pools: $(<"$TEST_DIR/pool-events")"
}

# pool_is_watched: a netlink socket of the director's is member of a group.
pool_is_watched() {
	in_ns "$DIRECTOR" cat /proc/net/netlink | awk '$2 == 16 && $4 !~ /^0*$/ { found = 1 } END { exit !found }'
}

# pool_was_told PATTERN: an event matches.
pool_was_told() {
	grep -qE -- "$1" "$TEST_DIR/pool-events"
}

# pool_changes_start POOL: from now on each of LOCAL_IPS is taken out of the pool for half a second, again and again.
pool_changes_start() {
	change_pool "$1" >"$TEST_DIR/pool-changes" 2>&1 &
	pool_changes=$!
}

# pool_changes_end: all are there then. There were changes, and none was refused.
pool_changes_end() {
	kill -TERM "$pool_changes"
	wait "$pool_changes"
	expect_range "changes of the pool" 2 100000 "$(grep -c changed "$TEST_DIR/pool-changes")"
	expect_equal "changes that were refused" "" "$(grep -v changed "$TEST_DIR/pool-changes")"
}

# change_pool POOL: until it is told to end.
change_pool() {
	local ended='' address
	trap 'ended=y' TERM
	while [ -z "$ended" ]; do
		for address in "${LOCAL_IPS[@]}"; do
			director_rvsadm pool del-address "$1" "$address" && echo changed
			sleep 0.5
			director_rvsadm pool add-address "$1" "$address" && echo changed
			sleep 0.5
		done
	done
}
