// SPDX-License-Identifier: GPL-2.0-only

#include <linux/rcupdate.h>

__rvs_helper void rvs_helper_call_rcu(struct rcu_head *head, rcu_callback_t callback)
{
	call_rcu(head, callback);
}

__rvs_helper void rvs_helper_rcu_barrier(void)
{
	rcu_barrier();
}

__rvs_helper void rvs_helper_synchronize_rcu(void)
{
	synchronize_rcu();
}
