// SPDX-License-Identifier: GPL-2.0-only

//! Large arrays that are all zero at first, and that are done without where memory is short.
//!
//! C header: [`include/linux/slab.h`](srctree/include/linux/slab.h)

use core::{
    mem::needs_drop,
    ops::Deref,
    ptr::NonNull,
    slice, //
};

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use crate::bindings;

/// So many `T` in one piece.
///
/// # Invariants
///
/// The pointer is to `len` initialised `T`, of an allocation of `kvmalloc()` that this object owns.
pub(super) struct Zeroed<T> {
    pointer: NonNull<T>,
    len: usize,
}

// SAFETY: It owns its elements, as a `Vec` does.
unsafe impl<T: Send> Send for Zeroed<T> {}
// SAFETY: As above.
unsafe impl<T: Sync> Sync for Zeroed<T> {}

impl<T: Zeroable> Zeroed<T> {
    /// Allocates `len` elements (`kvmalloc_array()`). Where memory is short it gives up without a
    /// word and without the OOM killer. What it allocates is accounted to the caller. Process
    /// context only.
    pub(super) fn new(len: usize) -> Result<Self, AllocError> {
        const {
            assert!(!needs_drop::<T>());
            // A page, and the least alignment of memory that is not zero bytes long.
            assert!(align_of::<T>() <= 64 && size_of::<T>() % align_of::<T>() == 0);
        }
        // SAFETY: An FFI call without requirements.
        let memory =
            unsafe { bindings::helper_kvmalloc_zeroed(len, size_of::<T>(), align_of::<T>()) };
        // INVARIANT: The memory has room for `len` elements, and its zeros are a value of each.
        Ok(Self {
            pointer: NonNull::new(memory.cast()).ok_or(AllocError)?,
            len,
        })
    }
}

impl<T> Deref for Zeroed<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: By the type invariant.
        unsafe { slice::from_raw_parts(self.pointer.as_ptr(), self.len) }
    }
}

impl<T> Drop for Zeroed<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; elements need no drop of their own.
        unsafe { bindings::kvfree(self.pointer.as_ptr().cast()) };
    }
}
