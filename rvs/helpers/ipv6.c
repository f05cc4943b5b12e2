// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the other files do for IPv4, for IPv6.
 */

#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv6.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/fib_rules.h>
#include <net/inet6_hashtables.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/protocol.h>
#include <net/udp.h>
#include <net/xfrm.h>

#if !IS_ENABLED(CONFIG_IPV6)
#error "RVS needs a kernel with CONFIG_IPV6"
#endif

/* How many headers nobody has looked at may be before that of a fragment. */
#define RVS_HEADERS_BEFORE_FRAGMENT 8

/* Where the fragment header of a packet begins, from its IPv6 header on, and which byte says
 * that it is one; 0 when there is none. The stack has looked at hop-by-hop options only. */
static inline int rvs_fragment_header(const struct sk_buff *skb, u16 *said_by)
{
	int at = skb_transport_offset(skb), said_at = IP6CB(skb)->nhoff;
	u8 kind = skb_network_header(skb)[said_at];
	int i;

	for (i = 0; i < RVS_HEADERS_BEFORE_FRAGMENT && kind != NEXTHDR_FRAGMENT; i++) {
		const struct ipv6_opt_hdr *header;
		struct ipv6_opt_hdr copy;

		if (kind != NEXTHDR_DEST && kind != NEXTHDR_ROUTING)
			return 0;
		header = skb_header_pointer(skb, at, sizeof(copy), &copy);
		if (!header)
			return 0;
		kind = header->nexthdr;
		said_at = at;
		at += ipv6_optlen(header);
	}
	*said_by = said_at;
	return kind == NEXTHDR_FRAGMENT ? at : 0;
}

/* Has the stack begin a packet that it delivers behind the hop-by-hop options. */
static inline void rvs_begin_at_options(struct sk_buff *skb)
{
	const struct ipv6hdr *header = ipv6_hdr(skb);
	int at = sizeof(*header);

	IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
	if (header->nexthdr == NEXTHDR_HOP) {
		IP6CB(skb)->nhoff = at;
		at += ipv6_optlen((const struct ipv6_opt_hdr *)(header + 1));
	}
	skb_set_transport_header(skb, at);
}

/* Collects fragments as the stack would where it delivers the packet, which need not be to
 * this host. 0 when the packet is whole, or cannot be collected; otherwise it has been
 * taken. */
__rvs_helper int rvs_helper_ip6_defrag(struct sk_buff *skb)
{
	const struct inet6_protocol *fragments = rcu_dereference(inet6_protos[NEXTHDR_FRAGMENT]);
	u16 said_by;
	int ret, at;

	if (!fragments || IP6CB(skb)->flags & IP6SKB_FRAGMENTED)
		return 0;
	at = rvs_fragment_header(skb, &said_by);
	if (!at || !pskb_may_pull(skb, at))
		return 0;
	IP6CB(skb)->nhoff = said_by;
	skb_set_transport_header(skb, at);
	__skb_pull(skb, at);
	local_bh_disable();
	ret = fragments->handler(skb);
	local_bh_enable();
	if (ret <= 0)
		return -EINPROGRESS;
	__skb_push(skb, -skb_network_offset(skb));
	rvs_begin_at_options(skb);
	/* They leave as fragments again. */
	skb->ignore_df = 1;
	return 0;
}

__rvs_helper u32 rvs_helper_skb_largest_fragment6(const struct sk_buff *skb)
{
	return IP6CB(skb)->frag_max_size;
}

/* As rvs_helper_skb_send_fragments(). */
__rvs_helper u32 rvs_helper_skb_send_fragments6(struct sk_buff *skb)
{
	skb->ignore_df = 1;
	return IP6CB(skb)->frag_max_size;
}

/* Whether a packet that was collected leaves as one nevertheless: each link takes it, and the only
 * fragment of it would be one that is no part of anything (RFC 8021). What has come as such a
 * fragment leaves as one, and the stack knows the parts of what it has collected itself. */
__rvs_helper bool rvs_helper_skb_leaves_whole6(struct sk_buff *skb)
{
	u32 largest = IP6CB(skb)->frag_max_size;

	if (!largest || skb->len <= largest || skb->len > IPV6_MIN_MTU || skb_has_frag_list(skb))
		return false;
	IP6CB(skb)->frag_max_size = 0;
	skb->ignore_df = 0;
	return true;
}

__rvs_helper void rvs_helper_icmpv6_send(struct net *net, struct sk_buff *skb, int type,
					 int code, u32 info)
{
	/* Packets of this host have none yet. */
	if (!skb->dev)
		skb->dev = net->loopback_dev;
	icmpv6_send(skb, type, code, info);
}

/* As rvs_helper_ip_send_about(). */
__rvs_helper void rvs_helper_ip6_send_about(struct net *net, const struct sk_buff *about,
					    const u8 *bytes, u32 len)
{
	struct sk_buff *skb;

	if (!skb_dst(about))
		return;
	skb = alloc_skb(LL_MAX_HEADER + len, GFP_ATOMIC);
	if (!skb)
		return;
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_network_header(skb);
	skb_put_data(skb, bytes, len);
	skb_set_transport_header(skb, sizeof(struct ipv6hdr));
	skb->protocol = htons(ETH_P_IPV6);
	skb->mark = IP6_REPLY_MARK(net, about->mark);
	skb_dst_set_noref(skb, skb_dst(about));
	if (ip6_route_me_harder(net, NULL, skb)) {
		kfree_skb(skb);
		return;
	}
	skb->ipvs_property = 1;
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	ip6_local_out(net, NULL, skb);
}

__rvs_helper int rvs_helper_ip6_route_me_harder(struct net *net, struct sk_buff *skb)
{
	return ip6_route_me_harder(net, skb->sk, skb);
}

__rvs_helper bool rvs_helper_skb_is_let_in6(struct sk_buff *skb)
{
	return xfrm6_policy_check(NULL, XFRM_POLICY_IN, skb);
}

/* As rvs_helper_skb_secure(). */
__rvs_helper bool rvs_helper_skb_secure6(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	bool may_leave;

	if (!dev)
		skb->dev = skb_dst_dev_rcu(skb);
	may_leave = xfrm6_route_forward(skb) && skb_dst(skb);
	skb->dev = dev;
	return may_leave;
}

/* As rvs_helper_skb_is_of_vrf(). */
__rvs_helper bool rvs_helper_skb_is_of_vrf6(const struct sk_buff *skb)
{
	return IP6CB(skb)->flags & IP6SKB_L3SLAVE;
}

/* Whether the stack tells the sender of a shorter way: it does when the packet goes back
 * where it came from. */
__rvs_helper bool rvs_helper_skb_is_redirected6(const struct sk_buff *skb)
{
	return IP6CB(skb)->iif == skb_dst_dev_rcu(skb)->ifindex;
}

__rvs_helper void rvs_helper_ip6_local_out(struct net *net, struct sk_buff *skb,
					   struct dst_entry *dst)
{
	/* In a tunnel fragments may have become larger than the link takes. */
	if (unlikely(IP6CB(skb)->frag_max_size > dst_mtu(dst)))
		IP6CB(skb)->frag_max_size = 0;
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	ip6_local_out(net, skb->sk, skb);
}

/* As rvs_helper_ip_output(). */
__rvs_helper void rvs_helper_ip6_output(struct net *net, struct sk_buff *skb)
{
	NF_HOOK(NFPROTO_IPV6, NF_INET_LOCAL_OUT, net, NULL, skb, NULL,
		dst_dev_rcu(skb_dst(skb)), dst_output);
}

__rvs_helper int rvs_helper_nf_pass_followers6(struct sk_buff *skb,
					       const struct nf_hook_state *state,
					       const void *private)
{
	return rvs_pass_followers(skb, state,
				  rcu_dereference(state->net->nf.hooks_ipv6[state->hook]),
				  private);
}

__rvs_helper bool rvs_helper_nf_pass_local_out6(struct net *net, struct sk_buff *skb,
						const void *private)
{
	return rvs_pass_local_out(net, skb, rcu_dereference(net->nf.hooks_ipv6[NF_INET_LOCAL_OUT]),
				  NFPROTO_IPV6, private);
}

/* As rvs_helper_ip_post_routing(). */
__rvs_helper bool rvs_helper_ip6_post_routing(struct net *net, struct sk_buff *skb)
{
	const struct nf_hook_entries *hooks =
		rcu_dereference(net->nf.hooks_ipv6[NF_INET_POST_ROUTING]);
	struct net_device *in = skb->dev;
	struct nf_hook_state state;

	if (!hooks)
		return true;
	skb->dev = skb_dst_dev_rcu(skb);
	skb->protocol = htons(ETH_P_IPV6);
	IP6CB(skb)->flags |= IP6SKB_REROUTED;
	nf_hook_state_init(&state, NF_INET_POST_ROUTING, NFPROTO_IPV6, in, skb->dev, NULL, net,
			   dst_output);
	return rvs_show_to_hooks(skb, &state, hooks, 0);
}

/* As rvs_helper_ip_output_shown(). */
__rvs_helper void rvs_helper_ip6_output_shown(struct net *net, struct sk_buff *skb)
{
	IP6CB(skb)->flags |= IP6SKB_REROUTED;
	dst_output(net, NULL, skb);
}

/* Counts a packet as ip6_finish_output2() does. */
__rvs_helper void rvs_helper_ip6_count_output(struct net *net, const struct sk_buff *skb)
{
	IP6_UPD_PO_STATS(net, ip6_dst_idev(skb_dst(skb)), IPSTATS_MIB_OUT, skb->len);
}

/* As rvs_helper_skb_is_forwarded_plainly(), of ip6_forward_finish() and ip6_output(). */
__rvs_helper bool rvs_helper_skb_is_forwarded_plainly6(const struct sk_buff *skb)
{
#ifdef CONFIG_NET_SWITCHDEV
	if (unlikely(skb->offload_l3_fwd_mark))
		return false;
#endif
	return !IP6CB(skb)->frag_max_size;
}

/* Of a received message that begins `offset` bytes behind its IPv6 header. */
__rvs_helper bool rvs_helper_icmpv6_checksum_is_right(struct sk_buff *skb, u32 offset)
{
	return !nf_ip6_checksum(skb, NF_INET_LOCAL_IN, offset, IPPROTO_ICMPV6);
}

/* The path MTU to the destination of the IPv6 header at `offset`. */
__rvs_helper void rvs_helper_learn_path_mtu6(struct net *net, struct sk_buff *skb, u32 offset,
					     u32 mtu)
{
	if (!pskb_may_pull(skb, offset + sizeof(struct ipv6hdr)))
		return;
	__skb_pull(skb, offset);
	ip6_update_pmtu(skb, net, htonl(mtu), 0, 0, sock_net_uid(net, NULL));
	__skb_push(skb, offset);
}

/* Makes the IPv6 packet at `offset` the packet, which has a route. */
__rvs_helper bool rvs_helper_unwrap_embedded6(struct sk_buff *skb, u32 offset, u32 header_len)
{
	if (!pskb_may_pull(skb, offset + header_len))
		return false;
	__skb_pull(skb, offset);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, header_len);
	if (skb_dst(skb)->ops->family != AF_INET6) {
		/* An error about it can be sent without a route. */
		skb_dst_drop(skb);
		skb->protocol = htons(ETH_P_IPV6);
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		IP6CB(skb)->iif = skb->skb_iif;
	}
	return true;
}

#define RVS_LOCAL6 (RTF_LOCAL | RTF_ANYCAST)

/* Has a route that was made for the caller hold no route of the tables. */
static inline void rvs_leave_tables(struct rt6_info *rt)
{
	if (rt->dst.rt_uncached_list)
		fib6_info_release(unrcu_pointer(xchg(&rt->from, NULL)));
}

/* As rvs_helper_route_output4(), of addresses of 16 bytes.
 *
 * For a known next hop the kernel makes a route of its own. That holds the one of the tables,
 * which holds the device, until it ends itself: a device could not go as long as the route is
 * kept, so it is let go here, and rvs_helper_route_generation6() tells of its end.
 * Of its own devices the kernel takes a route when one of them goes, once. That to this host has
 * two, the loopback device and that of the address; the one of the tables does as well there. */
__rvs_helper struct dst_entry *rvs_helper_route_output6(struct net *net, const u8 *destination,
							bool known_next_hop, u32 vrf,
							u8 *source)
{
	struct flowi6 flow = {
		.flowi6_l3mdev = vrf,
	};
	struct dst_entry *dst;
	int err;

	memcpy(&flow.daddr, destination, sizeof(flow.daddr));
	memcpy(&flow.saddr, source, sizeof(flow.saddr));
	dst = ip6_route_output(net, NULL, &flow);
	err = dst->error;
	if (known_next_hop && !err && !(dst_rt6_info(dst)->rt6i_flags & RVS_LOCAL6)) {
		dst_release(dst);
		flow.flowi6_flags = FLOWI_FLAG_KNOWN_NH;
		dst = ip6_route_output(net, NULL, &flow);
		err = dst->error;
		/* The address has come meanwhile. */
		if (!err && dst_rt6_info(dst)->rt6i_flags & RVS_LOCAL6)
			err = -EAGAIN;
		rvs_leave_tables(dst_rt6_info(dst));
	}
	if (!err && ipv6_addr_any(&flow.saddr))
		err = ipv6_dev_get_saddr(net, dst_dev_rcu(dst), &flow.daddr, 0, &flow.saddr);
	if (err) {
		dst_release(dst);
		return ERR_PTR(err);
	}
	memcpy(source, &flow.saddr, sizeof(flow.saddr));
	return dst;
}

/* A number that changes with the routes of a namespace: that of additions and changes, and that
 * of removals, which the kernel counts apart. Both go up only. */
__rvs_helper u32 rvs_helper_route_generation6(const struct net *net)
{
	return rt_genid_ipv6(net) + READ_ONCE(net->ipv6.rt6_stats->fib_discarded_routes);
}

/* By what dst_check() tells whether a route is still that of the tables. */
__rvs_helper u32 rvs_helper_route_cookie6(const struct dst_entry *dst)
{
	return rt6_get_cookie(dst_rt6_info(dst));
}

__rvs_helper bool rvs_helper_route_is_valid6(const struct net *net, struct dst_entry *dst,
					     u32 generation, u32 cookie)
{
	return READ_ONCE(dst->obsolete) == DST_OBSOLETE_FORCE_CHK &&
	       rvs_helper_route_generation6(net) == generation &&
	       (!rcu_access_pointer(dst_rt6_info(dst)->from) || dst_check(dst, cookie));
}

/* Whether the routes of now bring a packet that was received, to this destination, to where
 * its own route does: unlike that of IPv4, a route does not know of which generation it is.
 * Under RCU. */
__rvs_helper bool rvs_helper_skb_has_valid_route6(struct net *net, struct sk_buff *skb,
						  const struct dst_entry *dst,
						  const u8 *destination)
{
	const struct ipv6hdr *header = ipv6_hdr(skb);
	struct flowi6 flow = {
		.flowi6_iif = skb->dev ? skb->dev->ifindex : 0,
		.saddr = header->saddr,
		.flowlabel = ip6_flowinfo(header),
		.flowi6_mark = skb->mark,
		.flowi6_proto = header->nexthdr,
	};
	const struct dst_entry *now;

	if (!skb->dev)
		return false;
	memcpy(&flow.daddr, destination, sizeof(flow.daddr));
	now = ip6_route_input_lookup(net, skb->dev, &flow, skb,
				     RT6_LOOKUP_F_HAS_SADDR | RT6_LOOKUP_F_DST_NOREF);
	if (now == dst)
		return true;
	return !now->error && dst_rt6_info(now)->rt6i_flags & RVS_LOCAL6 &&
	       dst_rt6_info(dst)->rt6i_flags & RVS_LOCAL6;
}

/* As rvs_helper_route_may_be_kept(). */
__rvs_helper bool rvs_helper_route_may_be_kept6(const struct net *net,
						const struct dst_entry *dst)
{
	return !(dst->flags & (DST_FAKE_RTABLE | DST_METADATA)) && dst->ops->family == AF_INET6 &&
	       !dst_xfrm(dst) && net_eq(dev_net(dst_dev_rcu(dst)), net);
}

/* As rvs_helper_route_is_plain(). */
__rvs_helper bool rvs_helper_route_is_plain6(const struct dst_entry *dst)
{
	return READ_ONCE(dst->output) == ip6_output && !dst->error && !dst_xfrm(dst) &&
	       !dst->lwtstate &&
	       !(dst_rt6_info(dst)->rt6i_flags & (RVS_LOCAL6 | RTF_REJECT));
}

__rvs_helper bool rvs_helper_route_is_local6(const struct dst_entry *dst)
{
	return dst_rt6_info(dst)->rt6i_flags & RVS_LOCAL6;
}

__rvs_helper u32 rvs_helper_route_mtu6(const struct dst_entry *dst)
{
	return ip6_dst_mtu_maybe_forward(dst, false);
}

__rvs_helper u32 rvs_helper_route_forward_mtu6(const struct dst_entry *dst)
{
	return max_t(u32, ip6_dst_mtu_maybe_forward(dst, true), IPV6_MIN_MTU);
}

/* As rvs_helper_route_neighbour(). */
__rvs_helper struct neighbour *rvs_helper_route_neighbour6(const struct dst_entry *dst,
							   const u8 *destination)
{
	const struct in6_addr *next_hop = rt6_nexthop(dst_rt6_info(dst),
						      (const struct in6_addr *)destination);

	return __ipv6_neigh_lookup_noref(dst_dev_rcu(dst), next_hop);
}

/* Whether there are rules of policy routing, or were, or routes for sources. */
__rvs_helper bool rvs_helper_net_has_rules6(const struct net *net)
{
#ifdef CONFIG_IPV6_SUBTREES
	if (READ_ONCE(net->ipv6.fib6_routes_require_src))
		return true;
#endif
#ifdef CONFIG_IPV6_MULTIPLE_TABLES
	return net->ipv6.fib6_has_custom_rules;
#else
	return false;
#endif
}

/* As rvs_helper_net_rules_tell_packets_apart(). */
__rvs_helper bool rvs_helper_net_rules_tell_packets_apart6(const struct net *net)
{
#ifdef CONFIG_IPV6_MULTIPLE_TABLES
	const struct fib_rule *rule;

	list_for_each_entry_rcu(rule, &net->ipv6.fib6_rules_ops->rules_list, list)
		if (READ_ONCE(rule->iifindex) || rule->iifname[0] || rule->mark_mask ||
		    rule->tun_id || rule->l3mdev)
			return true;
#endif
	return false;
}

/* Whether packets are forwarded, from whatever device. */
__rvs_helper bool rvs_helper_net_forwards6(const struct net *net)
{
	return READ_ONCE(net->ipv6.devconf_all->forwarding);
}

/* As rvs_helper_tcp_is_connected(), of addresses of 16 bytes. */
__rvs_helper bool rvs_helper_tcp_is_connected6(struct net *net, const struct sk_buff *skb,
					       const u8 *source, u16 source_port_be,
					       const u8 *destination, u16 destination_port_be)
{
	struct sock *sk = __inet6_lookup_established(net, (const struct in6_addr *)source,
						     (__force __be16)source_port_be,
						     (const struct in6_addr *)destination,
						     ntohs((__force __be16)destination_port_be),
						     inet6_iif(skb), inet6_sdif(skb));
	bool connected;

	if (!sk)
		return false;
	connected = READ_ONCE(sk->sk_state) != TCP_TIME_WAIT;
	sock_gen_put(sk);
	return connected;
}

/* As rvs_helper_udp_socket(), of addresses of 16 bytes. */
__rvs_helper u32 rvs_helper_udp_socket6(struct net *net, const struct sk_buff *skb,
					const u8 *source, u16 source_port_be,
					const u8 *destination, u16 destination_port_be)
{
	const struct sock *sk = __udp6_lib_lookup(net, (const struct in6_addr *)source,
						  (__force __be16)source_port_be,
						  (const struct in6_addr *)destination,
						  (__force __be16)destination_port_be,
						  inet6_iif(skb), inet6_sdif(skb), NULL);

	if (!sk)
		return 0;
	return READ_ONCE(sk->sk_state) == TCP_ESTABLISHED ? 2 : 1;
}
