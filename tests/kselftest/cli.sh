#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rvsadm end to end, against the module: every verb, what is said when something is wrong, and that nothing changes then.
. "$(dirname "$0")/lib.sh"

SERVICE=tcp/$VIP:80
SERVER=${SERVER_IPS[0]}
OTHER=${SERVER_IPS[1]}

# tool ARGUMENT...: runs rvsadm in the director; sets out, err and status.
tool() {
	status=0
	out=$(director_rvsadm "$@" 2>"$TEST_DIR/err") || status=$?
	err=$(<"$TEST_DIR/err")
}

# works ARGUMENT...: succeeds, and says nothing that is not asked for.
works() {
	tool "$@"
	expect_equal "rvsadm $*: exit status" 0 "$status"
	expect_equal "rvsadm $*: standard error" "" "$err"
}

# refused STATUS PATTERN ARGUMENT...: one line that matches, and the configuration is what it was.
refused() {
	local wanted=$1 pattern=$2 before after
	shift 2
	before=$(lb_configuration)
	tool "$@"
	expect_equal "rvsadm $*: exit status" "$wanted" "$status"
	expect_match "rvsadm $*: reason" "^rvsadm: $pattern" "$err"
	expect_equal "rvsadm $*: lines" 1 "$(wc -l <"$TEST_DIR/err")"
	expect_equal "rvsadm $*: standard output" "" "$out"
	after=$(lb_configuration)
	expect_equal "rvsadm $*: configuration" "$before" "$after"
}

verbs_do_what_they_say() {
	works service add "$SERVICE" --nat
	works server add "$SERVICE" "$SERVER:8080" --weight 3
	works server add "$SERVICE" "$OTHER"
	works show "$SERVICE"
	expect_match "service" "$SERVICE +wrr +nat +on +2 " "$out"
	expect_match "server with a port of its own" "$SERVER:8080 +nat +3 " "$out"
	expect_match "server with the port of the service" "$OTHER:80 +nat +1 " "$out"
	works service list
	expect_match "list" "$SERVICE" "$out"
}

set_changes_what_is_named_only() {
	works service set "$SERVICE" --scheduler rr
	works server set "$SERVICE" "$SERVER:8080" --weight 0
	works show
	expect_match "service" "$SERVICE +rr +nat +on +2 " "$out"
	expect_match "changed server" "$SERVER:8080 +nat +0 " "$out"
	expect_match "other server" "$OTHER:80 +nat +1 " "$out"
}

# value EXPRESSION: of what `rvsadm --json show` prints, as an independent reader sees it.
value() {
	director_rvsadm --json show | python3 -c "import json, sys; shown = json.load(sys.stdin); print($1)"
}

json_is_what_is_documented() {
	expect_equal "service" "$SERVICE" "$(value 'shown["services"][0]["service"]')"
	expect_equal "weights" "[0, 1]" "$(value 'sorted(s["weight"] for s in shown["services"][0]["servers"])')"
	expect_equal "services" 1 "$(value 'shown["info"]["services"]')"
}

wrong_words_are_named() {
	refused 1 "service add: tcp/$VIP:0: " service add "tcp/$VIP:0" --nat
	refused 1 "service add: icmp/$VIP:80: " service add "icmp/$VIP:80" --nat
	refused 1 "service add: tcp/10\.1:80: " service add tcp/10.1:80 --nat
	refused 1 "server add: .*--weight" server add "$SERVICE" "$SERVER" --weight -1
	refused 1 "service add: --scheduler nosuch: " service add "tcp/$VIP:81" --nat --scheduler nosuch
	refused 1 "server add: $SERVER:x: " server add "$SERVICE" "$SERVER:x"
}

kernel_refusals_are_named() {
	refused 2 "service add: $SERVICE: the service exists already" service add "$SERVICE" --nat
	refused 2 "server add: $OTHER:80: the service has this destination already" server add "$SERVICE" "$OTHER"
	refused 2 "server del: $OTHER:81: the service has no such destination" server del "$SERVICE" "$OTHER:81"
	refused 2 "service del: tcp/$VIP:81: there is no such service" service del "tcp/$VIP:81"
}

port_mapping_needs_nat() {
	works service add "tcp/$VIP:90" --dr
	refused 1 "server add: $SERVER:8080: port mapping needs NAT \(the service forwards by DR\); use port 90 or --nat" \
		server add "tcp/$VIP:90" "$SERVER:8080"
	works server add "tcp/$VIP:90" "$SERVER:8080" --nat
	works server add "tcp/$VIP:90" "$OTHER"
	works service del "tcp/$VIP:90"
}

errors_are_json_when_asked_for() {
	tool --json service del "tcp/$VIP:81"
	expect_equal "exit status" 2 "$status"
	expect_equal "errno" ESRCH "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["error"]["errno"])' <<<"$err")"
}

removing_is_complete() {
	works server del "$SERVICE" "$SERVER:8080"
	works show
	expect_match "service" "$SERVICE +rr +nat +on +1 " "$out"
	works flush
	works show
	expect_equal "show" "no services" "$out"
}

without_module_it_says_what_to_do() {
	lb_unload
	tool show
	expect_equal "exit status" 5 "$status"
	expect_match "reason" "modprobe rvs" "$err"
	tool --version
	expect_equal "exit status of --version" 0 "$status"
	expect_match "version" "^rvsadm [0-9]" "$out"
	tool --help
	expect_equal "exit status of --help" 0 "$status"
	expect_success lb_load
}

lb_needs rvs "it is about rvsadm"
test_begin
ktap_run verbs_do_what_they_say set_changes_what_is_named_only json_is_what_is_documented wrong_words_are_named \
	kernel_refusals_are_named port_mapping_needs_nat errors_are_json_when_asked_for removing_is_complete \
	without_module_it_says_what_to_do
