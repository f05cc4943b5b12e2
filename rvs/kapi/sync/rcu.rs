// SPDX-License-Identifier: GPL-2.0-only

//! RCU grace periods, beside [`kernel::sync::rcu`].
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::ptr::NonNull;

use kernel::sync::rcu::Guard;

use crate::bindings;

/// Borrows the guard of a read side critical section that somebody further up the call chain has
/// begun, so that it need not be begun again.
///
/// # Safety
///
/// The caller must be in such a section, which does not end during `'g`.
#[inline(always)]
pub(in crate::kapi) unsafe fn guard_of_caller<'g>() -> &'g Guard {
    const {
        assert!(size_of::<Guard>() == 0);
    }
    // SAFETY: A guard has no bytes, so that every aligned address has one; what it stands for is
    // the caller's. It is borrowed and never dropped, which would end the section.
    unsafe { NonNull::dangling().as_ref() }
}

/// Waits until all readers of today are done. Process context only.
pub(crate) fn synchronize() {
    // SAFETY: An FFI call; the callers of this function may sleep, which debug kernels check.
    unsafe { bindings::helper_synchronize_rcu() }
}

/// Waits, when dropped, until all `call_rcu()` callbacks queued so far have run, and those that
/// they have queued in turn.
///
/// The callbacks are code of this module, so the last field that is dropped at unload is one of
/// these.
pub(crate) struct Barrier;

/// Waits until the `call_rcu()` callbacks queued so far have run. Process context only.
pub(crate) fn barrier() {
    // SAFETY: An FFI call; the callers of this function may sleep, which debug kernels check.
    unsafe { bindings::helper_rcu_barrier() }
}

/// How deep objects that wait for a grace period are nested: what is freed may hold the last
/// reference on the next, as a service does on its set of destinations, and each waits for itself.
const NESTING: usize = 4;

impl Drop for Barrier {
    fn drop(&mut self) {
        for _ in 0..NESTING {
            barrier();
        }
    }
}
