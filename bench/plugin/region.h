/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Regions of interest: the guest marks begin and end by a no-operation whose
 * operand is a number of ours (see ../guest/region.py). Hardware and QEMU
 * without a plugin pass over it.
 */
#ifndef RVS_REGION_H
#define RVS_REGION_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "qemu_plugin.h"

#define REGION_BEGIN 0x52565301u
#define REGION_END 0x52565302u

/* Which mark the instruction is: nopl NUMBER(%rax), or 0. */
static inline uint32_t region_mark(const struct qemu_plugin_insn *insn)
{
	static const uint8_t nopl[] = { 0x0f, 0x1f, 0x80 };
	const uint8_t *bytes = qemu_plugin_insn_data(insn);
	uint32_t number;

	if (qemu_plugin_insn_size(insn) != sizeof(nopl) + sizeof(number) ||
	    memcmp(bytes, nopl, sizeof(nopl)))
		return 0;
	memcpy(&number, bytes + sizeof(nopl), sizeof(number));
	return number == REGION_BEGIN || number == REGION_END ? number : 0;
}

static inline bool kernel_address(uint64_t address)
{
	return address >> 63;
}

#endif
