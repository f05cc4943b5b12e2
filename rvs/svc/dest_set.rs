// SPDX-License-Identifier: GPL-2.0-only

//! What a scheduler chooses from: an immutable array, replaced as a whole on every change.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

use crate::logic::scheduler::{
    self,
    Destination,
    Plan, //
};

use super::Dest;

/// A destination with what the scheduler compares, side by side for all of them.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The destination.
    pub(crate) dest: Arc<Dest>,
    /// Its weight.
    pub(crate) weight: u32,
}

impl Destination for Entry {
    #[inline]
    fn weight(&self) -> u32 {
        self.weight
    }

    #[inline]
    fn is_overloaded(&self) -> bool {
        false
    }

    #[inline]
    fn active(&self) -> u32 {
        self.dest.active()
    }

    #[inline]
    fn total(&self) -> u32 {
        self.dest.total()
    }
}

/// The destinations of a service in IPVS' list order, newest first, and its scheduler.
pub(crate) struct DestSet {
    entries: KVec<Entry>,
    plan: Plan,
    state: Atomic<u64>,
}

impl DestSet {
    /// Makes a set; `state` tells of the scheduler's plan where to go on.
    pub(crate) fn new(
        entries: KVec<Entry>,
        kind: scheduler::Kind,
        state: impl FnOnce(&Plan) -> u64,
    ) -> Self {
        let plan = Plan::new(kind, &entries);
        Self {
            entries,
            state: Atomic::new(state(&plan)),
            plan,
        }
    }

    /// Returns where the scheduler is.
    pub(crate) fn state(&self) -> u64 {
        self.state.load(Relaxed)
    }

    /// Chooses the destination of a new connection; none when no one has a weight.
    pub(crate) fn pick(&self) -> Option<&Arc<Dest>> {
        let mut state = self.state.load(Relaxed);
        loop {
            let (chosen, next) = self.plan.pick(state, &self.entries);
            match self.state.cmpxchg(state, next, Relaxed) {
                Ok(_) => return self.entries.get(chosen?).map(|entry| &entry.dest),
                Err(current) => state = current,
            }
        }
    }
}
