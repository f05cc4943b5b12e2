// SPDX-License-Identifier: GPL-2.0-only

//! Locality-based least connections with replication: the address that a packet is for has a set of
//! destinations. The least loaded of the set for its weight is chosen; when that is busy while
//! others are not, the least loaded of all joins the set. A set that has not changed for long loses
//! the most loaded.

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
    let Some(remembered) = surroundings.recall(addr) else {
        let chosen = least()?;
        if let Some(set) = Set::of(destinations, chosen, surroundings.now()) {
            surroundings.remember(addr, set);
        }
        return Some(chosen);
    };
    let mut set = remembered;
    set.locate(destinations);
    let of_set = set.least(destinations);
    if set.has_several() && surroundings.is_long_ago(set.changed()) {
        set.reduce(destinations, surroundings.now());
    }
    let chosen = match of_set.filter(|index| !locality::is_busy(destinations, *index)) {
        Some(index) => Some(index),
        None => least().inspect(|index| set.add(destinations, *index, surroundings.now())),
    };
    if set != remembered {
        surroundings.remember(addr, set);
    }
    chosen
}
