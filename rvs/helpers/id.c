// SPDX-License-Identifier: GPL-2.0-only

#include <linux/idr.h>

static DEFINE_IDA(rvs_ids);

__rvs_helper int rvs_helper_id_alloc(u32 max)
{
	return ida_alloc_range(&rvs_ids, 1, max, GFP_KERNEL);
}

__rvs_helper void rvs_helper_id_free(u32 id)
{
	ida_free(&rvs_ids, id);
}
