// SPDX-License-Identifier: GPL-2.0-only

//! Comparing loads in groups, so that a choice looks again only where something has happened.
//!
//! The groups are the leaves of a tree: [`FAN`] of them make a twig, as many twigs a branch. Of every
//! group, twig and branch the least loaded destination is remembered, in one word with the events that
//! were counted there when it was found. A connection changes the load of one destination, so the next
//! choice looks into one branch, one twig and one group, and otherwise at what the others remember.
//!
//! **No stale memory is used.** Who changes a load does so before it counts the event; who looks for
//! the least of a group reads the count first and looks then. So what is remembered with a count
//! takes into account every event of that count, and is right until the next one is counted. A word
//! is used only with exactly the count that is read now, which is at least that of all events that
//! come before the choice. An event that has changed a load and is not counted yet is one at the same
//! time as the choice, which may come before or after it.
//!
//! * A CPU that was slow to look and to store overwrites what a faster one has stored, with a lower
//!   count. It makes others look once more, no more.
//! * An event is counted in its group, then in the twig, then in the branch, each with release. Who
//!   reads the count of a branch before it looks into it (acquire) sees the events of that count in
//!   the counts below, and uses no word there that does not take them into account.
//! * A count has 48 bits. For it to come round, a group would have to see 2^48 events between two
//!   choices, which is years.
//! * The words belong to one list of destinations and weights, and begin as those that remember
//!   nothing; counts belong to the service and go on. A CPU that still uses a list which has just
//!   been replaced reads the same counts, as its destinations are in the same groups.
//! * Events may be counted only from the moment on when a list in groups is made. Whoever makes it
//!   has that begin before a choice can use the list, with a full barrier in between: of an event
//!   that was not counted the choice sees the load.

use core::ops::{
    Deref,
    DerefMut, //
};

use super::{
    super::word::Word,
    events::{
        Tree,
        EVENT,
        FAN,
        GROUPS, //
    },
    least::{
        Least,
        Measure, //
    },
    Destination,
    LoadEvents, //
};

/// So many destinations are compared faster one by one.
const FEW: usize = 24;

/// So many numbers come before the lists of the groups.
const HEAD: usize = GROUPS + 1;

/// No destination in groups has this index.
const NO_ONE: u64 = EVENT - 1;

/// The destinations of a service in groups; `T` holds the list of every group.
pub struct Groups<T, W> {
    /// Where in this the list of each group begins, and the last one ends; then the lists, in the
    /// order of the destinations.
    lists: T,
    /// The least of each branch, twig and group: an event count plus an index.
    remembered: Tree<W>,
}

/// The group of a destination that is added to others, of which these are the groups: the first of
/// those with the fewest.
pub fn emptiest(groups: impl Iterator<Item = usize>) -> usize {
    let mut sizes = [0_u32; GROUPS];
    for group in groups {
        if let Some(size) = sizes.get_mut(group) {
            *size = size.saturating_add(1);
        }
    }
    let smallest = (0..GROUPS).zip(sizes).min_by_key(|(_, size)| *size);
    smallest.map_or(0, |(group, _)| group)
}

impl<T: DerefMut<Target = [u16]>, W: Word> Groups<T, W> {
    /// The room that the lists of so many destinations take; none when they are not worth it, or
    /// too many for indices of 16 bits.
    pub const fn room(destinations: usize) -> Option<usize> {
        if destinations <= FEW || destinations > NO_ONE as usize - HEAD {
            return None;
        }
        Some(HEAD + destinations)
    }

    /// The groups of `destinations`, in `room`.
    pub fn new<D: Destination>(mut room: T, destinations: &[D]) -> Self {
        fill(&mut room, destinations);
        Self {
            lists: room,
            // No count is as low.
            remembered: Tree::of(0),
        }
    }
}

/// Sorts the indices of `destinations` by group.
fn fill<D: Destination>(lists: &mut [u16], destinations: &[D]) {
    // First how many are in each group, then where its next member goes.
    let mut places = [0_u16; GROUPS];
    for destination in destinations {
        if let Some(size) = places.get_mut(destination.group()) {
            *size = size.wrapping_add(1);
        }
    }
    let mut begin = HEAD as u16;
    for (group, place) in (0..GROUPS).zip(&mut places) {
        let size = *place;
        *place = begin;
        put(lists, group, begin);
        begin = begin.wrapping_add(size);
    }
    put(lists, GROUPS, begin);
    for (index, destination) in (0..u16::MAX).zip(destinations) {
        if let Some(place) = places.get_mut(destination.group()) {
            put(lists, usize::from(*place), index);
            *place = place.wrapping_add(1);
        }
    }
}

fn put(lists: &mut [u16], place: usize, number: u16) {
    if let Some(at) = lists.get_mut(place) {
        *at = number;
    }
}

impl<T: Deref<Target = [u16]>, W: Word> Groups<T, W> {
    /// Finds the least of `destinations`, those that the groups were made for: its index, if there
    /// is one.
    // On its own it keeps what it needs in registers.
    #[inline(never)]
    pub(super) fn least<M: Measure, D: Destination>(
        &self,
        destinations: &[D],
        events: &LoadEvents<W>,
    ) -> usize {
        let (words, counts) = (&self.remembered.branches, &events.counts().branches);
        least_of::<M, D, W>(words, counts, destinations, |branch| {
            self.least_of_branch::<M, D>(branch, destinations, events.counts())
        })
    }

    /// Finds the least of a branch: its index, if there is one.
    #[inline(always)]
    fn least_of_branch<M: Measure, D: Destination>(
        &self,
        branch: usize,
        destinations: &[D],
        counts: &Tree<W>,
    ) -> usize {
        let words = self.remembered.twigs.get(branch);
        let Some((words, counts_of_twigs)) = words.zip(counts.twigs.get(branch)) else {
            return NO_ONE as usize;
        };
        least_of::<M, D, W>(words, counts_of_twigs, destinations, |twig| {
            self.least_of_twig::<M, D>(branch, twig, destinations, counts)
        })
    }

    /// Finds the least of a twig: its index, if there is one.
    #[inline(always)]
    fn least_of_twig<M: Measure, D: Destination>(
        &self,
        branch: usize,
        twig: usize,
        destinations: &[D],
        counts: &Tree<W>,
    ) -> usize {
        let Some((words, counts)) =
            twig_of(&self.remembered, branch, twig).zip(twig_of(counts, branch, twig))
        else {
            return NO_ONE as usize;
        };
        let before = branch.wrapping_mul(FAN).wrapping_add(twig);
        let first = before.wrapping_mul(FAN);
        least_of::<M, D, W>(words, counts, destinations, |group| {
            self.least_of_group::<M, D>(first.wrapping_add(group), destinations)
        })
    }

    /// Finds the least of a group: its index, if there is one.
    #[inline(never)]
    fn least_of_group<M: Measure, D: Destination>(
        &self,
        group: usize,
        destinations: &[D],
    ) -> usize {
        let mut least = Least::<M>::of_none();
        for &index in self.list(group).unwrap_or_default() {
            let index = usize::from(index);
            if let Some(destination) = destinations.get(index) {
                least.look(index, destination);
            }
        }
        least.index()
    }

    /// The indices of the destinations of a group.
    #[inline]
    fn list(&self, group: usize) -> Option<&[u16]> {
        let begin = *self.lists.get(group)?;
        let end = *self.lists.get(group.wrapping_add(1))?;
        self.lists.get(usize::from(begin)..usize::from(end))
    }
}

/// The variables of the groups of a twig.
#[inline(always)]
fn twig_of<W>(tree: &Tree<W>, branch: usize, twig: usize) -> Option<&[W; FAN]> {
    tree.groups.get(branch)?.get(twig)
}

/// Finds the least of the leasts that `words` remember with `counts`, or that `find` finds: its index,
/// if there is one.
#[inline(always)]
fn least_of<M: Measure, D: Destination, W: Word>(
    words: &[W; FAN],
    counts: &[W; FAN],
    destinations: &[D],
    find: impl Fn(usize) -> usize,
) -> usize {
    let mut least = Least::<M>::of_none();
    // Looking up by a number that is below the length anyway compiles to less than zipped iterators,
    // with and without checks for overflow.
    for number in 0..FAN {
        let Some((word, count)) = words.get(number).zip(counts.get(number)) else {
            break;
        };
        let index = recall(word, count, || find(number));
        least.look_at_least(index, destinations);
    }
    least.index()
}

/// The index that `word` remembers with the count of events there is now, otherwise the one that
/// `find` finds. An index without a destination stands for none.
#[inline]
fn recall<W: Word>(word: &W, count: &W, find: impl FnOnce() -> usize) -> usize {
    // In this order, and the count before anything is looked at.
    let (remembered, count) = (word.load(), count.load());
    let index = remembered.wrapping_sub(count);
    if index < EVENT {
        return index as usize;
    }
    let index = find();
    word.store(count.wrapping_add(index as u64 & NO_ONE));
    index
}
