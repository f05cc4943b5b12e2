// SPDX-License-Identifier: GPL-2.0-only

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>

__rvs_helper struct net *rvs_helper_nf_hook_state_net(const struct nf_hook_state *state)
{
	return state->net;
}

/* Sends an IPv4 packet without options about one that has its route, by the route that its own
 * addresses ask for (as nf_send_reset() does), through the hooks of LOCAL_OUT. Under RCU. */
__rvs_helper void rvs_helper_ip_send_about(struct net *net, const struct sk_buff *about,
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
	skb_set_transport_header(skb, sizeof(struct iphdr));
	skb->protocol = htons(ETH_P_IP);
	skb->mark = IP4_REPLY_MARK(net, about->mark);
	skb_dst_set_noref(skb, skb_dst(about));
	if (ip_route_me_harder(net, NULL, skb, RTN_UNSPEC)) {
		kfree_skb(skb);
		return;
	}
	/* It is balanced, and of no connection that is tracked. */
	skb->ipvs_property = 1;
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	ip_local_out(net, NULL, skb);
}

/* Shows a packet that has its route to hooks, from the one at `first` on.
 * Returns whether it goes on as it was; otherwise it has been taken: dropped, queued, or
 * sent, when they have made another one of it. Under RCU. */
static __always_inline bool rvs_show_to_hooks(struct sk_buff *skb, struct nf_hook_state *state,
					      const struct nf_hook_entries *hooks,
					      unsigned int first)
{
	const struct dst_entry *dst = skb_dst(skb);
	bool is_ipv6 = state->pf == NFPROTO_IPV6;
	unsigned int len = skb->len;
	struct in6_addr destination6;
	__be32 destination;

	if (is_ipv6)
		destination6 = ipv6_hdr(skb)->daddr;
	else
		destination = ip_hdr(skb)->daddr;
	if (nf_hook_slow(skb, state, hooks, first) != 1)
		return false;
	if (likely(skb_dst(skb) == dst && skb->len == len &&
		   (is_ipv6 ? ipv6_addr_equal(&ipv6_hdr(skb)->daddr, &destination6) :
			      ip_hdr(skb)->daddr == destination)))
		return true;
	state->okfn(state->net, NULL, skb);
	return false;
}

/* As rvs_pass_followers(), where others have hooks or that of RVS is not the
 * last one. */
static noinline int rvs_show_to_followers(struct sk_buff *skb, const struct nf_hook_state *state,
					  const struct nf_hook_entries *hooks,
					  const void *private)
{
	struct nf_hook_state behind = *state;
	unsigned int i;

	if (!hooks)
		return -1;
	for (i = 0; i < hooks->num_hook_entries; i++)
		if (hooks->hooks[i].priv == private)
			return rvs_show_to_hooks(skb, &behind, hooks, i + 1);
	return -1;
}

/* Of the hooks of a version of IP at that point: shows a forwarded packet to those behind that of RVS, which is at `state`, and
 * has `private` as its private pointer like no other. 1 when it goes on as it was, 0 when it
 * has been taken, -1, and nothing done, when that of RVS is being removed. A packet that a
 * hook keeps (NF_QUEUE) comes back behind that hook. Under RCU. */
static __always_inline int rvs_pass_followers(struct sk_buff *skb,
					      const struct nf_hook_state *state,
					      const struct nf_hook_entries *hooks,
					      const void *private)
{
	if (likely(hooks && hooks->hooks[hooks->num_hook_entries - 1].priv == private))
		return 1;
	return rvs_show_to_followers(skb, state, hooks, private);
}

__rvs_helper int rvs_helper_nf_pass_followers(struct sk_buff *skb,
					      const struct nf_hook_state *state,
					      const void *private)
{
	return rvs_pass_followers(skb, state,
				  rcu_dereference(state->net->nf.hooks_ipv4[state->hook]),
				  private);
}

static noinline bool rvs_show_local_out(struct net *net, struct sk_buff *skb,
					const struct nf_hook_entries *hooks, u8 version)
{
	struct nf_hook_state state;

	nf_hook_state_init(&state, NF_INET_LOCAL_OUT, version, NULL, skb_dst_dev_rcu(skb), NULL,
			   net, dst_output);
	return rvs_show_to_hooks(skb, &state, hooks, 0);
}

/* Of the hooks of a version of IP (NFPROTO_*) at LOCAL_OUT: shows a packet that has its
 * route to those of others, as if it were sent by this host. That of RVS has `private` as its private pointer like no other.
 * Returns whether it goes on as it was; otherwise it has been taken. Under RCU. */
static __always_inline bool rvs_pass_local_out(struct net *net, struct sk_buff *skb,
					       const struct nf_hook_entries *hooks, u8 version,
					       const void *private)
{
	if (likely(!hooks ||
		   (hooks->num_hook_entries == 1 && hooks->hooks[0].priv == private)))
		return true;
	return rvs_show_local_out(net, skb, hooks, version);
}

__rvs_helper bool rvs_helper_nf_pass_local_out(struct net *net, struct sk_buff *skb,
					       const void *private)
{
	return rvs_pass_local_out(net, skb, rcu_dereference(net->nf.hooks_ipv4[NF_INET_LOCAL_OUT]),
				  NFPROTO_IPV4, private);
}

/* Shows an IPv4 packet that has its route to the hooks of POST_ROUTING, as ip_output()
 * does. Returns whether it goes on as it was; otherwise it has been taken. Under RCU. */
__rvs_helper bool rvs_helper_ip_post_routing(struct net *net, struct sk_buff *skb)
{
	const struct nf_hook_entries *hooks =
		rcu_dereference(net->nf.hooks_ipv4[NF_INET_POST_ROUTING]);
	struct net_device *in = skb->dev;
	struct nf_hook_state state;

	if (!hooks)
		return true;
	skb->dev = skb_dst_dev_rcu(skb);
	skb->protocol = htons(ETH_P_IP);
	/* The header of a tunnel has no options, whatever the packet inside of it has. */
	if (ip_hdr(skb)->ihl == sizeof(struct iphdr) >> 2)
		IPCB(skb)->opt.optlen = 0;
	/* A packet that a hook keeps (NF_QUEUE) may come back when RVS is gone: it goes on in
	 * ip_output(), which then does not show it to the hooks again. */
	IPCB(skb)->flags |= IPSKB_REROUTED;
	nf_hook_state_init(&state, NF_INET_POST_ROUTING, NFPROTO_IPV4, in, skb->dev, NULL, net,
			   dst_output);
	return rvs_show_to_hooks(skb, &state, hooks, 0);
}

/* Sends an IPv4 packet that has its route, and has been shown to the hooks of
 * POST_ROUTING. Takes the packet; under RCU. */
__rvs_helper void rvs_helper_ip_output_shown(struct net *net, struct sk_buff *skb)
{
	IPCB(skb)->flags |= IPSKB_REROUTED;
	dst_output(net, NULL, skb);
}

/* Sends an IPv4 packet that has its route, through LOCAL_OUT as if it were
 * sent by this host. Takes the packet; under RCU. */
__rvs_helper void rvs_helper_ip_output(struct net *net, struct sk_buff *skb)
{
	/* Our own hook lets pass what RVS sends. */
	NF_HOOK(NFPROTO_IPV4, NF_INET_LOCAL_OUT, net, NULL, skb, NULL,
		dst_dev_rcu(skb_dst(skb)), dst_output);
}
