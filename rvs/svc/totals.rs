// SPDX-License-Identifier: GPL-2.0-only

//! What destinations have counted, taken together.
//!
//! The counters of a destination only grow, and stay with it when it is removed. A total is what those
//! of its destinations are now, and what others have left behind; where it begins, or begins anew, is
//! an offset. So it never goes back when a destination leaves or returns.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

use crate::kapi::sync::percpu::possible_cpu_numbers;

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

    /// What one CPU has counted for it since it was made.
    fn by(dest: &Dest, cpu: u32) -> Self {
        Self(Counter::ALL.map(|counter| dest.counted_by(cpu, counter)))
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

/// The totals of a service. Callers hold the lock of the configuration.
pub(super) struct Totals {
    // What has left, less what those that have come brought along.
    left: Place,
    zeroed: Place,
}

impl Totals {
    /// Makes some of 0.
    pub(super) fn new() -> Self {
        Self {
            left: Place::new(),
            zeroed: Place::new(),
        }
    }

    /// Begins anew, without destinations.
    pub(super) fn begin(&self) {
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

    /// What was counted since it began, or was zeroed; `present` is what those count that belong to it.
    pub(super) fn counted(&self, present: Counts) -> Counts {
        present.plus(self.left.get()).minus(self.zeroed.get())
    }

    /// Counts from 0 again.
    pub(super) fn zero(&self, present: Counts) {
        self.zeroed.set(present.plus(self.left.get()));
    }
}

/// The totals of a namespace: of the destinations of all its services.
pub(super) struct NamespaceTotals {
    // As of a service, of each CPU.
    left: KVVec<(u32, Counts)>,
    zeroed: Counts,
}

impl NamespaceTotals {
    /// Makes some of 0.
    pub(super) fn new() -> Result<Self> {
        let mut left = KVVec::new();
        for cpu in possible_cpu_numbers() {
            left.push((cpu, Counts::default()), GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Self {
            left,
            zeroed: Counts::default(),
        })
    }

    /// Notes that a destination is part of a service from now on.
    pub(super) fn comes(&mut self, dest: &Dest) {
        for (cpu, left) in &mut self.left {
            *left = left.minus(Counts::by(dest, *cpu));
        }
    }

    /// Notes that a destination is part of its service no more.
    pub(super) fn leaves(&mut self, dest: &Dest) {
        for (cpu, left) in &mut self.left {
            *left = left.plus(Counts::by(dest, *cpu));
        }
    }

    /// What each CPU has counted for those that have left.
    pub(super) fn left(&self) -> &[(u32, Counts)] {
        &self.left
    }

    /// What was counted since the namespace was made, or zeroed; `present` is what those count that
    /// are part of a service.
    pub(super) fn counted(&self, present: Counts) -> Counts {
        self.ever(present).minus(self.zeroed)
    }

    /// Counts from 0 again.
    pub(super) fn zero(&mut self, present: Counts) {
        self.zeroed = self.ever(present);
    }

    fn ever(&self, present: Counts) -> Counts {
        let left = self.left.iter().map(|(_, counts)| *counts);
        left.fold(present, Counts::plus)
    }
}

/// Adds what each CPU has counted for these destinations since they were made.
pub(super) fn add_by_cpu(dests: &[Entry], cpus: &mut [(u32, Counts)]) {
    for Entry { dest, .. } in dests {
        for (cpu, counts) in &mut *cpus {
            *counts = counts.plus(Counts::by(dest, *cpu));
        }
    }
}

/// What these destinations have counted since they were made.
pub(super) fn present(dests: &[Entry]) -> Counts {
    dests.iter().fold(Counts::default(), |sum, entry| {
        sum.plus(Counts::of(&entry.dest))
    })
}
