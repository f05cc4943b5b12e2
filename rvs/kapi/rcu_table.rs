// SPDX-License-Identifier: GPL-2.0-only

//! A hash table that is read under RCU and resizes itself: the storage; the algorithm is
//! [`crate::logic::table`]'s.

use core::marker::PhantomData;

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        rcu,
        SetOnce, //
    },
};

use crate::logic::{
    limits,
    table::{
        self,
        Bucket,
        Generation,
        Refused,
        Table, //
    },
    wheel, //
};

use super::{
    sync::{
        rcu_arc::{
            Extensible,
            Object,
            Plain,
            RcuArc,
            RcuRef, //
        },
        spinlock::{
            Class,
            Guard as LockGuard,
            Locks, //
        },
        RcuCell,
    },
    time::{
        self,
        cond_resched, //
    },
    zeroed::Zeroed,
};

mod lengths;
mod sample;
mod scan;

pub(crate) use scan::Position;

/// Under which of its two keys an object is in a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The tuple of packets from the client.
    Original,
    /// The tuple of packets from the real server.
    Reply,
}

/// What the table has to know of its objects.
pub(crate) trait Hasher: Send + Sync + 'static {
    /// The objects.
    type Object: Extensible;

    /// What they are found by.
    type Key: Copy + PartialEq;

    /// Returns the key that an object has on this side. It never changes.
    fn key(&self, object: &Object<Self::Object>, side: Side) -> Option<Self::Key>;

    /// Returns whether that is `key`; quicker than by [`Hasher::key`].
    fn has_key(object: &Object<Self::Object>, side: Side, key: &Self::Key) -> bool;

    /// Returns the hash of a key, the same each time.
    fn hash(&self, key: &Self::Key) -> u64;
}

/// A key with its hash, so that who looks for an object before it inserts one computes it once.
///
/// # Invariants
///
/// `hash` is the hash of `key` by `hasher`.
pub(crate) struct Hashed<'t, H: Hasher> {
    hasher: &'t H,
    key: H::Key,
    hash: u64,
}

impl<H: Hasher> Hashed<'_, H> {
    /// Returns the key.
    #[inline(always)]
    pub(crate) fn key(&self) -> &H::Key {
        &self.key
    }

    /// Returns its hash.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

/// What became of an insertion.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// The object is in the table.
    New,
    /// There is another object with this key.
    Exists,
    /// The table is full until it has grown, for which memory may be short.
    Full,
}

type Word = Atomic<u64>;
type Buckets = Zeroed<Bucket<Word>>;

// SAFETY: A bucket is an array of 64-bit numbers, of which all zero is a value: the empty bucket.
unsafe impl Zeroable for Bucket<Word> {}

// The kernel allocates no more in one piece.
const _: () =
    assert!(table::buckets(table::MAX_BITS) * size_of::<Bucket<Word>>() <= i32::MAX as usize);

/// Buckets to copy before others may have the CPU.
const BATCH: usize = 4096;

/// A table of one size, and the one that replaces it.
struct Level {
    table: Table<Word, Buckets>,
    next: SetOnce<RcuArc<Level>>,
}

impl Plain for Level {}

impl Generation for Level {
    type Word = Word;
    type Buckets = Buckets;

    fn table(&self) -> &Table<Word, Buckets> {
        &self.table
    }

    #[inline]
    fn next(&self) -> Option<&Self> {
        self.next.as_ref().map(|next| &***next)
    }
}

impl Level {
    /// Makes an empty table, unless memory is short or the table too great. Process context only.
    fn new(bits: u32) -> Result<RcuArc<Self>> {
        let buckets = if bits <= table::MAX_BITS {
            Zeroed::new(table::buckets(bits))?
        } else {
            return Err(EINVAL);
        };
        let sized = Self {
            table: Table::new(bits, buckets).ok_or(EINVAL)?,
            next: SetOnce::new(),
        };
        Ok(RcuArc::new(sized, GFP_KERNEL_ACCOUNT)?)
    }

    fn home_buckets(&self) -> usize {
        table::home_buckets(self.table.bits())
    }
}

/// Objects by the keys of their two sides.
///
/// It takes no memory before [`RcuTable::prepare`]; until then nothing can be put in.
///
/// # Invariants
///
/// A handle in the table is the address of an object, with the side in its lowest bit. The table
/// owns one reference on the object for each handle. A handle is put in and taken out under the
/// lock of the stripe of its hash only.
pub(crate) struct RcuTable<H: Hasher> {
    hasher: H,
    current: RcuCell<Level>,
    locks: SetOnce<Locks>,
    entries: Atomic<usize>,
    bits: Atomic<u32>,
    // For how many entries that is enough.
    most: Atomic<usize>,
    full: Atomic<bool>,
    growing: Atomic<bool>,
    resizing: Atomic<bool>,
    // How many attempts to resize have failed in a row, and the jiffy up to which no other is made.
    // Both are of who is `resizing`.
    failures: Atomic<u32>,
    next_attempt: Atomic<u32>,
    _owns: PhantomData<RcuArc<H::Object>>,
}

impl<H: Hasher> RcuTable<H> {
    /// Makes an empty table.
    pub(crate) fn new(hasher: H) -> Self {
        let bits = table::MIN_BITS;
        Self {
            hasher,
            current: RcuCell::new(None),
            locks: SetOnce::new(),
            entries: Atomic::new(0),
            bits: Atomic::new(bits),
            most: Atomic::new(table::most_entries(bits) as usize),
            full: Atomic::new(false),
            growing: Atomic::new(false),
            resizing: Atomic::new(false),
            failures: Atomic::new(0),
            next_attempt: Atomic::new(0),
            _owns: PhantomData,
        }
    }

    /// Makes room for entries, if nobody has yet. Process context; callers take turns.
    pub(crate) fn prepare(&self) -> Result {
        if self.is_prepared() {
            return Ok(());
        }
        let level = Level::new(table::MIN_BITS)?;
        let locks = Locks::new(table::STRIPES, Class::Table)?;
        drop(self.current.replace(Some(level)));
        self.locks.populate(locks);
        Ok(())
    }

    /// Returns whether there is room for entries.
    pub(crate) fn is_prepared(&self) -> bool {
        self.locks.as_ref().is_some()
    }

    /// Takes the lock for entries with a hash; none before [`RcuTable::prepare`], when there are no
    /// entries.
    #[inline(always)]
    fn lock(&self, hash: u64) -> Option<LockGuard<'_>> {
        Some(self.locks.as_ref()?.lock(table::stripe(hash)))
    }

    /// Computes the hash of a key.
    #[inline(always)]
    pub(crate) fn hashed(&self, key: H::Key) -> Hashed<'_, H> {
        // INVARIANT: Just computed.
        Hashed {
            hasher: &self.hasher,
            hash: self.hasher.hash(&key),
            key,
        }
    }

    /// Returns the number of buckets, overflow excluded.
    pub(crate) fn buckets(&self) -> usize {
        table::home_buckets(self.bits.load(Relaxed))
    }

    /// Finds the object with this key, and the side on which it has it. Without one the key comes
    /// back with its hash, for who wants to insert one.
    #[inline(always)]
    pub(crate) fn find<'g>(
        &self,
        guard: &'g rcu::Guard,
        key: H::Key,
    ) -> Result<(RcuRef<'g, H::Object>, Side), Hashed<'_, H>> {
        let hashed = self.hashed(key);
        let Some(current) = self.current.read(guard) else {
            return Err(hashed);
        };
        for handle in table::candidates(current.get(), hashed.hash) {
            // SAFETY: The handle was read from the table within the critical section of `guard`.
            let (object, side) = unsafe { Self::object(handle, guard) };
            if H::has_key(object.inner(), side, &key) {
                return Ok((object, side));
            }
        }
        Err(hashed)
    }

    /// Finds an object that was put in under a key with this hash, and of which `is_wanted` says that it is
    /// the one: as [`RcuTable::find`], for who has the key in pieces.
    #[inline(always)]
    pub(crate) fn find_by_hash<'g>(
        &self,
        guard: &'g rcu::Guard,
        hash: u64,
        is_wanted: impl Fn(&H::Object) -> bool,
    ) -> Option<RcuRef<'g, H::Object>> {
        let current = self.current.read(guard)?;
        if let Some(handle) = current.get().table.likely(hash) {
            // SAFETY: The handle was read from the table within the critical section of `guard`.
            let (object, _) = unsafe { Self::object(handle, guard) };
            if is_wanted(object.get()) {
                return Some(object);
            }
        }
        self.search_by_hash(guard, hash, is_wanted)
    }

    #[cold]
    #[inline(never)]
    fn search_by_hash<'g>(
        &self,
        guard: &'g rcu::Guard,
        hash: u64,
        is_wanted: impl Fn(&H::Object) -> bool,
    ) -> Option<RcuRef<'g, H::Object>> {
        let current = self.current.read(guard)?;
        for handle in table::candidates(current.get(), hash) {
            // SAFETY: The handle was read from the table within the critical section of `guard`.
            let (object, _) = unsafe { Self::object(handle, guard) };
            if is_wanted(object.get()) {
                return Some(object);
            }
        }
        None
    }

    /// Inserts an object under the key that it has on one side, which is `key`, unless there is one
    /// with that key.
    #[inline(always)]
    pub(crate) fn insert(
        &self,
        guard: &rcu::Guard,
        object: RcuArc<H::Object>,
        side: Side,
        key: &Hashed<'_, H>,
    ) -> Inserted {
        let hash = self.hash_of_new(&object, side, key);
        self.insert_at(guard, object, side, hash, &key.key)
    }

    /// As [`RcuTable::insert`], under the key that the object has on this side, whatever it is; none where it has none.
    #[inline(always)]
    pub(crate) fn insert_by_own(
        &self,
        guard: &rcu::Guard,
        object: RcuArc<H::Object>,
        side: Side,
    ) -> Option<Inserted> {
        let key = self.hasher.key(&object, side)?;
        let hash = self.hasher.hash(&key);
        Some(self.insert_at(guard, object, side, hash, &key))
    }

    /// Inserts an object under its key on this side, which has this hash.
    #[inline(always)]
    fn insert_at(
        &self,
        guard: &rcu::Guard,
        object: RcuArc<H::Object>,
        side: Side,
        hash: u64,
        key: &H::Key,
    ) -> Inserted {
        let (Some(_lock), Some(current)) = (self.lock(hash), self.current.read(guard)) else {
            return Inserted::Full;
        };
        let handle = Self::handle(object.as_rcu_ref(), side);
        let inserted = table::insert(current.get(), hash, handle, |other| {
            // SAFETY: The handle was read from the table within the critical section of `guard`.
            let (other, side) = unsafe { Self::object(other, guard) };
            H::has_key(other.inner(), side, key)
        });
        match inserted {
            Ok(()) => {
                // INVARIANT: The reference goes to the table together with the handle.
                let _ = object.into_raw();
                self.entries.fetch_add(1usize, Relaxed);
                Inserted::New
            }
            Err(Refused::Exists) => Inserted::Exists,
            Err(Refused::Full) => {
                self.full.store(true, Relaxed);
                Inserted::Full
            }
        }
    }

    /// Removes an object from under the key of one side. False when it was not there.
    pub(crate) fn remove(&self, object: RcuRef<'_, H::Object>, side: Side) -> bool {
        let hash = self.hash_of(&object, side);
        let guard = rcu::read_lock();
        let Some(lock) = self.lock(hash) else {
            return false;
        };
        let Some(current) = self.current.read(&guard) else {
            return false;
        };
        let removed = table::remove(current.get(), hash, Self::handle(object, side));
        drop(lock);
        if removed {
            self.entries.fetch_sub(1usize, Relaxed);
            // SAFETY: By the type invariant the table owned a reference for the handle, which it
            // has just given up.
            drop(unsafe { RcuArc::from_raw(object.inner()) });
        }
        removed
    }

    /// Returns whether the table has become too small, and [`RcuTable::resize`] should be called
    /// soon. True once for each resizing.
    #[inline]
    pub(crate) fn needs_growing(&self) -> bool {
        (self.entries.load(Relaxed) > self.most.load(Relaxed) || self.full.load(Relaxed))
            && !self.growing.load(Relaxed)
            && !self.growing.xchg(true, Full)
    }

    /// Gives the table the size that fits the number of its entries. Process context.
    ///
    /// Without memory for it the table stays as it is. It is tried again by a later call, after a
    /// wait that gets longer with each failure; nobody is asked for a call meanwhile.
    pub(crate) fn resize(&self) {
        if self.resizing.xchg(true, Full) {
            return;
        }
        let failures = self.failures.load(Relaxed);
        let now = time::jiffies32();
        if failures == 0 || wheel::remaining(self.next_attempt.load(Relaxed), now).is_none() {
            self.growing.store(false, Relaxed);
            if self.fit().is_ok() {
                self.failures.store(0, Relaxed);
            } else {
                let failures = failures.saturating_add(1);
                let wait = limits::wait_after(failures).saturating_mul(time::hz());
                self.next_attempt.store(now.wrapping_add(wait), Relaxed);
                self.failures.store(failures, Relaxed);
                // As if it were under way: see `needs_growing`.
                self.growing.store(true, Relaxed);
            }
        }
        // Whoever resizes next sees all of this.
        self.resizing.store(false, Release);
    }

    /// Makes one attempt at the size that fits.
    fn fit(&self) -> Result {
        let bits = self.bits.load(Relaxed);
        let mut wanted = table::wanted_bits(self.entries.load(Relaxed) as u64, bits);
        if self.full.xchg(false, Relaxed) {
            // An insertion found no room, whatever the number of entries.
            wanted = wanted.max(bits.saturating_add(1));
        }
        let guard = rcu::read_lock();
        let current = self.current.read(&guard).and_then(RcuRef::upgrade);
        drop(guard);
        match current {
            // A resizing that memory was short for in the middle is brought to its end.
            Some(current) if wanted != bits || current.next().is_some() => {
                self.replace(current, wanted)
            }
            _ => Ok(()),
        }
    }

    /// Replaces the table by one of another size, or by a still greater one if that proves full.
    fn replace(&self, current: RcuArc<Level>, wanted: u32) -> Result {
        let mut again = current.next().is_some();
        if !again {
            current.next.populate(Level::new(wanted)?);
        }
        while !self.copy_all(&current, again) {
            again = true;
            let greater = table::newest(&**current).table.bits().saturating_add(1);
            let next = Level::new(greater)?;
            table::newest(&**current).next.populate(next);
        }
        let mut newest = current;
        while let Some(next) = newest.next.as_ref() {
            newest = next.clone();
        }
        let bits = newest.table.bits();
        self.bits.store(bits, Relaxed);
        self.most.store(table::most_entries(bits) as usize, Relaxed);
        drop(self.current.replace(Some(newest)));
        Ok(())
    }

    /// Copies all entries to the newest table, where some may be already if it is done `again`. False
    /// when that proves full.
    fn copy_all(&self, current: &RcuArc<Level>, again: bool) -> bool {
        let mut old: &Level = current;
        while let Some(next) = old.next() {
            for index in 0..old.home_buckets() {
                if !self.copy_bucket(old, index, again) {
                    return false;
                }
                if index % BATCH == BATCH - 1 {
                    cond_resched();
                }
            }
            old = next;
        }
        true
    }

    fn copy_bucket(&self, old: &Level, index: usize, again: bool) -> bool {
        let guard = rcu::read_lock();
        let Some(_lock) = self.lock(index as u64) else {
            return true;
        };
        table::copy_bucket(old, index, again, |handle| {
            // SAFETY: The handle was read from the table within the critical section of `guard`.
            let (object, side) = unsafe { Self::object(handle, &guard) };
            self.hash_of(&object, side)
        })
        .is_ok()
    }

    /// The hash under which an object is in the table. One without a key was never put into it.
    fn hash_of(&self, object: &Object<H::Object>, side: Side) -> u64 {
        self.hasher
            .key(object, side)
            .map_or(0, |key| self.hasher.hash(&key))
    }

    /// As [`RcuTable::hash_of`], without computing it again. Where an object is put in under
    /// another hash than it is taken out, its handle outlives it: hence the caller is not believed.
    #[inline]
    fn hash_of_new(&self, object: &Object<H::Object>, side: Side, key: &Hashed<'_, H>) -> u64 {
        let is_its_own =
            core::ptr::eq(key.hasher, &self.hasher) && H::has_key(object, side, &key.key);
        if is_its_own {
            key.hash
        } else {
            self.hash_of(object, side)
        }
    }

    fn handle(object: RcuRef<'_, H::Object>, side: Side) -> u64 {
        const {
            assert!(align_of::<Object<H::Object>>() >= 2);
        }
        let address = core::ptr::from_ref(object.inner()).expose_provenance() as u64;
        match side {
            Side::Original => address,
            Side::Reply => address | 1,
        }
    }

    /// # Safety
    ///
    /// The handle must have been read from the table within the critical section of the guard.
    #[inline]
    unsafe fn object<'g>(handle: u64, _guard: &'g rcu::Guard) -> (RcuRef<'g, H::Object>, Side) {
        let side = if handle & 1 == 0 {
            Side::Original
        } else {
            Side::Reply
        };
        let address = (handle & !1) as usize;
        let inner = core::ptr::with_exposed_provenance::<Object<H::Object>>(address);
        // SAFETY: By the type invariant the table owned a reference when the handle was read; the
        // object is freed a grace period after the last reference, not before the guard ends.
        (unsafe { RcuRef::from_raw(inner) }, side)
    }
}

impl<H: Hasher> Drop for RcuTable<H> {
    fn drop(&mut self) {
        let mut rest = self.current.replace(None);
        while let Some(level) = rest {
            for index in 0..level.home_buckets() {
                level
                    .table
                    .for_each_in_bucket(index, |handle| self.release(&level, handle));
                if index % BATCH == BATCH - 1 {
                    cond_resched();
                }
            }
            rest = level.next.as_ref().cloned();
        }
    }
}

impl<H: Hasher> RcuTable<H> {
    /// Gives up the reference that goes with a handle. For `drop` only.
    fn release(&self, level: &Level, handle: u64) {
        let guard = rcu::read_lock();
        // SAFETY: The handle is in the table, which owns a reference with it.
        let (object, side) = unsafe { Self::object(handle, &guard) };
        // A resizing that was not finished leaves handles in two tables: the newer one counts.
        if !in_successor(level, self.hash_of(&object, side), handle) {
            // SAFETY: By the type invariant; nobody else uses the table any more.
            drop(unsafe { RcuArc::from_raw(object.inner()) });
        }
    }
}

fn in_successor(generation: &Level, hash: u64, handle: u64) -> bool {
    generation
        .next()
        .is_some_and(|next| table::find(next, hash, |other| other == handle).is_some())
}
