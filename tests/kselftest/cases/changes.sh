# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A long transfer to one real server, while the servers of other flows come, go and get other weights, in the same
# service and in others: the cases of nat_changes.sh, dr_changes.sh and tun_changes.sh.
#	MEGABYTES      how much is transferred (default 40)
# shellcheck disable=SC2034,SC2153,SC2154 # read with lib.sh, for the tests

MEGABYTES=${MEGABYTES:-40}
# What is repeated; it need not lie in memory as a whole.
BLOCK_MEGABYTES=$((MEGABYTES < 10 ? MEGABYTES : 10))

UPLOAD=tcp/$VIP_HOST:9000
FLOOD=udp/$VIP_HOST:7000
# It comes and goes as a whole.
PASSING=tcp/$VIP_HOST:7100

changes_begin() {
	local i answers_from=
	test_begin "$@"
	# Where nobody translates it, an answer is to come from the VIP.
	[ "$LB_FORWARD" = nat ] || answers_from=$VIP:
	for i in 0 1 2; do
		upload_server_start "${SERVERS[i]}"
		talk_server_start "${SERVERS[i]}" "server$((i + 1))" "udp:${answers_from}7000"
	done
	transfer_file $((BLOCK_MEGABYTES * 1000000))
	stream_sum=$(stream | sha256sum)
	lb_begin "$UPLOAD" wrr "${SERVER_HOSTS[0]}:9000"
	lb_begin "$FLOOD" wrr "${SERVER_HOSTS[0]}:7000"
}

# What is transferred.
stream() {
	local i
	for ((i = 0; i < MEGABYTES; i += BLOCK_MEGABYTES)); do
		cat "$TEST_DIR/files/large"
	done
}

# The transfer; its result is in $TEST_DIR/sum when it is over.
transfer_start() {
	stream | in_ns "$CLIENT" socat -b 65536 -t 600 - "TCP:$VIP_HOST:9000" >"$TEST_DIR/sum" &
	transfer=$!
	wait_until 20 prints "1 0" lb_connections "$UPLOAD" "${SERVER_HOSTS[0]}:9000" ||
		fail "the transfer did not begin: $(lb_connections "$UPLOAD" "${SERVER_HOSTS[0]}:9000")"
}

transfer_goes_on() {
	kill -0 "$transfer" 2>/dev/null
}

# Flows to the servers that come and go; what becomes of each does not matter. Before the transfer, which leaves little of
# a CPU to a program that has yet to begin.
flood_start() {
	ip netns exec "$CLIENT" python3 -S "$HELPERS/udp_flood.py" "$VIP" 7000 50 100 >"$TEST_DIR/flood" &
	flood=$!
	wait_until 20 test -s "$TEST_DIR/flood" || fail "the flood did not begin"
}

# One after the other.
other_uploads_start() {
	while :; do
		in_ns "$CLIENT" socat -t 20 -T 20 - "TCP:$VIP_HOST:9000,connect-timeout=5" </dev/null
	done >"$TEST_DIR/uploads" 2>&1 &
	uploads=$!
}

# The uploads go on until one was answered: one to a server that was just removed hangs until socat gives up.
other_flows_stop() {
	kill "$flood"
	wait "$flood" 2>/dev/null
	wait_until 60 an_upload_was_answered
	kill "$uploads"
	wait "$uploads" 2>/dev/null
}

an_upload_was_answered() {
	grep -q '^[0-9a-f]\{64\}' "$TEST_DIR/uploads"
}

# changes_of SERVER: one round, by which everything is again as before. Most of it new flows of the flood may go to the
# server: on a busy machine, where changes come late and then many at once, some have to be in time for it still.
changes_of() {
	round=(
		"server_add $FLOOD $1:7000 1"
		"server_add $UPLOAD $1:9000 1"
		"server_weight $FLOOD $1:7000 3"
		"service_add $PASSING rr"
		"server_add $PASSING $1:7100 1"
		"server_weight $UPLOAD $1:9000 5"
		"server_weight $UPLOAD $1:9000 0"
		"server_del $UPLOAD $1:9000"
		"server_weight $FLOOD $1:7000 0"
		"server_del $FLOOD $1:7000"
		"service_del $PASSING"
	)
}

# tenths: sets "now", in tenths of a second; a substitution would fork, which is slow with sanitizers.
tenths() {
	now=$((${EPOCHREALTIME/[.,]/} / 100000))
}

# Changes of five rounds: fewer, of a transfer that was quick, leave a busy machine no time for other flows.
LEAST_CHANGES=55

# changes_while COMMAND...: ten changes a second as long as it succeeds, LEAST_CHANGES at least, then what is left of the
# round. How many they were, and in how many tenths of a second, goes to $TEST_DIR/changes.
changes_while() {
	local round=() step=0 i=1 made=0 begun now
	tenths
	begun=$now
	while "$@" || [ "$made" -lt "$LEAST_CHANGES" ]; do
		tenths
		# What the machine was too busy for is made up for.
		if [ $((begun + made)) -ge "$now" ]; then
			pause 0.05
			continue
		fi
		[ "$step" -lt ${#round[@]} ] || { changes_of "${SERVER_HOSTS[i]}"; i=$((3 - i)) step=0; }
		echo "${round[step]}"
		step=$((step + 1)) made=$((made + 1))
	done
	echo "$made $((now - begun))" >"$TEST_DIR/changes"
	for ((; step < ${#round[@]}; step++)); do
		echo "${round[step]}"
	done
}

transfer_is_whole_while_others_change() {
	local before
	before=$(lb_configuration)
	flood_start
	transfer_start
	other_uploads_start
	changes_while transfer_goes_on | lb_changes || fail "a change was refused"
	wait "$transfer" || fail "the transfer ended with exit status $?"
	other_flows_stop
	expect_equal "sha256 of $MEGABYTES MB" "$stream_sum" "$(<"$TEST_DIR/sum")"
	expect_equal "configuration after it" "$before" "$(lb_configuration)"
}

changes_were_many() {
	local made tenths percent=90
	read -r made tenths <"$TEST_DIR/changes"
	# Those that a busy machine still had to make up for when the transfer ended are missing. With sanitizers a change may
	# itself take more than a tenth of a second.
	[ ! -w "$kmemleak" ] || percent=50
	expect_range "changes in $tenths tenths of a second" $((tenths * percent / 100)) 1000000 "$made"
	diagnose "$made changes in $tenths tenths of a second"
}

other_flows_were_there() {
	expect_range "rounds of datagrams with answers" 5 1000000 "$(wc -l <"$TEST_DIR/flood")"
	an_upload_was_answered || fail "no other upload was answered: $(tail -n 3 "$TEST_DIR/uploads")"
	# What is known of a server is known again when it returns.
	lb_server_add "$FLOOD" "${SERVER_HOSTS[1]}:7000" 1
	lb_counters_settle
	expect_range "connections of server2" 1 1000000 "$(lb_counters "$FLOOD" "${SERVER_HOSTS[1]}:7000" | cut -d' ' -f1)"
}

changes_cases=(
	transfer_is_whole_while_others_change
	changes_were_many
	other_flows_were_there
)
