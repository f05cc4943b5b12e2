/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments that a director has sent, which become those of the client. */
#ifndef RVS_TOA_BPF_ENAT_INGRESS_H
#define RVS_TOA_BPF_ENAT_INGRESS_H

#include "flows.h"
#include "segment.h"
#include "state.h"

/* What a director sends to, as it comes here. */
struct service {
	__be32 vip[4]; /* the first one of IPv4 */
	__be16 port; /* of this host */
	__u16 version; /* 4 or 6 */
};

/* The virtual ports. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 4096);
	MAP_TYPE(key, struct service);
	MAP_TYPE(value, __u32);
} services SECTION(".maps");

/* Overwrites the option of the director by what means nothing. */
INLINE int blank(struct __sk_buff *packet, struct segment *segment, __u32 offset, __u8 *option, __u32 len)
{
	__u8 nothing[LEN_V6];
	__s64 sum;

	__builtin_memset(nothing, 1, sizeof(nothing));
	if (len == LEN_V4) {
		sum = difference((void *)option, LEN_V4, (void *)nothing, LEN_V4, 0);
		if (sum < 0 || store_bytes(packet, segment->tcp + TCP_MIN + offset, nothing, LEN_V4, 0))
			return 0;
	} else {
		sum = difference((void *)option, LEN_V6, (void *)nothing, LEN_V6, 0);
		if (sum < 0 || store_bytes(packet, segment->tcp + TCP_MIN + offset, nothing, LEN_V6, 0))
			return 0;
	}
	return !replace_checksum(packet, segment->tcp + TCP_CHECKSUM, 0, turned(sum, offset), 0);
}

/*
 * Finds the client of a segment that a director has sent: by the option, which begins at `offset` and is read into `option`, or by
 * the segments before. Returns whether it is known.
 */
INLINE int find_client(struct __sk_buff *packet, struct segment *segment, int offset, __u8 *option, struct flow *flow)
{
	struct client *client;
	struct sent sent;

	if (offset >= 0) {
		if (load_bytes(packet, segment->tcp + TCP_MIN + offset, option, segment->version == 4 ? LEN_V4 : LEN_V6))
			return 0;
		__builtin_memcpy(&flow->client_port, option + 2, 2);
		if (segment->version == 4)
			__builtin_memcpy(flow->client, option + 4, 4);
		else
			__builtin_memcpy(flow->client, option + 4, 16);
		return 1;
	}
	sent = sent_as(segment);
	client = map_lookup(&clients, &sent);
	if (!client)
		return 0;
	__builtin_memcpy(flow->client, client->addr, 16);
	flow->client_port = client->port;
	/* A connection that begins without the option is the director's to the end: its answers go there. */
	if (segment->flags & SYN) {
		forget(flow);
		return 0;
	}
	return 1;
}

INLINE int request(struct __sk_buff *packet, struct segment *segment)
{
	struct service service = {};
	struct flow flow = {};
	struct origin origin = {}, before;
	struct known *known;
	struct sent sent;
	__u32 len = option_len(segment->version), *port;
	__u8 option[LEN_V6];
	int offset;

	__builtin_memcpy(service.vip, segment->source, 16);
	service.port = segment->destination_port;
	service.version = segment->version;
	port = map_lookup(&services, &service);
	__builtin_memcpy(flow.server, segment->destination, 16);
	flow.server_port = segment->destination_port;
	flow.version = segment->version;
	if (!port) {
		/* Who comes by itself is no flow of a director. */
		if (segment->flags & SYN) {
			__builtin_memcpy(flow.client, segment->source, 16);
			flow.client_port = segment->source_port;
			forget(&flow);
		}
		return TCX_NEXT;
	}
	offset = find(segment, setting(SETTING_KIND), len, len);
	__builtin_memset(option, 0, sizeof(option));
	if (!find_client(packet, segment, offset, option, &flow)) {
		count(WITHOUT_OPTION);
		return TCX_NEXT;
	}

	__builtin_memcpy(origin.vip, segment->source, 16);
	origin.port = *port;
	origin.local = segment->source_port;
	origin.version = segment->version;
	if ((offset >= 0 && !blank(packet, segment, offset, option, len)) ||
	    !replace_source(packet, segment, flow.client, flow.client_port)) {
		count(FAILED);
		return TCX_DROP;
	}
	count(REQUESTS);
	if (offset < 0)
		count(REMEMBERED);
	if (segment->flags & RST) {
		forget(&flow);
		return TCX_NEXT;
	}
	known = map_lookup(&flows, &flow);
	sent = sent_of(&flow, &origin);
	/* Both are asked for, so that neither grows old before the other. A SYN is another connection of the same ports. */
	if (!map_lookup(&clients, &sent) || !known || (known->fins && (segment->flags & SYN)) || !is_same(&known->origin, &origin)) {
		if (known) {
			before = known->origin;
			forget_client(&flow, &before);
		} else {
			count(NEW_FLOWS);
		}
		keep(&flow, &origin);
		return TCX_NEXT;
	}
	note_end(known, segment, FIN_OF_CLIENT);
	return TCX_NEXT;
}

#endif
