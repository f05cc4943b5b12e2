// SPDX-License-Identifier: GPL-2.0-only

#include <linux/skbuff.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>

/* Makes a packet the payload of a header to come. 0, or an error when memory is
 * short. */
static __always_inline int rvs_tunnel_prepare(struct sk_buff *skb, const struct net_device *dev)
{
	/* The outer header and that of the link layer. */
	int err = skb_cow_head(skb, LL_RESERVED_SPACE(dev) + sizeof(struct iphdr));

	if (!err)
		err = iptunnel_handle_offloads(skb, SKB_GSO_IPXIP4);
	if (err)
		return err;
	skb->transport_header = skb->network_header;
	skb_set_inner_ipproto(skb, IPPROTO_IPIP);
	skb_set_inner_mac_header(skb, skb_inner_network_offset(skb));
	return 0;
}

/* Puts the IPv4 header of a tunnel before a packet. 0, or an error when memory
 * is short. */
__rvs_helper int rvs_helper_ip_encapsulate(struct net *net, struct sk_buff *skb,
					   const struct dst_entry *dst, u32 source_be,
					   u32 destination_be, u8 ttl, u8 tos, bool dont_fragment)
{
	int err = rvs_tunnel_prepare(skb, dst_dev_rcu(dst));
	struct iphdr *iph;

	if (err)
		return err;
	skb_clear_hash_if_not_l4(skb);
	skb_ext_reset(skb);
	skb->ignore_df = 0;
	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) >> 2,
		.tos = INET_ECN_encapsulate(tos, tos),
		.frag_off = dont_fragment && !ip_mtu_locked(dst) ? htons(IP_DF) : 0,
		.ttl = ttl,
		.protocol = IPPROTO_IPIP,
		.saddr = (__force __be32)source_be,
		.daddr = (__force __be32)destination_be,
	};
	iph_set_totlen(iph, skb->len);
	__ip_select_ident(net, iph, skb_shinfo(skb)->gso_segs ?: 1);
	iph->check = ip_fast_csum(iph, iph->ihl);
	return 0;
}

/* Sends a packet to which rvs_helper_ip_encapsulate() has given its header, as one
 * of this host. Takes the packet and the route. */
__rvs_helper void rvs_helper_ip_local_out(struct net *net, struct sk_buff *skb,
					  struct dst_entry *dst)
{
	/* What is known of the packet inside is not true of this one. */
	nf_reset_ct(skb);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	ip_local_out(net, skb->sk, skb);
}
