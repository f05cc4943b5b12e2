// SPDX-License-Identifier: GPL-2.0-only

//! Small numbers that tell things apart while they exist.
//!
//! C header: [`include/linux/idr.h`](srctree/include/linux/idr.h)

use kernel::prelude::*;

use crate::bindings;

/// A number that nobody else has; given back when dropped.
///
/// # Invariants
///
/// The number is allocated.
pub(super) struct Id(u32);

impl Id {
    /// Takes the lowest free number from 1 to `max`, at most `i32::MAX` (`ida_alloc_range()`).
    /// ENOSPC when there is none, ENOMEM. Process context only.
    pub(super) fn new(max: u32) -> Result<Self> {
        // SAFETY: An FFI call without requirements but the context.
        let number = unsafe { bindings::helper_id_alloc(max) };
        // INVARIANT: Just allocated, unless it is an error number.
        kernel::error::to_result(number).map(|()| Self(number.unsigned_abs()))
    }

    /// Returns the number.
    pub(super) fn number(&self) -> u32 {
        self.0
    }
}

impl Drop for Id {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; it is given back once.
        unsafe { bindings::helper_id_free(self.0) };
    }
}
