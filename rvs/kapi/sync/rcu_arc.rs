// SPDX-License-Identifier: GPL-2.0-only

//! Reference counted objects that RCU readers may hold without a reference.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::{
    cell::UnsafeCell,
    ffi::c_void,
    marker::PhantomData,
    mem::offset_of,
    ops::Deref,
    ptr::{self, NonNull},
};

use kernel::{
    alloc::{
        AllocError,
        Flags, //
    },
    prelude::*,
    str::CStrExt,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        rcu,
        Refcount, //
    },
};

use crate::bindings;

/// The object with what the containers of this module need of it.
///
/// The value comes first, so that its hot fields begin the object's first cache line.
#[repr(C)]
struct InnerLayout<T> {
    data: T,
    refs: Refcount,
    place: Atomic<u32>,
    node: UnsafeCell<Node>,
}

/// Place of an object in a [`Wheel`](crate::kapi::wheel::Wheel) while it is in one, callback of
/// its freeing once nothing refers to it.
#[derive(Clone, Copy)]
union Node {
    links: Links,
    #[expect(
        dead_code,
        reason = "the kernel writes it, by the address of the union"
    )]
    rcu: bindings::callback_head,
}

/// A doubly linked list by raw pointers; see the wheel.
#[derive(Clone, Copy)]
pub(in crate::kapi) struct Links {
    pub(in crate::kapi) next: *const (),
    pub(in crate::kapi) prev: *const (),
}

/// See [`RcuArc`].
#[repr(transparent)]
pub(in crate::kapi) struct Inner<T>(InnerLayout<T>);

/// The bit of `place` that says that an object is the first part of an [`Extended`]. It is set
/// before anybody else knows the object, and never changes.
const EXTENDED: u32 = 1 << 31;

/// The greatest value of a place that containers may give an object.
pub(in crate::kapi) const MAX_PLACE: u32 = EXTENDED - 1;

impl<T> Inner<T> {
    /// A value with so many references, in no container; `kind` is [`EXTENDED`] or 0.
    #[inline(always)]
    fn new(value: T, references: i32, kind: u32) -> Self {
        Self(InnerLayout {
            data: value,
            refs: Refcount::new(references),
            place: Atomic::new(kind),
            node: UnsafeCell::new(Node {
                links: Links {
                    next: ptr::null(),
                    prev: ptr::null(),
                },
            }),
        })
    }

    /// The wheel's links. Only the wheel that holds the object may touch them, under its lock.
    pub(in crate::kapi) fn links(&self) -> *mut Links {
        self.0.node.get().cast()
    }

    /// In which list of which wheel the object is; 0 in none.
    #[inline]
    pub(in crate::kapi) fn place(&self) -> u32 {
        self.0.place.load(Relaxed) & MAX_PLACE
    }

    /// Changes the place from 0 to `place`, at most [`MAX_PLACE`], with full ordering. False when it
    /// was not 0.
    pub(in crate::kapi) fn claim(&self, place: u32) -> bool {
        let nowhere = self.0.place.load(Relaxed) & EXTENDED;
        let claimed = nowhere | place & MAX_PLACE;
        self.0.place.cmpxchg(nowhere, claimed, Full).is_ok()
    }

    /// Changes the place, at most [`MAX_PLACE`], of an object that the caller has claimed.
    pub(in crate::kapi) fn set_place(&self, place: u32) {
        let kind = self.0.place.load(Relaxed) & EXTENDED;
        self.0.place.store(kind | place & MAX_PLACE, Relaxed);
    }

    /// Sets the place to 0, with full ordering.
    pub(in crate::kapi) fn release(&self) {
        let kind = self.0.place.load(Relaxed) & EXTENDED;
        self.0.place.xchg(kind, Full);
    }

    /// Whether an extension lies behind the object.
    #[inline(always)]
    fn is_extended(&self) -> bool {
        self.0.place.load(Relaxed) & EXTENDED != 0
    }
}

/// An object that may have an extension: what few of them have, in memory of its own behind it.
///
/// Objects with and without one are of different slab caches, and alike for all containers.
pub(crate) trait Extensible: Send + Sync + 'static {
    /// What lies behind the object.
    type Extension: Send + Sync;
}

/// An object that has an extension.
#[repr(C)]
struct Extended<T: Extensible> {
    begin: Begin<T>,
    extension: T::Extension,
}

/// What of an [`Extended`] is the same for all extensions.
#[repr(C)]
struct Begin<T> {
    inner: Inner<T>,
    /// Drops the extension of this [`Extended`], given by its address.
    drop_extension: unsafe fn(NonNull<c_void>),
}

/// Drops the extension of an object.
///
/// # Safety
///
/// `extended` must point to an `Extended<T>`, of which nobody uses the extension any more.
unsafe fn drop_extension<T: Extensible>(extended: NonNull<c_void>) {
    let extended = extended.cast::<Extended<T>>();
    // SAFETY: By the requirement.
    unsafe { ptr::drop_in_place(&raw mut (*extended.as_ptr()).extension) };
}

/// A slab cache, in a `static`.
///
/// Its name shows in `/proc/slabinfo`. Destroying it with objects left makes the kernel complain,
/// so it is also the leak check.
///
/// # Invariants
///
/// The pointer is null, or to a cache.
struct Slab(Atomic<*mut bindings::kmem_cache>);

impl Slab {
    const fn new() -> Self {
        Self(Atomic::new(ptr::null_mut()))
    }

    /// Creates the cache (`kmem_cache_create()`), to be used until the result is dropped.
    fn create<O>(&'static self, name: &'static CStr) -> Result<CacheGuard> {
        // SAFETY: `name` is a C string that lives as long as the module.
        let cache = unsafe {
            bindings::helper_kmem_cache_create(
                name.as_char_ptr(),
                size_of::<O>(),
                align_of::<O>().max(CACHE_LINE),
            )
        };
        if cache.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: Just created.
        self.0.store(cache, Release);
        Ok(CacheGuard(self))
    }

    /// Allocates memory for an object, without sleeping and without the reserves (`GFP_NOWAIT`).
    #[inline]
    fn allocate(&self) -> Option<NonNull<c_void>> {
        let cache = self.0.load(Acquire);
        if cache.is_null() {
            return None;
        }
        // SAFETY: By the type invariant.
        let memory = unsafe { bindings::helper_kmem_cache_alloc_nowait(cache) };
        NonNull::new(memory.cast())
    }
}

/// A slab cache for objects of one type.
///
/// # Invariants
///
/// The objects of the cache have the layout of `Inner<T>`.
pub(crate) struct Cache<T> {
    slab: Slab,
    _objects: PhantomData<fn() -> T>,
}

impl<T> Cache<T> {
    /// A cache to be created later.
    pub(crate) const fn new() -> Self {
        Self {
            slab: Slab::new(),
            _objects: PhantomData,
        }
    }

    /// Creates the cache, to be used until the result is dropped.
    pub(crate) fn create(&'static self, name: &'static CStr) -> Result<CacheGuard> {
        // INVARIANT: Size and alignment are those of `Inner<T>`.
        self.slab.create::<Inner<T>>(name)
    }

    /// Allocates memory for an object, without sleeping and without the reserves (`GFP_NOWAIT`).
    #[inline]
    pub(crate) fn allocate(&self) -> Result<Vacant<T>, AllocError> {
        // INVARIANT: Just allocated.
        let memory = self.slab.allocate().ok_or(AllocError)?;
        Ok(Vacant(memory.cast()))
    }
}

/// A slab cache for objects of one type with their extensions.
///
/// # Invariants
///
/// The objects of the cache have the layout of `Extended<T>`.
pub(crate) struct ExtendedCache<T: Extensible> {
    slab: Slab,
    _objects: PhantomData<fn() -> T>,
}

impl<T: Extensible> ExtendedCache<T> {
    /// A cache to be created later.
    pub(crate) const fn new() -> Self {
        Self {
            slab: Slab::new(),
            _objects: PhantomData,
        }
    }

    /// Creates the cache, to be used until the result is dropped.
    pub(crate) fn create(&'static self, name: &'static CStr) -> Result<CacheGuard> {
        // INVARIANT: Size and alignment are those of `Extended<T>`.
        self.slab.create::<Extended<T>>(name)
    }

    /// Makes an object with an extension, without sleeping and without the reserves (`GFP_NOWAIT`).
    /// Of the two references one is for the first container.
    pub(crate) fn make(
        &self,
        value: T,
        extension: T::Extension,
    ) -> Result<(RcuArc<T>, RcuArc<T>), AllocError> {
        let memory = self.slab.allocate().ok_or(AllocError)?;
        let extended = memory.cast::<Extended<T>>();
        // SAFETY: The memory was just allocated from a cache of objects of this layout, so it is valid
        // for a write of one, and nobody else uses it.
        unsafe {
            extended.write(Extended {
                begin: Begin {
                    inner: Inner::new(value, 2, EXTENDED),
                    drop_extension: drop_extension::<T>,
                },
                extension,
            });
        }
        // For `RcuRef::extension`, which has a reference to the first field alone.
        let _ = extended.as_ptr().expose_provenance();
        let inner = extended.cast::<Inner<T>>();
        // INVARIANT: The inner object is the first field of what was just written, and its count starts
        // at two, owned by the new objects. Only here `EXTENDED` is given to an object, hence all that
        // have it are the first field of an `Extended<T>`.
        Ok((RcuArc(inner), RcuArc(inner)))
    }
}

/// Memory for an object of a [`Cache`], so that the object is made in its place.
///
/// # Invariants
///
/// The pointer is to memory of the cache that nobody else uses.
pub(crate) struct Vacant<T>(NonNull<Inner<T>>);

impl<T: Send + Sync> Vacant<T> {
    /// Puts the object there. Of the two references one is for the first container: to count both
    /// at once costs less than to count that one when it is put in.
    #[inline(always)]
    pub(crate) fn fill(self, value: T) -> (RcuArc<T>, RcuArc<T>) {
        let inner = self.0;
        core::mem::forget(self);
        // SAFETY: By the type invariant the memory is valid for a write of an `Inner<T>`, which is
        // the object size of the cache.
        unsafe { inner.write(Inner::new(value, 2, 0)) };
        // INVARIANT: The count starts at two, owned by the new objects.
        (RcuArc(inner), RcuArc(inner))
    }
}

impl<T> Drop for Vacant<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; `kfree` takes memory of slab caches too.
        unsafe { bindings::kfree(self.0.as_ptr().cast()) };
    }
}

/// Objects begin at a line, so that their hot fields share the first one.
const CACHE_LINE: usize = 64;

/// Destroys a cache when dropped. All objects must be gone by then.
pub(crate) struct CacheGuard(&'static Slab);

impl Drop for CacheGuard {
    fn drop(&mut self) {
        let cache = self.0 .0.xchg(ptr::null_mut(), Full);
        // The last objects may still wait for their grace period.
        super::rcu::barrier();
        // SAFETY: The cache was created by `create`, and taken out of its place just now, so it
        // is destroyed once and not used again.
        unsafe { bindings::kmem_cache_destroy(cache) }
    }
}

/// A reference counted object that is freed a grace period after its last reference went away.
///
/// Containers hold `RcuArc`s; a reader under [`rcu::Guard`](kernel::sync::rcu::Guard) may use an
/// object found in one without taking a reference, because the container's reference ends before
/// the grace period begins.
///
/// # Invariants
///
/// The pointer is to a live `Inner<T>` on which this object owns one reference.
pub(crate) struct RcuArc<T: Send + Sync + 'static>(NonNull<Inner<T>>);

// SAFETY: As for `Arc`: a reference may be used and dropped anywhere, as `T` is `Send` and `Sync`.
unsafe impl<T: Send + Sync> Send for RcuArc<T> {}
// SAFETY: As above.
unsafe impl<T: Send + Sync> Sync for RcuArc<T> {}

impl<T: Send + Sync> RcuArc<T> {
    /// Allocates an object from the general caches.
    pub(crate) fn new(value: T, flags: Flags) -> Result<Self, AllocError> {
        let inner = KBox::new(Inner::new(value, 1, 0), flags)?;
        // INVARIANT: The count starts at one, owned by the new object. `free` ends it by `kfree`,
        // which is what `KBox` would do.
        Ok(Self(NonNull::from(KBox::leak(inner))))
    }

    /// Borrows the object in the form that containers take.
    pub(crate) fn as_rcu_ref(&self) -> RcuRef<'_, T> {
        // SAFETY: By the type invariant; the borrow of `self` keeps the reference.
        RcuRef(unsafe { self.0.as_ref() })
    }

    /// Borrows the object for as long as `guard` lives, even when this reference goes first.
    pub(crate) fn under<'g>(&self, _guard: &'g rcu::Guard) -> RcuRef<'g, T> {
        // SAFETY: This reference exists within the critical section of the guard, and the object
        // is freed a grace period after the last one, not before the guard ends.
        unsafe { RcuRef::from_raw(self.0.as_ptr()) }
    }

    /// Gives the reference away, to be taken back by [`RcuArc::from_raw`].
    pub(in crate::kapi) fn into_raw(self) -> *const Inner<T> {
        let inner = self.0.as_ptr();
        core::mem::forget(self);
        inner
    }

    /// Takes back a reference that [`RcuArc::into_raw`] gave away.
    ///
    /// # Safety
    ///
    /// `inner` came from [`RcuArc::into_raw`], and is taken back once for each time.
    pub(in crate::kapi) unsafe fn from_raw(inner: *const Inner<T>) -> Self {
        // INVARIANT: By the requirement the caller passes on one reference.
        // SAFETY: It came from a `NonNull`.
        Self(unsafe { NonNull::new_unchecked(inner.cast_mut()) })
    }
}

impl<T: Send + Sync> Deref for RcuArc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariant.
        unsafe { &self.0.as_ref().0.data }
    }
}

impl<T: Send + Sync> Clone for RcuArc<T> {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref().0.refs.inc() };
        // INVARIANT: The reference just taken is owned by the new object.
        Self(self.0)
    }
}

impl<T: Send + Sync> Drop for RcuArc<T> {
    // Apart: who has most often nothing to drop need not have all of this.
    #[inline(never)]
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        let inner = unsafe { self.0.as_ref() };
        if inner.0.refs.dec_and_test() {
            // SAFETY: The last reference is gone, hence the object is in no wheel and nobody else
            // touches `node`. `free::<T>` expects exactly this field of an `Inner<T>`, and
            // `rcu::Barrier` keeps the module's text until it has run.
            unsafe { bindings::helper_call_rcu(inner.0.node.get().cast(), Some(free::<T>)) };
        }
    }
}

/// Frees an object after its grace period.
///
/// # Safety
///
/// `head` must be the `node` of an `Inner<T>` without references, not freed yet.
unsafe extern "C" fn free<T>(head: *mut bindings::callback_head) {
    let offset = offset_of!(InnerLayout<T>, node);
    // SAFETY: By the requirement `head` lies `offset` bytes into the object.
    let inner = unsafe { head.cast::<u8>().sub(offset) }.cast::<Inner<T>>();
    // SAFETY: The object is still whole.
    if unsafe { (*inner).is_extended() } {
        // SAFETY: Only `ExtendedCache::make` gives an object its bit, and it makes an `Extended<T>`, which
        // begins with `Begin<T>`, with the function for its extension. Nothing refers to it: no reference
        // is left and all readers are done.
        unsafe {
            let drop_extension = (*inner.cast::<Begin<T>>()).drop_extension;
            drop_extension(NonNull::new_unchecked(inner.cast()));
        }
    }
    // SAFETY: Nothing refers to the object, see above.
    unsafe { ptr::drop_in_place(inner) };
    // SAFETY: The memory came from a slab cache or from kmalloc; `kfree` takes both.
    unsafe { bindings::kfree(inner.cast()) };
}

/// An object that is alive for `'a`, because of an RCU guard or of a reference.
pub(crate) struct RcuRef<'a, T>(&'a Inner<T>);

impl<T> Clone for RcuRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RcuRef<'_, T> {}

impl<'a, T> RcuRef<'a, T> {
    /// Makes a reference of a pointer that a container holds.
    ///
    /// # Safety
    ///
    /// The object must stay alive for `'a`.
    pub(in crate::kapi) unsafe fn from_raw(inner: *const Inner<T>) -> Self {
        // SAFETY: By the requirement.
        Self(unsafe { &*inner })
    }

    /// Takes a reference, unless the last one is gone already.
    pub(crate) fn upgrade(self) -> Option<RcuArc<T>>
    where
        T: Send + Sync,
    {
        let refs = self.0 .0.refs.as_atomic();
        let mut count = refs.load(Relaxed);
        while count > 0 {
            match refs.cmpxchg(count, count.wrapping_add(1), Relaxed) {
                // INVARIANT: The reference just counted is owned by the new object.
                Ok(_) => return Some(RcuArc(NonNull::from(self.0))),
                Err(now) => count = now,
            }
        }
        None
    }

    /// Returns what lies behind the object; none when it has no extension.
    #[inline(always)]
    pub(crate) fn extension(self) -> Option<&'a T::Extension>
    where
        T: Extensible,
    {
        if !self.0.is_extended() {
            return None;
        }
        let address = ptr::from_ref(self.0).addr();
        let extended = ptr::with_exposed_provenance::<Extended<T>>(address);
        // SAFETY: Only `ExtendedCache::make` gives an object its bit, and it makes an `Extended<T>`, of
        // which the object is the first field, and exposes the pointer to all of it. It lives as long as
        // the object, and nobody has it but by shared references.
        Some(unsafe { &(*extended).extension })
    }

    /// The object's container side.
    pub(in crate::kapi) fn inner(self) -> &'a Inner<T> {
        self.0
    }

    /// Borrows the value for as long as the object is known to live.
    #[inline]
    pub(crate) fn get(self) -> &'a T {
        &self.0 .0.data
    }
}

impl<T> Deref for RcuRef<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0 .0.data
    }
}
