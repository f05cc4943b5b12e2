// SPDX-License-Identifier: GPL-2.0-only

//! Locality-based least connections: the address that a packet is for stays with its destination
//! until that is busy while others are not, or takes no connections; then it goes to the least
//! loaded for its weight.

use super::{
    super::addr::Addr,
    locality::{
        self,
        Set, //
    },
    Destination,
    Surroundings, //
};

/// Chooses for an address; `least` is the choice among all.
pub(super) fn pick<D: Destination>(
    destinations: &[D],
    addr: Addr,
    surroundings: &impl Surroundings,
    least: impl FnOnce() -> Option<usize>,
) -> Option<usize> {
    let remembered = surroundings.recall(addr);
    let located = remembered.map(|mut set| {
        set.locate(destinations);
        set
    });
    let latest = located.and_then(|set| set.latest(destinations));
    let (chosen, set) = match latest.filter(|index| may_stay(destinations, *index)) {
        Some(index) => (index, located),
        None => {
            let chosen = least()?;
            let is_same = latest == Some(chosen);
            let set = || Set::of(destinations, chosen, surroundings.now());
            (chosen, if is_same { located } else { set() })
        }
    };
    if let Some(set) = set.filter(|set| remembered != Some(*set)) {
        surroundings.remember(addr, set);
    }
    Some(chosen)
}

fn may_stay<D: Destination>(destinations: &[D], index: usize) -> bool {
    destinations.get(index).is_some_and(D::is_eligible) && !locality::is_busy(destinations, index)
}
