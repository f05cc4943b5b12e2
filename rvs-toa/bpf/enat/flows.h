/* SPDX-License-Identifier: GPL-2.0-only */
/* The flows that are known: how they are kept, and when they end. */
#ifndef RVS_TOA_BPF_ENAT_FLOWS_H
#define RVS_TOA_BPF_ENAT_FLOWS_H

#include "segment.h"
#include "state.h"

struct flow {
	__be32 client[4]; /* the first one of IPv4, as all of these */
	__be32 server[4];
	__be16 client_port;
	__be16 server_port;
	__u32 version;
};

/* A flow, as directors know it. */
struct sent {
	__be32 vip[4];
	__be32 server[4];
	__be16 local; /* the director's port */
	__be16 server_port;
	__u32 version;
};

struct client {
	__be32 addr[4];
	__be16 port;
	__u16 reserved;
};

/* What a reply of a flow is made to come from. */
struct origin {
	__be32 vip[4];
	__be16 port; /* the virtual one */
	__be16 local; /* the director's */
	__u32 version;
};

/* Who has sent a FIN. */
#define FIN_OF_CLIENT 1
#define FIN_OF_SERVER 2
#define FIN_OF_BOTH (FIN_OF_CLIENT | FIN_OF_SERVER)

/* A flow that is known. */
struct known {
	struct origin origin;
	struct bpf_timer end; /* runs once both sides have sent a FIN */
	__u32 fins;
	__u32 ends; /* whether it runs */
};

#define NANOSECONDS (1000ULL * 1000 * 1000)
#define CLOCK_MONOTONIC 1

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 65536);
	MAP_TYPE(key, struct flow);
	MAP_TYPE(value, struct known);
} flows SECTION(".maps");

/* The same flows, for packets without the option and for errors about replies. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 65536);
	MAP_TYPE(key, struct sent);
	MAP_TYPE(value, struct client);
} clients SECTION(".maps");

/* The key of a flow, as a director knows it. */
INLINE struct sent sent_of(struct flow *flow, struct origin *origin)
{
	struct sent sent = {};

	__builtin_memcpy(sent.vip, origin->vip, 16);
	__builtin_memcpy(sent.server, flow->server, 16);
	sent.local = origin->local;
	sent.server_port = flow->server_port;
	sent.version = flow->version;
	return sent;
}

/* The key of a client, as a director sends its segments. */
INLINE struct sent sent_as(struct segment *segment)
{
	struct sent sent = {};

	__builtin_memcpy(sent.vip, segment->source, 16);
	__builtin_memcpy(sent.server, segment->destination, 16);
	sent.local = segment->source_port;
	sent.server_port = segment->destination_port;
	sent.version = segment->version;
	return sent;
}

INLINE int is_same(struct origin *one, struct origin *other)
{
	return one->local == other->local && one->port == other->port && one->vip[0] == other->vip[0] &&
	       one->vip[1] == other->vip[1] && one->vip[2] == other->vip[2] && one->vip[3] == other->vip[3];
}

/* Remembers a flow. Where only one of both is kept, or one goes before the other, the next packet with the option mends it. */
INLINE void keep(struct flow *flow, struct origin *origin)
{
	struct sent sent = sent_of(flow, origin);
	struct client client = {};
	struct known known = {};

	known.origin = *origin;
	__builtin_memcpy(client.addr, flow->client, 16);
	client.port = flow->client_port;
	map_update(&flows, flow, &known, BPF_ANY);
	map_update(&clients, &sent, &client, BPF_ANY);
}

/* Forgets whose the director's port is, unless somebody else has it by now. */
INLINE void forget_client(struct flow *flow, struct origin *origin)
{
	struct sent sent = sent_of(flow, origin);
	struct client *client = map_lookup(&clients, &sent);

	if (client && client->port == flow->client_port && client->addr[0] == flow->client[0] &&
	    client->addr[1] == flow->client[1] && client->addr[2] == flow->client[2] && client->addr[3] == flow->client[3])
		map_delete(&clients, &sent);
}

/* A flow has ended. */
INLINE void forget(struct flow *flow)
{
	struct known *known = map_lookup(&flows, flow);
	struct origin origin;

	if (!known)
		return;
	origin = known->origin;
	forget_client(flow, &origin);
	map_delete(&flows, flow);
	count(ENDED_FLOWS);
}

/* The time of a flow behind its FINs is over. */
static int over(void *map, struct flow *flow, struct known *known)
{
	struct flow ended = *flow;

	(void)map;
	(void)known;
	forget(&ended);
	return 0;
}

/*
 * Notes what a packet says of the end of its flow. Behind the FINs of both sides that has a while left. The kernel makes a timer only
 * if it need not wait for a lock that the interrupted one may hold (kmalloc_nolock), so that this fails at times: each packet behind
 * those tries again. A flow that gets none stays until others need its place.
 */
INLINE void note_end(struct known *known, struct segment *segment, __u32 of)
{
	/* The other side's may come on another CPU meanwhile. */
	if (segment->flags & FIN)
		__sync_fetch_and_or(&known->fins, of);
	if (known->fins != FIN_OF_BOTH || known->ends)
		return;
	/* It may have one already. */
	timer_init(&known->end, &flows, CLOCK_MONOTONIC);
	if (!timer_set_callback(&known->end, over) && !timer_start(&known->end, setting(SETTING_LINGER) * NANOSECONDS, 0))
		known->ends = 1;
}

#endif
