// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>
#include <linux/sysctl.h>
#include <net/net_namespace.h>

/* An entry of a namespace. `handler` finds `net` and `setting` by the functions below, and calls one of
 * those that handle values. */
__rvs_helper void rvs_helper_ctl_table_set(struct ctl_table *entry, const char *name, bool read_only,
					   struct net *net, const void *setting,
					   proc_handler *handler)
{
	*entry = (struct ctl_table) {
		.procname	= name,
		.mode		= read_only ? 0444 : 0644,
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

/* What proc_dointvec() and others handle values with that are not in the entry. */
static inline struct ctl_table ctl_table_of(const struct ctl_table *entry, void *values,
					    size_t length)
{
	return (struct ctl_table) {
		.procname	= entry->procname,
		.data		= values,
		.maxlen		= length,
		.mode		= entry->mode,
	};
}

/* Reads or writes `count` integers. */
__rvs_helper int rvs_helper_ctl_table_handle_ints(const struct ctl_table *entry, int *values,
						  size_t count, int write, void *buffer,
						  size_t *length, loff_t *position)
{
	struct ctl_table table = ctl_table_of(entry, values, count * sizeof(*values));

	return proc_dointvec(&table, write, buffer, length, position);
}

/* Reads or writes a time, in seconds to users. */
__rvs_helper int rvs_helper_ctl_table_handle_jiffies(const struct ctl_table *entry, int *jiffies,
						     int write, void *buffer, size_t *length,
						     loff_t *position)
{
	struct ctl_table table = ctl_table_of(entry, jiffies, sizeof(*jiffies));

	return proc_dointvec_jiffies(&table, write, buffer, length, position);
}

/* Reads or writes a number of any size. */
__rvs_helper int rvs_helper_ctl_table_handle_ulong(const struct ctl_table *entry,
						   unsigned long *value, int write, void *buffer,
						   size_t *length, loff_t *position)
{
	struct ctl_table table = ctl_table_of(entry, value, sizeof(*value));

	return proc_doulongvec_minmax(&table, write, buffer, length, position);
}

/* How many words a set of CPUs takes. */
__rvs_helper size_t rvs_helper_cpu_words(void)
{
	return BITS_TO_LONGS(nr_cpumask_bits);
}

/* Makes a set of the text of a list. Those that the writer itself may run on. */
__rvs_helper int rvs_helper_cpus_parse(const char *text, unsigned long *words)
{
	int error = bitmap_parselist(text, words, nr_cpumask_bits);

	if (!error)
		bitmap_and(words, words, cpumask_bits(&current->cpus_mask), nr_cpumask_bits);
	return error;
}

/* Prints a list with its newline into `size` bytes; returns the length. */
__rvs_helper size_t rvs_helper_cpus_print(char *text, size_t size, const unsigned long *words)
{
	return scnprintf(text, size, "%*pbl\n", (int)nr_cpumask_bits, words);
}

/* The CPUs that isolation leaves to threads of the kernel. */
__rvs_helper void rvs_helper_cpus_of_kernel_threads(unsigned long *words)
{
	rcu_read_lock();
	bitmap_copy(words, cpumask_bits(housekeeping_cpumask(HK_TYPE_KTHREAD)), nr_cpumask_bits);
	rcu_read_unlock();
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
