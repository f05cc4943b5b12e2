// SPDX-License-Identifier: GPL-2.0-only

#include <net/net_namespace.h>
#include <net/netns/generic.h>

__rvs_helper void *rvs_helper_net_generic(const struct net *net, unsigned int id)
{
	return net_generic(net, id);
}

/* RTN_UNICAST, RTN_LOCAL, ... of an IPv4 address in network order. */
__rvs_helper unsigned int rvs_helper_inet_addr_type(struct net *net, u32 address_be)
{
	return inet_addr_type(net, (__force __be32)address_be);
}
