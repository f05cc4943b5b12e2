// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real server's half of ENAT (docs/enat.md).
 *
 * A director sends packets of a client as from VIP:p, with the client in a TCP option. The first program gives the stack each
 * packet as from the client; the second makes replies come from the virtual address and port, so that they go to the client
 * straight. What neither knows passes as it is.
 */
#include "bpf.h"

#define TCP 6
#define ICMP 1
#define ICMPV6 58
#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define FRAGMENT 0x3fff /* more fragments, or an offset */

#define FIN 0x01
#define SYN 0x02
#define RST 0x04

/* Offsets in the headers. */
#define IP_CHECKSUM 10
#define IP_SOURCE 12
#define IP6_SOURCE 8
#define IP_DESTINATION 16
#define IP6_DESTINATION 24
#define TCP_CHECKSUM 16
#define ICMP_CHECKSUM 2
#define ICMP_LEN 8
#define TCP_MIN 20
#define OPTIONS_MAX 40

#define LEN_V4 8
#define LEN_V6 20
#define MSS_KIND 2
#define MSS_LEN 4
/* The least size of segments that anybody is told. */
#define MSS_LEAST 88

/* Since Linux 6.16. */
#define CHECKSUM_OF_IPV6 (1ULL << 7)

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

/* What a director sends to, as it comes here. */
struct service {
	__be32 vip[4]; /* the first one of IPv4, as all of these */
	__be16 port; /* of this host */
	__u16 version; /* 4 or 6 */
};

struct flow {
	__be32 client[4];
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
	__u32 reserved;
};

#define NANOSECONDS (1000ULL * 1000 * 1000)
#define CLOCK_MONOTONIC 1

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

/* The virtual ports. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 4096);
	MAP_TYPE(key, struct service);
	MAP_TYPE(value, __u32);
} services SECTION(".maps");

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

/* The options of a segment, with zeros, which end the list, behind them. */
struct options {
	__u8 bytes[OPTIONS_MAX];
};

/* A segment, and where it stands in the packet. */
struct segment {
	__u32 version;
	__u32 ip; /* offsets in the packet */
	__u32 tcp;
	__be32 source[4];
	__be32 destination[4];
	__be16 source_port;
	__be16 destination_port;
	__u8 flags;
	__u8 options_len;
	struct options options;
};

/* Reads a segment: of TCP, whole, without options or extension headers of IP. */
INLINE int read(struct __sk_buff *packet, struct segment *segment)
{
	__u32 device = packet->ifindex, *link = map_lookup(&devices, &device);
	__u8 ip[40], tcp[TCP_MIN];
	__u32 len;

	if (!link)
		return 0;
	__builtin_memset(segment, 0, sizeof(*segment));
	segment->ip = *link & 63;
	if (packet->protocol == NETWORK16(ETHERTYPE_IP)) {
		if (load_bytes(packet, segment->ip, ip, 20))
			return 0;
		if (ip[0] != 0x45 || ip[9] != TCP || (((__u32)ip[6] << 8 | ip[7]) & FRAGMENT))
			return 0;
		segment->version = 4;
		segment->tcp = segment->ip + 20;
		__builtin_memcpy(segment->source, ip + IP_SOURCE, 4);
		__builtin_memcpy(segment->destination, ip + IP_SOURCE + 4, 4);
	} else if (packet->protocol == NETWORK16(ETHERTYPE_IPV6)) {
		if (load_bytes(packet, segment->ip, ip, 40))
			return 0;
		if (ip[6] != TCP)
			return 0;
		segment->version = 6;
		segment->tcp = segment->ip + 40;
		__builtin_memcpy(segment->source, ip + IP6_SOURCE, 16);
		__builtin_memcpy(segment->destination, ip + IP6_SOURCE + 16, 16);
	} else {
		return 0;
	}
	if (load_bytes(packet, segment->tcp, tcp, TCP_MIN))
		return 0;
	__builtin_memcpy(&segment->source_port, tcp, 2);
	__builtin_memcpy(&segment->destination_port, tcp + 2, 2);
	segment->flags = tcp[13];
	len = (tcp[12] >> 4) * 4;
	if (len < TCP_MIN)
		return 0;
	len -= TCP_MIN;
	/* As the verifier wants to see it. */
	asm volatile("%0 &= 63" : "+r"(len));
	if (len == 0)
		return 1;
	if (len > OPTIONS_MAX || load_bytes(packet, segment->tcp + TCP_MIN, segment->options.bytes, len))
		return 0;
	segment->options_len = len;
	return 1;
}

#define FOUND 0x100

/*
 * Looks at the option at an offset of the list. Returns FOUND and the offset if it is one of this kind and of one of these
 * lengths, else where the next one is, 0 where there is none. A global function, so that the verifier looks at it once.
 */
__attribute__((noinline)) int look_at(struct options *options, __u32 offset, __u32 kind, __u32 len, __u32 other_len)
{
	__u32 found;

	if (!options)
		return 0;
	asm volatile("%0 &= 63" : "+r"(offset));
	if (offset >= OPTIONS_MAX - 1)
		return 0;
	if (options->bytes[offset] == 0)
		return 0;
	if (options->bytes[offset] == 1)
		return offset + 1;
	found = options->bytes[offset + 1];
	if (found < 2)
		return 0;
	if (options->bytes[offset] == kind && (found == len || found == other_len) && offset + found <= OPTIONS_MAX)
		return FOUND | offset;
	return offset + found < OPTIONS_MAX ? offset + found : 0;
}

/* Where an option is in the list; -1 where there is none. */
INLINE int find(struct segment *segment, __u32 kind, __u32 len, __u32 other_len)
{
	__u32 offset = 0;
	int found, i;

	for (i = 0; i < OPTIONS_MAX; i++) {
		found = look_at(&segment->options, offset, kind, len, other_len);
		if (found <= 0)
			return -1;
		if (found & FOUND)
			return found & ~FOUND;
		offset = found;
	}
	return -1;
}

/* Bytes of the option of a version of IP. */
INLINE __u32 option_len(__u32 version)
{
	return version == 4 ? LEN_V4 : LEN_V6;
}

/* At an odd offset each byte is in the other half of its word. */
INLINE __u32 turned(__u32 sum, __u32 offset)
{
	if (offset & 1)
		sum = sum << 8 | sum >> 24;
	return sum;
}

/* Gives a packet another source. */
INLINE int replace_source(struct __sk_buff *packet, struct segment *segment, __be32 *addr, __be16 port)
{
	__u32 check = segment->tcp + TCP_CHECKSUM;
	__s64 sum;

	if (segment->version == 4) {
		if (replace_ip_checksum(packet, segment->ip + IP_CHECKSUM, segment->source[0], addr[0], 4) ||
		    replace_checksum(packet, check, segment->source[0], addr[0], BPF_F_PSEUDO_HDR | 4) ||
		    store_bytes(packet, segment->ip + IP_SOURCE, addr, 4, 0))
			return 0;
	} else {
		sum = difference(segment->source, 16, addr, 16, 0);
		if (sum < 0 || replace_checksum(packet, check, 0, sum, BPF_F_PSEUDO_HDR | CHECKSUM_OF_IPV6) ||
		    store_bytes(packet, segment->ip + IP6_SOURCE, addr, 16, 0))
			return 0;
	}
	return !replace_checksum(packet, check, segment->source_port, port, 2) &&
	       !store_bytes(packet, segment->tcp, &port, 2, 0);
}

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

/* Notes the FIN of a side. Behind those of both the flow has a while left. */
INLINE void note_fin(struct known *known, __u32 of)
{
	if ((known->fins & of) == of)
		return;
	known->fins |= of;
	if (known->fins != FIN_OF_BOTH)
		return;
	/* Without a timer, where memory is short, the flow stays until others need its place. */
	if (timer_init(&known->end, &flows, CLOCK_MONOTONIC) || timer_set_callback(&known->end, over))
		return;
	timer_start(&known->end, setting(SETTING_LINGER) * NANOSECONDS, 0);
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
	if (segment->flags & FIN)
		note_fin(known, FIN_OF_CLIENT);
	return TCX_NEXT;
}

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
	if (segment->flags & FIN)
		note_fin(known, FIN_OF_SERVER);
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

/* An ICMP error, and where it stands in the packet. */
struct error {
	__u32 version;
	__u32 ip; /* offsets in the packet */
	__u32 icmp;
	__u32 quote;
	__u32 ports;
	__be32 sender[4];
	/* The ends of the segment it is about. */
	__be32 source[4];
	__be32 destination[4];
	__be16 source_port;
	__be16 destination_port;
};

/* Reads an ICMP error about a segment. */
INLINE int read_error(struct __sk_buff *packet, struct error *error)
{
	__u32 device = packet->ifindex, *link = map_lookup(&devices, &device);
	__u8 ip[40], type;

	if (!link)
		return 0;
	__builtin_memset(error, 0, sizeof(*error));
	error->ip = *link & 63;
	if (packet->protocol == NETWORK16(ETHERTYPE_IP)) {
		if (load_bytes(packet, error->ip, ip, 20) || ip[0] != 0x45 || ip[9] != ICMP ||
		    (((__u32)ip[6] << 8 | ip[7]) & FRAGMENT))
			return 0;
		__builtin_memcpy(error->sender, ip + IP_SOURCE, 4);
		error->icmp = error->ip + 20;
		if (load_bytes(packet, error->icmp, &type, 1) || (type != 3 && type != 11 && type != 12))
			return 0;
		error->quote = error->icmp + ICMP_LEN;
		error->ports = error->quote + 20;
		if (load_bytes(packet, error->quote, ip, 20) || ip[0] != 0x45 || ip[9] != TCP)
			return 0;
		error->version = 4;
		__builtin_memcpy(error->source, ip + IP_SOURCE, 4);
		__builtin_memcpy(error->destination, ip + IP_DESTINATION, 4);
	} else if (packet->protocol == NETWORK16(ETHERTYPE_IPV6)) {
		if (load_bytes(packet, error->ip, ip, 40) || ip[6] != ICMPV6)
			return 0;
		__builtin_memcpy(error->sender, ip + IP6_SOURCE, 16);
		error->icmp = error->ip + 40;
		if (load_bytes(packet, error->icmp, &type, 1) || type < 1 || type > 4)
			return 0;
		error->quote = error->icmp + ICMP_LEN;
		error->ports = error->quote + 40;
		if (load_bytes(packet, error->quote, ip, 40) || ip[6] != TCP)
			return 0;
		error->version = 6;
		__builtin_memcpy(error->source, ip + IP6_SOURCE, 16);
		__builtin_memcpy(error->destination, ip + IP6_DESTINATION, 16);
	} else {
		return 0;
	}
	return !load_bytes(packet, error->ports, &error->source_port, 2) &&
	       !load_bytes(packet, error->ports + 2, &error->destination_port, 2);
}

/* Has the segment that an error is about go to another end. */
INLINE int replace_quoted_destination(struct __sk_buff *packet, struct error *error, __be32 *addr, __be16 port)
{
	__u32 check = error->icmp + ICMP_CHECKSUM;
	__s64 sum;

	/* The checksum of the quoted segment is whatever it is: who reads the quote has no more of it than this. */
	if (error->version == 4) {
		/* What changes in a header with its checksum adds up to nothing. */
		if (replace_ip_checksum(packet, error->quote + IP_CHECKSUM, error->destination[0], addr[0], 4) ||
		    store_bytes(packet, error->quote + IP_DESTINATION, addr, 4, 0))
			return 0;
	} else {
		sum = difference(error->destination, 16, addr, 16, 0);
		if (sum < 0 || replace_checksum(packet, check, 0, sum, 0) ||
		    store_bytes(packet, error->quote + IP6_DESTINATION, addr, 16, 0))
			return 0;
	}
	return !replace_checksum(packet, check, error->destination_port, port, 2) &&
	       !store_bytes(packet, error->ports + 2, &port, 2, 0);
}

/* Has an error come from another address. */
INLINE int replace_sender(struct __sk_buff *packet, struct error *error, __be32 *addr)
{
	__s64 sum;

	if (error->version == 4)
		return !replace_ip_checksum(packet, error->ip + IP_CHECKSUM, error->sender[0], addr[0], 4) &&
		       !store_bytes(packet, error->ip + IP_SOURCE, addr, 4, 0);
	sum = difference(error->sender, 16, addr, 16, 0);
	return sum >= 0 &&
	       !replace_checksum(packet, error->icmp + ICMP_CHECKSUM, 0, sum, BPF_F_PSEUDO_HDR | CHECKSUM_OF_IPV6) &&
	       !store_bytes(packet, error->ip + IP6_SOURCE, addr, 16, 0);
}

/*
 * An ICMP error about a reply, which a director has made to be about the packet R:r to VIP:p: the stack has sent it to the
 * client.
 */
INLINE int error_about_reply(struct __sk_buff *packet)
{
	struct client *known, client;
	struct sent sent = {};
	struct error error;

	if (!read_error(packet, &error))
		return TCX_NEXT;
	__builtin_memcpy(sent.vip, error.destination, 16);
	__builtin_memcpy(sent.server, error.source, 16);
	sent.local = error.destination_port;
	sent.server_port = error.source_port;
	sent.version = error.version;
	known = map_lookup(&clients, &sent);
	if (!known)
		return TCX_NEXT;
	client = *known;
	if (!replace_quoted_destination(packet, &error, client.addr, client.port)) {
		count(FAILED);
		return TCX_DROP;
	}
	count(ERRORS);
	return TCX_NEXT;
}

/* An ICMP error of this host about a packet C:c to R:r, which the client has sent to the virtual address and port. */
INLINE int error_about_request(struct __sk_buff *packet)
{
	struct origin origin;
	struct flow flow = {};
	struct known *known;
	struct error error;

	if (!read_error(packet, &error))
		return TCX_NEXT;
	__builtin_memcpy(flow.client, error.source, 16);
	__builtin_memcpy(flow.server, error.destination, 16);
	flow.client_port = error.source_port;
	flow.server_port = error.destination_port;
	flow.version = error.version;
	known = map_lookup(&flows, &flow);
	if (!known)
		return TCX_NEXT;
	origin = known->origin;
	if (!replace_quoted_destination(packet, &error, origin.vip, origin.port) || !replace_sender(packet, &error, origin.vip)) {
		count(FAILED);
		return TCX_DROP;
	}
	count(ERRORS);
	return TCX_NEXT;
}

SECTION("classifier")
int to_server(struct __sk_buff *packet)
{
	struct segment segment;

	if (!setting(SETTING_ACTIVE))
		return TCX_NEXT;
	return read(packet, &segment) ? request(packet, &segment) : error_about_reply(packet);
}

SECTION("classifier")
int to_client(struct __sk_buff *packet)
{
	struct segment segment;

	if (!setting(SETTING_ACTIVE))
		return TCX_NEXT;
	return read(packet, &segment) ? reply(packet, &segment) : error_about_request(packet);
}

/* The kernel's functions are for programs of its licence. */
char licence_of_programs[] SECTION("license") = "GPL v2";
