// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/netfilter_ipv4.h>
#include <net/dst.h>
#include <net/fib_rules.h>
#include <net/flow.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/nexthop.h>
#include <net/route.h>
#include <net/xfrm.h>

/* A route to `destination_be` as the host itself would take it from `source_be`, or, where that
 * is 0, with the source address it would use, which is returned there; or an error pointer. The
 * source need not be an address of this host. The caller owns a reference. With `known_next_hop` packets along the route may have another destination. `vrf` is
 * the index of the device of a VRF, or 0. */
__rvs_helper struct dst_entry *rvs_helper_route_output4(struct net *net, u32 destination_be,
							bool known_next_hop, u32 vrf,
							u32 *source_be)
{
	struct flowi4 flow = {
		.daddr = (__force __be32)destination_be,
		.saddr = (__force __be32)*source_be,
		.flowi4_flags = (known_next_hop ? FLOWI_FLAG_KNOWN_NH : 0) |
				(*source_be ? FLOWI_FLAG_ANYSRC : 0),
		.flowi4_l3mdev = vrf,
	};
	struct rtable *route = ip_route_output_key(net, &flow);

	if (IS_ERR(route))
		return ERR_CAST(route);
	*source_be = (__force u32)flow.saddr;
	return &route->dst;
}

/* Whether the route of a packet that was received and is forwarded is the one that rules
 * and tables choose, after its source has changed. Unlike rvs_helper_ip_route_me_harder()
 * this asks as for a packet that came by its device. Under RCU. */
__rvs_helper bool rvs_helper_skb_keeps_route(struct net *net, const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	const struct iphdr *header = ip_hdr(skb);
	struct fib_result result = {};
	struct flowi4 flow = {};
	int i;

	if (!skb->dev)
		return false;
	flow.flowi4_iif = skb->dev->ifindex;
	flow.flowi4_mark = skb->mark;
	flow.flowi4_dscp = ip4h_dscp(header);
	flow.flowi4_proto = header->protocol;
	flow.saddr = header->saddr;
	flow.daddr = header->daddr;
	if (fib_lookup(net, &flow, &result, 0) || result.type != RTN_UNICAST)
		return false;
	for (i = 0; i < fib_info_num_path(result.fi); i++) {
		const struct fib_nh_common *hop = fib_info_nhc(result.fi, i);

		if (hop->nhc_dev != rt->dst.dev)
			continue;
		if (!rt->rt_uses_gateway ? !hop->nhc_gw_family :
		    hop->nhc_gw_family == AF_INET && rt->rt_gw_family == AF_INET &&
		    hop->nhc_gw.ipv4 == rt->rt_gw4)
			return true;
	}
	return false;
}

/* The VRF of the device by which packets leave along a route, 0 for none. Under RCU. */
__rvs_helper u32 rvs_helper_dst_vrf(const struct dst_entry *dst)
{
	return l3mdev_master_ifindex_rcu(dst_dev_rcu(dst));
}

/* Whether a packet, which was received, has come to a VRF: before, it is that of
 * its device. */
__rvs_helper bool rvs_helper_skb_is_of_vrf(const struct sk_buff *skb)
{
	return IPCB(skb)->flags & IPSKB_L3SLAVE;
}

static bool rvs_is_of_vrf(const struct net_device *dev)
{
	return netif_is_l3_slave(dev) || netif_is_l3_master(dev);
}

__rvs_helper bool rvs_helper_skb_came_by_vrf(const struct sk_buff *skb)
{
	return skb->dev && rvs_is_of_vrf(skb->dev);
}

/* Whether a packet that has a route leaves by a VRF. Under RCU. */
__rvs_helper bool rvs_helper_skb_leaves_by_vrf(const struct sk_buff *skb)
{
	return skb_dst(skb) && rvs_is_of_vrf(skb_dst_dev_rcu(skb));
}

/* The VRF that a packet has come to, or leaves by; 0 for none. Under RCU. */
__rvs_helper u32 rvs_helper_skb_vrf(const struct sk_buff *skb, bool is_output)
{
	const struct net_device *dev = is_output ? skb_dst_dev_rcu(skb) : skb->dev;

	return dev ? l3mdev_master_ifindex_rcu(dev) : 0;
}

__rvs_helper bool rvs_helper_route_is_local(const struct dst_entry *dst)
{
	return dst_rtable(dst)->rt_flags & RTCF_LOCAL;
}

/* The path MTU of an IPv4 route: what dst_mtu() returns for one without a
 * lightweight tunnel, for callers that are under RCU already. */
__rvs_helper u32 rvs_helper_route_mtu(const struct dst_entry *dst)
{
	const struct rtable *rt = dst_rtable(dst);
	u32 mtu = rt->rt_pmtu;

	if (unlikely(dst->lwtstate))
		return dst_mtu(dst);
	if (unlikely(mtu) && time_before(jiffies, READ_ONCE(dst->expires)))
		return min_t(u32, mtu, IP_MAX_MTU);
	mtu = dst_metric_raw(dst, RTAX_MTU);
	if (!mtu) {
		mtu = READ_ONCE(dst_dev_rcu(dst)->mtu);
		if (unlikely(ip_mtu_locked(dst)) && rt->rt_uses_gateway && mtu > 576)
			mtu = 576;
	}
	return min_t(u32, mtu, IP_MAX_MTU);
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

/* Whether no route of the namespace has changed since the lookup; dst_check()
 * of an IPv4 route without the call. */
__rvs_helper bool rvs_helper_route_is_valid(const struct net *net, const struct dst_entry *dst)
{
	return READ_ONCE(dst->obsolete) == DST_OBSOLETE_FORCE_CHK &&
	       dst_rtable(dst)->rt_genid == rt_genid_ipv4(net);
}

/* Whether a route may be kept and taken by other packets: one of the routing
 * tables of this namespace. That of a bridge (br_netfilter) is a part of its device, what
 * IPsec makes ends with its namespace, and the metadata of a tunnel is no route. */
__rvs_helper bool rvs_helper_route_may_be_kept(const struct net *net,
					       const struct dst_entry *dst)
{
	return !(dst->flags & (DST_FAKE_RTABLE | DST_METADATA)) && dst->ops->family == AF_INET &&
	       !dst_xfrm(dst) && net_eq(dev_net(dst_dev_rcu(dst)), net);
}

/* Whether packets go from the route straight to a neighbour: nothing is
 * encrypted or encapsulated on the way. */
__rvs_helper bool rvs_helper_route_is_plain(const struct dst_entry *dst)
{
	const struct rtable *rt = dst_rtable(dst);

	return READ_ONCE(dst->output) == ip_output && !dst_xfrm(dst) && !dst->lwtstate &&
	       rt->rt_type == RTN_UNICAST && rt->rt_gw_family != AF_INET6;
}

/* The MTU of packets that are forwarded along the route. */
__rvs_helper u32 rvs_helper_route_forward_mtu(const struct net *net, const struct dst_entry *dst)
{
	u32 mtu;

	/* ip_dst_mtu_maybe_forward() for callers that are under RCU already. */
	if (unlikely(READ_ONCE(net->ipv4.sysctl_ip_fwd_use_pmtu) || ip_mtu_locked(dst) ||
		     dst->lwtstate))
		return ip_dst_mtu_maybe_forward(dst, true);
	mtu = dst_metric_raw(dst, RTAX_MTU);
	if (!mtu)
		mtu = READ_ONCE(dst_dev_rcu(dst)->mtu);
	return min_t(u32, mtu, IP_MAX_MTU);
}

__rvs_helper struct dst_entry *rvs_helper_skb_dst(const struct sk_buff *skb)
{
	return skb_dst(skb);
}

/* Takes a reference on a route; false when it has no other any more. */
__rvs_helper bool rvs_helper_dst_hold(struct dst_entry *dst)
{
	return dst_hold_safe(dst);
}

/* Whether the stack would have told the sender of a shorter way. */
__rvs_helper bool rvs_helper_skb_is_redirected(const struct sk_buff *skb)
{
	return IPCB(skb)->flags & IPSKB_DOREDIRECT;
}

/* Whether there are rules of policy routing, or were. */
__rvs_helper bool rvs_helper_net_has_rules(const struct net *net)
{
#ifdef CONFIG_IP_MULTIPLE_TABLES
	return net->ipv4.fib_has_custom_rules;
#else
	return false;
#endif
}

/* Whether packets of one flow that differ in no more than DSCP and ports may take
 * different routes: rules look at marks, devices or tunnels. Under RCU. */
__rvs_helper bool rvs_helper_net_rules_tell_packets_apart(const struct net *net)
{
#ifdef CONFIG_IP_MULTIPLE_TABLES
	const struct fib_rule *rule;

	list_for_each_entry_rcu(rule, &net->ipv4.rules_ops->rules_list, list)
		if (READ_ONCE(rule->iifindex) || rule->iifname[0] || rule->mark_mask ||
		    rule->tun_id || rule->l3mdev)
			return true;
#endif
	return false;
}

#ifdef CONFIG_XFRM
#define rvs_policies(net, direction) READ_ONCE((net)->xfrm.policy_count[direction])
#else
#define rvs_policies(net, direction) 0
#endif

/* Whether there are IPsec policies for what this host sends. */
__rvs_helper bool rvs_helper_net_has_policies_out(const struct net *net)
{
	return rvs_policies(net, XFRM_POLICY_OUT);
}

/* For what it receives. */
__rvs_helper bool rvs_helper_net_has_policies_in(const struct net *net)
{
	return rvs_policies(net, XFRM_POLICY_IN);
}

/* For what it forwards. */
__rvs_helper bool rvs_helper_net_has_policies_forward(const struct net *net)
{
	return rvs_policies(net, XFRM_POLICY_FWD);
}

/* Whether IPsec has a say in what this host sends: by policies, or by blocking what
 * none is for. */
__rvs_helper bool rvs_helper_net_restricts_output(const struct net *net)
{
#ifdef CONFIG_XFRM
	if (READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_OUT]) != XFRM_USERPOLICY_ACCEPT)
		return true;
#endif
	return rvs_policies(net, XFRM_POLICY_OUT);
}

/* Whether IPsec has a say in what comes in, or has brought this packet. */
__rvs_helper bool rvs_helper_net_restricts_input(const struct net *net, const struct sk_buff *skb)
{
#ifdef CONFIG_XFRM
	return READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_IN]) ||
	       READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_IN]) != XFRM_USERPOLICY_ACCEPT ||
	       secpath_exists(skb);
#else
	return false;
#endif
}

/* Whether IPsec policies let a packet in that came for this host, as far as they
 * concern no socket. */
__rvs_helper bool rvs_helper_skb_is_let_in(struct sk_buff *skb)
{
	return xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb);
}

/* Gives a packet that has a route the one that IPsec policies ask for. False when
 * it may not leave. */
__rvs_helper bool rvs_helper_skb_secure(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	bool may_leave;

	/* Packets of this host have none yet; the namespace is taken from it. */
	if (!dev)
		skb->dev = skb_dst_dev_rcu(skb);
	may_leave = xfrm4_route_forward(skb) && skb_dst(skb);
	skb->dev = dev;
	return may_leave;
}

/* Queueing disciplines see the priority that forwarded packets have. */
__rvs_helper void rvs_helper_skb_prioritize(const struct net *net, struct sk_buff *skb, u8 tos)
{
	if (READ_ONCE(net->ipv4.sysctl_ip_fwd_update_priority))
		skb->priority = rt_tos2priority(tos);
}

/* Collects fragments; the packet is taken unless 0 is returned. */
__rvs_helper int rvs_helper_ip_defrag(struct net *net, struct sk_buff *skb, u32 user)
{
	int err;

	local_bh_disable();
	err = ip_defrag(net, skb, user);
	local_bh_enable();
	/* They leave as fragments again, DF or not, as after nf_ct_ipv4_gather_frags(). */
	if (!err)
		skb->ignore_df = 1;
	return err;
}

__rvs_helper int rvs_helper_ip_route_me_harder(struct net *net, struct sk_buff *skb)
{
	return ip_route_me_harder(net, skb->sk, skb, RTN_LOCAL);
}
