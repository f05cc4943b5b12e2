/* SPDX-License-Identifier: GPL-2.0-only */
/* ICMP errors, which become about the flow that who hears of them has. */
#ifndef RVS_TOA_BPF_ENAT_ERRORS_H
#define RVS_TOA_BPF_ENAT_ERRORS_H

#include "flows.h"
#include "ip.h"
#include "state.h"

#define ICMP_CHECKSUM 2
#define ICMP_LEN 8

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

#endif
