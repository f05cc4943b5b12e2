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
#include <stdio.h>
#include <string.h>

#include "qemu_plugin.h"

#define REGION_BEGIN 0x52565301u
#define REGION_END 0x52565302u
/* What follows fills the caches and does not count. */
#define REGION_WARM 0x52565303u

/* NUMBER when the instruction is nopl NUMBER(%rax), else 0. */
static inline uint32_t region_mark(const struct qemu_plugin_insn *insn)
{
	static const uint8_t nopl[] = { 0x0f, 0x1f, 0x80 };
	const uint8_t *bytes = qemu_plugin_insn_data(insn);
	uint32_t number;

	if (qemu_plugin_insn_size(insn) != sizeof(nopl) + sizeof(number) ||
	    memcmp(bytes, nopl, sizeof(nopl)))
		return 0;
	memcpy(&number, bytes + sizeof(nopl), sizeof(number));
	return number;
}

/* Have the functions called when the guest marks; a function may be NULL. */
static inline void region_watch(struct qemu_plugin_insn *insn,
				qemu_plugin_exec_cb warm,
				qemu_plugin_exec_cb begin,
				qemu_plugin_exec_cb end)
{
	qemu_plugin_exec_cb cb = NULL;

	switch (region_mark(insn)) {
	case REGION_WARM:
		cb = warm;
		break;
	case REGION_BEGIN:
		cb = begin;
		break;
	case REGION_END:
		cb = end;
		break;
	}
	if (cb)
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, cb, QEMU_PLUGIN_CB_NO_REGS, NULL);
}

static inline bool kernel_address(uint64_t address)
{
	return address >> 63;
}

/* The file named by the only argument, out=FILE; NULL after saying why not. */
static inline FILE *plugin_output(const char *plugin, int argc, char **argv)
{
	FILE *out;

	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "%s: out=FILE is needed\n", plugin);
		return NULL;
	}
	out = fopen(argv[0] + 4, "w");
	if (!out)
		perror(argv[0] + 4);
	return out;
}

#endif
