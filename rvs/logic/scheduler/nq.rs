// SPDX-License-Identifier: GPL-2.0-only

//! Never queue: the first eligible destination without active connections, whatever its weight;
//! where all have some, that of the shortest expected delay.

use super::{
    least::Measure,
    wlc::Quotient,
    Destination, //
};

/// The delay as `sed` has it; none where nothing is active.
#[derive(Clone, Copy)]
pub(super) struct Queue(Quotient);

impl Measure for Queue {
    const BEYOND: Self = Self(Quotient::BEYOND);

    #[inline]
    fn of<D: Destination>(destination: &D) -> Self {
        let delay = match destination.active() {
            0 => 0,
            active => u64::from(active).wrapping_add(1),
        };
        Self(Quotient::new(delay, destination.weight()))
    }

    #[inline]
    fn against(self, other: Self) -> (u64, u64) {
        self.0.against(other.0)
    }
}

/// So many are looked at by [`first_idle`].
const LOOKS: usize = 4;

/// The first one that may be chosen, if it is among the first ones of all and has no active connections:
/// nobody is less loaded, whatever has happened to the others.
#[inline]
pub(super) fn first_idle<D: Destination>(destinations: &[D]) -> Option<usize> {
    let eligible = |destination: &D| destination.is_eligible();
    let index = destinations.iter().take(LOOKS).position(eligible)?;
    (destinations.get(index)?.active() == 0).then_some(index)
}
