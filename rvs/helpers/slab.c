// SPDX-License-Identifier: GPL-2.0-only

#include <linux/slab.h>

__rvs_helper struct kmem_cache *rvs_helper_kmem_cache_create(const char *name, size_t size,
							     size_t align)
{
	return kmem_cache_create(name, size, align, SLAB_NO_MERGE, NULL);
}

__rvs_helper void *rvs_helper_kmem_cache_alloc_atomic(struct kmem_cache *cache)
{
	return kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
}
