// SPDX-License-Identifier: GPL-2.0-only

//! Least connections: the eligible destination with the least load, whatever its weight.

use super::{
    least::{
        overhead,
        Measure, //
    },
    Destination, //
};

/// The load alone.
#[derive(Clone, Copy)]
pub(super) struct Overhead(u64);

impl Measure for Overhead {
    // A load fits in 32 bits.
    const BEYOND: Self = Self(u64::MAX);

    #[inline]
    fn of<D: Destination>(destination: &D) -> Self {
        if destination.weight() == 0 {
            return Self::BEYOND;
        }
        Self(overhead(destination))
    }

    #[inline]
    fn against(self, other: Self) -> (u64, u64) {
        (self.0, other.0)
    }
}
