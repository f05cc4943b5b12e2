/* SPDX-License-Identifier: GPL-2.0-only */
/* What rvs-toa sets, and what it reads: how many of either SETTINGS and COUNTERS say, which are there before. */
#ifndef RVS_TOA_BPF_SETTINGS_H
#define RVS_TOA_BPF_SETTINGS_H

#include "bpf.h"

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, SETTINGS);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u32);
} settings SECTION(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, COUNTERS);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} counters SECTION(".maps");

INLINE __u32 setting(__u32 which)
{
	__u32 *value = map_lookup(&settings, &which);

	return value ? *value : 0;
}

INLINE void count(__u32 which)
{
	__u64 *value = map_lookup(&counters, &which);

	if (value)
		*value += 1;
}

#endif
