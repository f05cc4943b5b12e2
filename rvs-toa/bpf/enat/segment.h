/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments of TCP: how they are read, their options, and their source. */
#ifndef RVS_TOA_BPF_ENAT_SEGMENT_H
#define RVS_TOA_BPF_ENAT_SEGMENT_H

#include "ip.h"
#include "state.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04

/* Offsets and lengths in the header. */
#define TCP_CHECKSUM 16
#define TCP_MIN 20
#define OPTIONS_MAX 40

/* Lengths of the option that has the client. */
#define LEN_V4 8
#define LEN_V6 20

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

#endif
