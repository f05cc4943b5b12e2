// SPDX-License-Identifier: GPL-2.0-only

#include <linux/workqueue.h>

__rvs_helper void rvs_helper_init_delayed_work(struct delayed_work *work, work_func_t function)
{
	INIT_DELAYED_WORK(work, function);
}

__rvs_helper void rvs_helper_queue_delayed_work(struct delayed_work *work, unsigned long delay)
{
	queue_delayed_work(system_dfl_wq, work, delay);
}

__rvs_helper void rvs_helper_mod_delayed_work(struct delayed_work *work, unsigned long delay)
{
	mod_delayed_work(system_dfl_wq, work, delay);
}

__rvs_helper struct delayed_work *rvs_helper_to_delayed_work(struct work_struct *work)
{
	return to_delayed_work(work);
}
