#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Who may read and write what: the table of docs/permissions.md, row by row, for IPVS as for RVS.
. "$(dirname "$0")/lib.sh"

NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)
SYSCTL=/proc/sys/net/ipv4/vs/expire_nodest_conn

# as WHO COMMAND...: run it.
#   root       of the first user namespace
#   admin      a user with CAP_NET_ADMIN in the first user namespace
#   nobody     a user without any capability
#   stranger   root of a user namespace that does not own the director's network namespace
#   owner      root of a user namespace, in a network namespace that belongs to it
as() {
	local who=$1
	shift
	case $who in
	root) in_ns "$DIRECTOR" "$@" ;;
	admin) in_ns "$DIRECTOR" "${NOBODY[@]}" --inh-caps +net_admin --ambient-caps +net_admin "$@" ;;
	nobody) in_ns "$DIRECTOR" "${NOBODY[@]}" "$@" ;;
	stranger) in_ns "$DIRECTOR" "${NOBODY[@]}" unshare -r "$@" ;;
	owner) "${NOBODY[@]}" unshare -r unshare -n "$@" ;;
	esac
}

# may WHO COMMAND...: yes or no.
may() {
	as "$@" >/dev/null 2>&1 && echo yes || echo no
}

# each WHAT ROOT ADMIN NOBODY STRANGER OWNER COMMAND...: whether each may.
each() {
	local what=$1 who
	local -A expected=([root]=$2 [admin]=$3 [nobody]=$4 [stranger]=$5 [owner]=$6)
	shift 6
	for who in root admin nobody stranger owner; do
		expect_equal "$what, by $who" "${expected[$who]}" "$(may "$who" "$@")"
	done
}

# change TOOL...: a command that adds a service and takes it away again.
change_by_ipvsadm='ipvsadm -A -u 198.51.100.77:7 -s rr && ipvsadm -D -u 198.51.100.77:7'
pool_change='rvsadm pool add pool 198.51.100.77 && rvsadm pool del pool'
change_by_rvsadm='rvsadm service add udp/198.51.100.77:7 && rvsadm service del udp/198.51.100.77:7'

user_namespaces_are_there() {
	as owner true || { skip "there are no user namespaces"; return; }
	expect_equal "who a stranger is" 0 "$(as stranger id -u)"
}

#                                                            root admin nobody stranger owner
family_ipvs() {
	each "lists"                                             yes yes no no no  ipvsadm -L -n
	each "changes"                                           yes yes no no no  sh -c "$change_by_ipvsadm"
	each "timeouts"                                          yes yes no no no  ipvsadm --set 0 0 0
	each "counters from 0 again"                             yes yes no no no  ipvsadm -Z
	each "flush"                                             yes yes no no no  ipvsadm -C
}

family_rvs() {
	[ "$LB_BACKEND" != ipvs ] || { skip "IPVS does not have this family"; return; }
	each "lists"                                             yes yes yes yes yes  rvsadm service list
	each "lists of connections"                              yes yes no no yes  rvsadm connection list
	each "counters"                                          yes yes yes yes yes  rvsadm stats
	each "changes"                                           yes yes no no yes  sh -c "$change_by_rvsadm"
	each "flush"                                             yes yes no no yes  rvsadm flush
	each "pools"                                             yes yes yes yes yes  rvsadm pool show
	each "changes of pools"                                  yes yes no no yes  sh -c "$pool_change"
}

files() {
	local file strangers=(no no)
	# Who talks to whom, there everybody may read.
	[ "$LB_BACKEND" != ipvs ] || strangers=(yes yes)
	for file in ip_vs ip_vs_stats ip_vs_stats_percpu ip_vs_app; do
		each "$file"                                     yes yes yes yes yes  cat "/proc/net/$file"
	done
	for file in ip_vs_conn ip_vs_conn_sync; do
		each "$file"                                     yes yes "${strangers[@]}" yes  cat "/proc/net/$file"
	done
	# By its mode, not by a capability.
	each "ip_vs_status"                                      yes no no no yes  cat /proc/net/ip_vs_status
	for file in ip_vs ip_vs_conn ip_vs_stats; do
		each "writing $file"                             no no no no no  sh -c "echo 1 >/proc/net/$file"
	done
}

settings() {
	each "reading net.ipv4.vs"                               yes yes yes yes yes  cat "$SYSCTL"
	each "writing net.ipv4.vs"                               yes yes no no yes  sh -c "echo 0 >$SYSCTL"
	# The memory of the machine is nobody's own.
	each "writing conn_lfactor"                              yes yes no no no  sh -c 'echo -4 >/proc/sys/net/ipv4/vs/conn_lfactor'
	[ "$LB_BACKEND" != ipvs ] || return
	each "reading net.rvs"                                   yes yes yes yes yes  cat /proc/sys/net/rvs/fast_path
	each "writing net.rvs"                                   yes yes no no yes  sh -c "echo 1 >/proc/sys/net/rvs/fast_path"
}

# What one namespace does another does not see.
namespaces_are_apart() {
	expect_success lb_service_add "udp/$VIP:7000" rr
	expect_equal "services of the client's namespace" 0 "$(in_ns "$CLIENT" cat /proc/net/ip_vs | grep -c '^UDP')"
	expect_equal "services of the director" 1 "$(in_ns "$DIRECTOR" cat /proc/net/ip_vs | grep -c '^UDP')"
	in_ns "$CLIENT" ipvsadm -C
	expect_equal "after a flush elsewhere" 1 "$(in_ns "$DIRECTOR" cat /proc/net/ip_vs | grep -c '^UDP')"
	in_ns "$CLIENT" sysctl -q -w net.ipv4.vs.expire_nodest_conn=1
	expect_equal "setting of the director" 0 "$(in_ns "$DIRECTOR" cat "$SYSCTL")"
}

test_begin
in_ns "$DIRECTOR" ip addr add 198.51.100.77/32 dev lo
ktap_run user_namespaces_are_there family_ipvs family_rvs files settings namespaces_are_apart
