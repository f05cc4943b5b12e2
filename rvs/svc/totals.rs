// SPDX-License-Identifier: GPL-2.0-only

//! What destinations have counted, taken together.
//!
//! The counters of a destination only grow, and stay with it when it is removed. A total is what those
//! of its destinations are now, and what others have left behind; where it begins, or begins anew, is
//! an offset. So it never goes back when a destination leaves or returns.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

use super::{
    dest::Counter,
    Dest,
    Entry, //
};

/// One number for each [`Counter`]. Sums and differences wrap around.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts([u64; Counter::COUNT]);

impl Counts {
    /// What a destination has counted since it was made.
    pub(super) fn of(dest: &Dest) -> Self {
        Self(Counter::ALL.map(|counter| dest.counted_ever(counter)))
    }

    /// Returns one of the numbers.
    pub(crate) fn get(&self, counter: Counter) -> u64 {
        self.0.get(counter as usize).copied().unwrap_or(0)
    }

    /// The sum of both.
    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        Self(Counter::ALL.map(|counter| self.get(counter).wrapping_add(other.get(counter))))
    }

    /// Those of `self` without those of `other`.
    #[must_use]
    pub(super) fn minus(self, other: Self) -> Self {
        Self(Counter::ALL.map(|counter| self.get(counter).wrapping_sub(other.get(counter))))
    }
}

/// Numbers that are changed under the lock of the configuration.
struct Place([Atomic<u64>; Counter::COUNT]);

impl Place {
    fn new() -> Self {
        Self([const { Atomic::new(0) }; Counter::COUNT])
    }

    fn get(&self) -> Counts {
        Counts(
            Counter::ALL.map(|counter| match self.0.get(counter as usize) {
                Some(number) => number.load(Relaxed),
                None => 0,
            }),
        )
    }

    fn set(&self, counts: Counts) {
        for (counter, place) in Counter::ALL.into_iter().zip(&self.0) {
            place.store(counts.get(counter), Relaxed);
        }
    }
}

/// The totals of a service, or of a namespace. Callers hold the lock of the configuration.
pub(super) struct Totals {
    // What has left, less what those that have come brought along.
    left: Place,
    begun: Place,
    zeroed: Place,
}

impl Totals {
    /// Makes some of 0.
    pub(super) fn new() -> Self {
        Self {
            left: Place::new(),
            begun: Place::new(),
            zeroed: Place::new(),
        }
    }

    /// Begins anew, without destinations.
    pub(super) fn begin(&self) {
        self.begun.set(self.left.get());
        self.zeroed.set(self.left.get());
    }

    /// Notes that what has counted so much belongs to it from now on.
    pub(super) fn comes(&self, counts: Counts) {
        self.left.set(self.left.get().minus(counts));
    }

    /// Notes that what has counted so much belongs to it no more.
    pub(super) fn leaves(&self, counts: Counts) {
        self.left.set(self.left.get().plus(counts));
    }

    /// All that was counted since it began; `present` is what those count that belong to it.
    pub(super) fn ever(&self, present: Counts) -> Counts {
        present.plus(self.left.get()).minus(self.begun.get())
    }

    /// What was counted since it began, or was zeroed.
    pub(super) fn counted(&self, present: Counts) -> Counts {
        present.plus(self.left.get()).minus(self.zeroed.get())
    }

    /// Counts from 0 again.
    pub(super) fn zero(&self, present: Counts) {
        self.zeroed.set(present.plus(self.left.get()));
    }
}

/// What these destinations have counted since they were made.
pub(super) fn present(dests: &[Entry]) -> Counts {
    dests.iter().fold(Counts::default(), |sum, entry| {
        sum.plus(Counts::of(&entry.dest))
    })
}
