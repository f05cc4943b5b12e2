# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # what is set here is used by those who source it
# Where kernels are cached, and with which make variables they and their modules are built.
# Sourced after common.sh.
#
# A kernel is a directory with: build/ (the O= tree, a KDIR), vmlinuz, modules/lib/modules/<release>/, release (text).
# Build trees hold absolute paths, so they cannot be renamed when done: the file "complete", written last, says that all
# is there, and a directory without it is thrown away.

RVS_KERNEL_MINIMUM=7.2

# kernel_toolchain: what the compilers of the build root call themselves.
kernel_toolchain() {
	local file
	file=$("$RVS_TOP/qemu/buildroot/path")/etc/rvs-toolchain
	[ -e "$file" ] || die "there is no build root yet: run 'make deps'"
	cat "$file"
}

# kernel_begin DIR: an empty directory to build in.
kernel_begin() {
	rm -rf "$1"
	mkdir -p "$1/build"
}

# kernel_end DIR: everything is in place.
kernel_end() {
	sync -f "$1"
	: >"$1/complete"
}

# kernel_version_ok VERSION: not older than what the module supports.
kernel_version_ok() {
	[ "$(printf '%s\n' "$RVS_KERNEL_MINIMUM" "$1" | sort -V | head -n 1)" = "$RVS_KERNEL_MINIMUM" ]
}

# kernel_source KDIR: the source a tree made with O= refers to; the tree itself otherwise.
kernel_source() {
	local source
	source=$(sed -n 's/^include \(\/.*\)\/Makefile$/\1/p' "$1/Makefile")
	echo "${source:-$1}"
}

# Variables for a tree configured for gcc (Debian's) and for clang (ours).
kernel_make_gcc=(ARCH=x86 CROSS_COMPILE=x86_64-linux-gnu- CC=x86_64-linux-gnu-gcc-14 HOSTCC=gcc-14)
kernel_make_clang=(ARCH=x86 LLVM=-19)
