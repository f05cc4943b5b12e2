// SPDX-License-Identifier: GPL-2.0-only

//! Round robin: each eligible destination in turn, whatever its weight.
//!
//! The state is the position after the last choice: 0 before the first destination, otherwise one
//! more than the index of the destination chosen last.

use super::Destination;

/// The state before the first choice.
pub const INITIAL_STATE: u64 = 0;

/// Chooses the first eligible destination after the last choice, around the end of the slice.
#[inline]
pub fn pick<D: Destination>(state: u64, destinations: &[D]) -> (Option<usize>, u64) {
    let position = usize::try_from(state).unwrap_or(0);
    // A position behind the end is that of the last destination, or of one that has just gone.
    let (before, after) = destinations
        .split_at_checked(position)
        .unwrap_or((&[], destinations));

    let chosen = match after.iter().position(D::is_eligible) {
        Some(distance) => Some(position_in(after, destinations).wrapping_add(distance)),
        None => before.iter().position(D::is_eligible),
    };
    match chosen {
        Some(index) => (Some(index), (index as u64).wrapping_add(1)),
        None => (None, state),
    }
}

/// Where `rest`, the end of `whole`, begins in it.
#[inline]
fn position_in<D>(rest: &[D], whole: &[D]) -> usize {
    whole.len().wrapping_sub(rest.len())
}

/// The state after a destination was put before all others.
pub const fn after_insert(state: u64) -> u64 {
    // Before the first destination means before the new one.
    match state {
        INITIAL_STATE => INITIAL_STATE,
        position => position.saturating_add(1),
    }
}

/// The state after the destination at `index` was taken out.
pub const fn after_remove(state: u64, index: usize) -> u64 {
    // If it was the last choice, its predecessor takes that place.
    if state > index as u64 {
        state.saturating_sub(1)
    } else {
        state
    }
}
