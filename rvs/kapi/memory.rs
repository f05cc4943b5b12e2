// SPDX-License-Identifier: GPL-2.0-only

//! The memory of the machine.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use crate::bindings;

/// Returns how many bytes of memory the machine has (`totalram_pages()`).
pub(crate) fn total_memory() -> u64 {
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::helper_total_memory() }
}
