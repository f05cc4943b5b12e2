// SPDX-License-Identifier: GPL-2.0-only

#include <linux/fs.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <net/net_namespace.h>

/* Makes a file in /proc/net of the namespace; false when there is no memory, or the name is taken, of
 * which the kernel complains. */
__rvs_helper bool rvs_helper_proc_create_net(struct net *net, const char *name, umode_t mode,
					     const struct seq_operations *operations,
					     unsigned int state_size)
{
	return proc_create_net(name, mode, net->proc_net, operations, state_size);
}

/* Waits for who is reading. */
__rvs_helper void rvs_helper_proc_remove_net(struct net *net, const char *name)
{
	remove_proc_entry(name, net->proc_net);
}

__rvs_helper void *rvs_helper_seq_private(const struct seq_file *seq)
{
	return seq->private;
}

__rvs_helper struct net *rvs_helper_seq_net(struct seq_file *seq)
{
	return seq_file_net(seq);
}

/* Whether who has opened the file may administer its namespace. */
__rvs_helper bool rvs_helper_seq_opener_is_admin(struct seq_file *seq)
{
	return file_ns_capable(seq->file, seq_file_net(seq)->user_ns, CAP_NET_ADMIN);
}
