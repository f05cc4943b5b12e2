# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What run, profile and cache-model share: the guest's files and a machine that counts instructions.
# Sourced, never run.

# shellcheck source=../qemu/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../qemu/lib/common.sh"

BENCH=$RVS_TOP/bench
# shellcheck disable=SC2034 # for those that source this
BENCH_RESULTS=$BENCH/results/latest.json

# Every instruction takes a nanosecond of the guest's time, so its clock counts instructions; sleeping takes none of ours.
# One processor, as only that is reproducible. Without erms, because each iteration of a string instruction is counted, and
# with it the kernel would clear memory byte by byte where hardware does not.
BENCH_MACHINE='-accel tcg,thread=single -icount shift=0,sleep=off -cpu max,-erms'
# The same random numbers and the same date in each boot: hash keys of tables decide who meets whom in a chain.
BENCH_MACHINE+=' -seed 1 -rtc base=2026-01-01T00:00:00,clock=vm'
# The frequency is known, and calibrating would make it a little different in each boot.
BENCH_PARAMETERS='tsc_early_khz=1000000'

# For a million connections of ip_vs, of conntrack as well, and what the caches of the kernel keep of the case before.
BENCH_MEGABYTES=3072

# bench_work NAME: a directory of its own, in $work, gone at the end.
bench_work() {
	mkdir -p "$RVS_TOP/build/bench"
	work=$(mktemp -d "$RVS_TOP/build/bench/$1.XXXXXX")
	trap 'rm -rf "$work"' EXIT
}

# bench_stage STAGE FLAVOUR MODULE RVSADM: what the guest gets besides its own system. MODULE: '' for that of FLAVOUR.
bench_stage() {
	local stage=$1 module=${3:-$RVS_TOP/build/$2/rvs.ko} rvsadm=$4 injector=$RVS_TOP/build/$2/injector/rvs_injector.ko
	[ -e "$module" ] || die "$module: there is no such module; run 'make module FLAVOUR=$2'"
	[ -e "$rvsadm" ] || die "$rvsadm: there is no such program; run 'make user'"
	[ -e "$injector" ] || die "$injector: there is no such module; run 'make injector FLAVOUR=$2'"
	mkdir -p "$stage/rvs" "$stage/usr/sbin"
	cp "$module" "$stage/rvs/rvs.ko"
	cp "$injector" "${injector%/*}/rvs_held.ko" "$stage/rvs/"
	cp "$rvsadm" "$stage/usr/sbin/rvsadm"
	cp -R "$BENCH/guest" "$stage/rvs/bench"
}

# bench_python REPORT ARGUMENT...: run a script of bench/report.
bench_python() {
	"$RVS_TOP/qemu/in-buildroot" python3 -B "$BENCH/report/$1.py" "${@:2}"
}

# bench_merge FILE REVISION DIRECTORY...: report/merge.py, with a FILE that may be anywhere.
bench_merge() {
	local file=$1 copy=$work/merged.json
	rm -f "$copy"
	[ ! -s "$file" ] || cp "$file" "$copy"
	bench_python merge "$copy" "${@:2}"
	mkdir -p "$(dirname "$file")"
	cp "$copy" "$file"
}

# bench_revision: of what is measured, for the rows measured with it.
bench_revision() {
	local revision
	revision=$(git -C "$RVS_TOP" rev-parse --short HEAD 2>/dev/null) || { echo unknown; return; }
	git -C "$RVS_TOP" diff --quiet HEAD -- rvs rvs-user bench ':!bench/results' || revision+=-dirty
	echo "$revision"
}

# bench_machine FLAVOUR MITIGATIONS STAGE RESULTS QEMU-ARGUMENTS [MAIN-ARGUMENT...]: sets "machine", the command that runs the
# guest's part.
bench_machine() {
	local flavour=$1 mitigations=$2 stage=$3 results=$4 qemu=$5
	shift 5
	machine=("$RVS_TOP/qemu/boot" --flavour "$flavour" --smp 1 --memory "$BENCH_MEGABYTES" --timeout 5400
		--accelerator "$BENCH_MACHINE" --qemu "$qemu" --append "$BENCH_PARAMETERS mitigations=$mitigations"
		--overlay "$stage" --results "$results" -- python3 -B /rvs/bench/main.py "$@")
}

# bench_boot ARGUMENT...: of bench_machine; runs it.
bench_boot() {
	local machine
	bench_machine "$@"
	"${machine[@]}"
}

# bench_plugin NAME: build a TCG plugin and print its path. For the host's QEMU, so by the host's compiler.
bench_plugin() {
	local plugin=$RVS_TOP/build/bench/$1.so
	mkdir -p "${plugin%/*}"
	cc -O2 -Wall -Wextra -Werror -fPIC -shared -o "$plugin" "$BENCH/plugin/$1.c"
	echo "$plugin"
}
