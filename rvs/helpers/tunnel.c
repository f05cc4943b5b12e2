// SPDX-License-Identifier: GPL-2.0-only

#include <linux/err.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/gre.h>
#include <net/gso.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/udp.h>

/* A packet that is a tunnel's already: the offsets that it has for the device are
 * of that tunnel, and there is one set of them. What was left to the device is
 * made here. 0, or an error. */
static noinline __cold int rvs_tunnel_forget_inner(struct sk_buff *skb)
{
	/* Those are taken apart before. */
	if (skb_is_gso(skb))
		return -EINVAL;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		int err = -EINVAL;

		if (skb_csum_is_sctp(skb))
			err = rvs_helper_skb_complete_crc(skb);
		else if (pskb_may_pull(skb, skb_checksum_start_offset(skb) + skb->csum_offset +
					    sizeof(__sum16)))
			err = skb_checksum_help(skb);
		if (err)
			return err;
	}
	skb->encapsulation = 0;
	return 0;
}

/* Makes room for the `headers` bytes of a tunnel along a route and that of the link, and
 * the first `len` bytes of the packet writable. 0, or an error; the packet means the
 * same as before in either case. */
__rvs_helper int rvs_helper_tunnel_make_room(struct sk_buff *skb, const struct dst_entry *dst,
					     u32 headers, u32 len)
{
	unsigned int room = LL_RESERVED_SPACE(dst_dev_rcu(dst)) + headers;
	int err;

	if (unlikely(skb->encapsulation)) {
		err = rvs_tunnel_forget_inner(skb);
		if (err)
			return err;
	}
	err = skb_cow_head(skb, room);
	if (err)
		return err;
	return rvs_helper_skb_ensure_network_writable(skb, len);
}

/* Whether a checksum within the packet is left to others, of the kind that each 16-bit
 * word of it counts for, and the packet stands for no others. */
__rvs_helper bool rvs_helper_skb_csum_is_left_alone(struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_PARTIAL && !skb_is_gso(skb) && !skb_csum_is_sctp(skb);
}

/* Whether the packet is that of a tunnel. */
__rvs_helper bool rvs_helper_skb_is_encapsulated(const struct sk_buff *skb)
{
	return skb->encapsulation;
}

/* Where what that checksum covers begins, and where it stands, from the network header
 * on. Both are in the linear part when 0 is returned. */
__rvs_helper int rvs_helper_skb_csum_left(struct sk_buff *skb, u32 *start, u32 *field)
{
	*start = skb->csum_start - skb->network_header;
	*field = *start + skb->csum_offset;
	return pskb_network_may_pull(skb, *field + sizeof(__sum16)) ? 0 : -EINVAL;
}

/* What iptunnel_handle_offloads() does with a packet that is in no tunnel, and has
 * a header of its own: nothing that may fail. */
static __always_inline void rvs_tunnel_offloads(struct sk_buff *skb, u32 gso_type)
{
	if (!skb_is_gso(skb) && skb->ip_summed != CHECKSUM_PARTIAL) {
		skb->ip_summed = CHECKSUM_NONE;
		skb_reset_inner_headers(skb);
		return;
	}
	skb_reset_inner_headers(skb);
	skb->encapsulation = 1;
	if (skb_is_gso(skb))
		skb_shinfo(skb)->gso_type |= gso_type;
}

/* Makes the packet, for which rvs_helper_tunnel_make_room() has made room, one within
 * another: `gso_type` tells what others have to know of the headers around it, `inner` is
 * the protocol that it is as payload of IP. */
static __always_inline void rvs_tunnel_begin(struct sk_buff *skb, u32 gso_type, u8 inner)
{
	rvs_tunnel_offloads(skb, gso_type);
	skb->transport_header = skb->network_header;
	skb_set_inner_ipproto(skb, inner);
	skb_set_inner_mac_header(skb, skb_inner_network_offset(skb));
	skb_clear_hash_if_not_l4(skb);
	skb_ext_reset(skb);
	skb->ignore_df = 0;
}

/* IP in IPv4. */
__rvs_helper void rvs_helper_tunnel_begin_ipip4(struct sk_buff *skb, u8 inner)
{
	rvs_tunnel_begin(skb, SKB_GSO_IPXIP4, inner);
}

/* IP in IPv6. */
__rvs_helper void rvs_helper_tunnel_begin_ipip6(struct sk_buff *skb, u8 inner)
{
	rvs_tunnel_begin(skb, SKB_GSO_IPXIP6, inner);
}

/* In GRE, over either version of IP. */
__rvs_helper void rvs_helper_tunnel_begin_gre(struct sk_buff *skb, u8 inner, u16 ethernet_type,
					      bool checksum)
{
	rvs_tunnel_begin(skb, checksum ? SKB_GSO_GRE_CSUM : SKB_GSO_GRE, inner);
	skb_set_inner_protocol(skb, htons(ethernet_type));
}

/* In UDP over the version of IP that `gso_type` tells. With `remote` the checksum that is left is
 * the end's of the tunnel to make; the packet is no GSO one. */
static __always_inline void rvs_tunnel_begin_gue(struct sk_buff *skb, u32 gso_type, u8 inner,
						 bool checksum, bool remote)
{
	gso_type |= checksum ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL;
	rvs_tunnel_begin(skb, gso_type, inner);
	if (remote) {
		skb->ip_summed = CHECKSUM_NONE;
		skb->encapsulation = 0;
	}
}

__rvs_helper void rvs_helper_tunnel_begin_gue4(struct sk_buff *skb, u8 inner, bool checksum,
					       bool remote)
{
	rvs_tunnel_begin_gue(skb, SKB_GSO_IPXIP4, inner, checksum, remote);
}

__rvs_helper void rvs_helper_tunnel_begin_gue6(struct sk_buff *skb, u8 inner, bool checksum,
					       bool remote)
{
	rvs_tunnel_begin_gue(skb, SKB_GSO_IPXIP6, inner, checksum, remote);
}

/* The packet is one of another version of IP now. */
__rvs_helper void rvs_helper_skb_set_protocol(struct sk_buff *skb, u16 ethernet_type)
{
	skb->protocol = htons(ethernet_type);
}

/* Puts a header of `len` bytes before the packet. What is in it is the caller's. */
__rvs_helper u8 *rvs_helper_tunnel_push(struct sk_buff *skb, u32 len)
{
	u8 *header = skb_push(skb, len);

	skb_reset_transport_header(skb);
	return header;
}

/* Gives the header of GRE, which was just written, its checksum, as gre_build_header(). */
__rvs_helper void rvs_helper_gre_checksum(struct sk_buff *skb)
{
	const u16 offset = sizeof(struct gre_base_hdr);

	if (skb_is_gso(skb))
		return;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		*(__sum16 *)(skb_transport_header(skb) + offset) = csum_fold(lco_csum(skb));
		return;
	}
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offset;
}

/* Gives the header of UDP, which was just written, its checksum over IPv4. */
__rvs_helper void rvs_helper_udp_checksum4(struct sk_buff *skb, u32 source_be,
					   u32 destination_be)
{
	udp_set_csum(false, skb, (__force __be32)source_be, (__force __be32)destination_be,
		     skb->len);
}

/* As rvs_helper_udp_checksum4(), over IPv6, of addresses of 16 bytes. */
__rvs_helper void rvs_helper_udp_checksum6(struct sk_buff *skb, const u8 *source,
					   const u8 *destination)
{
	udp6_set_csum(false, skb, (const struct in6_addr *)source,
		      (const struct in6_addr *)destination, skb->len);
}

/* The port that packets of the flow of this one come from in a tunnel, in network order. */
__rvs_helper u16 rvs_helper_udp_flow_src_port(struct net *net, struct sk_buff *skb)
{
	return (__force u16)udp_flow_src_port(net, skb, 0, 0, false);
}

/* Puts the IPv4 header of a tunnel before the packet. */
__rvs_helper void rvs_helper_tunnel_push_ip4(struct net *net, struct sk_buff *skb,
					     const struct dst_entry *dst, u32 source_be,
					     u32 destination_be, u8 protocol, u8 ttl, u8 tos,
					     bool dont_fragment)
{
	struct iphdr *iph;

	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) >> 2,
		.tos = INET_ECN_encapsulate(tos, tos),
		.frag_off = dont_fragment && !ip_mtu_locked(dst) ? htons(IP_DF) : 0,
		.ttl = ttl,
		.protocol = protocol,
		.saddr = (__force __be32)source_be,
		.daddr = (__force __be32)destination_be,
	};
	iph_set_totlen(iph, skb->len);
	__ip_select_ident(net, iph, skb_shinfo(skb)->gso_segs ?: 1);
	iph->check = ip_fast_csum(iph, iph->ihl);
}

/* Puts the IPv6 header of a tunnel before the packet, with addresses of 16 bytes. */
__rvs_helper void rvs_helper_tunnel_push_ip6(struct sk_buff *skb, const u8 *source,
					     const u8 *destination, u8 protocol, u8 hop_limit,
					     u8 traffic_class)
{
	u32 len = skb->len;
	struct ipv6hdr *header;

	header = skb_push(skb, sizeof(*header));
	skb_reset_network_header(skb);
	ip6_flow_hdr(header, INET_ECN_encapsulate(traffic_class, traffic_class), 0);
	/* That of a packet that stands for several may not fit. */
	header->payload_len = htons(len > IPV6_MAXPLEN ? 0 : len);
	header->nexthdr = protocol;
	header->hop_limit = hop_limit;
	memcpy(&header->saddr, source, sizeof(header->saddr));
	memcpy(&header->daddr, destination, sizeof(header->daddr));
}

/* Whether a packet stands for several that have to be taken apart before a tunnel:
 * those of another tunnel, as there is one set of offsets, those that GRO has
 * put in a list as they came, where nobody would make room for another header, and those
 * of SCTP, whose CRC32c no tunnel's checksum takes into account. */
__rvs_helper bool rvs_helper_skb_is_burst_of_tunnel(const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       (skb->encapsulation || skb_shinfo(skb)->gso_type & (SKB_GSO_FRAGLIST | SKB_GSO_SCTP));
}

/* Takes a GSO packet apart, with all checksums made, before it leaves along a route.
 * The packets are a list; the one they come from is freed. NULL, or an error pointer,
 * when that fails, and the packet is as before. */
__rvs_helper struct sk_buff *rvs_helper_skb_segment(struct sk_buff *skb,
						    const struct dst_entry *dst)
{
	struct sk_buff *segments;

	/* One of this host has none yet. */
	if (!skb->dev)
		skb->dev = dst_dev_rcu(dst);
	segments = __skb_gso_segment(skb, NETIF_F_SG, false);
	if (!IS_ERR_OR_NULL(segments))
		consume_skb(skb);
	return segments;
}

/* Takes the first of a list of packets. */
__rvs_helper struct sk_buff *rvs_helper_skb_list_next(struct sk_buff *skb)
{
	struct sk_buff *next = skb->next;

	skb_mark_not_on_list(skb);
	return next;
}

__rvs_helper void rvs_helper_kfree_skb_list(struct sk_buff *skb)
{
	kfree_skb_list(skb);
}

/* Forgets what is known of the packet in a tunnel, and not true of the one of IPv4 around
 * it, which has `headers` bytes more. It was made of fragments of `frag_max_size` bytes at most
 * unless that is 0. */
__rvs_helper void rvs_helper_skb_forget_inner4(struct sk_buff *skb, u32 headers,
					       u32 frag_max_size)
{
	nf_reset_ct(skb);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	if (unlikely(frag_max_size)) {
		/* Fragments come out no larger than they came in, and with DF if they had it,
		 * as the header of the tunnel. */
		IPCB(skb)->frag_max_size = frag_max_size + headers;
		if (ip_hdr(skb)->frag_off & htons(IP_DF))
			IPCB(skb)->flags |= IPSKB_FRAG_PMTU;
		skb->ignore_df = 1;
	}
}

/* As rvs_helper_skb_forget_inner4(), of one of IPv6 around it: where that does not fit it leaves
 * as fragments. */
__rvs_helper void rvs_helper_skb_forget_inner6(struct sk_buff *skb, u32 headers,
					       u32 frag_max_size)
{
	nf_reset_ct(skb);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	if (unlikely(frag_max_size))
		IP6CB(skb)->frag_max_size = frag_max_size + headers;
	skb->ignore_df = 1;
}

/* Sends a packet to which rvs_helper_tunnel_push_ip4() has given its header, as one
 * of this host. Takes the packet and the route. */
__rvs_helper void rvs_helper_ip_local_out(struct net *net, struct sk_buff *skb,
					  struct dst_entry *dst)
{
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	ip_local_out(net, skb->sk, skb);
}
