// SPDX-License-Identifier: GPL-2.0-only

//! Power of two choices: of two destinations that are drawn by weight, the one with less load for
//! its weight.
//!
//! A draw is a number from 0 to the sum of all weights, both included, and hits the destination
//! that reaches it when weights are added up in the order of the list. So the first one is hit for
//! one number more than its weight, as with IPVS.
//!
//! Source: Mitzenmacher, Richa, Sitaraman, "The Power of Two Random Choices: A Survey of Techniques
//! and Results" (2001).

use super::{
    least::Measure,
    wlc::Quotient,
    Destination, //
};

/// Chooses by two random numbers.
pub(super) fn pick<D: Destination>(destinations: &[D], draws: [u32; 2]) -> Option<usize> {
    let total = eligible(destinations).fold(0, |sum: u64, (_, _, weight)| sum.wrapping_add(weight));
    if total == 0 {
        return None;
    }
    let [first, second] = draws.map(|draw| scale(draw, total));
    let (first, second) = if first <= second {
        hits(destinations, first, second)
    } else {
        let (second, first) = hits(destinations, second, first);
        (first, second)
    };
    // None is hit where the sum became less meanwhile, as one is overloaded now.
    let (Some(first), Some(second)) = (first, second) else {
        return first.or(second).or_else(|| last(destinations));
    };
    let measure = |index: usize| destinations.get(index).map(Quotient::of);
    let (first_load, second_load) = measure(first).zip(measure(second))?;
    let (second_load, first_load) = second_load.against(first_load);
    let is_less = second_load < first_load;
    Some(if is_less { second } else { first })
}

/// The number from 0 to `total` that a random one stands for.
#[inline]
const fn scale(draw: u32, total: u64) -> u64 {
    // The sum of fewer than 2^32 weights: the product fits.
    (u128::wrapping_mul(draw as u128, total.wrapping_add(1) as u128) >> u32::BITS) as u64
}

/// The first destinations whose weight, added to those before, reaches each of two numbers, of which
/// the first is not the greater.
fn hits<D: Destination>(
    destinations: &[D],
    first: u64,
    second: u64,
) -> (Option<usize>, Option<usize>) {
    let mut sum: u64 = 0;
    let mut others = eligible(destinations);
    let mut reach = |number: u64, last: Option<usize>| {
        if last.is_some() && sum >= number {
            return last;
        }
        others
            .find(|(_, _, weight)| {
                sum = sum.wrapping_add(*weight);
                sum >= number
            })
            .map(|(index, _, _)| index)
    };
    let first = reach(first, None);
    let second = reach(second, first);
    (first, second)
}

fn last<D: Destination>(destinations: &[D]) -> Option<usize> {
    eligible(destinations).last().map(|(index, _, _)| index)
}

/// The destinations that may be chosen, with their indices and weights.
#[inline]
fn eligible<D: Destination>(destinations: &[D]) -> impl Iterator<Item = (usize, &D, u64)> {
    (0..destinations.len())
        .zip(destinations)
        .map(|(index, destination)| (index, destination, u64::from(destination.weight())))
        .filter(|(_, destination, weight)| *weight > 0 && !destination.is_overloaded())
}
