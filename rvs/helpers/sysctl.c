// SPDX-License-Identifier: GPL-2.0-only

#include <linux/sysctl.h>
#include <net/net_namespace.h>

/* An entry that is 0 or 1, of a namespace; `handler` calls
 * rvs_helper_ctl_table_handle_switch(). */
__rvs_helper void rvs_helper_ctl_table_set_switch(struct ctl_table *entry, const char *name,
						  u32 *value, struct net *net,
						  proc_handler *handler)
{
	*entry = (struct ctl_table) {
		.procname	= name,
		.data		= value,
		.maxlen		= sizeof(*value),
		.mode		= 0644,
		.proc_handler	= handler,
		.extra1		= net,
	};
}

__rvs_helper struct net *rvs_helper_ctl_table_net(const struct ctl_table *entry)
{
	return entry->extra1;
}

/* Reads or writes the value of such an entry. */
__rvs_helper int rvs_helper_ctl_table_handle_switch(const struct ctl_table *entry, int write,
						    void *buffer, size_t *length,
						    loff_t *position)
{
	struct ctl_table bounded = *entry;

	bounded.extra1 = SYSCTL_ZERO;
	bounded.extra2 = SYSCTL_ONE;
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
