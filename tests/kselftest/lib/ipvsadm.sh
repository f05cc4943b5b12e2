# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What stock ipvsadm says in the director, to the byte.

# ipvsadm_says ARGUMENT...: what it prints, each line up to a $, and its exit status when that is not 0. The size of the
# connection table is a matter of memory.
ipvsadm_says() {
	local status=0
	in_ns "$DIRECTOR" ipvsadm "$@" >"$TEST_DIR/said" 2>&1 || status=$?
	sed 's/$/$/; s/(size=[0-9]*)/(size=N)/' "$TEST_DIR/said"
	[ "$status" = 0 ] || echo "exit status $status"
}

# expect_says EXPECTED ARGUMENT...
expect_says() {
	local expected=$1
	shift
	expect_equal "ipvsadm $*" "$expected" "$(ipvsadm_says "$@")"
}

# expect_list ARGUMENT...: what it prints is what is read here.
expect_list() {
	expect_says "$(cat)" "$@"
}

# expect_refusal TEXT ARGUMENT...: by the kernel.
expect_refusal() {
	local text=$1
	shift
	expect_says "$text\$"$'\n'"exit status 255" "$@"
}

# done_by ARGUMENT...: what says nothing.
done_by() {
	expect_says "" "$@"
}

clear() {
	done_by -C
}
