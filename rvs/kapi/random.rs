// SPDX-License-Identifier: GPL-2.0-only

//! Random numbers.
//!
//! Each is of a batch that was made for this CPU: to make few bytes takes as long as to make the batch, so that half as many bits
//! cost half as much.
//!
//! C header: [`include/linux/random.h`](srctree/include/linux/random.h)

use crate::bindings;

/// Returns 32 bits from the kernel's random number generator (`get_random_u32()`).
#[inline]
pub(crate) fn random_u32() -> u32 {
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::get_random_u32() }
}

/// Returns 64 bits from the kernel's random number generator (`get_random_u64()`).
#[inline]
pub(crate) fn random_u64() -> u64 {
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::get_random_u64() }
}
