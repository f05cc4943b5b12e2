// SPDX-License-Identifier: GPL-2.0-only

//! What destinations have counted, taken together, and how much of it there is in a second.
//!
//! The counters of a destination only grow, and stay with it when it is removed. From time to time what
//! has been added to them is passed on to the totals of its service and of the namespace, as long as it
//! is part of the service; so a total never goes back when a destination leaves or returns. Where it
//! begins, or begins anew, is an offset.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

use crate::{
    kapi::sync::percpu::possible_cpu_numbers,
    logic::estimate::{
        Rate,
        Scale, //
    },
};

use super::{
    dest::Counter,
    Dest,
    Entry, //
};

/// One number for each [`Counter`]. Sums and differences wrap around.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Counts([u64; Counter::COUNT]);

impl Counts {
    /// These, in the order of [`Counter::ALL`].
    pub(super) const fn new(counts: [u64; Counter::COUNT]) -> Self {
        Self(counts)
    }

    /// What a function tells of each.
    pub(super) fn of(counted: impl FnMut(Counter) -> u64) -> Self {
        Self(Counter::ALL.map(counted))
    }

    /// Returns one of the numbers.
    pub(crate) fn get(&self, counter: Counter) -> u64 {
        self.0.get(counter as usize).copied().unwrap_or(0)
    }

    /// The sum of both.
    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        Self::of(|counter| self.get(counter).wrapping_add(other.get(counter)))
    }

    /// Those of `self` without those of `other`.
    #[must_use]
    pub(super) fn minus(self, other: Self) -> Self {
        Self::of(|counter| self.get(counter).wrapping_sub(other.get(counter)))
    }
}

/// What is told of a destination, a service or a namespace.
#[derive(Default)]
pub(crate) struct Figures {
    /// What was counted since it was made, or zeroed.
    pub(crate) counts: Counts,
    /// How much there is of it in a second.
    pub(crate) rates: Counts,
}

/// Numbers that one changes at a time, and anybody may read.
pub(super) struct Place([Atomic<u64>; Counter::COUNT]);

impl Place {
    pub(super) fn new() -> Self {
        Self([const { Atomic::new(0) }; Counter::COUNT])
    }

    pub(super) fn get(&self) -> Counts {
        Counts::of(|counter| match self.0.get(counter as usize) {
            Some(number) => number.load(Relaxed),
            None => 0,
        })
    }

    pub(super) fn set(&self, counts: Counts) {
        for (counter, place) in Counter::ALL.into_iter().zip(&self.0) {
            place.store(counts.get(counter), Relaxed);
        }
    }
}

/// Rates of counters, estimated every two seconds. Callers of what changes them hold the
/// [`Ledger`](super::ledger::Ledger).
pub(super) struct Estimate {
    // What the counters were at the last estimate.
    seen: Place,
    rates: Place,
}

impl Estimate {
    /// Makes that of counters that are 0.
    pub(super) fn new() -> Self {
        Self {
            seen: Place::new(),
            rates: Place::new(),
        }
    }

    /// Estimates anew, an interval after the last time; the counters are at `now`.
    pub(super) fn go_on(&self, now: Counts) {
        let counted = now.minus(self.seen.get());
        let rates = self.rates.get();
        self.rates.set(Counts::of(|counter| {
            let rate = Rate::from_u64(rates.get(counter));
            rate.after(counted.get(counter), scale(counter)).to_u64()
        }));
        self.seen.set(now);
    }

    /// Leaves out what was counted since the last time; the counters are at `now`.
    pub(super) fn skip(&self, now: Counts) {
        self.seen.set(now);
    }

    /// Begins anew with counters at `now` (`ip_vs_zero_estimator()`).
    pub(super) fn restart(&self, now: Counts) {
        self.seen.set(now);
        self.rates.set(Counts::default());
    }

    /// Returns whether estimates stay 0 until something is counted.
    pub(super) fn is_over(&self) -> bool {
        self.rates.get() == Counts::default()
    }

    /// Returns how much there is in a second.
    pub(super) fn per_second(&self) -> Counts {
        let rates = self.rates.get();
        Counts::of(|counter| Rate::from_u64(rates.get(counter)).per_second(scale(counter)))
    }
}

fn scale(counter: Counter) -> Scale {
    match counter {
        Counter::Connections | Counter::InPackets | Counter::OutPackets => Scale::Number,
        Counter::InBytes | Counter::OutBytes => Scale::Bytes,
    }
}

/// The totals of a service, or of a namespace. Callers of what changes them hold the
/// [`Ledger`](super::ledger::Ledger).
pub(super) struct Totals {
    sum: Place,
    zeroed: Place,
    estimate: Estimate,
}

impl Totals {
    /// Makes some of 0.
    pub(super) fn new() -> Self {
        Self {
            sum: Place::new(),
            zeroed: Place::new(),
            estimate: Estimate::new(),
        }
    }

    /// Adds what was counted.
    pub(super) fn add(&self, counts: Counts) {
        if counts != Counts::default() {
            self.sum.set(self.sum.get().plus(counts));
        }
    }

    /// Begins at 0.
    pub(super) fn begin(&self) {
        self.zeroed.set(self.sum.get());
        self.estimate.restart(self.sum.get());
    }

    /// Estimates rates anew, an interval after the last time. Returns whether they stay 0 until something
    /// is counted.
    pub(super) fn go_on(&self) -> bool {
        self.estimate.go_on(self.sum.get());
        self.estimate.is_over()
    }

    /// Returns what is told.
    pub(super) fn figures(&self) -> Figures {
        Figures {
            counts: self.sum.get().minus(self.zeroed.get()),
            rates: self.estimate.per_second(),
        }
    }
}

/// What each CPU has counted for destinations that are part of no service any more, less what those that
/// are part of one had counted before.
pub(super) struct Departed(KVVec<(u32, Counts)>);

impl Departed {
    /// Makes the numbers of each CPU that there may be.
    pub(super) fn new() -> Result<Self> {
        let mut cpus = KVVec::new();
        for cpu in possible_cpu_numbers() {
            cpus.push((cpu, Counts::default()), GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Self(cpus))
    }

    /// Notes that a destination is part of a service from now on.
    pub(super) fn comes(&mut self, dest: &Dest) {
        if !dest.has_counted() {
            return;
        }
        for (cpu, left) in &mut self.0 {
            *left = left.minus(by_cpu(dest, *cpu));
        }
    }

    /// Notes that a destination is part of its service no more.
    pub(super) fn leaves(&mut self, dest: &Dest) {
        if !dest.has_counted() {
            return;
        }
        for (cpu, left) in &mut self.0 {
            *left = left.plus(by_cpu(dest, *cpu));
        }
    }

    /// Returns the numbers, with those of the CPUs.
    pub(super) fn get(&self) -> &[(u32, Counts)] {
        &self.0
    }
}

/// Adds what each CPU has counted for these destinations since they were made.
pub(super) fn add_by_cpu(dests: &[Entry], cpus: &mut [(u32, Counts)]) {
    for Entry { dest, .. } in dests.iter().filter(|entry| entry.dest.has_counted()) {
        for (cpu, counts) in &mut *cpus {
            *counts = counts.plus(by_cpu(dest, *cpu));
        }
    }
}

/// What a CPU has counted for it since it was made.
fn by_cpu(dest: &Dest, cpu: u32) -> Counts {
    Counts::of(|counter| dest.counted_by(cpu, counter))
}
