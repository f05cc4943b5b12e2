// SPDX-License-Identifier: GPL-2.0-only

//! Overflow: connections go to the heaviest destination until more of its connections are active
//! than it has weight, then to the next one.

use core::ops::Deref;

use super::{
    ranks::Ranks,
    Destination, //
};

/// Chooses the heaviest of those that are not full.
#[inline]
pub(super) fn pick<D: Destination, T: Deref<Target = [u16]>>(
    ranks: &Ranks<T>,
    destinations: &[D],
) -> Option<usize> {
    ranks.heaviest(destinations, |destination| {
        destination.active() <= destination.weight()
    })
}
