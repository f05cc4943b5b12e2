// SPDX-License-Identifier: GPL-2.0-only

//! Reference counted objects that RCU readers may hold without a reference.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::{
    cell::UnsafeCell,
    convert::Infallible,
    mem::{
        needs_drop,
        offset_of,
        MaybeUninit, //
    },
    ops::Deref,
    ptr::{self, NonNull},
};

use kernel::{
    alloc::{
        AllocError,
        Flags, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        rcu,
        Refcount, //
    },
};

use crate::bindings;

pub(crate) mod cache;

/// The object with what the containers of this module need of it.
///
/// The value comes first, so that its hot fields begin the object's first cache line.
#[repr(C)]
struct Layout<T> {
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

/// What an [`RcuArc`] leads to: a value, and behind it what few have. It stays where it was made.
#[repr(transparent)]
pub(crate) struct Object<T>(Layout<T>);

/// The bit of `place` that says that an object is the first part of a [`Tailed`], which has a tail. It is set
/// before anybody else knows the object, and never changes.
const TAILED: u32 = 1 << 31;

/// That which says that it is the first part of an [`Extended`].
const EXTENDED: u32 = 1 << 30;

/// All bits that say what lies behind an object.
const KIND: u32 = TAILED | EXTENDED;

/// The greatest value of a place that containers may give an object.
pub(in crate::kapi) const MAX_PLACE: u32 = EXTENDED - 1;

impl<T> Object<T> {
    /// A value with so many references, in no container; `kind` is of the bits of [`KIND`].
    #[inline(always)]
    fn new(value: T, references: i32, kind: u32) -> Self {
        Self(Layout {
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
        let nowhere = self.0.place.load(Relaxed) & KIND;
        let claimed = nowhere | place & MAX_PLACE;
        self.0.place.cmpxchg(nowhere, claimed, Full).is_ok()
    }

    /// Changes the place, at most [`MAX_PLACE`], of an object that the caller has claimed.
    pub(in crate::kapi) fn set_place(&self, place: u32) {
        let kind = self.0.place.load(Relaxed) & KIND;
        self.0.place.store(kind | place & MAX_PLACE, Relaxed);
    }

    /// Sets the place to 0, with full ordering.
    pub(in crate::kapi) fn release(&self) {
        let kind = self.0.place.load(Relaxed) & KIND;
        self.0.place.xchg(kind, Full);
    }

    /// Whether something lies behind the object: a bit of [`KIND`].
    #[inline(always)]
    fn has(&self, kind: u32) -> bool {
        self.0.place.load(Relaxed) & kind != 0
    }
}

impl<T: Extensible> Object<T> {
    /// Returns the tail; none when it has none.
    #[inline(always)]
    pub(crate) fn tail(&self) -> Option<&T::Tail> {
        if !self.has(TAILED) {
            return None;
        }
        let tailed = ptr::with_exposed_provenance::<Tailed<T>>(ptr::from_ref(self).addr());
        // SAFETY: Only `Tailed::new` gives an object its bit, with a tail. Whoever makes one exposes the pointer to
        // all of it before there is a reference to the object, which is its first field and never leaves it. Nobody
        // has it but by shared references as long as the object lives.
        Some(unsafe { (*tailed).tail.assume_init_ref() })
    }

    /// Returns the extension; none when it has none.
    #[inline(always)]
    pub(crate) fn extension(&self) -> Option<&T::Extension> {
        if !self.has(EXTENDED) {
            return None;
        }
        let extended = ptr::with_exposed_provenance::<Extended<T>>(ptr::from_ref(self).addr());
        // SAFETY: As in `tail`; only `Vacant::fill` of an `Extended<T>` gives an object this bit.
        Some(unsafe { &(*extended).extension })
    }
}

impl<T> Deref for Object<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0.data
    }
}

/// A type of objects of which some have more than others: it lies behind the object, in the same memory.
///
/// Objects with more and with less are of different slab caches, and alike for all containers.
pub(crate) trait Extensible: Send + Sync + 'static {
    /// What some have in the cache line behind their own.
    type Tail: Send + Sync;
    /// What few have besides, behind that.
    type Extension: Send + Sync;
}

/// A type of objects behind which nothing lies.
pub(crate) trait Plain: Send + Sync + 'static {}

impl<T: Plain> Extensible for T {
    type Tail = Infallible;
    type Extension = Infallible;
}

/// An object with room for a tail.
#[repr(C)]
pub(crate) struct Tailed<T: Extensible> {
    object: Object<T>,
    /// There, where the object has [`TAILED`].
    tail: MaybeUninit<T::Tail>,
}

impl<T: Extensible> Tailed<T> {
    #[inline(always)]
    fn new(value: T, references: i32, kind: u32, tail: Option<T::Tail>) -> Self {
        match tail {
            Some(tail) => Self {
                object: Object::new(value, references, kind | TAILED),
                tail: MaybeUninit::new(tail),
            },
            None => Self {
                object: Object::new(value, references, kind),
                tail: MaybeUninit::uninit(),
            },
        }
    }
}

/// An object that has an extension.
#[repr(C)]
pub(crate) struct Extended<T: Extensible> {
    tailed: Tailed<T>,
    extension: T::Extension,
}

/// A reference counted object that is freed a grace period after its last reference went away.
///
/// Containers hold `RcuArc`s; a reader under [`rcu::Guard`](kernel::sync::rcu::Guard) may use an
/// object found in one without taking a reference, because the container's reference ends before
/// the grace period begins.
///
/// # Invariants
///
/// The pointer is to a live `Object<T>` on which this object owns one reference.
pub(crate) struct RcuArc<T: Extensible>(NonNull<Object<T>>);

// SAFETY: As for `Arc`: a reference may be used and dropped anywhere, as `T` is `Send` and `Sync`.
unsafe impl<T: Extensible> Send for RcuArc<T> {}
// SAFETY: As above.
unsafe impl<T: Extensible> Sync for RcuArc<T> {}

impl<T: Extensible> RcuArc<T> {
    /// Allocates an object from the general caches.
    pub(crate) fn new(value: T, flags: Flags) -> Result<Self, AllocError> {
        let inner = KBox::new(Object::new(value, 1, 0), flags)?;
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
    pub(in crate::kapi) fn into_raw(self) -> *const Object<T> {
        let inner = self.0.as_ptr();
        core::mem::forget(self);
        inner
    }

    /// Takes back a reference that [`RcuArc::into_raw`] gave away.
    ///
    /// # Safety
    ///
    /// `inner` came from [`RcuArc::into_raw`], and is taken back once for each time.
    pub(in crate::kapi) unsafe fn from_raw(inner: *const Object<T>) -> Self {
        // INVARIANT: By the requirement the caller passes on one reference.
        // SAFETY: It came from a `NonNull`.
        Self(unsafe { NonNull::new_unchecked(inner.cast_mut()) })
    }
}

impl<T: Extensible> Deref for RcuArc<T> {
    type Target = Object<T>;

    #[inline]
    fn deref(&self) -> &Object<T> {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Extensible> Clone for RcuArc<T> {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref().0.refs.inc() };
        // INVARIANT: The reference just taken is owned by the new object.
        Self(self.0)
    }
}

impl<T: Extensible> Drop for RcuArc<T> {
    // Apart: who has most often nothing to drop need not have all of this.
    #[inline(never)]
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        let inner = unsafe { self.0.as_ref() };
        if inner.0.refs.dec_and_test() {
            // SAFETY: The last reference is gone, hence the object is in no wheel and nobody else
            // touches `node`. `free::<T>` expects exactly this field of an `Object<T>`, and
            // `rcu::Barrier` keeps the module's text until it has run.
            unsafe { bindings::helper_call_rcu(inner.0.node.get().cast(), Some(free::<T>)) };
        }
    }
}

/// Frees an object after its grace period.
///
/// # Safety
///
/// `head` must be the `node` of an `Object<T>` without references, not freed yet.
unsafe extern "C" fn free<T: Extensible>(head: *mut bindings::callback_head) {
    let offset = offset_of!(Layout<T>, node);
    // SAFETY: By the requirement `head` lies `offset` bytes into the object.
    let object = unsafe { head.cast::<u8>().sub(offset) }.cast::<Object<T>>();
    // SAFETY: The object is still whole, and nothing refers to it: no reference is left and all readers are done.
    unsafe { drop_behind(object) };
    // SAFETY: As above.
    unsafe { ptr::drop_in_place(object) };
    // SAFETY: The memory came from a slab cache or from kmalloc; `kfree` takes both.
    unsafe { bindings::kfree(object.cast()) };
}

/// Drops what lies behind an object.
///
/// # Safety
///
/// The object must be whole, and nobody else may use it or what lies behind it, now or later.
#[inline(always)]
unsafe fn drop_behind<T: Extensible>(object: *mut Object<T>) {
    // SAFETY: By the requirement.
    let has = |kind| unsafe { (*object).has(kind) };
    if needs_drop::<T::Extension>() && has(EXTENDED) {
        let extended = object.cast::<Extended<T>>();
        // SAFETY: Only the first part of an `Extended<T>` has this bit.
        unsafe { ptr::drop_in_place(&raw mut (*extended).extension) };
    }
    if needs_drop::<T::Tail>() && has(TAILED) {
        let tailed = object.cast::<Tailed<T>>();
        // SAFETY: Only the first part of a `Tailed<T>` that has a tail has this bit.
        unsafe { (*tailed).tail.assume_init_drop() };
    }
}

/// An object in no container, which ends with this.
pub(crate) struct Alone<T: Extensible>(Tailed<T>);

impl<T: Extensible> Alone<T> {
    /// Makes one.
    #[inline(always)]
    pub(crate) fn new(value: T, tail: Option<T::Tail>) -> Self {
        Self(Tailed::new(value, 0, 0, tail))
    }
}

impl<T: Extensible> Deref for Alone<T> {
    type Target = Object<T>;

    #[inline]
    fn deref(&self) -> &Object<T> {
        // For `Object::tail`, which has a reference to the first field alone.
        let _ = ptr::from_ref(&self.0).expose_provenance();
        &self.0.object
    }
}

impl<T: Extensible> Drop for Alone<T> {
    fn drop(&mut self) {
        let object = (&raw mut self.0).cast::<Object<T>>();
        // SAFETY: It is the first field, and all borrows have ended.
        unsafe { drop_behind(object) };
    }
}

/// An object that is alive for `'a`, because of an RCU guard or of a reference.
pub(crate) struct RcuRef<'a, T>(&'a Object<T>);

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
    pub(in crate::kapi) unsafe fn from_raw(inner: *const Object<T>) -> Self {
        // SAFETY: By the requirement.
        Self(unsafe { &*inner })
    }

    /// Takes a reference, unless the last one is gone already.
    pub(crate) fn upgrade(self) -> Option<RcuArc<T>>
    where
        T: Extensible,
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

    /// As [`Object::extension`], for as long as the object is known to live.
    #[inline(always)]
    pub(crate) fn extension(self) -> Option<&'a T::Extension>
    where
        T: Extensible,
    {
        self.0.extension()
    }

    /// The object's container side.
    pub(in crate::kapi) fn inner(self) -> &'a Object<T> {
        self.0
    }

    /// Borrows the value for as long as the object is known to live.
    #[inline]
    pub(crate) fn get(self) -> &'a T {
        &self.0 .0.data
    }
}

impl<T> Deref for RcuRef<'_, T> {
    type Target = Object<T>;

    #[inline]
    fn deref(&self) -> &Object<T> {
        self.0
    }
}
