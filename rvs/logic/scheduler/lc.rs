// SPDX-License-Identifier: GPL-2.0-only

//! Least connections: the eligible destination with the least load, whatever its weight.

use super::Destination;

/// Chooses the first of those with the least load.
#[inline]
pub fn pick<D: Destination>(destinations: &[D]) -> Option<usize> {
    let mut least = None;
    // More than any load, which fits in 32 bits.
    let mut least_overhead = u64::MAX;
    // Counting by a range, unlike `enumerate()`, compiles without a check for overflow.
    for (index, destination) in (0..destinations.len()).zip(destinations) {
        let overhead = u64::from(destination.overhead());
        if destination.is_eligible() && overhead < least_overhead {
            least = Some(index);
            least_overhead = overhead;
        }
    }
    least
}
