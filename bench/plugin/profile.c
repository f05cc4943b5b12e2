// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCG plugin: how often each instruction of the kernel ran, between marks.
 *
 * Writes to the file given as out=FILE, for each region "region", then for
 * each block that ran "COUNT ADDRESS,ADDRESS,…" with the addresses of its
 * instructions in hexadecimal.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "region.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = 1;

struct block {
	struct block *next;
	uint64_t count;
	size_t instructions;
	uint64_t address[];
};

/* One vCPU, and QEMU calls plugins from its thread: no lock. */
static struct block *blocks;
static bool active;
static FILE *out;

static void count_block(unsigned int vcpu, void *data)
{
	struct block *block = data;

	(void)vcpu;
	if (active)
		block->count++;
}

static void begin_region(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	for (struct block *block = blocks; block; block = block->next)
		block->count = 0;
	active = true;
}

static void end_region(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	if (!active)
		return;
	active = false;
	fprintf(out, "region\n");
	for (struct block *block = blocks; block; block = block->next) {
		if (!block->count)
			continue;
		fprintf(out, "%" PRIu64 " ", block->count);
		for (size_t i = 0; i < block->instructions; i++)
			fprintf(out, "%s%" PRIx64, i ? "," : "", block->address[i]);
		fputc('\n', out);
	}
	fflush(out);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct block *block;

	(void)id;
	for (size_t i = 0; i < n; i++)
		region_watch(qemu_plugin_tb_get_insn(tb, i), NULL, begin_region,
			     end_region);
	if (!kernel_address(qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0))))
		return;

	/* Kept for good: QEMU does not say when it drops a translation. */
	block = malloc(sizeof(*block) + n * sizeof(block->address[0]));
	if (!block)
		abort();
	block->count = 0;
	block->instructions = n;
	for (size_t i = 0; i < n; i++)
		block->address[i] =
			qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, i));
	block->next = blocks;
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, count_block,
					     QEMU_PLUGIN_CB_NO_REGS, block);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const struct qemu_info_t *info,
					   int argc, char **argv)
{
	(void)info;
	out = plugin_output("profile", argc, argv);
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
