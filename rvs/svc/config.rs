// SPDX-License-Identifier: GPL-2.0-only

//! The configuration: what the administrator asked for, and how it reaches the packets.
//!
//! Every change allocates first, then takes effect as a whole.

mod dests;
mod flush;
mod pool_check;

use core::{
    mem,
    ops::Deref, //
};

use kernel::{
    prelude::*,
    rbtree::RBTree,
    sync::Arc, //
};

use crate::{
    kapi::sync::{
        PerCpuPool,
        RcuArc, //
    },
    logic::{
        pool::Name,
        service_key::PortRange,
        service_rank::Rank,
        state::{
            Timeouts,
            TimeoutsChange, //
        }, //
    },
};

use self::pool_check::check_pool_of;

use super::{
    dest::Counter,
    dest_set::Plan,
    memory::Memory,
    pool::Pool,
    service_config::copy,
    totals::Departed,
    trash::{
        Incarnation,
        Trash, //
    },
    Common,
    ConfigError,
    Counts,
    Dest,
    DestSet,
    NewService,
    Noted,
    Service,
    ServiceChange,
    ServiceConfig,
    ServiceKey,
    Services,
    Shared, //
};

/// That of an empty configuration.
const FIRST_GENERATION: u32 = 1;

/// All services of a namespace.
pub(crate) struct Config {
    services: RBTree<Rank, ServiceConfig>,
    count: u32,
    trash: Trash,
    generation: u32,
    incarnations: Incarnation,
    added: u64,
    counters: PerCpuPool<{ Counter::COUNT }>,
    common: Arc<Common>,
    departed: Departed,
    timeouts_got_shorter: bool,
}

impl Config {
    /// Makes an empty configuration, whose services have this in common.
    pub(crate) fn new(common: Arc<Common>) -> Result<Self> {
        Ok(Self {
            services: RBTree::new(),
            count: 0,
            trash: Trash::new(),
            generation: FIRST_GENERATION,
            incarnations: 0,
            added: 0,
            counters: PerCpuPool::new(),
            common,
            departed: Departed::new()?,
            timeouts_got_shorter: false,
        })
    }

    /// Returns whether there was ever anything.
    pub(crate) fn has_changed(&self) -> bool {
        self.generation != FIRST_GENERATION
    }

    /// Calls `tell` with each service from a rank on, in their order, until it fails.
    pub(crate) fn tell_services_from<E>(
        &mut self,
        rank: Rank,
        mut tell: impl FnMut(Rank, &ServiceConfig) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut cursor = self.services.cursor_lower_bound_mut(&rank);
        while let Some(place) = cursor {
            let (rank, config) = place.current();
            tell(*rank, config)?;
            cursor = place.move_next();
        }
        Ok(())
    }

    /// Calls `tell` with the first service behind one, or with the first of all; none when there is none.
    pub(crate) fn tell_service_after<R>(
        &self,
        key: Option<&ServiceKey>,
        tell: impl FnOnce(&ServiceKey, &ServiceConfig) -> R,
    ) -> Option<R> {
        let rank = key.map_or(Rank::FIRST, Rank::of);
        let cursor = self.services.cursor_lower_bound(&rank)?;
        let (_, config) = match cursor.current() {
            (found, _) if *found == rank => cursor.peek_next()?,
            current => current,
        };
        Some(tell(config.key(), config))
    }

    /// Returns one service.
    pub(crate) fn service(&self, key: &ServiceKey) -> Option<&ServiceConfig> {
        self.services.get(&Rank::of(key))
    }

    /// Returns a service that names this pool.
    pub(crate) fn user_of_pool(&self, pool: &Name) -> Option<ServiceKey> {
        let mut services = self.services.values();
        let user = services.find(|service| service.pool().as_ref() == Some(pool))?;
        Some(*user.key())
    }

    /// Returns the number of services.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Returns a number that differs after every change of services or destinations.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns how long connections may be idle whose service says nothing else.
    pub(crate) fn timeouts(&self) -> Timeouts {
        self.common.timeouts()
    }

    /// Changes that, of connections that exist, too.
    pub(crate) fn set_timeouts(&mut self, change: &TimeoutsChange) {
        let before = self.common.timeouts();
        let timeouts = before.changed(change);
        self.common.set_timeouts(timeouts);
        self.timeouts_got_shorter |= timeouts.is_shorter_than(&before);
    }

    /// Returns what each CPU has counted for destinations that are part of no service any more, less
    /// what those that are had counted before: with what the services tell by
    /// [`ServiceConfig::add_counted_by_cpu`] that is all since the namespace was made.
    pub(crate) fn departed(&self) -> &[(u32, Counts)] {
        self.departed.get()
    }

    /// Has a service and its destinations count from 0 again. The total of the namespace stays.
    pub(crate) fn zero_service(&self, key: &ServiceKey) -> Result<(), ConfigError> {
        self.services
            .get(&Rank::of(key))
            .ok_or(ConfigError::NoService)?
            .zero();
        Ok(())
    }

    /// Changes the own timeouts of a service.
    fn set_own_timeouts(&mut self, shared: &Shared, own: Timeouts) {
        let before = shared.timeouts();
        shared.set_own_timeouts(own);
        self.timeouts_got_shorter |= shared.timeouts().is_shorter_than(&before);
    }

    /// Returns whether timeouts got shorter since this was asked last, so that all connections have
    /// to be looked at.
    pub(crate) fn take_timeouts_got_shorter(&mut self) -> bool {
        mem::take(&mut self.timeouts_got_shorter)
    }

    fn changed(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// Adds a service without destinations, which the filter of packets knows.
    pub(crate) fn add_service(
        &mut self,
        table: &Services,
        new: NewService,
        noted: Noted,
        pool: Option<RcuArc<Pool>>,
    ) -> Result<(), ConfigError> {
        let NewService { key, scheduler, .. } = new;
        if self.services.get(&Rank::of(&key)).is_some() {
            return Err(ConfigError::ServiceExists);
        }
        if let Some(range) = self.overlapping(&key) {
            return Err(ConfigError::RangeOverlaps(range));
        }
        // What is in the trash may return, with what it has.
        let shared = match self.trash.shared(&key) {
            Some(shared) => shared,
            None => Shared::new(key, self.common.clone())?,
        };
        let memory = Memory::of(scheduler.kind(), &key)?;
        let set = RcuArc::new(
            DestSet::new(
                KVVec::new(),
                shared.clone(),
                scheduler,
                memory.clone(),
                Plan::initial_state,
            )?,
            GFP_KERNEL_ACCOUNT,
        )?;
        let beyond = match key {
            ServiceKey::Mark { .. } => {
                let noted = [noted.again(), noted.again()];
                Some(Dest::beyond(shared.clone(), noted)?)
            }
            ServiceKey::Address { .. } => None,
        };
        let service = RcuArc::new(
            Service::new(key, set.clone(), beyond, self.common.clone()),
            GFP_KERNEL_ACCOUNT,
        )?;
        service.set_persistence(new.persistence);
        self.incarnations = self.incarnations.wrapping_add(1);
        let config = ServiceConfig {
            service: service.clone(),
            scheduler,
            memory,
            forward: new.forward,
            told: new.told,
            shared: shared.clone(),
            incarnation: self.incarnations,
            dests: set,
            _noted: noted,
        };
        self.services
            .try_create_and_insert(Rank::of(&key), config, GFP_KERNEL_ACCOUNT)?;
        if !table.insert(service) {
            self.services.remove(&Rank::of(&key));
            return Err(ConfigError::Memory);
        }
        shared.set_fast_path(new.fast_path);
        shared.set_one_packet(new.one_packet);
        shared.set_pool(pool);
        shared.set_toa(new.toa);
        shared.toa_counters().zero();
        self.common.ledger().begin(&shared);
        shared.forget_without_room();
        shared.set_own_removal(new.removal);
        self.set_own_timeouts(&shared, Timeouts::NONE.changed(&new.timeouts));
        self.count += 1;
        table.resize();
        self.changed();
        Ok(())
    }

    /// Returns a range of ports that a service to be added has some of, if it is of a range itself. Ranges
    /// do not overlap, so it is one of two neighbours in their order.
    fn overlapping(&self, key: &ServiceKey) -> Option<PortRange> {
        key.range()?;
        let overlap = |other: &ServiceKey| other.range().filter(|_| other.overlaps(key));
        match self.services.cursor_lower_bound(&Rank::of(key)) {
            Some(next) => {
                let previous = next.peek_prev();
                let previous = previous.and_then(|(_, previous)| overlap(previous.key()));
                previous.or_else(|| overlap(next.current().1.key()))
            }
            None => {
                let last = self.services.cursor_back()?;
                overlap(last.current().1.key())
            }
        }
    }

    /// Changes a service. Packets see no change where there is none.
    pub(crate) fn set_service(
        &mut self,
        key: &ServiceKey,
        change: ServiceChange,
        pool: Option<Option<RcuArc<Pool>>>,
    ) -> Result<(), ConfigError> {
        let config = self
            .services
            .get_mut(&Rank::of(key))
            .ok_or(ConfigError::NoService)?;
        let scheduler = config
            .scheduler
            .changed(change.scheduler, change.scheduler_flags)
            .ok_or(ConfigError::NoSchedulerFlags)?;
        if let Some(pool) = &pool {
            let addresses = pool.as_ref().and_then(|pool| pool.addresses());
            check_pool_of(config, addresses.as_deref().map(Deref::deref))?;
        }
        let before = config.configured();
        if scheduler != config.scheduler {
            let memory = if scheduler.kind() == config.scheduler.kind() {
                config.memory.clone()
            } else {
                Memory::of(scheduler.kind(), key)?
            };
            let dests = copy(config.dests())?;
            config.publish(dests, scheduler, memory, |plan, _| plan.initial_state())?;
        }
        if change.forward.is_some() {
            config.forward = change.forward;
        }
        if let Some(told) = change.told {
            config.told = told;
        }
        if let Some(persistence) = change.persistence {
            config.service.set_persistence(persistence);
        }
        if let Some(allowed) = change.fast_path {
            config.shared.set_fast_path(allowed);
        }
        if let Some(each) = change.one_packet {
            config.shared.set_one_packet(each);
        }
        if let Some(own) = change.removal {
            config.shared.set_own_removal(own);
        }
        if let Some(pool) = pool {
            config.shared.set_pool(pool);
        }
        if let Some(scope) = change.toa {
            config.shared.set_toa(scope);
        }
        let shared = config.shared.clone();
        self.set_own_timeouts(&shared, shared.own_timeouts().changed(&change.timeouts));
        if self.service(key).map(ServiceConfig::configured) != Some(before) {
            self.changed();
        }
        Ok(())
    }

    /// Deletes a service. Packets of its connections are dropped from now on. Nothing is allocated,
    /// and the work is in proportion to the number of its destinations.
    pub(crate) fn del_service(
        &mut self,
        table: &Services,
        key: &ServiceKey,
    ) -> Result<(), ConfigError> {
        let config = self
            .services
            .remove(&Rank::of(key))
            .ok_or(ConfigError::NoService)?;
        self.withdraw(table, &config);
        self.trash.trim(config.dests().len());
        self.count = self.count.saturating_sub(1);
        table.resize();
        self.changed();
        Ok(())
    }

    /// Hides a service from packets. What it has counted stays in the totals of the namespace.
    fn withdraw(&mut self, table: &Services, config: &ServiceConfig) {
        table.remove(config.service.as_rcu_ref());
        config.shared.set_pool(None);
        let ledger = self.common.ledger();
        for entry in config.dests() {
            ledger.leaves(&entry.dest);
            self.departed.leaves(&entry.dest);
            let key = config.key();
            self.trash
                .put_with_service(key, config.incarnation, &entry.dest);
        }
    }
}
