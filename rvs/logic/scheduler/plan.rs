// SPDX-License-Identifier: GPL-2.0-only

//! A scheduler with what it has to know beforehand.

use core::ops::DerefMut;

use super::{
    super::{
        addr::Endpoint,
        word::Word, //
    },
    lc,
    least,
    mh,
    rr,
    sh,
    wlc,
    wrr,
    Destination,
    Groups,
    Kind,
    LoadEvents,
    Settings, //
};

/// Why there is no plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlanError<E> {
    /// The algorithm does not serve as many destinations.
    TooManyDestinations,
    /// There is no room for the table.
    Room(E),
}

/// A scheduler made for the destinations that a service has now; tables are in `T`, and what it
/// remembers of loads in variables `W`.
pub enum Plan<T, W> {
    /// Round robin needs to know nothing.
    Rr,
    /// Weighted round robin.
    Wrr(wrr::Plan),
    /// Least connections, in groups of many.
    Lc(Option<Groups<T, W>>),
    /// Weighted least connections, in groups of many.
    Wlc(Option<Groups<T, W>>),
    /// Source hashing.
    Sh(sh::Plan<T>),
    /// Maglev hashing.
    Mh(mh::Plan<T>),
}

/// The state of a scheduler that has none.
const STATELESS: u64 = 0;

impl<T: DerefMut<Target = [u16]>, W: Word> Plan<T, W> {
    /// The plan of the scheduler `settings` for `destinations`.
    ///
    /// `room` makes the storage of a table, of at least as many numbers as it is told. What they
    /// are does not matter. It is not called by schedulers that have no table.
    pub fn new<D: Destination, E>(
        settings: Settings,
        destinations: &[D],
        room: impl FnOnce(usize) -> Result<T, E>,
    ) -> Result<Self, PlanError<E>> {
        let flags = settings.flags().unwrap_or_default();
        Ok(match settings.kind() {
            Kind::Rr => Self::Rr,
            Kind::Wrr => Self::Wrr(wrr::Plan::new(destinations)),
            Kind::Lc => Self::Lc(groups(destinations, room)?),
            Kind::Wlc => Self::Wlc(groups(destinations, room)?),
            Kind::Sh => {
                let slots = room(sh::SLOTS).map_err(PlanError::Room)?;
                Self::Sh(sh::Plan::new(slots, flags, destinations))
            }
            Kind::Mh => {
                let len = mh::Plan::<T>::room(destinations.len())
                    .ok_or(PlanError::TooManyDestinations)?;
                let room = room(len).map_err(PlanError::Room)?;
                Self::Mh(mh::Plan::new(room, flags, destinations))
            }
        })
    }

    /// The state of a service that has just got this scheduler.
    pub const fn initial_state(&self) -> u64 {
        match self {
            Self::Rr => rr::INITIAL_STATE,
            Self::Wrr(plan) => wrr::initial_state(plan),
            Self::Lc(_) | Self::Wlc(_) | Self::Sh(_) | Self::Mh(_) => STATELESS,
        }
    }

    /// Whether the events of the destinations' loads have to be counted, from before the first choice.
    pub const fn wants_events(&self) -> bool {
        matches!(self, Self::Lc(Some(_)) | Self::Wlc(Some(_)))
    }

    /// Chooses one of `destinations` for a connection of `client`: its index, if one is eligible,
    /// and the state that follows. `events` counts what happens to their loads, if that is
    /// [wanted](Plan::wants_events).
    ///
    /// The state that follows counts also when none was chosen.
    #[inline]
    pub fn pick<D: Destination>(
        &self,
        state: u64,
        destinations: &[D],
        events: &LoadEvents<W>,
        client: Endpoint,
    ) -> (Option<usize>, u64) {
        match self {
            Self::Rr => rr::pick(state, destinations),
            Self::Wrr(plan) => wrr::pick(plan, state, destinations),
            Self::Lc(groups) => (
                least::pick::<lc::Overhead, _, _, _>(destinations, groups.as_ref(), events),
                state,
            ),
            Self::Wlc(groups) => (
                least::pick::<wlc::Quotient, _, _, _>(destinations, groups.as_ref(), events),
                state,
            ),
            Self::Sh(plan) => (plan.pick(destinations, client), state),
            Self::Mh(plan) => (plan.pick(destinations, client), state),
        }
    }

    /// The state after a destination was put before all others; `self` is the new plan.
    pub const fn after_insert(&self, state: u64) -> u64 {
        match self {
            Self::Rr => rr::after_insert(state),
            Self::Wrr(plan) => wrr::after_change(plan, state),
            Self::Lc(_) | Self::Wlc(_) | Self::Sh(_) | Self::Mh(_) => STATELESS,
        }
    }

    /// The state after the destination at `index` was taken out; `self` is the new plan.
    pub const fn after_remove(&self, state: u64, index: usize) -> u64 {
        match self {
            Self::Rr => rr::after_remove(state, index),
            Self::Wrr(plan) => wrr::after_change(plan, state),
            Self::Lc(_) | Self::Wlc(_) | Self::Sh(_) | Self::Mh(_) => STATELESS,
        }
    }

    /// The state after a destination was given other settings; `self` is the new plan.
    pub const fn after_update(&self, state: u64) -> u64 {
        match self {
            Self::Rr => state,
            Self::Wrr(plan) => wrr::after_change(plan, state),
            Self::Lc(_) | Self::Wlc(_) | Self::Sh(_) | Self::Mh(_) => STATELESS,
        }
    }
}

/// The groups of `destinations`, when they are many.
fn groups<D: Destination, T: DerefMut<Target = [u16]>, W: Word, E>(
    destinations: &[D],
    room: impl FnOnce(usize) -> Result<T, E>,
) -> Result<Option<Groups<T, W>>, PlanError<E>> {
    let Some(len) = Groups::<T, W>::room(destinations.len()) else {
        return Ok(None);
    };
    let room = room(len).map_err(PlanError::Room)?;
    Ok(Some(Groups::new(room, destinations)))
}
