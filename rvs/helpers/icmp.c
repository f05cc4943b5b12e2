// SPDX-License-Identifier: GPL-2.0-only

#include <linux/err.h>
#include <linux/in.h>
#include <linux/netfilter_ipv4.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>

__rvs_helper void rvs_helper_icmp_send(struct sk_buff *skb, int type, int code,
				       u32 info_be)
{
	icmp_send(skb, type, code, (__force __be32)info_be);
}

/* Of a received message that begins `offset` bytes behind its IPv4 header. */
__rvs_helper bool rvs_helper_icmp_checksum_is_right(struct sk_buff *skb, u32 offset)
{
	return !nf_ip_checksum(skb, NF_INET_LOCAL_IN, offset, IPPROTO_ICMP);
}

/* The path MTU to the destination of the IPv4 header at `offset`. */
__rvs_helper void rvs_helper_learn_path_mtu(struct net *net, struct sk_buff *skb,
					    u32 offset, u32 mtu)
{
	if (!pskb_may_pull(skb, offset + sizeof(struct iphdr)))
		return;
	__skb_pull(skb, offset);
	ipv4_update_pmtu(skb, net, mtu, 0, 0);
	__skb_push(skb, offset);
}

/* Gives a packet that was one of another version of IP what errors about it need: a route to
 * this host, in whose name they are sent. */
static noinline __cold bool rvs_become_ipv4(struct net *net, struct sk_buff *skb)
{
	struct flowi4 flow = { .daddr = htonl(INADDR_LOOPBACK) };
	struct rtable *route = ip_route_output_key(net, &flow);

	if (IS_ERR(route))
		return false;
	skb_dst_drop(skb);
	skb_dst_set(skb, &route->dst);
	skb->protocol = htons(ETH_P_IP);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = skb->skb_iif;
	return true;
}

/* Makes the IPv4 packet at `offset` the packet, which has a route. */
__rvs_helper bool rvs_helper_unwrap_embedded(struct net *net, struct sk_buff *skb, u32 offset,
					     u32 header_len)
{
	if (!pskb_may_pull(skb, offset + header_len))
		return false;
	__skb_pull(skb, offset);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, header_len);
	/* Options of the error are not those of the packet. */
	memset(&IPCB(skb)->opt, 0, sizeof(IPCB(skb)->opt));
	if (skb_dst(skb)->ops->family != AF_INET)
		return rvs_become_ipv4(net, skb);
	return true;
}
