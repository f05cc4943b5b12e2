// SPDX-License-Identifier: GPL-2.0-only

//! Schedulers: which destination gets a new connection.
//!
//! A scheduler sees the destinations of a service as a slice in the order of IPVS, the newest
//! first, and chooses as IPVS does. What it knows of them is made once, when the configuration
//! changes (the plan); what changes with every choice fits in 64 bits (the state), so that a
//! compare-and-exchange advances it and no lock is needed.

pub mod rr;
pub mod wrr;

/// What a scheduler asks a destination.
pub trait Destination {
    /// The share of new connections; 0 gets none.
    fn weight(&self) -> u32;

    /// Whether the upper connection threshold is reached, so that it gets none either.
    fn is_overloaded(&self) -> bool;

    /// The number of active connections.
    fn active(&self) -> u32;

    /// The number of connections, active and inactive.
    fn total(&self) -> u32;

    /// Whether it may be chosen at all.
    #[inline]
    fn is_eligible(&self) -> bool {
        self.weight() > 0 && !self.is_overloaded()
    }
}

/// A scheduling algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Kind {
    /// Round robin.
    Rr,
    /// Weighted round robin.
    Wrr,
}

impl Kind {
    /// All algorithms.
    pub const ALL: [Self; 2] = [Self::Rr, Self::Wrr];

    /// The names of all algorithms, in the order of [`Kind::ALL`].
    pub const NAMES: [&'static str; 2] = [Self::Rr.name(), Self::Wrr.name()];

    /// The name by which it is configured; that of IPVS.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rr => "rr",
            Self::Wrr => "wrr",
        }
    }

    /// The algorithm called `name`, without a terminating zero byte.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().as_bytes() == name)
    }
}

/// A scheduler made for the destinations that a service has now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plan {
    /// Round robin needs to know nothing.
    Rr,
    /// Weighted round robin.
    Wrr(wrr::Plan),
}

impl Plan {
    /// The plan of the algorithm `kind` for `destinations`.
    pub fn new<D: Destination>(kind: Kind, destinations: &[D]) -> Self {
        match kind {
            Kind::Rr => Self::Rr,
            Kind::Wrr => Self::Wrr(wrr::Plan::new(destinations)),
        }
    }

    /// The algorithm of the plan.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Rr => Kind::Rr,
            Self::Wrr(_) => Kind::Wrr,
        }
    }

    /// The state of a service that has just got this scheduler.
    pub const fn initial_state(&self) -> u64 {
        match self {
            Self::Rr => rr::INITIAL_STATE,
            Self::Wrr(plan) => wrr::initial_state(plan),
        }
    }

    /// Chooses one of `destinations`: its index, if one is eligible, and the state that follows.
    ///
    /// The state that follows counts also when none was chosen.
    #[inline]
    pub fn pick<D: Destination>(&self, state: u64, destinations: &[D]) -> (Option<usize>, u64) {
        match self {
            Self::Rr => rr::pick(state, destinations),
            Self::Wrr(plan) => wrr::pick(plan, state, destinations),
        }
    }

    /// The state after a destination was put before all others; `self` is the new plan.
    pub const fn after_insert(&self, state: u64) -> u64 {
        match self {
            Self::Rr => rr::after_insert(state),
            Self::Wrr(plan) => wrr::after_change(plan, state),
        }
    }

    /// The state after the destination at `index` was taken out; `self` is the new plan.
    pub const fn after_remove(&self, state: u64, index: usize) -> u64 {
        match self {
            Self::Rr => rr::after_remove(state, index),
            Self::Wrr(plan) => wrr::after_change(plan, state),
        }
    }

    /// The state after a destination was given other settings; `self` is the new plan.
    pub const fn after_update(&self, state: u64) -> u64 {
        match self {
            Self::Rr => state,
            Self::Wrr(plan) => wrr::after_change(plan, state),
        }
    }
}
