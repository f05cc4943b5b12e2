// SPDX-License-Identifier: GPL-2.0-only

//! A pointer that is read under RCU and replaced by its owner.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::{
    marker::PhantomData,
    ptr, //
};

use kernel::sync::{
    atomic::{
        Acquire,
        Atomic,
        Full, //
    },
    rcu, //
};

use super::rcu_arc::{
    Extensible,
    Object,
    RcuArc,
    RcuRef, //
};

/// An optional [`RcuArc`] that readers see without taking a reference.
///
/// # Invariants
///
/// The pointer is null, or owns a reference that came from [`RcuArc::into_raw`].
pub(crate) struct RcuCell<T: Extensible> {
    pointer: Atomic<*mut Object<T>>,
    _owns: PhantomData<RcuArc<T>>,
}

impl<T: Extensible> RcuCell<T> {
    /// Creates a cell that holds `value`.
    pub(crate) fn new(value: Option<RcuArc<T>>) -> Self {
        // INVARIANT: `raw` hands over the reference.
        Self {
            pointer: Atomic::new(raw(value)),
            _owns: PhantomData,
        }
    }

    /// Returns the object of now.
    #[inline]
    pub(crate) fn read<'g>(&self, _guard: &'g rcu::Guard) -> Option<RcuRef<'g, T>> {
        let inner = self.pointer.load(Acquire);
        if inner.is_null() {
            return None;
        }
        // SAFETY: By the type invariant the cell owned a reference when the pointer was read,
        // within the read side critical section of `_guard`; the object is freed a grace period
        // after the last reference, hence not before the guard ends.
        Some(unsafe { RcuRef::from_raw(inner) })
    }

    /// Puts another object in place and returns the one that was there. Readers may still be
    /// using that one; its memory waits for them.
    pub(crate) fn replace(&self, value: Option<RcuArc<T>>) -> Option<RcuArc<T>> {
        // INVARIANT: `raw` hands over the reference.
        let old = self.pointer.xchg(raw(value), Full);
        if old.is_null() {
            return None;
        }
        // SAFETY: By the type invariant, and the cell has just given this reference up.
        Some(unsafe { RcuArc::from_raw(old) })
    }
}

impl<T: Extensible> Drop for RcuCell<T> {
    fn drop(&mut self) {
        self.replace(None);
    }
}

fn raw<T: Extensible>(value: Option<RcuArc<T>>) -> *mut Object<T> {
    match value {
        Some(value) => value.into_raw().cast_mut(),
        None => ptr::null_mut(),
    }
}
