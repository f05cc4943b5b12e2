# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A client whose connections live across the steps of a test: helpers/talk_client.py, led by these functions.

declare -A talk_input=() talk_output=()

# talk_client_start NAME NAMESPACE
talk_client_start() {
	local pipe=$TEST_DIR/talk.$1 input output
	mkfifo "$pipe.in" "$pipe.out"
	ip netns exec "$2" python3 -S "$HELPERS/talk_client.py" <"$pipe.in" >"$pipe.out" &
	disown
	exec {input}>"$pipe.in" {output}<"$pipe.out"
	talk_input[$1]=$input
	talk_output[$1]=$output
}

# talk NAME COMMAND...: have the client do it, and print its answer.
talk() {
	local answer name=$1
	shift
	echo "$*" >&"${talk_input[$name]}"
	if IFS= read -rt 60 -u "${talk_output[$name]}" answer; then
		echo "$answer"
	else
		echo "no answer of the client to '$*'"
	fi
}
