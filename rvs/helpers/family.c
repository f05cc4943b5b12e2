// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of one version of IP that become packets of the other.
 */

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/udp.h>

/* Makes room for `new` bytes in the place of the first `old` ones of a packet, and for the link's
 * header along a route, and has those and the `kept` bytes behind be linear and nobody else's. 0, or an
 * error; the packet means the same as before in either case. */
__rvs_helper int rvs_helper_family_make_room(struct sk_buff *skb, const struct dst_entry *dst,
					     u32 old, u32 new, u32 kept)
{
	unsigned int room = LL_RESERVED_SPACE(dst_dev_rcu(dst));
	int err;

	if (new > old)
		room += new - old;
	/* What a burst is of stands where clones see it, too. */
	if (skb_is_gso(skb)) {
		err = skb_unclone(skb, GFP_ATOMIC);
		if (err)
			return err;
	}
	err = skb_cow_head(skb, room);
	if (err)
		return err;
	return rvs_helper_skb_ensure_network_writable(skb, old + kept);
}

/* Takes the first `old` bytes from a packet and puts `new` ones there, whatever they are, of which the
 * first `header` are to be those of IP. There is room. */
__rvs_helper u8 *rvs_helper_family_exchange(struct sk_buff *skb, u32 old, u32 new, u32 header)
{
	__skb_pull(skb, skb_network_offset(skb) + old);
	__skb_push(skb, new);
	/* Whatever header of the link the packet had may have been overwritten. */
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, header);
	skb->mac_len = 0;
	return skb->data;
}

/* Has the stack take the packet for one of another version of IP. */
static __always_inline void rvs_family_become(struct sk_buff *skb, u16 protocol, u32 tcp_before,
					      u32 tcp)
{
	skb->protocol = htons(protocol);
	if (skb_is_gso(skb) && skb_shinfo(skb)->gso_type & tcp_before) {
		skb_shinfo(skb)->gso_type &= ~tcp_before;
		skb_shinfo(skb)->gso_type |= tcp;
	}
	skb_clear_hash_if_not_l4(skb);
	skb_ext_reset(skb);
}

/* One of IPv4, which leaves in fragments of so many bytes at most, unless that is 0. */
__rvs_helper void rvs_helper_family_become4(struct sk_buff *skb, u32 frag_max_size)
{
	rvs_family_become(skb, ETH_P_IP, SKB_GSO_TCPV6, SKB_GSO_TCPV4);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = skb->skb_iif;
	IPCB(skb)->frag_max_size = frag_max_size;
	skb->ignore_df = 0;
}

/* As rvs_helper_family_become4(), one of IPv6. */
__rvs_helper void rvs_helper_family_become6(struct sk_buff *skb, u32 frag_max_size)
{
	/* With whatever GRO knows of the identifications of IPv4. */
	rvs_family_become(skb, ETH_P_IPV6,
			  SKB_GSO_TCPV4 | SKB_GSO_TCP_FIXEDID | SKB_GSO_TCP_FIXEDID_INNER,
			  SKB_GSO_TCPV6);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	IP6CB(skb)->iif = skb->skb_iif;
	IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
	IP6CB(skb)->frag_max_size = frag_max_size;
	skb->ignore_df = frag_max_size != 0;
}

/* Gives a datagram of IPv6 the checksum that it has not, or leaves it to the device. */
__rvs_helper void rvs_helper_family_udp_checksum6(struct sk_buff *skb)
{
	const struct ipv6hdr *header = ipv6_hdr(skb);

	udp6_set_csum(false, skb, &header->saddr, &header->daddr,
		      skb->len - skb_transport_offset(skb));
}

/* An identification for a packet of IPv4 between these addresses. */
__rvs_helper u16 rvs_helper_family_identification4(struct net *net, const struct sk_buff *skb,
						   u32 source_be, u32 destination_be, u8 protocol)
{
	struct iphdr iph = {
		.protocol = protocol,
		.saddr = (__force __be32)source_be,
		.daddr = (__force __be32)destination_be,
	};

	__ip_select_ident(net, &iph, skb_shinfo(skb)->gso_segs ?: 1);
	return ntohs(iph.id);
}
