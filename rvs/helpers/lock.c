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

__rvs_helper void rvs_helper_filter_lock_init(spinlock_t *lock)
{
	spin_lock_init(lock);
}

__rvs_helper void rvs_helper_memory_lock_init(spinlock_t *lock)
{
	spin_lock_init(lock);
}

__rvs_helper void rvs_helper_active_lock_init(spinlock_t *lock)
{
	spin_lock_init(lock);
}

__rvs_helper void rvs_helper_real_servers_lock_init(spinlock_t *lock)
{
	spin_lock_init(lock);
}

__rvs_helper void rvs_helper_pool_lock_init(spinlock_t *lock)
{
	spin_lock_init(lock);
}

__rvs_helper void rvs_helper_ports_lock_init(spinlock_t *lock)
{
	spin_lock_init(lock);
}

/* Takes a lock of what packets and processes share, and keeps bottom halves off.
 * Tells whether they were on: packets mostly come while they are off, and to
 * switch them off and on again costs more than the lock.
 */
__rvs_helper bool rvs_helper_spin_lock_softirq(spinlock_t *lock)
{
	if (softirq_count()) {
		spin_lock(lock);
		return false;
	}
	spin_lock_bh(lock);
	return true;
}

/* Takes back what rvs_helper_spin_lock_softirq() did, which returned `was_on`. */
__rvs_helper void rvs_helper_spin_unlock_softirq(spinlock_t *lock, bool was_on)
{
	if (was_on)
		spin_unlock_bh(lock);
	else
		spin_unlock(lock);
}
