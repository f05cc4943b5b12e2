// SPDX-License-Identifier: GPL-2.0-only

#include <linux/mm.h>
#include <linux/slab.h>

__rvs_helper struct kmem_cache *rvs_helper_kmem_cache_create(const char *name, size_t size,
							     size_t align)
{
	return kmem_cache_create(name, size, align, SLAB_NO_MERGE, NULL);
}

/* Not GFP_ATOMIC: what strangers make grow shall leave the reserves alone. */
__rvs_helper void *rvs_helper_kmem_cache_alloc_nowait(struct kmem_cache *cache)
{
	return kmem_cache_alloc(cache, GFP_NOWAIT | __GFP_NOWARN);
}

__rvs_helper void *rvs_helper_kvmalloc_zeroed(size_t count, size_t size, size_t align)
{
	return kvmalloc_node_align(array_size(count, size), align,
				   GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NORETRY | __GFP_NOWARN,
				   NUMA_NO_NODE);
}

/* Bytes of memory that the machine has. */
__rvs_helper u64 rvs_helper_total_memory(void)
{
	return (u64)totalram_pages() << PAGE_SHIFT;
}

/* As update_defense_level() of IPVS counts them: page cache is not free. */
__rvs_helper u64 rvs_helper_free_pages(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	return (u64)info.freeram + info.bufferram;
}

__rvs_helper u64 rvs_helper_available_memory(void)
{
	return (u64)max(si_mem_available(), 0L) << PAGE_SHIFT;
}
