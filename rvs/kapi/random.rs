// SPDX-License-Identifier: GPL-2.0-only

//! Random numbers.
//!
//! C header: [`include/linux/random.h`](srctree/include/linux/random.h)

use crate::bindings;

/// Returns 64 bits from the kernel's random number generator (`get_random_u64()`), of a batch that
/// was made for this CPU: to make few bytes takes as long as to make the batch.
#[inline]
pub(crate) fn random_u64() -> u64 {
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::get_random_u64() }
}
