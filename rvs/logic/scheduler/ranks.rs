// SPDX-License-Identifier: GPL-2.0-only

//! Destinations by weight, so that the heaviest that takes a connection is found without a look at
//! all the others.

use core::{
    cmp::Reverse,
    ops::{
        Deref,
        DerefMut, //
    },
};

use super::Destination;

/// The destinations of a service from the heaviest to the lightest, and of equals in the order of
/// the list; `T` holds their indices. None where indices have more than 16 bits: then each choice
/// looks at all.
pub struct Ranks<T>(Option<T>);

impl<T: DerefMut<Target = [u16]>> Ranks<T> {
    /// Whether so many destinations have ranks, which take as much room.
    pub(super) const fn has_room_for(destinations: usize) -> bool {
        destinations <= 1 << u16::BITS
    }

    /// The ranks of `destinations` in `room`; in none when there are too many.
    pub(super) fn new<D: Destination>(mut room: Option<T>, destinations: &[D]) -> Self {
        if let Some(ranks) = room.as_deref_mut() {
            for (index, rank) in (0..=u16::MAX).zip(ranks.iter_mut()) {
                *rank = index;
            }
            let weight = |index: u16| destinations.get(usize::from(index)).map_or(0, D::weight);
            ranks.sort_unstable_by_key(|index| (Reverse(weight(*index)), *index));
        }
        Self(room)
    }
}

impl<T: Deref<Target = [u16]>> Ranks<T> {
    /// Finds the heaviest eligible destination that also `takes` a connection, and of equals the
    /// first.
    #[inline]
    pub(super) fn heaviest<D: Destination>(
        &self,
        destinations: &[D],
        takes: impl Fn(&D) -> bool,
    ) -> Option<usize> {
        let may_be_chosen = |destination: &D| destination.is_eligible() && takes(destination);
        match &self.0 {
            Some(ranks) => ranks
                .iter()
                .map(|index| usize::from(*index))
                .find(|index| destinations.get(*index).is_some_and(may_be_chosen)),
            None => heaviest_of_all(destinations, may_be_chosen),
        }
    }
}

/// Looks at one after the other.
#[cold]
fn heaviest_of_all<D: Destination>(
    destinations: &[D],
    may_be_chosen: impl Fn(&D) -> bool,
) -> Option<usize> {
    (0..destinations.len())
        .zip(destinations)
        .filter(|(_, destination)| may_be_chosen(destination))
        .min_by_key(|(_, destination)| Reverse(destination.weight()))
        .map(|(index, _)| index)
}
