# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kernel's own complaints during a test.

# Lines by which the kernel says that something is wrong.
kernel_faults='BUG:|WARNING:|Oops|KASAN:|UBSAN:|INFO: (task|rcu)|possible (recursive|circular)|suspicious RCU'
kernel_faults+='|Call Trace|general protection|ODEBUG:|refcount_t:|leaked|unregister_netdevice: waiting'

kernel_log_mark="kselftest rvs: ${0##*/} [$$]"
[ ! -w /dev/kmsg ] || echo "$kernel_log_mark" >/dev/kmsg

# kernel_log_since_start: what the kernel has said since this test began.
kernel_log_since_start() {
	dmesg | awk -v mark="$kernel_log_mark" 'seen; index($0, mark) { seen = 1 }'
}

# kernel_faults_since_start: the lines of it that tell of a fault, with what follows them.
kernel_faults_since_start() {
	kernel_log_since_start | awk -f "$KSELFTEST_DIR/lib/own_races.awk" | grep -E -A 40 "$kernel_faults" | head -n 100
}

# The last case of every test.
kernel_log_is_clean() {
	local faults
	# The common case: nothing at all, of nobody.
	dmesg | grep -qE "$kernel_faults" || return 0
	faults=$(kernel_faults_since_start)
	[ -z "$faults" ] || fail "the kernel log has:"$'\n'"$faults"
}
