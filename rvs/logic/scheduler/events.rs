// SPDX-License-Identifier: GPL-2.0-only

//! What tells that loads have changed.

use super::super::word::Word;

/// Branches, twigs of a branch, and groups of a twig: of so many one is the least.
pub(super) const FAN: usize = 4;

/// Groups of destinations, numbered from 0 along the branches and twigs.
pub const GROUPS: usize = FAN * FAN * FAN;

/// What an event adds to a count. The bits below stay clear, for an index.
pub(super) const EVENT: u64 = 1 << 16;

/// A variable for each branch, for each of its twigs, and for each group of these.
pub(super) struct Tree<W> {
    pub(super) branches: [W; FAN],
    pub(super) twigs: [[W; FAN]; FAN],
    pub(super) groups: [[[W; FAN]; FAN]; FAN],
}

impl<W: Word> Tree<W> {
    /// All variables with this value.
    pub(super) fn of(value: u64) -> Self {
        let four = || [(); FAN].map(|()| W::new(value));
        Self {
            branches: four(),
            twigs: [(); FAN].map(|()| four()),
            groups: [(); FAN].map(|()| [(); FAN].map(|()| four())),
        }
    }
}

/// How often something has happened to the load of a destination, for each group of the service's
/// destinations, each twig and each branch.
///
/// Who changes a load first changes it, then [notes](LoadEvents::note) it.
pub struct LoadEvents<W>(Tree<W>);

impl<W: Word> LoadEvents<W> {
    /// For the groups of a service.
    pub fn new() -> Self {
        // Not 0, which is no event that anyone could remember.
        Self(Tree::of(EVENT))
    }

    /// Notes that the load of a destination in `group` has changed: three additions.
    #[inline]
    pub fn note(&self, group: usize) {
        let Tree {
            branches,
            twigs,
            groups,
        } = &self.0;
        let (twig, branch) = (group / FAN, group / FAN / FAN);
        // Upwards: who sees an event in one count sees it in those below.
        for (counts, number) in [
            (groups.as_flattened().as_flattened(), group),
            (twigs.as_flattened(), twig),
            (branches.as_slice(), branch),
        ] {
            if let Some(count) = counts.get(number) {
                count.add(EVENT);
            }
        }
    }

    /// The counts.
    #[inline]
    pub(super) const fn counts(&self) -> &Tree<W> {
        &self.0
    }
}

impl<W: Word> Default for LoadEvents<W> {
    fn default() -> Self {
        Self::new()
    }
}
