// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/netfilter_ipv4.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/ip.h>
#include <net/route.h>

/* A route to `destination_be` as the host itself would take it, and the source
 * address it would use, or an error pointer. The caller owns a reference.
 * With `known_next_hop` packets along the route may have another destination. */
__rvs_helper struct dst_entry *rvs_helper_route_output4(struct net *net, u32 destination_be,
							bool known_next_hop,
							u32 *source_be)
{
	struct flowi4 flow = {
		.daddr = (__force __be32)destination_be,
		.flowi4_flags = known_next_hop ? FLOWI_FLAG_KNOWN_NH : 0,
	};
	struct rtable *route = ip_route_output_key(net, &flow);

	if (IS_ERR(route))
		return ERR_CAST(route);
	*source_be = (__force u32)flow.saddr;
	return &route->dst;
}

__rvs_helper bool rvs_helper_route_is_local(const struct dst_entry *dst)
{
	return dst_rtable(dst)->rt_flags & RTCF_LOCAL;
}

__rvs_helper u32 rvs_helper_dst_mtu(const struct dst_entry *dst)
{
	return dst_mtu(dst);
}

__rvs_helper void rvs_helper_dst_release(struct dst_entry *dst)
{
	dst_release(dst);
}

/* Under RCU; the packet must be sent before the read side ends. */
__rvs_helper void rvs_helper_skb_dst_borrow(struct sk_buff *skb, struct dst_entry *dst)
{
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, dst);
}

__rvs_helper struct dst_entry *rvs_helper_dst_clone(struct dst_entry *dst)
{
	return dst_clone(dst);
}

/* Whether no route has changed since the lookup. */
__rvs_helper bool rvs_helper_dst_is_valid(struct dst_entry *dst)
{
	return dst_check(dst, 0);
}

/* Whether the source address of a packet may matter to its route: with rules of
 * policy routing, or IPsec policies. */
__rvs_helper bool rvs_helper_net_routes_by_source(const struct net *net)
{
#ifdef CONFIG_IP_MULTIPLE_TABLES
	if (net->ipv4.fib_has_custom_rules)
		return true;
#endif
#ifdef CONFIG_XFRM
	if (net->xfrm.policy_count[XFRM_POLICY_OUT])
		return true;
#endif
	return false;
}

__rvs_helper bool rvs_helper_skb_has_dst(const struct sk_buff *skb)
{
	return skb_dst(skb);
}

/* Collects fragments; the packet is taken unless 0 is returned. */
__rvs_helper int rvs_helper_ip_defrag(struct net *net, struct sk_buff *skb, u32 user)
{
	int err;

	local_bh_disable();
	err = ip_defrag(net, skb, user);
	local_bh_enable();
	return err;
}

__rvs_helper int rvs_helper_ip_route_me_harder(struct net *net, struct sk_buff *skb)
{
	return ip_route_me_harder(net, skb->sk, skb, RTN_LOCAL);
}
