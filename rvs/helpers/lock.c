// SPDX-License-Identifier: GPL-2.0-only

#include <linux/spinlock.h>

/* One function per lock class: the key is static in the expansion. */
__rvs_helper void rvs_helper_table_lock_init(spinlock_t *lock)
{
	spin_lock_init(lock);
}

__rvs_helper void rvs_helper_wheel_lock_init(spinlock_t *lock)
{
	spin_lock_init(lock);
}

__rvs_helper void rvs_helper_spin_lock_bh(spinlock_t *lock)
{
	spin_lock_bh(lock);
}

__rvs_helper void rvs_helper_spin_unlock_bh(spinlock_t *lock)
{
	spin_unlock_bh(lock);
}
