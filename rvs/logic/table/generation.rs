// SPDX-License-Identifier: GPL-2.0-only

//! Resizing: a table is replaced by another while readers and writers go on.
//!
//! A generation is a table and, while it is being replaced, its successor. One worker resizes:
//!
//! 1. It publishes an empty generation of the [wanted size](super::wanted_bits) as successor of the
//!    current one.
//! 2. It copies each home bucket of the old table, each under the lock of its stripe
//!    ([`copy_bucket`]). If the successor proves full, it gets a greater successor itself, and both
//!    old tables are copied into that.
//! 3. It makes the newest generation the current one, and frees the old ones after a grace period.
//!
//! All others take the current generation when they begin, a writer *after* it has the lock:
//!
//! * [`insert`] writes to the newest generation only: who misses an entry in an older one looks on.
//! * [`remove`] removes from all, so that neither the worker nor a reader finds it again.
//! * [`candidates`] looks into the current generation first and into its successors on a miss.
//!
//! A writer that had the lock before the worker may know no successor: what it writes is copied
//! when the worker gets that lock. A writer that has it afterwards sees the successor. A reader that
//! began before step 3 still holds the old generation, in which every old entry is left in place.

use core::ops::Deref;

use super::{
    Bucket,
    Full,
    Refused,
    Table,
    Word, //
};

/// A table and its successor.
pub trait Generation {
    /// What the table is made of.
    type Word: Word;

    /// Where it is stored.
    type Buckets: Deref<Target = [Bucket<Self::Word>]>;

    /// The table of this generation.
    fn table(&self) -> &Table<Self::Word, Self::Buckets>;

    /// The generation that will replace this one, if it is being replaced (acquire).
    fn next(&self) -> Option<&Self>;
}

/// The newest generation from `current` on: where entries are inserted and copied to.
#[inline]
pub fn newest<G: Generation>(current: &G) -> &G {
    let mut generation = current;
    while let Some(next) = generation.next() {
        generation = next;
    }
    generation
}

/// As [`Table::candidates`], of all generations from `current` on.
#[inline(always)]
pub fn candidates<G: Generation>(current: &G, hash: u64) -> Candidates<'_, G> {
    Candidates {
        generation: current,
        handles: current.table().candidates(hash),
        hash,
    }
}

/// See [`candidates`].
pub struct Candidates<'a, G: Generation> {
    generation: &'a G,
    handles: super::Candidates<'a, G::Word, G::Buckets>,
    hash: u64,
}

impl<G: Generation> Iterator for Candidates<'_, G> {
    type Item = u64;

    #[inline(always)]
    fn next(&mut self) -> Option<u64> {
        loop {
            if let Some(handle) = self.handles.next() {
                return Some(handle);
            }
            self.generation = self.generation.next()?;
            self.handles = self.generation.table().candidates(self.hash);
        }
    }
}

/// As [`Table::find`], in all generations from `current` on.
#[inline]
pub fn find<G: Generation>(
    current: &G,
    hash: u64,
    mut matches: impl FnMut(u64) -> bool,
) -> Option<u64> {
    candidates(current, hash).find(|handle| matches(*handle))
}

/// As [`Table::insert`]; `current` was read under the lock.
///
/// [`Refused::Full`] means that the worker has to provide a greater table, even when it is at work
/// already.
#[inline(always)]
pub fn insert<G: Generation>(
    current: &G,
    hash: u64,
    handle: u64,
    mut is_same: impl FnMut(u64) -> bool,
) -> Result<(), Refused> {
    let mut newest = current;
    while let Some(next) = newest.next() {
        if newest.table().find(hash, &mut is_same).is_some() {
            return Err(Refused::Exists);
        }
        newest = next;
    }
    newest.table().insert(hash, handle, is_same)
}

/// As [`Table::remove`]; `current` was read under the lock. `true` when any generation had it.
pub fn remove<G: Generation>(current: &G, hash: u64, handle: u64) -> bool {
    let mut removed = false;
    let mut generation = Some(current);
    while let Some(current) = generation {
        removed |= current.table().remove(hash, handle);
        generation = current.next();
    }
    removed
}

/// Copies the entries of home bucket `index` of `old` to its newest successor, where they are not
/// there yet: only `again` there may be some. The caller holds the lock of [`stripe`](super::stripe)`(index)`.
///
/// `hash_of` tells with which hash a handle was inserted. It is asked only where tables are so large
/// that place and tag of an entry do not tell enough of it.
pub fn copy_bucket<G: Generation>(
    old: &G,
    index: usize,
    again: bool,
    mut hash_of: impl FnMut(u64) -> u64,
) -> Result<(), Full> {
    let Some(next) = old.next() else {
        return Ok(());
    };
    let target = newest(next).table();
    let mut result = Ok(());
    let table = old.table();
    table.for_each_tagged(index, |handle, tag| {
        let hash = table
            .hash_for(target, index, tag)
            .unwrap_or_else(|| hash_of(handle));
        let copied = again && target.find(hash, |other| other == handle).is_some();
        if result.is_ok() && !copied {
            result = target.insert_copy(hash, handle);
        }
    });
    result
}
