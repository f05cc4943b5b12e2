// SPDX-License-Identifier: GPL-2.0-only

//! The memory of the machine.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use crate::{
    bindings,
    logic::limits::Memory, //
};

/// Returns how much memory there is, and is available (`si_mem_available()`): some loads for each
/// zone, from any context.
pub(crate) fn memory_now() -> Memory {
    Memory {
        total: total_memory(),
        // SAFETY: An FFI call without requirements.
        available: unsafe { bindings::helper_available_memory() },
    }
}

/// Returns how many bytes of memory the machine has (`totalram_pages()`).
pub(crate) fn total_memory() -> u64 {
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::helper_total_memory() }
}

/// Returns how many pages are free, those of the buffers of block devices included (`si_meminfo()`).
/// Process context.
pub(crate) fn free_pages() -> u64 {
    // SAFETY: An FFI call without requirements but its context.
    unsafe { bindings::helper_free_pages() }
}

/// Returns how many pages may be free for buffers (`nr_free_buffer_pages()`).
pub(crate) fn free_buffer_pages() -> usize {
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::nr_free_buffer_pages() }
}
