// SPDX-License-Identifier: GPL-2.0-only

#include <linux/jiffies.h>
#include <linux/sched.h>

/* The low 32 bits: enough for idle times below 2^31 ticks. */
__rvs_helper u32 rvs_helper_jiffies32(void)
{
	return (u32)jiffies;
}

__rvs_helper u32 rvs_helper_hz(void)
{
	return HZ;
}

__rvs_helper void rvs_helper_cond_resched(void)
{
	cond_resched();
}
