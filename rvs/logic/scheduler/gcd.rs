// SPDX-License-Identifier: GPL-2.0-only

//! The unit of the weights of a service.

use super::Destination;

/// The greatest common divisor of all weights that are not 0; 0 when there is none.
pub(super) fn of_weights<D: Destination>(destinations: &[D], weight: impl Fn(&D) -> u32) -> u32 {
    destinations.iter().map(weight).fold(0, gcd)
}

/// Euclid's algorithm; a zero does not count.
const fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
