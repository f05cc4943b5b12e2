// SPDX-License-Identifier: GPL-2.0-only

#include <linux/sysctl.h>
#include <net/net_namespace.h>

/* An entry of a namespace; `handler` calls rvs_helper_ctl_table_handle_number(),
 * and finds `setting` by rvs_helper_ctl_table_setting(). */
__rvs_helper void rvs_helper_ctl_table_set(struct ctl_table *entry, const char *name, u32 *value,
					   struct net *net, const void *setting,
					   proc_handler *handler)
{
	*entry = (struct ctl_table) {
		.procname	= name,
		.data		= value,
		.maxlen		= sizeof(*value),
		.mode		= 0644,
		.proc_handler	= handler,
		.extra1		= net,
		.extra2		= (void *)setting,
	};
}

__rvs_helper struct net *rvs_helper_ctl_table_net(const struct ctl_table *entry)
{
	return entry->extra1;
}

__rvs_helper const void *rvs_helper_ctl_table_setting(const struct ctl_table *entry)
{
	return entry->extra2;
}

/* Reads or writes the value of such an entry, from `least` to `most`, which is
 * INT_MAX at the most. */
__rvs_helper int rvs_helper_ctl_table_handle_number(const struct ctl_table *entry, u32 least,
						    u32 most, int write, void *buffer,
						    size_t *length, loff_t *position)
{
	struct ctl_table bounded = *entry;

	bounded.extra1 = &least;
	bounded.extra2 = &most;
	return proc_dointvec_minmax(&bounded, write, buffer, length, position);
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
