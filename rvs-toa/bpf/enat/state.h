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

#include "../settings.h"

/* How many bytes stand before the IP header of packets of a device. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 256);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u32);
} devices SECTION(".maps");

#endif
