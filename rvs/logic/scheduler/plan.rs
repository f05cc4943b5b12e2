// SPDX-License-Identifier: GPL-2.0-only

//! A scheduler with what it has to know beforehand.

use core::ops::DerefMut;

use super::{
    super::word::Word,
    dh,
    fo,
    lblc,
    lblcr,
    lc,
    least,
    mh,
    nq,
    ovf,
    rr,
    sed,
    sh,
    twos,
    wlc,
    wrr,
    Destination,
    Groups,
    Kind,
    LoadEvents,
    Ranks,
    Request,
    Settings,
    Surroundings, //
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
    /// Shortest expected delay, in groups of many.
    Sed(Option<Groups<T, W>>),
    /// Never queue, in groups of many.
    Nq(Option<Groups<T, W>>),
    /// Destination hashing.
    Dh(dh::Plan<T>),
    /// Locality-based least connections, in groups of many.
    Lblc(Option<Groups<T, W>>),
    /// The same with replication.
    Lblcr(Option<Groups<T, W>>),
    /// Weighted failover.
    Fo(Ranks<T>),
    /// Overflow.
    Ovf(Ranks<T>),
    /// Power of two choices.
    Twos,
    /// No scheduler.
    None,
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
            Kind::Sed => Self::Sed(groups(destinations, room)?),
            Kind::Nq => Self::Nq(groups(destinations, room)?),
            Kind::Dh => {
                let slots = room(sh::SLOTS).map_err(PlanError::Room)?;
                Self::Dh(dh::Plan::new(slots, destinations))
            }
            Kind::Lblc => Self::Lblc(groups(destinations, room)?),
            Kind::Lblcr => Self::Lblcr(groups(destinations, room)?),
            Kind::Fo => Self::Fo(ranks(destinations, room)?),
            Kind::Ovf => Self::Ovf(ranks(destinations, room)?),
            Kind::Twos => Self::Twos,
            Kind::None => Self::None,
        })
    }

    /// The state of a service that has just got this scheduler.
    pub const fn initial_state(&self) -> u64 {
        match self {
            Self::Rr => rr::INITIAL_STATE,
            Self::Wrr(plan) => wrr::initial_state(plan),
            _ => STATELESS,
        }
    }

    /// Whether the events of the destinations' loads have to be counted, from before the first choice.
    pub const fn wants_events(&self) -> bool {
        matches!(
            self,
            Self::Lc(Some(_))
                | Self::Wlc(Some(_))
                | Self::Sed(Some(_))
                | Self::Nq(Some(_))
                | Self::Lblc(Some(_))
                | Self::Lblcr(Some(_))
        )
    }

    /// Chooses one of `destinations` for a request: its index, if one is eligible, and the state that
    /// follows. `events` counts what happens to their loads, if that is
    /// [wanted](Plan::wants_events).
    ///
    /// The state that follows counts also when none was chosen.
    #[inline]
    pub fn pick<D: Destination>(
        &self,
        state: u64,
        destinations: &[D],
        events: &LoadEvents<W>,
        request: Request,
        surroundings: &impl Surroundings,
    ) -> (Option<usize>, u64) {
        match self.pick_in_turn(state, destinations) {
            Some(picked) => picked,
            None => (
                self.pick_for(destinations, events, request, surroundings),
                state,
            ),
        }
    }

    /// As [`Plan::pick`], where it does not matter for what: only those that have a state take turns.
    /// None for all others.
    #[inline(always)]
    pub fn pick_in_turn<D: Destination>(
        &self,
        state: u64,
        destinations: &[D],
    ) -> Option<(Option<usize>, u64)> {
        match self {
            Self::Rr => Some(rr::pick(state, destinations)),
            Self::Wrr(plan) => Some(wrr::pick(plan, state, destinations)),
            _ => None,
        }
    }

    /// As [`Plan::pick`], of those that have no state; none of those that have one.
    pub fn pick_for<D: Destination>(
        &self,
        destinations: &[D],
        events: &LoadEvents<W>,
        request: Request,
        surroundings: &impl Surroundings,
    ) -> Option<usize> {
        match self {
            Self::Lc(groups) => {
                least::pick::<lc::Overhead, _, _, _>(destinations, groups.as_ref(), events)
            }
            Self::Wlc(groups) => {
                least::pick::<wlc::Quotient, _, _, _>(destinations, groups.as_ref(), events)
            }
            Self::Sh(plan) => plan.pick(destinations, request.client),
            Self::Mh(plan) => plan.pick(destinations, request.client),
            Self::Sed(groups) => {
                least::pick::<sed::Delay, _, _, _>(destinations, groups.as_ref(), events)
            }
            Self::Nq(groups) => nq::first_idle(destinations).or_else(|| {
                least::pick::<nq::Queue, _, _, _>(destinations, groups.as_ref(), events)
            }),
            Self::Dh(plan) => plan.pick(destinations, request.addr),
            Self::Lblc(groups) => lblc::pick(destinations, request.addr, surroundings, || {
                least::pick::<wlc::Quotient, _, _, _>(destinations, groups.as_ref(), events)
            }),
            Self::Lblcr(groups) => lblcr::pick(destinations, request.addr, surroundings, || {
                least::pick::<wlc::Quotient, _, _, _>(destinations, groups.as_ref(), events)
            }),
            Self::Fo(ranks) => fo::pick(ranks, destinations),
            Self::Ovf(ranks) => ovf::pick(ranks, destinations),
            Self::Twos => twos::pick(destinations, surroundings.draws()),
            Self::Rr | Self::Wrr(_) | Self::None => None,
        }
    }

    /// The state after a destination was put before all others; `self` is the new plan.
    pub const fn after_insert(&self, state: u64) -> u64 {
        match self {
            Self::Rr => rr::after_insert(state),
            Self::Wrr(plan) => wrr::after_change(plan, state),
            _ => STATELESS,
        }
    }

    /// The state after the destination at `index` was taken out; `self` is the new plan.
    pub const fn after_remove(&self, state: u64, index: usize) -> u64 {
        match self {
            Self::Rr => rr::after_remove(state, index),
            Self::Wrr(plan) => wrr::after_change(plan, state),
            _ => STATELESS,
        }
    }

    /// The state after a destination was given other settings; `self` is the new plan.
    pub const fn after_update(&self, state: u64) -> u64 {
        match self {
            Self::Rr => state,
            Self::Wrr(plan) => wrr::after_change(plan, state),
            _ => STATELESS,
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

/// The ranks of `destinations`.
fn ranks<D: Destination, T: DerefMut<Target = [u16]>, E>(
    destinations: &[D],
    room: impl FnOnce(usize) -> Result<T, E>,
) -> Result<Ranks<T>, PlanError<E>> {
    let room = match destinations.len() {
        len if Ranks::<T>::has_room_for(len) => Some(room(len).map_err(PlanError::Room)?),
        _ => None,
    };
    Ok(Ranks::new(room, destinations))
}
