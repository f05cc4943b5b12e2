// SPDX-License-Identifier: GPL-2.0-only

//! A bucket: six entries in one cache line.
//!
//! A reader compares the tags of all entries in a few instructions and follows only those handles
//! whose tag fits. A tag is set after its handle and cleared before it, so that a handle that is
//! read through its tag is one that was inserted; whether it is the wanted one is for the reader to
//! say. No entry ever moves to another slot, so that no reader can miss it on the way.

use super::Word;

/// Entries in a bucket.
pub(super) const SLOTS: usize = 6;

/// Entries whose tags are in the first word.
const FIRST_SLOTS: usize = 4;

/// The lowest bit of each tag. It is set in every tag, and clear where there is no entry.
const LOWEST: u64 = 0x0001_0001_0001_0001;

/// The highest bit of each tag.
const HIGHEST: u64 = LOWEST << 15;

/// The half of the second word in which tags are; the other half is the link.
const SECOND_TAGS: u64 = 0xffff_ffff;

/// The link of a bucket that ends its chain. So does 0, but an overflow bucket with the link 0 is
/// free to be taken by any chain.
const END: u64 = 1;

/// Part of the hash of an entry: 15 bits, and below them one that is set.
#[derive(Clone, Copy)]
pub(super) struct Tag(u64);

impl Tag {
    /// The tag whose upper 15 bits are those of `word` from bit 1 on.
    #[inline]
    pub(super) const fn of(word: u64) -> Self {
        Self(word & 0xffff | 1)
    }

    /// Its 16 bits.
    #[inline]
    pub(super) const fn bits(self) -> u64 {
        self.0
    }
}

/// The handles of the entries of a bucket whose tag is a certain one, and seldom of another entry.
pub(super) struct Handles<'a, W> {
    bucket: &'a Bucket<W>,
    // The tag in every lane.
    wanted: u64,
    // The highest bits of the lanes where it was found and that are still to be looked at,
    lanes: u64,
    // the lowest of them with the tag of this slot.
    slot: usize,
}

impl<'a, W: Word> Handles<'a, W> {
    #[inline(always)]
    fn new(bucket: &'a Bucket<W>, tag: Tag) -> Self {
        let wanted = tag.0.wrapping_mul(LOWEST);
        let [first, _] = &bucket.tags;
        Self {
            bucket,
            wanted,
            lanes: zero_lanes(first.load() ^ wanted),
            slot: 0,
        }
    }

    /// The bucket.
    #[inline(always)]
    pub(super) fn bucket(&self) -> &'a Bucket<W> {
        self.bucket
    }
}

impl<W: Word> Iterator for Handles<'_, W> {
    type Item = u64;

    #[inline(always)]
    fn next(&mut self) -> Option<u64> {
        loop {
            if self.lanes != 0 {
                let lane = self.lanes.trailing_zeros() as usize / 16;
                self.lanes &= self.lanes.wrapping_sub(1);
                // Zero is an entry that was removed meanwhile.
                match self.bucket.handle(self.slot.wrapping_add(lane)) {
                    0 => {}
                    handle => return Some(handle),
                }
            } else if self.slot == 0 {
                // Not before the first word had no luck, as most have.
                let [_, second] = &self.bucket.tags;
                self.lanes = zero_lanes(second.load() ^ self.wanted) & SECOND_TAGS;
                self.slot = FIRST_SLOTS;
            } else {
                return None;
            }
        }
    }
}

/// Six entries and the link to the bucket that holds more of the same chain.
///
/// All zero is the empty bucket.
#[repr(C, align(64))]
pub struct Bucket<W> {
    // Four tags; two tags and the link.
    tags: [W; 2],
    handles: [W; SLOTS],
}

impl<W> Bucket<W> {
    /// An empty bucket of words that `zero` makes, all of them zero.
    pub fn empty(mut zero: impl FnMut() -> W) -> Self {
        Self {
            tags: core::array::from_fn(|_| zero()),
            handles: core::array::from_fn(|_| zero()),
        }
    }
}

impl<W: Word> Bucket<W> {
    /// The handles of the entries whose tag is `tag`, and seldom of another.
    #[inline(always)]
    pub(super) fn handles_of(&self, tag: Tag) -> Handles<'_, W> {
        Handles::new(self, tag)
    }

    /// The first of those, if it is among the first entries; it costs no search.
    #[inline(always)]
    pub(super) fn likely(&self, tag: Tag) -> Option<u64> {
        let [first, _] = &self.tags;
        let lanes = zero_lanes(first.load() ^ tag.0.wrapping_mul(LOWEST));
        if lanes == 0 {
            return None;
        }
        // Zero is an entry that was removed meanwhile.
        match self.handle(lanes.trailing_zeros() as usize / 16) {
            0 => None,
            handle => Some(handle),
        }
    }

    /// The slot in which `handle` is. Its tag may not be set yet, or not any more.
    pub(super) fn slot_of(&self, handle: u64) -> Option<usize> {
        self.handles.iter().position(|slot| slot.load() == handle)
    }

    /// The handle in `slot`, or 0.
    #[inline]
    pub(super) fn handle(&self, slot: usize) -> u64 {
        self.handles.get(slot).map_or(0, W::load)
    }

    /// The index of the next bucket of the chain.
    #[inline]
    pub(super) fn next(&self) -> Option<usize> {
        let [_, second] = &self.tags;
        link(second.load())
    }

    /// All handles in the bucket, with their tags.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u64, Tag)> + '_ {
        let [first, second] = &self.tags;
        let occupied = [first.load(), second.load()];
        (0..SLOTS).filter_map(move |slot| {
            let (word, shift) = place(slot);
            let tags = occupied.get(word).copied().unwrap_or(0);
            let tag = tags >> shift;
            if tag & 1 == 0 {
                return None;
            }
            // Zero is an entry that was removed meanwhile.
            match self.handle(slot) {
                0 => None,
                handle => Some((handle, Tag::of(tag))),
            }
        })
    }

    // What follows changes the bucket, and is for the holder of its stripe lock.

    /// A slot that holds no entry.
    pub(super) fn free_slot(&self) -> Option<usize> {
        let [first, second] = &self.tags;
        let free = !first.load() & LOWEST;
        if free != 0 {
            return Some(free.trailing_zeros() as usize >> 4);
        }
        let free = !second.load() & LOWEST & SECOND_TAGS;
        if free != 0 {
            return Some((free.trailing_zeros() as usize >> 4) + FIRST_SLOTS);
        }
        None
    }

    /// Whether no slot holds an entry.
    pub(super) fn is_empty(&self) -> bool {
        let [first, second] = &self.tags;
        (first.load() | second.load() & SECOND_TAGS) & LOWEST == 0
    }

    /// Fills the free slot `slot`.
    pub(super) fn put(&self, slot: usize, tag: Tag, handle: u64) {
        if let Some(place) = self.handles.get(slot) {
            place.store(handle);
        }
        // The tag of a free slot is 0.
        let (word, shift) = place(slot);
        if let Some(word) = self.tags.get(word) {
            word.store(word.load() | tag.0 << shift);
        }
    }

    /// Empties `slot`.
    pub(super) fn clear(&self, slot: usize) {
        let (word, shift) = place(slot);
        if let Some(word) = self.tags.get(word) {
            word.store(word.load() & !(0xffff << shift));
        }
        if let Some(place) = self.handles.get(slot) {
            place.store(0);
        }
    }

    /// Makes the bucket at index `next` follow this one, or none.
    pub(super) fn set_next(&self, next: Option<usize>) {
        let [_, second] = &self.tags;
        let link = next.map_or(END, |index| index as u64);
        second.store(second.load() & SECOND_TAGS | link << 32);
    }

    /// Takes this overflow bucket for a chain, to end it; `false` when another chain has it.
    pub(super) fn claim(&self) -> bool {
        let [_, second] = &self.tags;
        second.load() == 0 && second.compare_exchange(0, END << 32)
    }

    /// Gives this empty overflow bucket back.
    pub(super) fn release(&self) {
        let [_, second] = &self.tags;
        second.store(0);
    }
}

/// The word in which the tag of `slot` is, and its lowest bit there.
#[inline]
const fn place(slot: usize) -> (usize, u32) {
    (slot / FIRST_SLOTS, (slot % FIRST_SLOTS) as u32 * 16)
}

/// The highest bit of each 16-bit lane that is zero. A lane above one that is zero may be reported
/// although it is 1: its handle is then looked at in vain.
#[inline]
const fn zero_lanes(word: u64) -> u64 {
    word.wrapping_sub(LOWEST) & !word & HIGHEST
}

/// The link in the second word of tags.
#[inline]
const fn link(second: u64) -> Option<usize> {
    match second >> 32 {
        0 | END => None,
        index => Some(index as usize),
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::AtomicU64;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_bucket_is_one_cache_line() {
        assert_eq!(core::mem::size_of::<Bucket<AtomicU64>>(), 64);
        assert_eq!(core::mem::align_of::<Bucket<AtomicU64>>(), 64);
    }

    #[test]
    fn each_slot_is_found_by_its_own_tag_only() {
        let bucket = Bucket::empty(AtomicU64::default);
        let handles_of = |tag: u64| -> Vec<u64> { bucket.handles_of(Tag::of(tag << 1)).collect() };
        for slot in 0..SLOTS as u64 {
            assert_eq!(bucket.free_slot(), Some(slot as usize));
            bucket.put(slot as usize, Tag::of(slot << 2), slot + 1);
            assert_eq!(bucket.slot_of(slot + 1), Some(slot as usize));
        }
        assert_eq!(bucket.free_slot(), None);
        for slot in 0..SLOTS as u64 {
            assert!(handles_of(slot << 1).contains(&(slot + 1)));
        }
        assert_eq!(handles_of(0x3ff8), []);
        assert_eq!(bucket.slot_of(SLOTS as u64 + 1), None);
    }

    #[test]
    fn entries_of_one_tag_are_all_found() {
        let bucket = Bucket::empty(AtomicU64::default);
        for slot in 0..SLOTS {
            bucket.put(slot, Tag::of(7), slot as u64 + 1);
        }
        let found: Vec<_> = bucket.handles_of(Tag::of(7)).collect();
        assert_eq!(found, [1, 2, 3, 4, 5, 6]);
        assert_eq!(bucket.likely(Tag::of(7)), Some(1));
        bucket.clear(0);
        assert_eq!(bucket.likely(Tag::of(7)), Some(2));
        assert_eq!(bucket.likely(Tag::of(9)), None);
    }

    #[test]
    fn tags_and_link_do_not_disturb_each_other() {
        let bucket = Bucket::empty(AtomicU64::default);
        bucket.set_next(Some(0xffff_fffe));
        for slot in 0..SLOTS {
            bucket.put(slot, Tag::of(u64::MAX), 7);
        }
        assert_eq!(bucket.next(), Some(0xffff_fffe));
        bucket.set_next(None);
        assert_eq!(bucket.next(), None);
        assert_eq!(bucket.entries().count(), SLOTS);
        for slot in 0..SLOTS {
            bucket.clear(slot);
        }
        assert!(bucket.is_empty());
        assert_eq!(bucket.entries().count(), 0);
    }

    #[test]
    fn a_bucket_is_claimed_once_until_released() {
        let bucket = Bucket::empty(AtomicU64::default);
        assert!(bucket.claim());
        assert!(!bucket.claim());
        bucket.release();
        assert!(bucket.claim());
    }
}
