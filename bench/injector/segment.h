/* SPDX-License-Identifier: GPL-2.0-only */
/* Headers of a TCP segment, or of an SCTP packet with one chunk. */

#ifndef _RVS_SEGMENT_H
#define _RVS_SEGMENT_H

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/tcp.h>

struct headers {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __packed;

struct sctp_headers {
	struct ethhdr eth;
	struct iphdr ip;
	struct sctphdr sctp;
	struct sctp_chunkhdr chunk;
} __packed;

/* Those below the transport layer, of a packet with so many bytes behind the IP header. */
static inline void make_ip_header(struct ethhdr *eth, struct iphdr *ip,
				  const u8 *mac, u32 saddr, u32 daddr,
				  u8 protocol, unsigned int payload)
{
	ether_addr_copy(eth->h_dest, mac);
	eth->h_source[0] = 0x02; /* locally administered */
	eth->h_proto = htons(ETH_P_IP);
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tot_len = htons(sizeof(*ip) + payload);
	ip->frag_off = htons(IP_DF);
	ip->ttl = 64;
	ip->protocol = protocol;
	ip->saddr = htonl(saddr);
	ip->daddr = htonl(daddr);
	ip_send_check(ip);
}

static inline void make_headers(struct headers *headers, const u8 *mac,
				u32 saddr, u32 daddr, u16 sport, u16 dport,
				u8 flags, unsigned int payload)
{
	memset(headers, 0, sizeof(*headers));
	make_ip_header(&headers->eth, &headers->ip, mac, saddr, daddr,
		       IPPROTO_TCP, sizeof(headers->tcp) + payload);
	headers->tcp.source = htons(sport);
	headers->tcp.dest = htons(dport);
	headers->tcp.doff = sizeof(headers->tcp) / 4;
	headers->tcp.window = htons(65535);
	/* Behind the SYN of either end. */
	headers->tcp.seq = htonl(flags & TCPHDR_SYN ? 0 : 1);
	headers->tcp.ack_seq = htonl(flags & TCPHDR_ACK ? 1 : 0);
	tcp_flag_byte(&headers->tcp) = flags;
}

/* The checksum is whatever it is: who sends the packet on does not look. */
static inline void make_sctp_headers(struct sctp_headers *headers,
				     const u8 *mac, u32 saddr, u32 daddr,
				     u16 sport, u16 dport, u8 chunk,
				     unsigned int payload)
{
	memset(headers, 0, sizeof(*headers));
	make_ip_header(&headers->eth, &headers->ip, mac, saddr, daddr,
		       IPPROTO_SCTP, sizeof(headers->sctp) +
		       sizeof(headers->chunk) + payload);
	headers->sctp.source = htons(sport);
	headers->sctp.dest = htons(dport);
	headers->chunk.type = chunk;
	headers->chunk.length = htons(sizeof(headers->chunk) + payload);
}

#endif
