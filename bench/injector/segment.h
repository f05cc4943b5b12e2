/* SPDX-License-Identifier: GPL-2.0-only */
/* Headers of a TCP segment that come from a client's side. */

#ifndef _RVS_SEGMENT_H
#define _RVS_SEGMENT_H

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/tcp.h>

struct headers {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __packed;

static inline void make_headers(struct headers *headers, const u8 *mac,
				u32 saddr, u32 daddr, u16 sport, u16 dport,
				u8 flags, unsigned int payload)
{
	memset(headers, 0, sizeof(*headers));
	ether_addr_copy(headers->eth.h_dest, mac);
	headers->eth.h_source[0] = 0x02; /* locally administered */
	headers->eth.h_proto = htons(ETH_P_IP);
	headers->ip.version = 4;
	headers->ip.ihl = sizeof(headers->ip) / 4;
	headers->ip.tot_len = htons(sizeof(headers->ip) + sizeof(headers->tcp) +
				    payload);
	headers->ip.frag_off = htons(IP_DF);
	headers->ip.ttl = 64;
	headers->ip.protocol = IPPROTO_TCP;
	headers->ip.saddr = htonl(saddr);
	headers->ip.daddr = htonl(daddr);
	ip_send_check(&headers->ip);
	headers->tcp.source = htons(sport);
	headers->tcp.dest = htons(dport);
	headers->tcp.doff = sizeof(headers->tcp) / 4;
	headers->tcp.window = htons(65535);
	tcp_flag_byte(&headers->tcp) = flags;
}

#endif
