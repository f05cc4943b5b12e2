// SPDX-License-Identifier: GPL-2.0-only

//! The least loaded of all destinations, and of equals the first.

use core::ops::Deref;

use super::{
    super::word::Word,
    Destination,
    Groups,
    LoadEvents, //
};

/// A load, as a scheduler compares it.
pub(super) trait Measure: Copy {
    /// More than that of anyone who may be chosen.
    const BEYOND: Self;

    /// That of a destination. That of one without a weight is not less than [`Measure::BEYOND`].
    fn of<D: Destination>(destination: &D) -> Self;

    /// Two numbers that compare as the two measures do, of which one at least has a weight.
    fn against(self, other: Self) -> (u64, u64);
}

/// The overhead of a destination, in 32 bits, so that it can be multiplied by a weight: from 16
/// million active connections on all loads are the same.
#[inline]
pub(super) fn overhead<D: Destination>(destination: &D) -> u64 {
    destination.overhead().min(u64::from(u32::MAX))
}

/// The least of those that were looked at.
pub(super) struct Least<M> {
    index: usize,
    measure: M,
}

impl<M: Measure> Least<M> {
    /// Before the first look.
    #[inline]
    pub(super) const fn of_none() -> Self {
        Self {
            index: usize::MAX,
            measure: M::BEYOND,
        }
    }

    /// Its index; `usize::MAX` when none of them may be chosen.
    #[inline]
    pub(super) const fn index(&self) -> usize {
        self.index
    }

    /// Looks at one behind all others that were looked at.
    #[inline]
    pub(super) fn look<D: Destination>(&mut self, index: usize, destination: &D) {
        if destination.is_overloaded() {
            return;
        }
        let measure = M::of(destination);
        let (here, least) = measure.against(self.measure);
        if here < least {
            *self = Self { index, measure };
        }
    }

    /// Looks at the least of others, anywhere in the list; at none when there is no such index.
    #[inline]
    pub(super) fn look_at_least<D: Destination>(&mut self, index: usize, destinations: &[D]) {
        let Some(destination) = destinations.get(index) else {
            return;
        };
        let measure = M::of(destination);
        let (here, least) = measure.against(self.measure);
        if here < least || here == least && index < self.index {
            *self = Self { index, measure };
        }
    }
}

/// Chooses the first of those with the least load, in groups if there are such.
#[inline]
pub(super) fn pick<M: Measure, D: Destination, T: Deref<Target = [u16]>, W: Word>(
    destinations: &[D],
    groups: Option<&Groups<T, W>>,
    events: &LoadEvents<W>,
) -> Option<usize> {
    let index = match groups {
        Some(groups) => groups.least::<M, D>(destinations, events),
        None => least_of_all::<M, D>(destinations),
    };
    (index < destinations.len()).then_some(index)
}

/// Looks at one after the other.
#[inline]
fn least_of_all<M: Measure, D: Destination>(destinations: &[D]) -> usize {
    let mut least = Least::<M>::of_none();
    // Counting by a range, unlike `enumerate()`, compiles without a check for overflow.
    for (index, destination) in (0..destinations.len()).zip(destinations) {
        least.look(index, destination);
    }
    least.index
}
