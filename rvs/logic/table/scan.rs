// SPDX-License-Identifier: GPL-2.0-only

//! Going through all entries of a table in many small steps, while it is resized between and during
//! them.
//!
//! Buckets are chosen by the lowest bits of a hash, so no order of buckets survives a resizing. The
//! hash with its bits in reverse is an order of *entries* that does, as it never changes; and in it
//! a home bucket of a table of any size is one range without gaps. A scan goes through that order:
//! each step takes the range of one home bucket, looks into the buckets of all generations that
//! cover it, and keeps what lies within the range. Entries of equal hashes come by their handles.
//!
//! * An entry that stays from the first step to the last is found exactly once: the ranges neither
//!   overlap nor leave anything out, whatever sizes the table has meanwhile.
//! * Any other one is found once at most.
//!
//! A step takes no lock, and its work is bounded: the chain of one bucket for each generation.

use core::mem;

use super::{
    home_buckets,
    Generation, //
};

/// Entries found in one step. More of one bucket are left to the next step.
const BATCH: usize = 16;

/// Where a scan goes on: every entry before it was found, none from it on. The default is the
/// beginning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Position {
    /// The hash, its bits in reverse.
    pub order: u64,
    /// The handle.
    pub handle: u64,
}

impl Position {
    /// Behind the last entry. No handle has this number.
    pub const END: Self = Self {
        order: u64::MAX,
        handle: u64::MAX,
    };

    /// The position after this one.
    const fn next(self) -> Self {
        match self.handle.checked_add(1) {
            Some(handle) => Self { handle, ..self },
            None => Self::after(self.order),
        }
    }

    /// The position after all entries of this order.
    const fn after(order: u64) -> Self {
        match order.checked_add(1) {
            Some(order) => Self { order, handle: 0 },
            None => Self::END,
        }
    }
}

/// The first entries of those that were offered, in their order.
struct Batch {
    found: [Position; BATCH],
    count: usize,
    /// There were others, behind them.
    more: bool,
}

impl Batch {
    const fn new() -> Self {
        Self {
            found: [Position::END; BATCH],
            count: 0,
            more: false,
        }
    }

    fn offer(&mut self, mut entry: Position) {
        for held in self.found.iter_mut().take(self.count) {
            // What is copied to a new table stays in the old one, too.
            if entry == *held {
                return;
            }
            if entry < *held {
                mem::swap(&mut entry, held);
            }
        }
        match self.found.get_mut(self.count) {
            Some(place) => {
                *place = entry;
                self.count = self.count.wrapping_add(1);
            }
            None => self.more = true,
        }
    }
}

/// Takes one step of a scan from `from` on. `current` is the generation of now.
///
/// `hash_of` tells with which hash a handle was inserted; `None` for entries that are not wanted.
/// `visit` is called for each entry found; when it returns an error the step ends, and that entry
/// is the first one of the next step. Returns where the scan goes on, [`Position::END`] at the end.
pub fn scan<G: Generation, E>(
    current: &G,
    from: Position,
    mut hash_of: impl FnMut(u64) -> Option<u64>,
    mut visit: impl FnMut(u64) -> Result<(), E>,
) -> Result<Position, (Position, E)> {
    // The buckets of the greatest table have the smallest ranges.
    let bits = generations(current)
        .map(|generation| generation.table().bits())
        .fold(0, u32::max);
    let last = from.order | u64::MAX.checked_shr(bits).unwrap_or(0);
    let home = from.order.reverse_bits();

    let mut batch = Batch::new();
    for generation in generations(current) {
        let table = generation.table();
        let index = home as usize & home_buckets(table.bits()).wrapping_sub(1);
        table.for_each_in_bucket(index, |handle| {
            let Some(hash) = hash_of(handle) else { return };
            let entry = Position {
                order: hash.reverse_bits(),
                handle,
            };
            // A bucket of a smaller table covers more than the range; and a chain that is followed
            // without the lock may lead into another one, which has taken an overflow bucket over.
            if entry >= from && entry.order <= last {
                batch.offer(entry);
            }
        });
    }

    for entry in batch.found.iter().take(batch.count) {
        visit(entry.handle).map_err(|error| (*entry, error))?;
    }
    Ok(match batch.found.last() {
        Some(entry) if batch.more => entry.next(),
        _ => Position::after(last),
    })
}

/// The generations from `current` on.
fn generations<G: Generation>(current: &G) -> impl Iterator<Item = &G> {
    core::iter::successors(Some(current), |generation| generation.next())
}
