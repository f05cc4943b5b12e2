// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCG plugin: misses of the kernel's data accesses in a model of three levels
 * of cache, between marks. L1 of 32 KiB in 8 ways, L2 of 1 MiB in 16, LLC of
 * 16 MiB in 16, by physical address; without prefetching.
 *
 * Writes to the file given as out=FILE, for each region "region", then
 * "total ACCESSES L1 L2 LLC" with the misses of each level, then for each
 * instruction with misses of the LLC "miss ADDRESS LLC".
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cache.h"
#include "region.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = 1;

enum { LEVELS = 3 };

struct instruction {
	struct instruction *next;
	uint64_t address;
	uint64_t llc_misses;
};

/* One vCPU, and QEMU calls plugins from its thread: no lock. */
static struct cache cache[LEVELS];
static struct instruction *instructions;
static uint64_t accesses, misses[LEVELS];
static bool modelled, counted;
static FILE *out;

static void touch(struct instruction *insn, uint64_t line)
{
	int level = 0;

	while (level < LEVELS && !cache_touch(&cache[level], line))
		level++;
	if (!counted)
		return;
	accesses++;
	for (int missed = 0; missed < level; missed++)
		misses[missed]++;
	insn->llc_misses += level == LEVELS;
}

static void access_memory(unsigned int vcpu, qemu_plugin_meminfo_t info,
			  uint64_t address, void *data)
{
	struct qemu_plugin_hwaddr *hwaddr;
	uint64_t first, last;

	(void)vcpu;
	if (!modelled)
		return;
	hwaddr = qemu_plugin_get_hwaddr(info, address);
	if (!hwaddr || qemu_plugin_hwaddr_is_io(hwaddr))
		return;
	first = qemu_plugin_hwaddr_phys_addr(hwaddr);
	last = first + (1u << qemu_plugin_mem_size_shift(info)) - 1;
	first >>= CACHE_LINE_SHIFT;
	last >>= CACHE_LINE_SHIFT;
	for (uint64_t line = first; line <= last; line++)
		touch(data, line);
}

static void begin_warming(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	modelled = true;
}

static void begin_region(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	accesses = 0;
	memset(misses, 0, sizeof(misses));
	for (struct instruction *insn = instructions; insn; insn = insn->next)
		insn->llc_misses = 0;
	modelled = counted = true;
}

static void end_region(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	if (!counted)
		return;
	modelled = counted = false;
	fprintf(out, "region\ntotal %" PRIu64, accesses);
	for (int level = 0; level < LEVELS; level++)
		fprintf(out, " %" PRIu64, misses[level]);
	fputc('\n', out);
	for (struct instruction *insn = instructions; insn; insn = insn->next)
		if (insn->llc_misses)
			fprintf(out, "miss %" PRIx64 " %" PRIu64 "\n",
				insn->address, insn->llc_misses);
	fflush(out);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		struct instruction *record;

		region_watch(insn, begin_warming, begin_region, end_region);
		if (!kernel_address(qemu_plugin_insn_vaddr(insn)))
			continue;
		/* Kept for good: QEMU does not say when it drops a translation. */
		record = calloc(1, sizeof(*record));
		if (!record)
			abort();
		record->address = qemu_plugin_insn_vaddr(insn);
		record->next = instructions;
		instructions = record;
		qemu_plugin_register_vcpu_mem_cb(insn, access_memory,
						 QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_RW, record);
	}
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const struct qemu_info_t *info,
					   int argc, char **argv)
{
	(void)info;
	out = plugin_output("cache_model", argc, argv);
	if (!out)
		return -1;
	cache_init(&cache[0], 32 << 10, 8);
	cache_init(&cache[1], 1 << 20, 16);
	cache_init(&cache[2], 16 << 20, 16);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
