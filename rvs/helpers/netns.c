// SPDX-License-Identifier: GPL-2.0-only

#include <linux/ipv6.h>
#include <linux/user_namespace.h>
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

__rvs_helper void *rvs_helper_net_generic(const struct net *net, unsigned int id)
{
	return net_generic(net, id);
}

/* Whether those who own the namespace are no strangers to the machine. */
__rvs_helper bool rvs_helper_net_is_of_init_user_ns(const struct net *net)
{
	return net->user_ns == &init_user_ns;
}

/* Whether it is the first one. */
__rvs_helper bool rvs_helper_net_is_init_net(const struct net *net)
{
	return net_eq(net, &init_net);
}

/* RTN_UNICAST, RTN_LOCAL, ... of an IPv4 address in network order. */
__rvs_helper unsigned int rvs_helper_inet_addr_type(struct net *net, u32 address_be)
{
	return inet_addr_type(net, (__force __be32)address_be);
}

/* Whether this kernel speaks IPv6. */
__rvs_helper bool rvs_helper_ipv6_is_enabled(void)
{
	return IS_ENABLED(CONFIG_IPV6) && ipv6_mod_enabled();
}

/* Whether an IPv6 address is that of one host, and not only of one on some link. */
__rvs_helper bool rvs_helper_ipv6_is_unicast(const u8 *octets)
{
	int type = ipv6_addr_type((const struct in6_addr *)octets);

	return (type & IPV6_ADDR_UNICAST) && !(type & IPV6_ADDR_LINKLOCAL);
}

/* Whether packets to an IPv6 address stay on this host. Process context. */
__rvs_helper bool rvs_helper_net_is_local6(struct net *net, const u8 *octets)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct flowi6 flow = {};
	struct dst_entry *dst;
	bool is_local;

	memcpy(&flow.daddr, octets, sizeof(flow.daddr));
	dst = ip6_route_output(net, NULL, &flow);
	rcu_read_lock();
	is_local = !dst->error && (dst_dev_rcu(dst)->flags & IFF_LOOPBACK);
	rcu_read_unlock();
	dst_release(dst);
	return is_local;
#else
	return false;
#endif
}
