// SPDX-License-Identifier: GPL-2.0-only

//! A service as the administrator wants it.

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::{
        rcu,
        Arc, //
    },
};

use crate::{
    kapi::sync::RcuArc,
    logic::{
        addr::Endpoint,
        persistence::Persistence,
        pool::Name,
        removal::Removal,
        scheduler::Settings,
        state::Timeouts,
        toa::Scope, //
    },
};

use super::{
    dest_set::Plan,
    memory::Memory,
    totals,
    trash::Incarnation,
    ConfigError,
    Counts,
    DestSet,
    Entry,
    Figures,
    Forward,
    Noted,
    Service,
    ServiceKey,
    Shared,
    ToaCounters,
    Told, //
};

/// A service as configured.
pub(crate) struct ServiceConfig {
    pub(super) service: RcuArc<Service>,
    pub(super) scheduler: Settings,
    // Of this scheduler, as long as it stays.
    pub(super) memory: Option<Arc<Memory>>,
    pub(super) forward: Option<Forward>,
    pub(super) told: Told,
    pub(super) shared: Arc<Shared>,
    pub(super) incarnation: Incarnation,
    // What packets of the service choose from.
    pub(super) dests: RcuArc<DestSet>,
    // In the filter of packets.
    pub(super) _noted: Noted,
}

/// All that can be changed of a service.
#[derive(PartialEq)]
pub(super) struct Configured {
    scheduler: Settings,
    forward: Option<Forward>,
    told: Told,
    persistence: Option<Persistence>,
    fast_path: bool,
    one_packet: bool,
    removal: Option<Removal>,
    pool: Option<Name>,
    toa: Scope,
    timeouts: Timeouts,
}

impl ServiceConfig {
    /// Returns how it is now.
    pub(super) fn configured(&self) -> Configured {
        Configured {
            scheduler: self.scheduler,
            forward: self.forward,
            told: self.told,
            persistence: self.persistence(),
            fast_path: self.fast_path(),
            one_packet: self.schedules_each_datagram(),
            removal: self.own_removal(),
            pool: self.pool(),
            toa: self.toa(),
            timeouts: self.own_timeouts(),
        }
    }

    /// Returns what names it.
    pub(crate) fn key(&self) -> &ServiceKey {
        self.service.key()
    }

    /// Returns the scheduler.
    pub(crate) fn scheduler(&self) -> Settings {
        self.scheduler
    }

    /// Returns what the family `IPVS` was told of it.
    pub(crate) fn told(&self) -> &Told {
        &self.told
    }

    /// Returns the forward method of destinations added without one.
    pub(crate) fn forward(&self) -> Option<Forward> {
        self.forward
    }

    /// Returns whether its packets may take the fast path.
    pub(crate) fn fast_path(&self) -> bool {
        self.shared.allows_fast_path()
    }

    /// Returns what its destinations have counted while they were part of it, since it was added or
    /// zeroed, and the rates of it.
    pub(crate) fn figures(&self) -> Figures {
        let ledger = self.shared.common().ledger();
        for entry in self.dests() {
            ledger.settle(&entry.dest);
        }
        self.shared.totals().figures()
    }

    /// Adds what each CPU has counted for its destinations since they were made.
    pub(crate) fn add_counted_by_cpu(&self, cpus: &mut [(u32, Counts)]) {
        totals::add_by_cpu(self.dests(), cpus);
    }

    /// Has the service and its destinations count from 0 again. The total of the namespace stays.
    pub(crate) fn zero(&self) {
        let ledger = self.shared.common().ledger();
        for entry in self.dests() {
            ledger.zero(&entry.dest);
        }
        ledger.begin(&self.shared);
        self.shared.forget_without_room();
        self.shared.toa_counters().zero();
    }

    /// Returns its own timeouts, 0 for those of the namespace.
    pub(crate) fn own_timeouts(&self) -> Timeouts {
        self.shared.own_timeouts()
    }

    /// Returns whether each datagram is scheduled by itself.
    pub(crate) fn schedules_each_datagram(&self) -> bool {
        self.shared.schedules_each_datagram()
    }

    /// Returns how clients keep their server, if they do.
    pub(crate) fn persistence(&self) -> Option<Persistence> {
        self.service.persistence()
    }

    /// Returns what it says itself of connections whose destination is removed.
    pub(crate) fn own_removal(&self) -> Option<Removal> {
        self.shared.own_removal()
    }

    /// Returns the name of the pool that its connections have local addresses of, if they have any.
    pub(crate) fn pool(&self) -> Option<Name> {
        let guard = rcu::Guard::new();
        self.shared.pool(&guard).map(|pool| *pool.name())
    }

    /// Returns how many packets by ENAT had no room for the client.
    pub(crate) fn without_room(&self) -> u64 {
        self.shared.without_room()
    }

    /// Returns whose connections tell the real server of their client.
    pub(crate) fn toa(&self) -> Scope {
        self.shared.toa()
    }

    /// Returns what is counted of that.
    pub(crate) fn toa_counters(&self) -> &ToaCounters {
        self.shared.toa_counters()
    }

    /// Returns the destinations, newest first.
    pub(crate) fn dests(&self) -> &[Entry] {
        self.dests.entries()
    }

    /// Returns those that were added before the one with this number; all with 0.
    pub(crate) fn dests_before(&self, number: u64) -> &[Entry] {
        let dests = self.dests();
        let end = match number {
            0 => 0,
            number => dests.partition_point(|entry| entry.dest.number() >= number),
        };
        dests.get(end..).unwrap_or_default()
    }

    /// Returns the same for who has no time to hold the lock.
    pub(crate) fn shown_dests(&self) -> RcuArc<DestSet> {
        self.dests.clone()
    }

    /// Returns the place of a destination in the list.
    pub(crate) fn position(&self, endpoint: Endpoint) -> Option<usize> {
        self.dests()
            .iter()
            .position(|entry| entry.dest.endpoint() == endpoint)
    }

    /// Puts another list of destinations in place, with another scheduler or the one that it has.
    ///
    /// `state` tells where the scheduler goes on, of its new plan and of where it is.
    pub(super) fn publish(
        &mut self,
        dests: KVVec<Entry>,
        scheduler: Settings,
        memory: Option<Arc<Memory>>,
        state: impl FnOnce(&Plan, u64) -> u64,
    ) -> Result<(), ConfigError> {
        let set = DestSet::new(
            dests,
            self.shared.clone(),
            scheduler,
            memory.clone(),
            |plan| state(plan, self.dests.state()),
        )?;
        let set = RcuArc::new(set, GFP_KERNEL)?;
        self.service.set_dests(set.clone());
        self.dests = set;
        self.scheduler = scheduler;
        self.memory = memory;
        Ok(())
    }

    /// The same with the scheduler that it has.
    pub(super) fn replace_dests(
        &mut self,
        dests: KVVec<Entry>,
        state: impl FnOnce(&Plan, u64) -> u64,
    ) -> Result<(), ConfigError> {
        self.publish(dests, self.scheduler, self.memory.clone(), state)
    }

    /// Changes the weight of the destination at `position`: where nothing has been planned by weights,
    /// packets see the new one in its place.
    pub(super) fn set_weight(&mut self, position: usize, weight: u32) -> Result<(), ConfigError> {
        let by_weight = self.scheduler.kind().plans_by_weight();
        let copy = if by_weight {
            Some(copy(self.dests())?)
        } else {
            None
        };
        let dests = copy.as_deref().unwrap_or(self.dests());
        let entry = dests.get(position).ok_or(ConfigError::NoDest)?;
        entry.set_weight(weight);
        match copy {
            Some(dests) => self.replace_dests(dests, Plan::after_update),
            None => {
                entry.dest.weight_changed();
                Ok(())
            }
        }
    }
}

/// As what takes the place of an array is not accounted to who asks, no removal fails for want of
/// memory of a control group; destinations themselves are.
pub(super) fn copy(entries: &[Entry]) -> Result<KVVec<Entry>, AllocError> {
    let mut copy = KVVec::with_capacity(entries.len(), GFP_KERNEL)?;
    for entry in entries {
        copy.push(entry.clone(), GFP_KERNEL)?;
    }
    Ok(copy)
}
