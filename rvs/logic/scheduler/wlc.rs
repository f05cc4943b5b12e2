// SPDX-License-Identifier: GPL-2.0-only

//! Weighted least connections: the eligible destination with the least load for its weight.

use super::Destination;

/// Chooses the first of those with the least quotient of load and weight.
///
/// Quotients are compared by multiplying crosswise, which is exact and costs no division.
#[inline]
pub fn pick<D: Destination>(destinations: &[D]) -> Option<usize> {
    let mut least = None;
    // Nothing chosen yet is a load on no weight: more than that of anyone who has a weight. And
    // who has none is never less, so a weight of 0 needs no look of its own.
    let (mut least_overhead, mut least_weight) = (1, 0);
    // Counting by a range, unlike `enumerate()`, compiles without a check for overflow.
    for (index, destination) in (0..destinations.len()).zip(destinations) {
        if destination.is_overloaded() {
            continue;
        }
        let weight = u64::from(destination.weight());
        let overhead = u64::from(destination.overhead());
        // Two 32-bit factors: the products fit.
        if u64::wrapping_mul(least_overhead, weight) > u64::wrapping_mul(overhead, least_weight) {
            least = Some(index);
            (least_overhead, least_weight) = (overhead, weight);
        }
    }
    least
}
