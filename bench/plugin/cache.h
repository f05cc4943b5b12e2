/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of one set-associative cache: 64-byte lines, least recently used
 * line replaced, an access fills the line.
 */
#ifndef RVS_CACHE_H
#define RVS_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE_SHIFT 6

struct cache {
	unsigned int ways;
	uint64_t set_mask;
	/* For each set its lines, the most recently used first; 0 is none. */
	uint64_t *lines;
};

/* SIZE in bytes; SIZE / (64 * WAYS) must be a power of two. */
static inline void cache_init(struct cache *cache, size_t size, unsigned int ways)
{
	size_t sets = (size >> CACHE_LINE_SHIFT) / ways;

	cache->ways = ways;
	cache->set_mask = sets - 1;
	cache->lines = calloc(sets * ways, sizeof(cache->lines[0]));
	if (!cache->lines)
		abort();
}

/* Touch LINE (an address shifted by CACHE_LINE_SHIFT): was it there? */
static inline bool cache_touch(struct cache *cache, uint64_t line)
{
	uint64_t *set = cache->lines + (line & cache->set_mask) * cache->ways;
	unsigned int way = 0;
	bool hit;

	line++; /* 0 marks an empty way */
	while (way < cache->ways - 1 && set[way] != line)
		way++;
	hit = set[way] == line;
	memmove(set + 1, set, way * sizeof(set[0]));
	set[0] = line;
	return hit;
}

#endif
