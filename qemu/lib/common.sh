# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # what is set here is used by those who source it
# Shared ground of the scripts under qemu/ and tools/: places, errors, keys, locks.
# Sourced, never run.

set -euo pipefail

RVS_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
RVS_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/rvs

# The Debian release the build root and the guest are made of, and where it is fetched from.
RVS_SUITE=trixie
RVS_MIRROR=${RVS_MIRROR:-http://deb.debian.org/debian}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# A short name for what the result of a step depends on (read from standard input).
key() {
	sha256sum | cut -c1-12
}

# with_lock NAME COMMAND...: one process at a time per NAME; others wait and then find the result there.
with_lock() {
	local name=$1 fd
	shift
	mkdir -p "$RVS_CACHE/lock"
	exec {fd}>"$RVS_CACHE/lock/$name"
	if ! flock -n "$fd"; then
		echo "waiting: another run is making $name" >&2
		flock "$fd"
	fi
	"$@"
	exec {fd}>&-
}

# guests_at_once MOST MEGABYTES: GUESTS of the environment, or how many guests of so much memory are worth it: without hardware
# virtualisation a guest keeps a processor busy.
guests_at_once() {
	local available
	if [ -n "${GUESTS:-}" ]; then
		[[ $GUESTS =~ ^[1-9][0-9]*$ ]] || die "GUESTS: '$GUESTS' is not a number of guests"
		echo "$GUESTS"
		return
	fi
	available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
	printf '%s\n' "$(nproc)" $((available / $2)) "$1" | sort -n | head -n 1 | sed 's/^0$/1/'
}

# with_progress WHAT [OPTION...] -- COMMAND...: see tools/progress; logs are kept in the cache.
with_progress() {
	local what=$1
	shift
	"$RVS_TOP/tools/progress" --log "$RVS_CACHE/log/${what//[^A-Za-z0-9._-]/-}.log" "$what" "$@"
}

# Prefix of a command that must be root.
AS_ROOT=()
[ "$(id -u)" = 0 ] || AS_ROOT=(sudo)
