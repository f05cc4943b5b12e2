// SPDX-License-Identifier: GPL-2.0-only

//! A value behind a spinlock of its own.

use core::cell::UnsafeCell;

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::bindings;

use super::spinlock::{
    self,
    Class,
    Guard, //
};

/// A value that is changed under a lock that keeps bottom halves off, so that packets and processes can.
///
/// # Invariants
///
/// The lock is initialised; the value is only looked at while it is held.
#[pin_data]
pub(crate) struct Locked<T> {
    #[pin]
    lock: Opaque<bindings::spinlock_t>,
    value: UnsafeCell<T>,
}

// SAFETY: It owns the value, and a lock may be anywhere.
unsafe impl<T: Send> Send for Locked<T> {}
// SAFETY: By the type invariant no two CPUs look at the value at the same time, so it is enough that it may go from
// one to the other.
unsafe impl<T: Send> Sync for Locked<T> {}

impl<T> Locked<T> {
    /// Puts a value behind a lock of this class.
    pub(crate) fn new(value: T, class: Class) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: Initialised here, in its final place.
            lock <- Opaque::ffi_init(move |lock| {
                // SAFETY: `lock` is valid memory for a lock, which is pinned.
                unsafe { spinlock::init(lock, class) }
            }),
            value: UnsafeCell::new(value),
        })
    }

    /// Has `act` look at the value. It may not sleep.
    #[inline]
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: By the type invariant; it is pinned, and borrowed until the guard goes.
        let _lock = unsafe { Guard::take(&self.lock) };
        // SAFETY: The lock is held until the reference is gone, and by the type invariant nobody looks at the value
        // without. On this CPU nobody else does: whoever holds the lock already would wait here for ever.
        let value = unsafe { &mut *self.value.get() };
        act(value)
    }
}
