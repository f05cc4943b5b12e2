// SPDX-License-Identifier: GPL-2.0-only

//! Values behind spinlocks.

use core::cell::UnsafeCell;

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use super::spinlock::{
    Class,
    Locks, //
};

/// Several values, each of which is changed under one of several locks.
///
/// # Invariants
///
/// A value is only looked at while the lock with its number is held, and the number of locks does
/// not change.
pub(crate) struct Guarded<T> {
    locks: Locks,
    values: KVVec<UnsafeCell<T>>,
}

// SAFETY: By the type invariant no two CPUs look at a value at the same time, so it is enough that
// it may go from one to the other.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    /// Makes `count` values, and `locks` locks.
    pub(crate) fn new(
        count: usize,
        locks: usize,
        class: Class,
        value: impl Fn() -> T,
    ) -> Result<Self, AllocError> {
        let locks = Locks::new(locks, class)?;
        let mut values = KVVec::with_capacity(count, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..count {
            values.push(UnsafeCell::new(value()), GFP_KERNEL_ACCOUNT)?;
        }
        // INVARIANT: Nobody has looked at a value yet; below it is done under the lock.
        Ok(Self { locks, values })
    }

    /// Has `act` look at the value with this number, modulo their count. It may not sleep, nor look
    /// at another value; none when there are no values.
    pub(crate) fn with<R>(&self, number: usize, act: impl FnOnce(&mut T) -> R) -> Option<R> {
        let number = number.checked_rem(self.values.len())?;
        let value: &UnsafeCell<T> = self.values.get(number)?;
        let _lock = self.locks.lock(number);
        // SAFETY: The lock with the value's number is held until the reference is gone, and by the
        // type invariant nobody looks at the value without. On this CPU nobody else does: whoever
        // holds the lock already would wait here for ever.
        let value = unsafe { &mut *value.get() };
        Some(act(value))
    }
}
