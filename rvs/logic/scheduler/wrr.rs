// SPDX-License-Identifier: GPL-2.0-only

//! Weighted round robin: each eligible destination as often as its weight says, interleaved.
//!
//! Walks round and round over the destinations. A round has a required weight, and takes those
//! that weigh at least that much. It begins near the greatest weight and falls by the greatest
//! common divisor of all weights after each round; when it would fall to zero it begins anew.
//!
//! The state is the required weight (high 32 bits) and the position in the round (low 32 bits): 0
//! before the first destination, otherwise one more than the index of the last choice.

use super::{
    gcd,
    Destination, //
};

/// What weighted round robin has to know about the weights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The required weight of the first round: the least that only the heaviest reach. 0 when no
    /// destination has a weight.
    highest: u32,
    /// How much the required weight falls after each round: the greatest common divisor, or 1.
    step: u32,
}

impl Plan {
    /// The plan for `destinations`.
    pub fn new<D: Destination>(destinations: &[D]) -> Self {
        let step = gcd::of_weights(destinations, D::weight).max(1);
        let highest = destinations
            .iter()
            .map(D::weight)
            .max()
            .unwrap_or(0)
            .saturating_sub(step.saturating_sub(1));
        Self { highest, step }
    }

    /// The required weight of the last round.
    const fn lowest(&self) -> u32 {
        match self.highest.checked_rem(self.step) {
            Some(0) => self.step,
            Some(rest) => rest,
            None => 1,
        }
    }
}

/// The state before the first choice.
pub const fn initial_state(plan: &Plan) -> u64 {
    pack(0, plan.highest)
}

/// The state after any change of the destinations: a new round, at a required weight as near as
/// the new weights allow.
pub const fn after_change(plan: &Plan, state: u64) -> u64 {
    let (_, required) = unpack(state);
    let required = if required > plan.highest || required == 0 {
        plan.highest
    } else {
        match required.checked_rem(plan.step) {
            // A step of one needs no alignment.
            Some(rest) if plan.step > 1 => required.saturating_sub(rest).saturating_add(1),
            _ => required,
        }
    };
    pack(0, required)
}

/// Chooses the next destination of the walk.
#[inline]
pub fn pick<D: Destination>(plan: &Plan, state: u64, destinations: &[D]) -> (Option<usize>, u64) {
    if plan.highest == 0 {
        return (None, state);
    }
    let (position, required) = unpack(state);
    match first_with(destinations, position, required) {
        Some(index) => (Some(index), pack(index.saturating_add(1), required)),
        None => pick_in_later_round(plan, position, required, destinations),
    }
}

/// Chooses when nothing is left in the round.
fn pick_in_later_round<D: Destination>(
    plan: &Plan,
    position: usize,
    required: u32,
    destinations: &[D],
) -> (Option<usize>, u64) {
    let heaviest = destinations
        .iter()
        .filter(|destination| !destination.is_overloaded())
        .map(D::weight)
        .max()
        .unwrap_or(0);

    // Rounds that require more than anyone weighs choose no one: they need not be walked, however
    // many a great weight makes of them.
    let next = match required.checked_sub(plan.step) {
        None | Some(0) => plan.highest,
        Some(required) => required,
    };
    let excess = next.saturating_sub(heaviest);
    let beyond = excess.checked_rem(plan.step).unwrap_or(0);
    let whole_steps = match beyond {
        0 => excess,
        _ => excess.saturating_sub(beyond).saturating_add(plan.step),
    };
    let next = next.saturating_sub(whole_steps);
    match first_with(destinations, 0, next) {
        Some(index) => (Some(index), pack(index.saturating_add(1), next)),
        // Where the walk of IPVS gives up: in the last round it comes back to where it began,
        // otherwise it has come to the end of the last round.
        None if position > 0 && required <= plan.step => (None, pack(position, plan.lowest())),
        None => (None, pack(0, plan.highest)),
    }
}

/// The first destination from `position` on that reaches `required` and is not overloaded.
#[inline]
fn first_with<D: Destination>(destinations: &[D], position: usize, required: u32) -> Option<usize> {
    let distance = destinations
        .get(position..)?
        .iter()
        .position(|destination| {
            let weight = destination.weight();
            // A required weight of zero would let in those that are to get nothing.
            weight >= required && weight > 0 && !destination.is_overloaded()
        })?;
    position.checked_add(distance)
}

#[inline]
const fn pack(position: usize, required: u32) -> u64 {
    (required as u64) << 32 | (position as u64 & 0xffff_ffff)
}

#[inline]
const fn unpack(state: u64) -> (usize, u32) {
    ((state & 0xffff_ffff) as usize, (state >> 32) as u32)
}
