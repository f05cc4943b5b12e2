# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # what is told of tunnels is of tunnel.sh
# The load balancer is RVS; see backend.sh for what the functions do.

# shellcheck source=lib/rvs.sh
. "$KSELFTEST_DIR/lib/rvs.sh"

lb_service_add() {
	director_rvsadm service add "$1" --scheduler "$2" "--$LB_FORWARD" ${LB_POOL:+--pool "$LB_POOL"} ${3:+--one-packet on}
}

lb_service_persistent() {
	director_rvsadm service add "$1" --scheduler "$2" --persistent "$3" "--$LB_FORWARD" ${4:+--one-packet on}
}

lb_templates() {
	director_rvsadm template list "$1" | awk '$1 ~ "/" { print $2, $3 }' | sort
}

lb_persistent() {
	server_members "$1" "$2" templates
}

lb_expire_quiescent() {
	in_ns "$DIRECTOR" sysctl -qw "net.rvs.expire_quiescent_template=$1"
}

lb_service_set() {
	director_rvsadm service set "$1" --scheduler "$2"
}

lb_service_del() {
	director_rvsadm service del "$1"
}

lb_server_add() {
	director_rvsadm server add "$1" "$2" --weight "$3" "--$LB_FORWARD" "${tunnel_options[@]}" \
		${4:+--upper-threshold "$4"} ${5:+--lower-threshold "$5"}
}

lb_server_weight() {
	director_rvsadm server set "$1" "$2" --weight "$3"
}

lb_server_set() {
	director_rvsadm server set "$1" "$2" --weight "$3" --upper-threshold "$4" --lower-threshold "$5"
}

lb_server_del() {
	director_rvsadm server del "$1" "$2"
}

lb_changes() {
	in_ns "$DIRECTOR" python3 -S "$HELPERS/rvs_changes.py" "$LB_FORWARD"
}

lb_flush() {
	director_rvsadm flush
}

# Counters come and go; what the administrator set does not.
lb_configuration() {
	director_rvsadm --json show | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		grep -E '\.(service|scheduler|forward|fast_path|address|port|weight|upper_threshold|lower_threshold) '
}

lb_counters() {
	server_members "$1" "$2" stats.{connections,in_packets,out_packets,in_bytes,out_bytes}
}

lb_connections() {
	server_members "$1" "$2" active inactive
}

lb_connections_of_all() {
	members_of_all "$1" active inactive
}

# five_counters PATH: of the flat JSON that is read.
five_counters() {
	awk -v path="$1" '
		index($1, path) == 1 { seen[substr($1, length(path) + 1)] = $2 }
		END { print seen["connections"], seen["in_packets"], seen["out_packets"], seen["in_bytes"], seen["out_bytes"] }'
}

lb_service_counters() {
	director_rvsadm --json show "$1" | awk -f "$KSELFTEST_DIR/lib/json.awk" | five_counters .services.0.stats.
}

lb_totals() {
	director_rvsadm --json stats | awk -f "$KSELFTEST_DIR/lib/json.awk" | five_counters .totals.
}

lb_rates() {
	if [ $# = 1 ]; then
		director_rvsadm --json show "$1" | awk -f "$KSELFTEST_DIR/lib/json.awk" | five_counters .services.0.stats.rates.
	else
		server_members "$1" "$2" stats.rates.{connections,in_packets,out_packets,in_bytes,out_bytes}
	fi
}

lb_total_rates() {
	director_rvsadm --json stats | awk -f "$KSELFTEST_DIR/lib/json.awk" | five_counters .totals.rates.
}

lb_zero() {
	director_rvsadm zero "$@"
}

lb_timeouts() {
	director_rvsadm --json timeouts | awk -f "$KSELFTEST_DIR/lib/json.awk" |
		awk '{ seen[$1] = $2 } END { print seen[".timeouts.tcp"], seen[".timeouts.tcp_fin"], seen[".timeouts.udp"] }'
}

lb_timeouts_set() {
	local option options=()
	for option in tcp tcp-fin udp; do
		[ "$1" = 0 ] || options+=("--$option" "$1")
		shift
	done
	director_rvsadm timeouts "${options[@]}"
}
