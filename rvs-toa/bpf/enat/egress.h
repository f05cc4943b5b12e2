/* SPDX-License-Identifier: GPL-2.0-only */
/* Replies, which become those of the virtual address and port. */
#ifndef RVS_TOA_BPF_ENAT_EGRESS_H
#define RVS_TOA_BPF_ENAT_EGRESS_H

#include "flows.h"
#include "segment.h"
#include "state.h"

#define MSS_KIND 2
#define MSS_LEN 4
/* The least size of segments that anybody is told. */
#define MSS_LEAST 88

/* Has the client leave room for the option. */
INLINE int lower_mss(struct __sk_buff *packet, struct segment *segment)
{
	__u32 by = option_len(segment->version), place, told, lower;
	int offset = find(segment, MSS_KIND, MSS_LEN, MSS_LEN);
	__u8 field[2];
	__u16 from, to;

	if (offset < 0)
		return 1;
	place = segment->tcp + TCP_MIN + offset + 2;
	if (load_bytes(packet, place, field, 2))
		return 0;
	told = (__u32)field[0] << 8 | field[1];
	if (told < MSS_LEAST + by)
		return 1;
	lower = told - by;
	__builtin_memcpy(&from, field, 2);
	field[0] = lower >> 8;
	field[1] = lower;
	__builtin_memcpy(&to, field, 2);
	if (store_bytes(packet, place, field, 2, 0))
		return 0;
	if (offset & 1) {
		from = __builtin_bswap16(from);
		to = __builtin_bswap16(to);
	}
	return !replace_checksum(packet, segment->tcp + TCP_CHECKSUM, from, to, 2);
}

INLINE int reply(struct __sk_buff *packet, struct segment *segment)
{
	struct known *known;
	struct origin origin;
	struct flow flow = {};

	__builtin_memcpy(flow.client, segment->destination, 16);
	__builtin_memcpy(flow.server, segment->source, 16);
	flow.client_port = segment->destination_port;
	flow.server_port = segment->source_port;
	flow.version = segment->version;
	known = map_lookup(&flows, &flow);
	if (!known)
		return TCX_NEXT;
	/* It may become another one's while this goes on. */
	origin = known->origin;
	note_end(known, segment, FIN_OF_SERVER);
	if (((segment->flags & SYN) && !lower_mss(packet, segment)) ||
	    !replace_source(packet, segment, origin.vip, origin.port)) {
		count(FAILED);
		return TCX_DROP;
	}
	count(REPLIES);
	if (segment->flags & RST)
		forget(&flow);
	return TCX_NEXT;
}

#endif
