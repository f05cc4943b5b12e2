// SPDX-License-Identifier: GPL-2.0-only

#include <linux/netdevice.h>
#include <net/arp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>

/* The neighbour that a packet to `destination_be` goes to along a route, or
 * NULL. Under RCU; no reference is taken. */
__rvs_helper struct neighbour *rvs_helper_route_neighbour(const struct dst_entry *dst,
							  u32 destination_be)
{
	__be32 next_hop = rt_nexthop(dst_rtable(dst), (__force __be32)destination_be);

	return __ipv4_neigh_lookup_noref(dst_dev_rcu(dst), (__force u32)next_hop);
}

/* Whether the stack would send to the neighbour at once. */
__rvs_helper bool rvs_helper_neighbour_is_valid(const struct neighbour *neighbour)
{
	return READ_ONCE(neighbour->nud_state) & NUD_VALID;
}

/* Counts a packet as ip_output() does. */
__rvs_helper void rvs_helper_ip_count_output(struct net *net, const struct sk_buff *skb)
{
	IP_UPD_PO_STATS(net, IPSTATS_MIB_OUT, skb->len);
}

/* The size of the largest fragment that a packet was made of, or 0. */
__rvs_helper u32 rvs_helper_skb_largest_fragment(const struct sk_buff *skb)
{
	return IPCB(skb)->frag_max_size;
}

/* Whether ip_forward_finish() and ip_output() have more to do with a packet than
 * to bring it to its neighbour, as far as it depends on the packet. */
__rvs_helper bool rvs_helper_skb_is_forwarded_plainly(const struct sk_buff *skb)
{
#ifdef CONFIG_NET_SWITCHDEV
	if (unlikely(skb->offload_l3_fwd_mark))
		return false;
#endif
	return !IPCB(skb)->opt.optlen && !IPCB(skb)->frag_max_size;
}

/* Hands a packet to the device of its next hop, along another
 * route than it has unless that is NULL. Takes the packet; under RCU. One for both
 * versions of IP: with two callers the compiler inlines neigh_hh_output() in neither. */
__rvs_helper void rvs_helper_neighbour_transmit(struct sk_buff *skb, struct dst_entry *dst,
						struct neighbour *neighbour, bool is_ipv6)
{
	struct net_device *dev = neighbour->dev;

	if (unlikely(skb_headroom(skb) < LL_RESERVED_SPACE(dev)) &&
	    skb_cow_head(skb, LL_RESERVED_SPACE(dev))) {
		kfree_skb(skb);
		return;
	}
	if (dst) {
		skb_dst_drop(skb);
		skb_dst_set_noref(skb, dst);
	}
	skb->dev = dev;
	skb->protocol = htons(is_ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	/* With a header that is not kept, or an address that is to be confirmed, this is what
	 * builds the one and asks for the other. */
	neigh_output(neighbour, skb, false);
}
