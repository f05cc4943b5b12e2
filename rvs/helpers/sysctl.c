// SPDX-License-Identifier: GPL-2.0-only

#include <linux/sysctl.h>
#include <net/net_namespace.h>

/* An entry that is 0 or 1. */
__rvs_helper void rvs_helper_ctl_table_set_switch(struct ctl_table *entry, const char *name,
						  u32 *value)
{
	*entry = (struct ctl_table) {
		.procname	= name,
		.data		= value,
		.maxlen		= sizeof(*value),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	};
}

__rvs_helper struct ctl_table_header *
rvs_helper_register_net_sysctl_sz(struct net *net, const char *path, struct ctl_table *table,
				  size_t table_size)
{
	return register_net_sysctl_sz(net, path, table, table_size);
}

__rvs_helper void rvs_helper_unregister_net_sysctl_table(struct ctl_table_header *header)
{
	unregister_net_sysctl_table(header);
}
