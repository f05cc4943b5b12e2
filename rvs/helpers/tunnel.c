// SPDX-License-Identifier: GPL-2.0-only

#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>

/* Sends a packet as payload of an IPv4 packet. Takes the packet and the route. */
__rvs_helper void rvs_helper_ip_tunnel(struct sk_buff *skb, struct dst_entry *dst,
				       u32 source_be, u32 destination_be, u8 ttl, u8 tos,
				       bool dont_fragment)
{
	/* The outer header and that of the link layer. */
	unsigned int headroom = LL_RESERVED_SPACE(dst->dev) + sizeof(struct iphdr);

	if (skb_cow_head(skb, headroom) || iptunnel_handle_offloads(skb, SKB_GSO_IPXIP4)) {
		dst_release(dst);
		kfree_skb(skb);
		return;
	}
	skb->transport_header = skb->network_header;
	skb_set_inner_ipproto(skb, IPPROTO_IPIP);
	skb_set_inner_mac_header(skb, skb_inner_network_offset(skb));
	/* Statistics would be counted on a device that is no tunnel. */
	skb->dev = NULL;
	iptunnel_xmit(skb->sk, dst_rtable(dst), skb, (__force __be32)source_be,
		      (__force __be32)destination_be, IPPROTO_IPIP,
		      INET_ECN_encapsulate(tos, tos), ttl,
		      dont_fragment ? htons(IP_DF) : 0, false, 0);
}
