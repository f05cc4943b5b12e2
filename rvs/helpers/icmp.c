// SPDX-License-Identifier: GPL-2.0-only

#include <net/icmp.h>

__rvs_helper void rvs_helper_icmp_send(struct sk_buff *skb, int type, int code,
				       u32 info_be)
{
	icmp_send(skb, type, code, (__force __be32)info_be);
}
