// SPDX-License-Identifier: GPL-2.0-only

//! Shortest expected delay: the eligible destination with the fewest active connections for its
//! weight, the new one counted in.

use super::{
    least::Measure,
    wlc::Quotient,
    Destination, //
};

/// Active connections, one more than there are, for the weight.
#[derive(Clone, Copy)]
pub(super) struct Delay(Quotient);

impl Measure for Delay {
    const BEYOND: Self = Self(Quotient::BEYOND);

    #[inline]
    fn of<D: Destination>(destination: &D) -> Self {
        let active = u64::from(destination.active());
        Self(Quotient::new(active.wrapping_add(1), destination.weight()))
    }

    #[inline]
    fn against(self, other: Self) -> (u64, u64) {
        self.0.against(other.0)
    }
}
