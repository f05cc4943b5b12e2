// SPDX-License-Identifier: GPL-2.0-only

//! Spinlocks that keep bottom halves off.
//!
//! What packets and process context share is locked by these: a plain spinlock held by a process
//! would deadlock with the softirq that interrupts it.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

use kernel::{
    alloc::AllocError,
    prelude::*,
    types::{
        NotThreadSafe,
        Opaque, //
    },
};

use crate::bindings;

/// What a lock protects; each has a lock class of its own for lockdep.
#[derive(Clone, Copy)]
pub(crate) enum Class {
    /// Buckets of a table.
    Table,
    /// A part of a wheel.
    Wheel,
    /// A filter of addresses.
    Filter,
    /// What a scheduler remembers.
    Memory,
    /// Destinations that count something.
    Active,
    /// The list of real servers.
    RealServers,
    /// What a pool of local addresses has given, by servers.
    Pool,
    /// Ports towards one server.
    Ports,
}

/// Makes a lock of this class of what is at `lock`.
///
/// # Safety
///
/// It must be valid memory for a lock, in its final place.
pub(super) unsafe fn init(lock: *mut bindings::spinlock_t, class: Class) {
    // SAFETY: By the requirement.
    unsafe {
        match class {
            Class::Table => bindings::helper_table_lock_init(lock),
            Class::Wheel => bindings::helper_wheel_lock_init(lock),
            Class::Filter => bindings::helper_filter_lock_init(lock),
            Class::Memory => bindings::helper_memory_lock_init(lock),
            Class::Active => bindings::helper_active_lock_init(lock),
            Class::RealServers => bindings::helper_real_servers_lock_init(lock),
            Class::Pool => bindings::helper_pool_lock_init(lock),
            Class::Ports => bindings::helper_ports_lock_init(lock),
        }
    }
}

/// Several locks, of which one is taken by number.
///
/// # Invariants
///
/// Their number is a power of two; all are initialised and stay where they are until they are
/// dropped.
pub(crate) struct Locks(KVVec<Opaque<bindings::spinlock_t>>);

// SAFETY: Locks are made to be used from all CPUs.
unsafe impl Send for Locks {}
// SAFETY: As above.
unsafe impl Sync for Locks {}

impl Locks {
    /// Makes `count` locks, or as many as the next power of two.
    pub(crate) fn new(count: usize, class: Class) -> Result<Self, AllocError> {
        let count = count.next_power_of_two();
        let mut locks = KVVec::with_capacity(count, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..count {
            locks.push(Opaque::uninit(), GFP_KERNEL_ACCOUNT)?;
        }
        for lock in &locks {
            let lock: &Opaque<bindings::spinlock_t> = lock;
            // SAFETY: `lock` is valid memory for a lock, in its final place.
            unsafe { init(lock.get(), class) };
        }
        // INVARIANT: The vector is not changed any more, so its elements do not move; its length is
        // the power of two above.
        Ok(Self(locks))
    }

    /// Takes the lock with this number, modulo their count (`spin_lock_bh()`, or `spin_lock()`
    /// where bottom halves are off already).
    #[inline]
    pub(crate) fn lock(&self, number: usize) -> Guard<'_> {
        let index = number & self.0.len().wrapping_sub(1);
        // SAFETY: By the type invariant the length is a power of two, so the index is below it.
        let lock = unsafe { self.0.get_unchecked(index) };
        // SAFETY: By the type invariant.
        unsafe { Guard::take(lock) }
    }

    /// Returns the number of locks.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A lock that is held until this is dropped.
///
/// # Invariants
///
/// The lock is held by this CPU; taking it has told `bottom_halves_were_on`.
pub(crate) struct Guard<'a> {
    lock: &'a Opaque<bindings::spinlock_t>,
    bottom_halves_were_on: bool,
    _cpu: NotThreadSafe,
}

impl<'a> Guard<'a> {
    /// Takes a lock.
    ///
    /// # Safety
    ///
    /// It must be initialised, and stay where it is for `'a`.
    #[inline]
    pub(super) unsafe fn take(lock: &'a Opaque<bindings::spinlock_t>) -> Self {
        // SAFETY: By the requirement.
        let bottom_halves_were_on = unsafe { bindings::helper_spin_lock_softirq(lock.get()) };
        // INVARIANT: The lock was just taken.
        Self {
            lock,
            bottom_halves_were_on,
            _cpu: NotThreadSafe,
        }
    }
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe {
            bindings::helper_spin_unlock_softirq(self.lock.get(), self.bottom_halves_were_on)
        };
    }
}
