// SPDX-License-Identifier: GPL-2.0-only

//! Weighted failover: all connections go to the heaviest eligible destination.

use core::ops::Deref;

use super::{
    ranks::Ranks,
    Destination, //
};

/// Chooses the heaviest.
#[inline]
pub(super) fn pick<D: Destination, T: Deref<Target = [u16]>>(
    ranks: &Ranks<T>,
    destinations: &[D],
) -> Option<usize> {
    ranks.heaviest(destinations, |_| true)
}
