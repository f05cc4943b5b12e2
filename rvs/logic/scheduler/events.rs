// SPDX-License-Identifier: GPL-2.0-only

//! What tells that loads have changed.

use super::super::word::Word;

/// Groups whose loads are looked at together, and remembered together, once more.
pub(super) const BRANCHES: usize = 4;

/// Groups in a branch.
pub(super) const IN_BRANCH: usize = 8;

/// Groups of destinations, numbered from 0.
pub const GROUPS: usize = BRANCHES * IN_BRANCH;

/// What an event adds to the count of its group. The bits below stay clear, for an index.
pub(super) const EVENT: u64 = 1 << 16;

/// How often something has happened to the load of a destination, for each group of the service's
/// destinations.
///
/// Who changes a load first changes it, then [notes](LoadEvents::note) it.
pub struct LoadEvents<W>([[W; IN_BRANCH]; BRANCHES]);

impl<W: Word> LoadEvents<W> {
    /// For the groups of a service.
    pub fn new() -> Self {
        // Not 0, which is no event that anyone could remember.
        let count = || W::new(EVENT);
        Self([(); BRANCHES].map(|()| [(); IN_BRANCH].map(|()| count())))
    }

    /// Notes that the load of a destination in `group` has changed: one addition.
    #[inline]
    pub fn note(&self, group: usize) {
        let counts = self.0.as_flattened();
        if let Some(count) = counts.get(group) {
            count.add(EVENT);
        }
    }

    /// The counts, by branch.
    #[inline]
    pub(super) const fn counts(&self) -> &[[W; IN_BRANCH]; BRANCHES] {
        &self.0
    }
}

impl<W: Word> Default for LoadEvents<W> {
    fn default() -> Self {
        Self::new()
    }
}
