// SPDX-License-Identifier: GPL-2.0-only

//! Weighted least connections: the eligible destination with the least load for its weight.

use super::{
    least::{
        overhead,
        Measure, //
    },
    Destination, //
};

/// The quotient of load and weight, both of at most 2^32.
#[derive(Clone, Copy)]
pub(super) struct Quotient {
    overhead: u64,
    weight: u64,
}

impl Quotient {
    /// That of another load than the overhead, of at most 2^32.
    #[inline]
    pub(super) const fn new(load: u64, weight: u32) -> Self {
        Self {
            overhead: load,
            weight: weight as u64,
        }
    }
}

impl Measure for Quotient {
    // A load on no weight.
    const BEYOND: Self = Self {
        overhead: 1,
        weight: 0,
    };

    #[inline]
    fn of<D: Destination>(destination: &D) -> Self {
        Self {
            overhead: overhead(destination),
            weight: destination.weight().into(),
        }
    }

    /// Multiplies crosswise, which is exact and costs no division. Who has no weight is never less.
    #[inline]
    fn against(self, other: Self) -> (u64, u64) {
        // A weight is below 2^32: the products fit.
        (
            u64::wrapping_mul(self.overhead, other.weight),
            u64::wrapping_mul(other.overhead, self.weight),
        )
    }
}
