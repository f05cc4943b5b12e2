# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Reporting in KTAP (Documentation/dev-tools/ktap.rst). A test is a script, its cases are shell functions.
#
#	requests_follow_weights() { expect_equal "requests of server1" 15 "$seen"; }
#	ktap_run requests_follow_weights ...
#
# A case fails when an expectation did; it goes on to its end, so that one run tells all.

KSFT_PASS=0
KSFT_FAIL=1
KSFT_SKIP=4

# State of the running case.
case_failed=n
case_skipped=''

# diagnose TEXT...: explain, on lines of their own.
diagnose() {
	local line
	while IFS= read -r line; do
		echo "# $line"
	done <<<"$*"
}

# fail TEXT: note that an expectation of this case does not hold. The end of a log tells each in a line (tools/test), so
# that what a text goes on with is told from the next.
fail() {
	local text=$*
	case_failed=y
	diagnose "failed: ${text//$'\n'/$'\n'    }"
}

# skip REASON: this case makes no sense here. To be followed by return.
skip() {
	case_skipped=$*
}

# skip_all REASON: the whole test makes no sense here.
skip_all() {
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	exit "$KSFT_SKIP"
}

# bail REASON: the test cannot go on.
bail() {
	echo "Bail out! $*"
	exit "$KSFT_FAIL"
}

# expect_equal WHAT EXPECTED SEEN
expect_equal() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', saw '$3'"
}

# expect_match WHAT PATTERN SEEN: PATTERN is an extended regular expression.
expect_match() {
	[[ $3 =~ $2 ]] || fail "$1: expected a match of '$2', saw '$3'"
}

# literal TEXT: the pattern that matches it, and nothing else, of what stands for addresses.
literal() {
	local text=${1//\[/\\[}
	text=${text//]/\\]}
	echo "${text//./\\.}"
}

# expect_range WHAT LOWEST HIGHEST SEEN
expect_range() {
	if ! [[ $4 =~ ^-?[0-9]+$ ]] || [ "$4" -lt "$2" ] || [ "$4" -gt "$3" ]; then
		fail "$1: expected $2 to $3, saw '$4'"
	fi
}

# expect_success COMMAND...: the command's words are told when it fails.
expect_success() {
	local output status=0
	output=$("$@" 2>&1) || status=$?
	[ "$status" = 0 ] || fail "$*: expected success, saw exit status $status: $output"
}

# ktap_run CASE...: run the cases in order, report each, and exit as kselftest wants. CASE_TIMES=y tells how long each takes.
ktap_run() {
	local name number=0 failures=0 passes=0 began
	# Every test in a guest ends with a look at its kernel log.
	! declare -F kernel_log_is_clean >/dev/null || set -- "$@" kernel_log_is_clean
	echo "TAP version 13"
	echo "1..$#"
	for name; do
		number=$((number + 1))
		case_failed=n case_skipped='' began=${EPOCHREALTIME/[.,]/}
		"$name"
		[ -z "${CASE_TIMES-}" ] || diagnose "$name took $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms"
		if [ "$case_failed" = y ]; then
			failures=$((failures + 1))
			echo "not ok $number $name"
		elif [ -n "$case_skipped" ]; then
			echo "ok $number $name # SKIP $case_skipped"
		else
			passes=$((passes + 1))
			echo "ok $number $name"
		fi
	done
	[ "$failures" = 0 ] || exit "$KSFT_FAIL"
	# The log alone proves nothing.
	[ "$passes" -gt 1 ] || exit "$KSFT_SKIP"
	exit "$KSFT_PASS"
}
