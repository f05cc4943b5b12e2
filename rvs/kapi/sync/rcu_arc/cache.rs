// SPDX-License-Identifier: GPL-2.0-only

//! Where objects of one kind are allocated: slab caches.
//!
//! C header: [`include/linux/slab.h`](srctree/include/linux/slab.h)

use core::{
    marker::PhantomData,
    mem::forget,
    ptr::{
        self,
        NonNull, //
    },
};

use kernel::{
    alloc::AllocError,
    prelude::*,
    str::CStrExt,
    sync::atomic::{
        Acquire,
        Atomic,
        Full,
        Release, //
    },
};

use crate::{
    bindings,
    kapi::sync::rcu, //
};

use super::{
    Extended,
    Extensible,
    Object,
    RcuArc,
    Tailed,
    EXTENDED, //
};

/// Objects begin at a line, so that their hot fields share the first one.
const CACHE_LINE: usize = 64;

/// A slab cache, in a `static`.
///
/// Its name shows in `/proc/slabinfo`. Destroying it with objects left makes the kernel complain,
/// so it is also the leak check.
///
/// # Invariants
///
/// The pointer is null, or to a cache.
struct Slab(Atomic<*mut bindings::kmem_cache>);

/// A slab cache for objects of one layout: [`Object`], [`Tailed`] or [`Extended`].
///
/// # Invariants
///
/// The objects of the cache have the layout `L`.
pub(crate) struct Cache<L> {
    slab: Slab,
    _objects: PhantomData<fn() -> L>,
}

impl<L> Cache<L> {
    /// A cache to be created later.
    pub(crate) const fn new() -> Self {
        Self {
            slab: Slab(Atomic::new(ptr::null_mut())),
            _objects: PhantomData,
        }
    }

    /// Creates the cache (`kmem_cache_create()`), to be used until the result is dropped.
    pub(crate) fn create(&'static self, name: &'static CStr) -> Result<CacheGuard> {
        // SAFETY: `name` is a C string that lives as long as the module.
        let cache = unsafe {
            bindings::helper_kmem_cache_create(
                name.as_char_ptr(),
                size_of::<L>(),
                align_of::<L>().max(CACHE_LINE),
            )
        };
        if cache.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: Just created, with size and alignment of `L`.
        self.slab.0.store(cache, Release);
        Ok(CacheGuard(&self.slab))
    }

    /// Allocates memory for an object, without sleeping and without the reserves (`GFP_NOWAIT`).
    #[inline]
    pub(crate) fn allocate(&self) -> Result<Vacant<L>, AllocError> {
        let cache = self.slab.0.load(Acquire);
        if cache.is_null() {
            return Err(AllocError);
        }
        // SAFETY: By the type invariant.
        let memory = unsafe { bindings::helper_kmem_cache_alloc_nowait(cache) };
        // INVARIANT: Just allocated.
        NonNull::new(memory.cast()).map(Vacant).ok_or(AllocError)
    }
}

/// Memory for an object of a [`Cache`], so that the object is made in its place.
///
/// # Invariants
///
/// The pointer is to memory for an `L`, from a cache, that nobody else uses.
pub(crate) struct Vacant<L>(NonNull<L>);

impl<L> Vacant<L> {
    /// Puts the object there, which begins with an `Object<T>` that has two references: one is for the first container; to
    /// count both at once costs less than to count that one when it is put in.
    ///
    /// # Safety
    ///
    /// `L` is an `Object<T>` or has one as its first field, at its beginning.
    #[inline(always)]
    unsafe fn write<T: Extensible>(self, object: L) -> (RcuArc<T>, RcuArc<T>) {
        let memory = self.0;
        forget(self);
        // SAFETY: By the type invariant the memory is valid for a write of an `L`.
        unsafe { memory.write(object) };
        // For `Object::tail` and `Object::extension`, which have a reference to the first field alone.
        let _ = memory.as_ptr().expose_provenance();
        // INVARIANT: By the requirement. The count starts at two, owned by the new objects.
        (RcuArc(memory.cast()), RcuArc(memory.cast()))
    }
}

impl<T: Extensible> Vacant<Object<T>> {
    /// Puts an object there. Of the two references one is for the first container.
    #[inline(always)]
    pub(crate) fn fill(self, value: T) -> (RcuArc<T>, RcuArc<T>) {
        // SAFETY: It is one.
        unsafe { self.write(Object::new(value, 2, 0)) }
    }
}

impl<T: Extensible> Vacant<Tailed<T>> {
    /// Puts an object with a tail there. Of the two references one is for the first container.
    #[inline(always)]
    pub(crate) fn fill(self, value: T, tail: T::Tail) -> (RcuArc<T>, RcuArc<T>) {
        // SAFETY: It begins with one.
        unsafe { self.write(Tailed::new(value, 2, 0, Some(tail))) }
    }
}

impl<T: Extensible> Vacant<Extended<T>> {
    /// Puts an object with an extension there, which has a tail or not. Of the two references one is for the first
    /// container.
    #[inline(always)]
    pub(crate) fn fill(
        self,
        value: T,
        tail: Option<T::Tail>,
        extension: T::Extension,
    ) -> (RcuArc<T>, RcuArc<T>) {
        let extended = Extended {
            tailed: Tailed::new(value, 2, EXTENDED, tail),
            extension,
        };
        // SAFETY: It begins with a `Tailed`, which begins with one.
        unsafe { self.write(extended) }
    }
}

impl<L> Drop for Vacant<L> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; `kfree` takes memory of slab caches too.
        unsafe { bindings::kfree(self.0.as_ptr().cast()) };
    }
}

/// Destroys a cache when dropped. All objects must be gone by then.
pub(crate) struct CacheGuard(&'static Slab);

impl Drop for CacheGuard {
    fn drop(&mut self) {
        let cache = self.0 .0.xchg(ptr::null_mut(), Full);
        // The last objects may still wait for their grace period.
        rcu::barrier();
        // SAFETY: The cache was created by `create`, and taken out of its place just now, so it
        // is destroyed once and not used again.
        unsafe { bindings::kmem_cache_destroy(cache) }
    }
}
