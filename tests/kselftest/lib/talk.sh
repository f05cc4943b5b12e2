# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Clients whose connections live across the steps of a test. Each is a helper that is told line by line what to do, and
# answers each line by one: helpers/talk_client.py, or another.

# An answer that takes longer does not come.
TALK_SECONDS=${TALK_SECONDS:-60}

declare -A talk_input=() talk_output=()

# talk_client_start NAME NAMESPACE
talk_client_start() {
	talk_start "$1" "$2" talk_client.py
}

# talk_start NAME NAMESPACE HELPER ARGUMENT...
talk_start() {
	local pipe=$TEST_DIR/talk.$1 name=$1 namespace=$2 helper=$3 input output
	shift 3
	mkfifo "$pipe.in" "$pipe.out"
	ip netns exec "$namespace" python3 -S "$HELPERS/$helper" "$@" <"$pipe.in" >"$pipe.out" &
	disown
	exec {input}>"$pipe.in" {output}<"$pipe.out"
	talk_input[$name]=$input
	talk_output[$name]=$output
}

# tell NAME COMMAND...: have the client do it.
tell() {
	local name=$1
	shift
	echo "$*" >&"${talk_input[$name]}"
}

# hear NAME: print the client's next answer.
hear() {
	local answer
	if IFS= read -rt "$TALK_SECONDS" -u "${talk_output[$1]}" answer; then
		echo "$answer"
	else
		echo "no answer of the client $1"
	fi
}

# talk NAME COMMAND...: have the client do it, and print its answer.
talk() {
	tell "$@"
	hear "$1"
}

# expect_served CLIENT PROTOCOL BY [SOURCE-ADDRESS]: the service at port 7000 of the VIP answers two connections, each more than once.
expect_served() {
	local connection client=$1 protocol=$2 by=$3
	shift 3
	for connection in first second; do
		expect_match "opening the $connection" '^ok' "$(talk "$client" open "$connection" "$protocol" "$VIP" 7000 0 "$@")"
		expect_equal "who answers the $connection" "$by" "$(talk "$client" ask "$connection")"
		expect_equal "who answers it again" "$by" "$(talk "$client" ask "$connection" 5 1200)"
	done
	for connection in first second; do
		talk "$client" close "$connection" >"$TEST_DIR/closed"
	done
}
