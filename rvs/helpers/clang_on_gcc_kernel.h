/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included first when clang compiles helpers for a kernel configured for gcc.
 *
 * With gcc's named address spaces the kernel leaves the segment prefix of
 * per-CPU accesses in inline assembly to the compiler; clang does not write it,
 * and the access would go to a wrong address without any warning. Without these
 * options the kernel writes the prefix itself, as it does for clang.
 */
#undef CONFIG_CC_HAS_NAMED_AS
#undef CONFIG_CC_HAS_NAMED_AS_FIXED_SANITIZERS
#undef CONFIG_USE_X86_SEG_SUPPORT
