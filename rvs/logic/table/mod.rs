// SPDX-License-Identifier: GPL-2.0-only

//! The index of the tuple table: from the hash of a tuple to the handle of its entry.
//!
//! Readers take no lock: they run under RCU, beside writers. A writer holds the lock of the
//! [`stripe`] of the hash it writes. Storage and locks come from outside. Nothing here can harm
//! memory: a caller without the lock may lose entries, no more.
//!
//! A handle is any number but zero; what it means is the caller's business, who has to keep it
//! meaningful until all readers that may have seen it are done (a grace period after
//! [`Table::remove`]). Whether two entries mean the same tuple is for the caller to say as
//! well, when one is inserted.

use core::{
    marker::PhantomData,
    ops::Deref, //
};

mod bucket;
mod generation;
mod scan;
mod sizing;

use super::word::Word;

use self::bucket::{
    Handles,
    Tag, //
};

pub use self::{
    bucket::Bucket,
    generation::{
        candidates,
        copy_bucket,
        find,
        insert,
        newest,
        remove,
        Generation, //
    },
    scan::{
        scan,
        Position, //
    },
    sizing::{
        buckets,
        home_buckets,
        most_entries,
        stripe,
        wanted_bits,
        MAX_BITS,
        MIN_BITS,
        STRIPES, //
    }, //
};

/// There is no room for another entry near its home bucket: the table has to grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

/// Why an entry was not inserted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// There is one that means the same.
    Exists,
    /// See [`Full`].
    Full,
}

impl From<Full> for Refused {
    fn from(Full: Full) -> Self {
        Self::Full
    }
}

/// How many overflow buckets are tried before a table counts as full.
const PROBES: usize = 64;

/// A table of one size.
pub struct Table<W, B> {
    buckets: B,
    bits: u32,
    // The bits of a hash that choose the home bucket.
    home_mask: u64,
    // The bit of a hash that the tag begins with.
    tag_shift: u32,
    _words: PhantomData<fn() -> W>,
}

impl<W: Word, B: Deref<Target = [Bucket<W>]>> Table<W, B> {
    /// An empty table of `bits` in `storage`, which must hold [`buckets`]`(bits)` empty buckets.
    /// `None` when it does not, or when `bits` is not from [`MIN_BITS`] to [`MAX_BITS`].
    pub fn new(bits: u32, storage: B) -> Option<Self> {
        let possible = (MIN_BITS..=MAX_BITS).contains(&bits) && storage.len() == buckets(bits);
        possible.then(|| Self {
            buckets: storage,
            bits,
            home_mask: (home_buckets(bits) as u64).wrapping_sub(1),
            tag_shift: sizing::tag_shift(bits),
            _words: PhantomData,
        })
    }

    /// The size of the table: it has 2^`bits` home buckets.
    #[inline]
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// The bucket where the entries with `hash` are, all but a few. A reader that has other things
    /// to do first may prefetch it.
    #[inline]
    pub fn home(&self, hash: u64) -> Option<&Bucket<W>> {
        self.buckets.get((hash & self.home_mask) as usize)
    }

    /// The handles of the entries with `hash`, and of few others.
    ///
    /// A reader meets every entry that was inserted before it began and is not removed before it
    /// ends.
    #[inline(always)]
    pub fn candidates(&self, hash: u64) -> Candidates<'_, W, B> {
        let tag = self.tag(hash);
        let mut candidates = Candidates {
            table: self,
            tag,
            handles: None,
        };
        // Each packet comes by: the closure of `map()` would be called.
        if let Some(home) = self.home(hash) {
            candidates.handles = Some(home.handles_of(tag));
        }
        candidates
    }

    /// One of the [candidates](Table::candidates), most often the only one, without a search; `None` does not
    /// mean that there is none.
    #[inline(always)]
    pub fn likely(&self, hash: u64) -> Option<u64> {
        self.home(hash)?.likely(self.tag(hash))
    }

    /// The handle of an entry with `hash` of which `matches` says that it is the wanted one.
    #[inline]
    pub fn find(&self, hash: u64, mut matches: impl FnMut(u64) -> bool) -> Option<u64> {
        self.candidates(hash).find(|handle| matches(*handle))
    }

    /// Calls `visit` with the handle of each entry of home bucket `index`, below
    /// [`home_buckets`]`(bits)`. Entries that come or go meanwhile may be visited or not.
    pub fn for_each_in_bucket(&self, index: usize, mut visit: impl FnMut(u64)) {
        self.for_each_tagged(index, |handle, _| visit(handle));
    }

    /// As [`Table::for_each_in_bucket`], with the tag of each entry.
    fn for_each_tagged(&self, index: usize, mut visit: impl FnMut(u64, Tag)) {
        let chain = self.chain(self.home(index as u64));
        chain.for_each(|bucket| {
            bucket
                .entries()
                .for_each(|(handle, tag)| visit(handle, tag))
        });
    }

    /// What of the hash of an entry in home bucket `index` is all that `other` would use of it.
    /// `None` when the place and tag of the entry do not tell enough.
    #[inline]
    fn hash_for(&self, other: &Self, index: usize, tag: Tag) -> Option<u64> {
        let is_known = self.tag_shift == sizing::LOW_TAG_SHIFT && other.tag_shift == self.tag_shift;
        // The lowest bit of a tag is no part of the hash, but that bit is part of the index.
        is_known.then_some((tag.bits() & !1) << self.tag_shift | index as u64)
    }

    #[inline(always)]
    fn tag(&self, hash: u64) -> Tag {
        Tag::of(hash.wrapping_shr(self.tag_shift))
    }

    /// Inserts `handle`, unless there is an entry with `hash` of which `is_same` says that it means
    /// the same. The caller holds the lock of [`stripe`]`(hash)`.
    #[inline(always)]
    pub fn insert(
        &self,
        hash: u64,
        handle: u64,
        mut is_same: impl FnMut(u64) -> bool,
    ) -> Result<(), Refused> {
        let tag = self.tag(hash);
        let mut last = self.home(hash).ok_or(Full)?;
        let mut free: Option<(&Bucket<W>, usize)> = None;
        loop {
            if last.handles_of(tag).any(&mut is_same) {
                return Err(Refused::Exists);
            }
            let slot = last.free_slot();
            match self.following(last) {
                Some(next) => {
                    free = free.or(slot.map(|slot| (last, slot)));
                    last = next;
                }
                // Most chains are one bucket, and `free` is never needed.
                None => {
                    match (free, slot) {
                        (Some((bucket, slot)), _) => bucket.put(slot, tag, handle),
                        (None, Some(slot)) => last.put(slot, tag, handle),
                        (None, None) => self.extend(last, hash, handle)?,
                    }
                    return Ok(());
                }
            }
        }
    }

    /// As [`Table::insert`], of a handle that is known not to be there.
    fn insert_copy(&self, hash: u64, handle: u64) -> Result<(), Full> {
        let mut last = self.home(hash).ok_or(Full)?;
        loop {
            if let Some(slot) = last.free_slot() {
                last.put(slot, self.tag(hash), handle);
                return Ok(());
            }
            match self.following(last) {
                Some(next) => last = next,
                None => return self.extend(last, hash, handle),
            }
        }
    }

    /// Inserts `handle` behind the end of a chain, which is `last`.
    #[cold]
    fn extend(&self, last: &Bucket<W>, hash: u64, handle: u64) -> Result<(), Full> {
        let (index, bucket) = self.claim_overflow(hash).ok_or(Full)?;
        // The entry is complete before the link lets readers see it.
        bucket.put(0, self.tag(hash), handle);
        last.set_next(Some(index));
        Ok(())
    }

    /// Removes `handle`, that was inserted with `hash`; `false` when it is not there. The caller
    /// holds the lock of [`stripe`]`(hash)`.
    pub fn remove(&self, hash: u64, handle: u64) -> bool {
        let Some(home) = self.home(hash) else {
            return false;
        };
        for bucket in self.chain(Some(home)) {
            if let Some(slot) = bucket.slot_of(handle) {
                bucket.clear(slot);
                if bucket.is_empty() {
                    self.trim(home);
                }
                return true;
            }
        }
        false
    }

    /// The buckets from `first` on.
    fn chain<'a>(&'a self, first: Option<&'a Bucket<W>>) -> impl Iterator<Item = &'a Bucket<W>> {
        core::iter::successors(first, |bucket| self.following(bucket))
    }

    /// The bucket behind `bucket` in its chain.
    #[inline(always)]
    fn following(&self, bucket: &Bucket<W>) -> Option<&Bucket<W>> {
        self.buckets.get(bucket.next()?)
    }

    /// Takes a free overflow bucket for the chain of `hash`.
    fn claim_overflow(&self, hash: u64) -> Option<(usize, &Bucket<W>)> {
        // Each home starts to look at its own place, so that writers of different stripes seldom
        // meet and no common counter is needed.
        let homes = home_buckets(self.bits);
        let mask = sizing::overflow_buckets(self.bits).wrapping_sub(1);
        let start = (hash & self.home_mask) as usize;
        (0..PROBES)
            .map(|distance| homes.wrapping_add(start.wrapping_add(distance) & mask))
            .filter_map(|index| self.buckets.get(index).map(|bucket| (index, bucket)))
            .find(|(_, bucket)| bucket.claim())
    }

    /// Gives back the empty buckets at the end of the chain from `home` on.
    ///
    /// Only there, as a reader that stands in such a bucket has seen all that came before it, and
    /// nothing that it has to see comes after. If another chain takes the bucket meanwhile, the
    /// reader meets entries of that chain, which do not match, and goes on to its end.
    fn trim(&self, home: &Bucket<W>) {
        let mut last = home;
        for bucket in self.chain(Some(home)) {
            if !bucket.is_empty() {
                last = bucket;
            }
        }
        let mut next = last.next();
        if next.is_some() {
            last.set_next(None);
        }
        while let Some(bucket) = next.and_then(|index| self.buckets.get(index)) {
            next = bucket.next();
            bucket.release();
        }
    }
}

/// See [`Table::candidates`].
pub struct Candidates<'a, W, B> {
    table: &'a Table<W, B>,
    tag: Tag,
    handles: Option<Handles<'a, W>>,
}

impl<W: Word, B: Deref<Target = [Bucket<W>]>> Iterator for Candidates<'_, W, B> {
    type Item = u64;

    #[inline(always)]
    fn next(&mut self) -> Option<u64> {
        let handles = self.handles.as_mut()?;
        loop {
            if let Some(handle) = handles.next() {
                return Some(handle);
            }
            *handles = self.table.following(handles.bucket())?.handles_of(self.tag);
        }
    }
}
