// SPDX-License-Identifier: GPL-2.0-only

//! A lazy timing wheel: the storage; the arithmetic is [`crate::logic::wheel`]'s.
//!
//! Each object is in the list of one slot. Nothing touches it when its deadline moves later; when
//! its slot comes up, it is asked for its deadline and put into the slot of that. Only when a
//! deadline moves earlier the object has to be moved at once.
//!
//! The wheel is cut into parts, each with a lock of its own, so that CPUs seldom meet. An object
//! stays in its part for life.

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    ptr, //
};

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        SetOnce, //
    }, //
};

use super::{
    id::Id,
    sync::{
        percpu::possible_cpus,
        rcu_arc::{
            Extensible,
            Links,
            Object,
            RcuArc,
            RcuRef,
            MAX_PLACE, //
        },
        spinlock::{
            Class,
            Guard,
            Locks, //
        },
    },
    time::cond_resched,
};

/// What to do with an object whose slot came up.
pub(crate) enum Due {
    /// Put it into this slot: its deadline is later than it was.
    Later(usize),
    /// Take it out of the wheel.
    Now,
}

/// Where an object is, as one number: the wheel in the high bits, from 1 on, and its list in the
/// low ones. 0 is nowhere.
struct Place;

impl Place {
    const LIST_BITS: u32 = 12;
    const LIST: u32 = (1 << Self::LIST_BITS) - 1;
    /// Of this wheel, but in no list: not yet, or not any more. Its links may be in use.
    const CLAIMED: u32 = Self::LIST;
    const MAX_WHEEL: u32 = MAX_PLACE >> Self::LIST_BITS;

    /// That of the objects in a list.
    const fn of(wheel: u32, list: u32) -> u32 {
        wheel << Self::LIST_BITS | list & Self::LIST
    }
}

/// Objects taken or moved while the lock is held, before others may have it.
const BATCH: usize = 64;

/// How many parts a wheel has at most.
const MAX_PARTS: usize = 16;

/// Objects by the time at which to look at them.
///
/// It takes no memory before [`Wheel::prepare`]; until then nothing can be put in.
pub(crate) struct Wheel<T: Extensible> {
    lists: SetOnce<Lists<T>>,
    slots: usize,
    count: Atomic<usize>,
    // Of several wheels together.
    total: Option<&'static Atomic<usize>>,
}

/// The lists of a wheel.
///
/// # Invariants
///
/// `heads` has `slots + 1` entries for each part, of which the last is for objects that are due,
/// and there is a part for each lock. `slots` is a power of two.
/// Each is null or the first object of a doubly linked list; an object in a list has the number
/// of this wheel and of that list as its [`Place`], and is owned by the list (one reference). All
/// this is read and changed only under the lock of the part.
struct Lists<T: Extensible> {
    id: Id,
    locks: Locks,
    heads: KVVec<UnsafeCell<*const Object<T>>>,
    slots: usize,
    _owns: PhantomData<RcuArc<T>>,
}

// SAFETY: The objects are `Send` and `Sync`, the lists are guarded by the locks.
unsafe impl<T: Extensible> Send for Lists<T> {}
// SAFETY: As above.
unsafe impl<T: Extensible> Sync for Lists<T> {}

impl<T: Extensible> Wheel<T> {
    /// Makes an empty wheel of so many slots, or the next power of two. Its objects are counted in
    /// `total`, too, if there is one.
    pub(crate) fn new(slots: usize, total: Option<&'static Atomic<usize>>) -> Self {
        Self {
            lists: SetOnce::new(),
            slots: slots.next_power_of_two(),
            count: Atomic::new(0),
            total,
        }
    }

    /// Makes the lists, if nobody has yet. Process context; callers take turns.
    pub(crate) fn prepare(&self) -> Result {
        if self.lists.as_ref().is_none() {
            self.lists.populate(Lists::new(self.slots)?);
        }
        Ok(())
    }

    /// Puts an object into a slot. An object that is in a wheel already is given back.
    ///
    /// [`Wheel::len`] counts the object before the caller reads anything else: full ordering.
    #[inline(always)]
    pub(crate) fn insert(&self, object: RcuArc<T>, slot: usize) -> Result<(), RcuArc<T>> {
        let Some(lists) = self.lists.as_ref() else {
            return Err(object);
        };
        let claimed = lists.place(Place::CLAIMED);
        if !object.as_rcu_ref().inner().claim(claimed) {
            return Err(object);
        }
        self.count.fetch_add(1usize, Full);
        if let Some(total) = self.total {
            total.fetch_add(1usize, Relaxed);
        }
        let inner = object.into_raw();
        // SAFETY: The object has just been claimed for this wheel, with its reference, and is in
        // no list yet; the part is its own.
        unsafe { lists.part_of(inner).link(lists.wrap(slot), inner) };
        Ok(())
    }

    /// Returns the number of objects.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Moves an object to another slot. Does nothing to one that is not in this wheel.
    pub(crate) fn move_to(&self, object: RcuRef<'_, T>, slot: usize) {
        let inner: *const Object<T> = object.inner();
        let Some(lists) = self.lists.as_ref() else {
            return;
        };
        let part = lists.part_of(inner);
        if !lists.has(object.inner()) {
            return;
        }
        // SAFETY: The place is one of this wheel's lists, and is changed under the lock only, so
        // the object is in that list.
        unsafe {
            part.unlink(inner);
            part.link(lists.wrap(slot), inner);
        }
    }

    /// Takes an object out; none when it is not in this wheel.
    pub(crate) fn remove(&self, object: RcuRef<'_, T>) -> Option<RcuArc<T>> {
        let inner: *const Object<T> = object.inner();
        let lists = self.lists.as_ref()?;
        let part = lists.part_of(inner);
        if !lists.has(object.inner()) {
            return None;
        }
        // SAFETY: As in `move_to`; the reference of the list goes to the caller.
        let object = unsafe {
            part.unlink(inner);
            RcuArc::from_raw(inner)
        };
        // Under the lock: from here on another wheel may have it.
        object.as_rcu_ref().inner().set_place(0);
        drop(part);
        self.uncount(1);
        Some(object)
    }

    fn uncount(&self, objects: usize) {
        self.count.fetch_sub(objects, Relaxed);
        if let Some(total) = self.total {
            total.fetch_sub(objects, Relaxed);
        }
    }

    /// Asks `when` about each object of a slot that came up, and hands those that are due to
    /// `expire`. `when` is called under a lock and must not use the wheel. Process context, one
    /// caller at a time.
    pub(crate) fn advance(
        &self,
        slot: usize,
        mut when: impl FnMut(RcuRef<'_, T>) -> Due,
        mut expire: impl FnMut(RcuArc<T>),
    ) {
        let Some(lists) = self.lists.as_ref() else {
            return;
        };
        for number in 0..lists.locks.len() {
            lists.splice_due(number, lists.wrap(slot));
            loop {
                let (mut expired, more) = lists.sort_batch(number, &mut when);
                while !expired.is_null() {
                    // SAFETY: `sort_batch` chained objects that it took out of their lists by
                    // `next`, so nobody else uses their links, and passed their references on.
                    unsafe {
                        let next = (*(*expired).links()).next.cast::<Object<T>>();
                        // The claim ends last: from here on the links may be used again.
                        (*expired).release();
                        self.uncount(1);
                        expire(RcuArc::from_raw(expired));
                        expired = next;
                    }
                }
                if !more {
                    break;
                }
                cond_resched();
            }
        }
    }
}

impl<T: Extensible> Lists<T> {
    /// Makes empty lists for so many slots, a power of two.
    fn new(slots: usize) -> Result<Self> {
        if slots >= Place::CLAIMED as usize {
            return Err(EINVAL);
        }
        let parts = possible_cpus().next_power_of_two().min(MAX_PARTS);
        let entries = parts * (slots + 1);
        let mut heads = KVVec::with_capacity(entries, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..entries {
            heads.push(UnsafeCell::new(ptr::null()), GFP_KERNEL_ACCOUNT)?;
        }
        // INVARIANT: All lists are empty.
        Ok(Self {
            id: Id::new(Place::MAX_WHEEL)?,
            locks: Locks::new(parts, Class::Wheel)?,
            heads,
            slots,
            _owns: PhantomData,
        })
    }

    /// Makes the objects of a slot those that are due, after what is left of older ones.
    fn splice_due(&self, number: usize, slot: usize) {
        loop {
            let part = self.part(number);
            for _ in 0..BATCH {
                let first = part.first(slot);
                if first.is_null() {
                    return;
                }
                // SAFETY: The object is in a list of this part.
                unsafe {
                    part.unlink(first);
                    part.link(self.slots, first);
                }
            }
        }
    }

    /// Sorts some due objects into later slots, or into a chain by `next` of those to expire,
    /// which are out of the wheel but still claimed by it. Tells whether there are more.
    fn sort_batch(
        &self,
        number: usize,
        when: &mut impl FnMut(RcuRef<'_, T>) -> Due,
    ) -> (*const Object<T>, bool) {
        let mut expired: *const Object<T> = ptr::null();
        let part = self.part(number);
        for _ in 0..BATCH {
            let first = part.first(self.slots);
            if first.is_null() {
                return (expired, false);
            }
            // SAFETY: The object is in a list of this part, whose reference keeps it alive.
            unsafe {
                part.unlink(first);
                match when(RcuRef::from_raw(first)) {
                    Due::Later(slot) => part.link(self.wrap(slot), first),
                    Due::Now => {
                        // Not in a list any more: `move_to` must leave it alone.
                        (*first).set_place(self.place(Place::CLAIMED));
                        (*(*first).links()).next = expired.cast();
                        expired = first;
                    }
                }
            }
        }
        (expired, true)
    }

    /// The place of objects in this list.
    fn place(&self, list: u32) -> u32 {
        Place::of(self.id.number(), list)
    }

    /// Whether an object of this part is in one of the lists. To be asked under its lock.
    fn has(&self, inner: &Object<T>) -> bool {
        let place = inner.place();
        place >> Place::LIST_BITS == self.id.number() && place & Place::LIST != Place::CLAIMED
    }

    /// Locks the part that an object belongs to.
    #[inline]
    fn part_of(&self, inner: *const Object<T>) -> Part<'_, T> {
        // Slab objects differ from bit 6 on; the multiplication spreads those bits upwards.
        let spread = (inner.addr() as u64 >> 6).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        self.part(spread as usize)
    }

    /// Locks the part with this number, modulo the number of parts.
    #[inline]
    fn part(&self, number: usize) -> Part<'_, T> {
        let number = number & self.locks.len().wrapping_sub(1);
        let lists = self.slots.wrapping_add(1);
        let first = number.wrapping_mul(lists);
        // INVARIANT: By the type invariant there are `slots + 1` heads for each part, and as many
        // parts as locks, whose number is a power of two.
        Part {
            id: self.id.number(),
            last: self.slots,
            // SAFETY: For the reason above `first` is the index of one of the heads.
            heads: unsafe { self.heads.as_ptr().add(first) },
            _guard: self.locks.lock(number),
        }
    }

    /// Slots are counted modulo their number, a power of two.
    fn wrap(&self, slot: usize) -> usize {
        slot & self.slots.wrapping_sub(1)
    }
}

/// The lists of a part, of which the lock is held.
///
/// # Invariants
///
/// `heads` points to the `last + 1` heads of the part whose lock `_guard` holds, of the wheel `id`.
struct Part<'a, T> {
    id: u32,
    last: usize,
    heads: *const UnsafeCell<*const Object<T>>,
    _guard: Guard<'a>,
}

impl<T> Part<'_, T> {
    /// The head of a list; those beyond the last are the last.
    fn head(&self, slot: usize) -> *mut *const Object<T> {
        // SAFETY: By the type invariant.
        unsafe { (*self.heads.add(slot.min(self.last))).get() }
    }

    fn first(&self, slot: usize) -> *const Object<T> {
        // SAFETY: The heads of a part are read under its lock only.
        unsafe { *self.head(slot) }
    }

    /// # Safety
    ///
    /// The object must be of this part, in no list, and bring a reference for the list.
    #[inline(always)]
    unsafe fn link(&self, slot: usize, inner: *const Object<T>) {
        let head = self.head(slot);
        // SAFETY: By the requirement links and place are only used here, under the lock. A first
        // object in the list is alive by the list's reference.
        unsafe {
            let next = *head;
            *(*inner).links() = Links {
                next: next.cast(),
                prev: ptr::null(),
            };
            (*inner).set_place(Place::of(self.id, slot as u32));
            if !next.is_null() {
                (*(*next).links()).prev = inner.cast();
            }
            *head = inner;
        }
    }

    /// # Safety
    ///
    /// The object must be in a list of this part. The list's reference is left to the caller.
    unsafe fn unlink(&self, inner: *const Object<T>) {
        // SAFETY: By the requirement links and place are valid; neighbours are alive by the list's
        // references.
        unsafe {
            let Links { next, prev } = *(*inner).links();
            if prev.is_null() {
                let list = (*inner).place() & Place::LIST;
                *self.head(list as usize) = next.cast();
            } else {
                (*(*prev.cast::<Object<T>>()).links()).next = next;
            }
            if !next.is_null() {
                (*(*next.cast::<Object<T>>()).links()).prev = prev;
            }
        }
    }
}

impl<T: Extensible> Drop for Wheel<T> {
    fn drop(&mut self) {
        // The lists give the objects up.
        self.uncount(self.len());
    }
}

impl<T: Extensible> Drop for Lists<T> {
    fn drop(&mut self) {
        for head in &self.heads {
            // SAFETY: `&mut self`: nobody else uses the wheel.
            let mut next = unsafe { *head.get() };
            let mut count = 0usize;
            while !next.is_null() {
                count = count.wrapping_add(1);
                if count % BATCH == 0 {
                    cond_resched();
                }
                // SAFETY: An object in a list is alive, and owned by the list.
                unsafe {
                    let object = RcuArc::from_raw(next);
                    next = (*(*next).links()).next.cast();
                    object.as_rcu_ref().inner().set_place(0);
                    drop(object);
                }
            }
        }
    }
}
