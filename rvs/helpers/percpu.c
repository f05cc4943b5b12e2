// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cpumask.h>
#include <linux/percpu.h>

/* Per-CPU pointers may be in an address space of their own, which Rust does not
 * know: it sees them as numbers, and the calls stay inlinable. */
static __always_inline u64 __percpu *rvs_percpu(unsigned long counters)
{
	return (u64 __percpu *)counters;
}

__rvs_helper unsigned long rvs_helper_alloc_percpu_u64(size_t count)
{
	return (unsigned long)__alloc_percpu_gfp(count * sizeof(u64), __alignof__(u64),
						 GFP_KERNEL_ACCOUNT);
}

__rvs_helper void rvs_helper_free_percpu_u64(unsigned long counters)
{
	free_percpu(rvs_percpu(counters));
}

__rvs_helper void rvs_helper_this_cpu_add_u64(unsigned long counters, size_t index, u64 value)
{
	this_cpu_add(rvs_percpu(counters)[index], value);
}

/* What all CPUs have counted, of so many counters at once. */
__rvs_helper void rvs_helper_percpu_sums_u64(unsigned long counters, size_t count, u64 *sums)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const u64 *copy = per_cpu_ptr(rvs_percpu(counters), cpu);

		for (size_t i = 0; i < count; i++)
			sums[i] += READ_ONCE(copy[i]);
	}
}

__rvs_helper u64 rvs_helper_percpu_sum_u64(unsigned long counters, size_t index)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(rvs_percpu(counters) + index, cpu));
	return sum;
}

/* What one CPU has counted; 0 for one that there can never be. */
__rvs_helper u64 rvs_helper_percpu_read_u64(unsigned long counters, size_t index, unsigned int cpu)
{
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return 0;
	return READ_ONCE(*per_cpu_ptr(rvs_percpu(counters) + index, cpu));
}

/* The first CPU from this number on that there may ever be; nr_cpu_ids or more when there is none. */
__rvs_helper unsigned int rvs_helper_possible_cpu_from(unsigned int cpu)
{
	return find_next_bit(cpumask_bits(cpu_possible_mask), nr_cpu_ids, cpu);
}

__rvs_helper unsigned int rvs_helper_nr_cpu_ids(void)
{
	return nr_cpu_ids;
}

__rvs_helper unsigned int rvs_helper_num_possible_cpus(void)
{
	return num_possible_cpus();
}
