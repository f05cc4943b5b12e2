// SPDX-License-Identifier: GPL-2.0-only

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>

__rvs_helper struct net *rvs_helper_nf_hook_state_net(const struct nf_hook_state *state)
{
	return state->net;
}

/* Whether anybody but RVS has a hook of IPv4 at `hook`, where RVS has one. */
static __always_inline bool rvs_others_have_hooks(const struct net *net, unsigned int hook)
{
	const struct nf_hook_entries *hooks = rcu_dereference(net->nf.hooks_ipv4[hook]);

	return hooks && hooks->num_hook_entries > 1;
}

/* Whether anybody but RVS may have a say in what this host sends, before
 * POST_ROUTING. */
__rvs_helper bool rvs_helper_net_filters_output(const struct net *net)
{
	return rvs_others_have_hooks(net, NF_INET_LOCAL_OUT);
}

/* Whether anybody but RVS may have a say in what this host forwards, before
 * POST_ROUTING. */
__rvs_helper bool rvs_helper_net_filters_forwarded(const struct net *net)
{
	return rvs_others_have_hooks(net, NF_INET_FORWARD);
}

/* Shows an IPv4 packet that leaves by `dst`, or by the route it has when that is
 * NULL, to the hooks of POST_ROUTING, as ip_output() does. Returns whether it goes
 * on as it was; otherwise it has been taken. Under RCU. */
__rvs_helper bool rvs_helper_ip_post_routing(struct net *net, struct sk_buff *skb,
					     struct dst_entry *dst)
{
	const struct nf_hook_entries *hooks =
		rcu_dereference(net->nf.hooks_ipv4[NF_INET_POST_ROUTING]);
	struct net_device *in = skb->dev;
	unsigned int len = skb->len;
	struct nf_hook_state state;

	if (!hooks)
		return true;
	if (dst) {
		skb_dst_drop(skb);
		skb_dst_set_noref(skb, dst);
	} else {
		dst = skb_dst(skb);
	}
	skb->dev = dst_dev_rcu(dst);
	skb->protocol = htons(ETH_P_IP);
	/* The header of a tunnel has no options, whatever the packet inside of it has. */
	if (ip_hdr(skb)->ihl == sizeof(struct iphdr) >> 2)
		IPCB(skb)->opt.optlen = 0;
	/* A packet that a hook keeps (NF_QUEUE) may come back when RVS is gone: it goes on in
	 * ip_output(), which then does not show it to the hooks again. */
	IPCB(skb)->flags |= IPSKB_REROUTED;
	nf_hook_state_init(&state, NF_INET_POST_ROUTING, NFPROTO_IPV4, in, skb->dev, NULL, net,
			   dst_output);
	if (nf_hook_slow(skb, &state, hooks, 0) != 1)
		return false;
	if (likely(skb_dst(skb) == dst && skb->len == len))
		return true;
	dst_output(net, NULL, skb);
	return false;
}

/* Sends an IPv4 packet that has its route, through LOCAL_OUT as if it were
 * sent by this host. Takes the packet; under RCU. */
__rvs_helper void rvs_helper_ip_output(struct net *net, struct sk_buff *skb)
{
	const struct nf_hook_entries *hooks =
		rcu_dereference(net->nf.hooks_ipv4[NF_INET_LOCAL_OUT]);

	/* Our own hook lets pass what RVS sends: alone it need not be asked. */
	if (!hooks || hooks->num_hook_entries == 1)
		dst_output(net, NULL, skb);
	else
		NF_HOOK(NFPROTO_IPV4, NF_INET_LOCAL_OUT, net, NULL, skb, NULL,
			dst_dev_rcu(skb_dst(skb)), dst_output);
}

/* Connection tracking shall neither see nor translate what RVS translates. */
__rvs_helper void rvs_helper_skb_untrack(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (ct || ctinfo != IP_CT_UNTRACKED) {
		nf_conntrack_put(skb_nfct(skb));
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	}
#endif
}
