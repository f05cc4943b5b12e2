// SPDX-License-Identifier: GPL-2.0-only

//! RCU grace periods, beside [`kernel::sync::rcu`].
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use crate::bindings;

/// Waits until all readers of today are done. Process context only.
pub(crate) fn synchronize() {
    // SAFETY: An FFI call; the callers of this function may sleep, which debug kernels check.
    unsafe { bindings::helper_synchronize_rcu() }
}

/// Waits, when dropped, until all `call_rcu()` callbacks queued so far have run.
///
/// The callbacks are code of this module, so the last field that is dropped at unload is one of
/// these.
pub(crate) struct Barrier;

impl Drop for Barrier {
    fn drop(&mut self) {
        // SAFETY: An FFI call; modules are unloaded in process context.
        unsafe { bindings::helper_rcu_barrier() }
    }
}
