// SPDX-License-Identifier: GPL-2.0-only

#include <linux/user_namespace.h>
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
