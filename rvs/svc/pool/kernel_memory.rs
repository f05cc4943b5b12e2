// SPDX-License-Identifier: GPL-2.0-only

//! The memory that ports which are taken need.

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use crate::logic::pool::Storage;

/// What packets may have: without sleeping, and without the reserves.
pub(super) struct KernelMemory;

impl Storage for KernelMemory {
    type Error = AllocError;
    type Kept<T> = KBox<T>;
    type List<T> = KVec<T>;

    #[inline]
    fn keep<T>(value: T) -> Result<KBox<T>, AllocError> {
        KBox::new(value, GFP_NOWAIT)
    }

    fn reserve<T>(list: &mut KVec<T>) -> Result<(), AllocError> {
        list.reserve(1, GFP_NOWAIT)
    }

    fn insert<T>(list: &mut KVec<T>, index: usize, value: T) {
        let _is_in = list.insert_within_capacity(index, value).is_ok();
    }
}
