/* SPDX-License-Identifier: GPL-2.0-only */
/* What rvs-toa sets and reads: settings, counters, devices. */
#ifndef RVS_TOA_BPF_ENAT_STATE_H
#define RVS_TOA_BPF_ENAT_STATE_H

#include "../bpf.h"

/* The settings, as rvs-toa numbers them. */
enum setting {
	SETTING_ACTIVE,
	SETTING_KIND,
	SETTING_LINGER, /* seconds for which a flow is remembered behind its FINs: as long as the server may be in TIME_WAIT */
	SETTINGS,
};

/* The counters, as rvs-toa numbers them. */
enum counter {
	REQUESTS, /* packets that were given to the stack as from their client */
	REPLIES, /* packets that were sent to their client as from the virtual address */
	REMEMBERED, /* requests without the option, whose client is known from the packets before */
	WITHOUT_OPTION, /* packets of a service that had none, and of no flow: left as they are, the director's stack is the peer */
	NEW_FLOWS,
	ENDED_FLOWS, /* a while after FINs of both sides, by a RST, or as their client came by itself */
	ERRORS, /* ICMP errors, of either direction, that were made to be about the flow that who hears of them has */
	FAILED, /* packets that could not be changed, and were dropped */
	COUNTERS,
};

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

/* How many bytes stand before the IP header of packets of a device. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 256);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u32);
} devices SECTION(".maps");

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
