// SPDX-License-Identifier: GPL-2.0-only

//! The tick counter.
//!
//! C header: [`include/linux/jiffies.h`](srctree/include/linux/jiffies.h)

use crate::bindings;

/// Returns the low 32 bits of `jiffies`. They wrap: compare by wrapping subtraction only.
#[inline]
pub(crate) fn jiffies32() -> u32 {
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::helper_jiffies32() }
}

/// Returns the number of jiffies a second (`HZ`).
#[inline]
pub(crate) fn hz() -> u32 {
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::helper_hz() }
}

/// Lets other tasks run, if there are any to run (`cond_resched()`). Process context only.
pub(crate) fn cond_resched() {
    // SAFETY: An FFI call; the callers of this function are in process context and hold no lock,
    // which `might_sleep` inside checks on debug kernels.
    unsafe { bindings::helper_cond_resched() }
}
