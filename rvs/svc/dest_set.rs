// SPDX-License-Identifier: GPL-2.0-only

//! What a scheduler chooses from: an array that is replaced as a whole on every change but that of a weight by
//! which nothing has been planned.

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

use crate::{
    kapi::{
        random,
        sync::Plain,
        time, //
    },
    logic::{
        addr::{
            Addr,
            Endpoint, //
        },
        scheduler::{
            self,
            locality::Set,
            Destination,
            PlanError,
            Request,
            Settings,
            Surroundings, //
        },
        thresholds::Load, //
    },
};

use super::{
    memory::{
        Lifetimes,
        Memory, //
    },
    Dest,
    Shared, //
};

/// A scheduler with its table, if it has one.
pub(crate) type Plan = scheduler::Plan<KVec<u16>, Atomic<u64>>;

/// A destination with what the scheduler compares, side by side for all of them.
pub(crate) struct Entry {
    /// The destination.
    pub(crate) dest: Arc<Dest>,
    weight: Atomic<u32>,
    // The latest that was not 0, since it was added.
    last_weight: Atomic<u32>,
}

impl Entry {
    /// Makes the entry of a destination that is added.
    pub(crate) fn new(dest: Arc<Dest>, weight: u32) -> Self {
        Self {
            dest,
            weight: Atomic::new(weight),
            last_weight: Atomic::new(weight),
        }
    }

    /// Returns its weight.
    #[inline]
    pub(crate) fn weight(&self) -> u32 {
        self.weight.load(Relaxed)
    }

    /// Changes the weight. Where packets choose from it, they have to be told by [`Dest::weight_changed`].
    pub(super) fn set_weight(&self, weight: u32) {
        if weight > 0 {
            self.last_weight.store(weight, Relaxed);
        }
        self.weight.store(weight, Relaxed);
    }
}

impl Clone for Entry {
    fn clone(&self) -> Self {
        Self {
            dest: self.dest.clone(),
            weight: Atomic::new(self.weight()),
            last_weight: Atomic::new(self.last_weight()),
        }
    }
}

impl Destination for Entry {
    #[inline]
    fn weight(&self) -> u32 {
        self.weight()
    }

    #[inline]
    fn last_weight(&self) -> u32 {
        self.last_weight.load(Relaxed)
    }

    #[inline]
    fn endpoint(&self) -> Endpoint {
        self.dest.endpoint()
    }

    #[inline]
    fn load(&self) -> Load {
        self.dest.load()
    }

    #[inline]
    fn active(&self) -> u32 {
        self.dest.active()
    }

    #[inline]
    fn overhead(&self) -> u64 {
        self.dest.overhead()
    }

    #[inline]
    fn group(&self) -> usize {
        self.dest.group()
    }
}

/// What schedulers get from the kernel, and what they remember.
struct Kernel<'a> {
    memory: Option<&'a Memory>,
    lifetime: u32,
    leaves_traces: bool,
}

impl Kernel<'_> {
    /// The same for a choice that is only looked at.
    fn without_trace(self) -> Self {
        Self {
            leaves_traces: false,
            ..self
        }
    }
}

impl Surroundings for Kernel<'_> {
    fn draws(&self) -> [u32; 2] {
        let random = random::random_u64();
        [random as u32, (random >> u32::BITS) as u32]
    }

    fn recall(&self, addr: Addr) -> Option<Set> {
        self.memory?.recall(addr, self.lifetime)
    }

    fn remember(&self, addr: Addr, set: Set) {
        if let Some(memory) = self.memory.filter(|_| self.leaves_traces) {
            memory.remember(addr, set);
        }
    }

    fn now(&self) -> u32 {
        time::jiffies32()
    }

    fn is_long_ago(&self, time: u32) -> bool {
        time::jiffies32().wrapping_sub(time) > self.lifetime
    }
}

/// The destinations of a service in IPVS' list order, newest first, and its scheduler.
pub(crate) struct DestSet {
    entries: KVVec<Entry>,
    scheduler: Settings,
    plan: Plan,
    memory: Option<Arc<Memory>>,
    shared: Arc<Shared>,
    state: Atomic<u64>,
}

impl Plain for DestSet {}

impl DestSet {
    /// Makes a set of the destinations of a service, which have this in common; `state` tells of the
    /// scheduler's plan where to go on, and `memory` is what it remembers if it does.
    pub(super) fn new(
        entries: KVVec<Entry>,
        shared: Arc<Shared>,
        scheduler: Settings,
        memory: Option<Arc<Memory>>,
        state: impl FnOnce(&Plan) -> u64,
    ) -> Result<Self, PlanError<AllocError>> {
        let plan = Plan::new(scheduler, &entries, |len| {
            KVec::from_elem(0, len, GFP_KERNEL)
        })?;
        if plan.wants_events() {
            entries.iter().for_each(|entry| entry.dest.watch());
        }
        Ok(Self {
            entries,
            scheduler,
            memory,
            shared,
            state: Atomic::new(state(&plan)),
            plan,
        })
    }

    /// Returns whether each datagram is scheduled by itself.
    pub(crate) fn schedules_each_datagram(&self) -> bool {
        self.shared.schedules_each_datagram()
    }

    /// Returns the destinations.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the destination with this address and port.
    #[cold]
    pub(crate) fn at(&self, endpoint: Endpoint) -> Option<&Arc<Dest>> {
        self.entries
            .iter()
            .map(|entry| &entry.dest)
            .find(|dest| dest.endpoint() == endpoint)
    }

    /// Returns where the scheduler is.
    pub(crate) fn state(&self) -> u64 {
        self.state.load(Relaxed)
    }

    /// Returns what [`DestSet::pick`] would, and leaves the scheduler where it is.
    #[inline(never)]
    pub(crate) fn peek(&self, request: Request, lifetimes: &Lifetimes) -> Option<&Arc<Dest>> {
        let state = self.state.load(Relaxed);
        let kernel = self.kernel(lifetimes).without_trace();
        let (plan, events) = (&self.plan, self.shared.events());
        let (chosen, _) = plan.pick(state, &self.entries, events, request, &kernel);
        self.dest_at(chosen?)
    }

    /// What the scheduler is given.
    #[inline]
    fn kernel(&self, lifetimes: &Lifetimes) -> Kernel<'_> {
        Kernel {
            memory: self.memory.as_deref(),
            lifetime: lifetimes.of(self.scheduler.kind()),
            leaves_traces: true,
        }
    }

    /// Chooses the destination of a new connection, about which `request` tells; none when the scheduler
    /// has none for it.
    #[inline(always)]
    pub(crate) fn pick(
        &self,
        request: impl FnOnce() -> Request,
        lifetimes: &Lifetimes,
    ) -> Option<&Arc<Dest>> {
        let mut state = self.state.load(Relaxed);
        while let Some((chosen, next)) = self.plan.pick_in_turn(state, &self.entries) {
            // Where the state stays, CPUs need not contend for it.
            if next == state {
                return self.dest_at(chosen?);
            }
            match self.state.cmpxchg(state, next, Relaxed) {
                Ok(_) => return self.dest_at(chosen?),
                Err(current) => state = current,
            }
        }
        self.pick_for(request(), lifetimes)
    }

    /// As [`DestSet::pick`], by a scheduler that has no state.
    // Apart, so that those that have one need not tell of the request.
    #[inline(never)]
    fn pick_for(&self, request: Request, lifetimes: &Lifetimes) -> Option<&Arc<Dest>> {
        let kernel = self.kernel(lifetimes);
        let events = self.shared.events();
        let chosen = self.plan.pick_for(&self.entries, events, request, &kernel);
        self.dest_at(chosen?)
    }

    #[inline(always)]
    fn dest_at(&self, index: usize) -> Option<&Arc<Dest>> {
        self.entries.get(index).map(|entry| &entry.dest)
    }

    /// Returns those that take new connections but `chosen`, each once, from that on.
    pub(crate) fn others<'a>(
        &'a self,
        chosen: &'a Arc<Dest>,
    ) -> impl Iterator<Item = &'a Arc<Dest>> {
        let is_chosen = |entry: &Entry| Arc::ptr_eq(&entry.dest, chosen);
        let place = self.entries.iter().position(is_chosen).unwrap_or(0);
        let (before, after) = self.entries.split_at_checked(place).unwrap_or_default();
        [after, before]
            .into_iter()
            .flatten()
            .filter(move |entry| {
                entry.is_eligible() && entry.dest.is_available() && !is_chosen(entry)
            })
            .map(|entry| &entry.dest)
    }
}
