#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What turns the fast path on and off, for a namespace and for a service, and the counters of rvsadm stats. What the path
# does with packets is another test's matter.
. "$(dirname "$0")/lib.sh"

KNOB=/proc/sys/net/rvs/fast_path
ECHO=udp/$VIP:7000
SERVER=${SERVER_IPS[0]}:7000
COUNT=7
NOBODY=65534

# knob NAMESPACE: its value.
knob() {
	in_ns "$1" cat "$KNOB"
}

# set_knob NAMESPACE TEXT
set_knob() {
	# Bytes of one write, as the kernel is to judge them.
	in_ns "$1" sh -c "printf %s '$2' >$KNOB" 2>"$TEST_DIR/refusal"
}

# as_nobody NAMESPACE COMMAND...: without any capability.
as_nobody() {
	local namespace=$1
	shift
	in_ns "$namespace" setpriv --reuid="$NOBODY" --regid="$NOBODY" --clear-groups "$@"
}

is_on_in_each_namespace() {
	local namespace
	for namespace in "$DIRECTOR" "$CLIENT" "${SERVERS[@]}"; do
		expect_equal "$namespace" 1 "$(knob "$namespace")"
	done
	expect_equal "the namespace of the module's loader" 1 "$(cat "$KNOB")"
	expect_equal "by sysctl" "net.rvs.fast_path = 1" "$(in_ns "$DIRECTOR" sysctl net.rvs.fast_path)"
}

is_of_one_namespace() {
	expect_success set_knob "$DIRECTOR" 0
	expect_equal "there" 0 "$(knob "$DIRECTOR")"
	expect_equal "stats there" false "$(paths enabled)"
	expect_match "table there" "^fast path: off, by the sysctl net.rvs.fast_path" "$(director_rvsadm stats)"
	expect_equal "with the client" 1 "$(knob "$CLIENT")"
	expect_equal "the namespace of the module's loader" 1 "$(cat "$KNOB")"
	expect_success set_knob "$CLIENT" 0
	expect_success set_knob "$DIRECTOR" 1
	expect_equal "there, on again" 1 "$(knob "$DIRECTOR")"
	expect_equal "stats there, on again" true "$(paths enabled)"
	expect_equal "with the client, off" 0 "$(knob "$CLIENT")"
}

takes_0_and_1_only() {
	local value text
	for value in 0 1; do
		expect_success set_knob "$DIRECTOR" "$value"
		for text in 2 -1 10 0x2 on 4294967296 4294967297 18446744073709551617; do
			! set_knob "$DIRECTOR" "$text" || fail "$text was taken, the value is $(knob "$DIRECTOR")"
			expect_equal "after $text" "$value" "$(knob "$DIRECTOR")"
		done
	done
}

needs_rights_over_the_namespace() {
	local own
	! as_nobody "$DIRECTOR" sh -c "echo 0 >$KNOB" 2>"$TEST_DIR/refusal" || fail "nobody may turn it off"
	expect_equal "value" 1 "$(knob "$DIRECTOR")"
	expect_equal "read by nobody" 1 "$(as_nobody "$DIRECTOR" cat "$KNOB")"
	own=$(as_nobody "$DIRECTOR" unshare --user --map-root-user --net sh -c "cat $KNOB; echo 0 >$KNOB; cat $KNOB" 2>&1)
	expect_equal "in a namespace of nobody's own" "1"$'\n'"0" "$own"
	expect_equal "value here" 1 "$(knob "$DIRECTOR")"
}

service_has_a_flag() {
	expect_success director_rvsadm service add "tcp/$VIP:80" --nat
	expect_equal "when not given" true "$(flag "tcp/$VIP:80")"
	expect_success director_rvsadm service add "tcp/$VIP:81" --nat --fast-path off
	expect_equal "added off" false "$(flag "tcp/$VIP:81")"
	expect_success director_rvsadm service set "tcp/$VIP:80" --fast-path off
	expect_equal "set off" false "$(flag "tcp/$VIP:80")"
	expect_success director_rvsadm service set "tcp/$VIP:81" --fast-path on
	expect_equal "set on" true "$(flag "tcp/$VIP:81")"
	# Another change leaves it alone.
	expect_success director_rvsadm service set "tcp/$VIP:80" --scheduler rr
	expect_equal "after another change" false "$(flag "tcp/$VIP:80")"
	expect_match "table" "tcp/$VIP:80 +rr +nat +off +0 " "$(director_rvsadm show "tcp/$VIP:80")"
	expect_success director_rvsadm service del "tcp/$VIP:80"
	expect_success director_rvsadm service del "tcp/$VIP:81"
}

# flag SERVICE: whether it allows the fast path.
flag() {
	director_rvsadm --json show "$1" | awk -f "$KSELFTEST_DIR/lib/json.awk" | awk '$1 ~ /\.fast_path$/ { print $2 }'
}

# ask_many: COUNT datagrams of one flow, each answered.
ask_many() {
	local i
	for ((i = 0; i < COUNT; i++)); do
		expect_equal "who answers" server1 "$(talk me ask flow)"
	done
}

# expect_slow_only: datagrams and answers are all counted as slow.
expect_slow_only() {
	local fast slow fast_before slow_before
	read -r fast_before slow_before < <(paths fast slow)
	ask_many
	read -r fast slow < <(paths fast slow)
	expect_equal "slow" $((slow_before + 2 * COUNT)) "$slow"
	expect_equal "fast" "$fast_before" "$fast"
}

nothing_is_counted_before() {
	expect_equal "sum of all" 0 "$(director_rvsadm --json stats | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk '{ sum += $2 } END { print sum }')"
	expect_equal "members about ways" 13 "$(director_rvsadm --json stats | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		grep -cE '^\.(enabled|fast|slow|left\.)')"
}

without_fast_path_each_packet_is_slow() {
	expect_success lb_service_add "$ECHO" rr
	expect_success lb_server_add "$ECHO" "$SERVER" 1
	expect_success set_knob "$DIRECTOR" 0
	expect_match "opening" '^ok' "$(talk me open flow udp "$VIP" 7000)"
	expect_slow_only
	expect_equal "fast and slow" "0 $((2 * COUNT))" "$(paths fast slow)"
}

service_can_go_without() {
	expect_success set_knob "$DIRECTOR" 1
	expect_success director_rvsadm service set "$ECHO" --fast-path off
	# The flow exists already, and a server that is added later has the flag, too.
	expect_slow_only
	expect_success lb_server_del "$ECHO" "$SERVER"
	expect_success lb_server_add "$ECHO" "$SERVER" 1
	expect_slow_only
}

dropped_packets_are_not_counted() {
	local before
	expect_success lb_server_del "$ECHO" "$SERVER"
	before=$(paths fast slow)
	expect_equal "answer of a removed server" timeout "$(talk me ask flow 0.3)"
	expect_equal "fast and slow" "$before" "$(paths fast slow)"
	expect_success lb_server_add "$ECHO" "$SERVER" 1
}

counters_are_of_one_namespace() {
	expect_match "here" '^[1-9]' "$(paths slow)"
	expect_equal "with the client" "slow 0" "$(rvsadm --netns "$CLIENT" stats | awk '$1 == "slow" { print $1, $2 }')"
	expect_equal "table" "slow $(paths slow)" "$(director_rvsadm stats | awk '$1 == "slow" { print $1, $2 }')"
}

nobody_may_read_counters() {
	expect_match "counters" '^\{"enabled":true,"fast":' "$(as_nobody "$DIRECTOR" rvsadm --json stats)"
}

setting_that_is_open_does_not_keep_the_module() {
	local open
	exec {open}<"$KNOB"
	expect_success lb_unload
	! cat <&"$open" >"$TEST_DIR/read" 2>&1 || fail "the setting can be read without the module: $(<"$TEST_DIR/read")"
	exec {open}<&-
	[ ! -e "$KNOB" ] || fail "the setting is there without the module"
	expect_success lb_load
	expect_equal "with the module again" 1 "$(knob "$DIRECTOR")"
}

lb_needs rvs "IPVS has no fast path"
# shellcheck disable=SC2034 # read by lib/backend_rvs.sh
FAST_PATH=on
test_begin
talk_server_start "${SERVERS[0]}" server1 udp:7000
talk_client_start me "$CLIENT"

ktap_run \
	is_on_in_each_namespace \
	is_of_one_namespace \
	takes_0_and_1_only \
	needs_rights_over_the_namespace \
	service_has_a_flag \
	nothing_is_counted_before \
	without_fast_path_each_packet_is_slow \
	service_can_go_without \
	dropped_packets_are_not_counted \
	counters_are_of_one_namespace \
	nobody_may_read_counters \
	setting_that_is_open_does_not_keep_the_module
