// SPDX-License-Identifier: GPL-2.0-only

//! A virtual service, as packets see it.

use kernel::sync::rcu;

use crate::kapi::{
    rcu_table::{
        Hasher,
        Side, //
    },
    sync::{
        RcuArc,
        RcuCell,
        RcuRef, //
    },
};

use super::{
    DestSet,
    ServiceKey, //
};

/// Hashes services by their keys.
pub(crate) struct KeyHash;

impl Hasher for KeyHash {
    type Object = Service;
    type Key = ServiceKey;

    fn key(&self, service: &Service, _side: Side) -> Option<ServiceKey> {
        Some(service.key)
    }

    #[inline]
    fn has_key(service: &Service, _side: Side, key: &ServiceKey) -> bool {
        service.key == *key
    }

    #[inline(always)]
    fn hash(&self, key: &ServiceKey) -> u64 {
        key.hash()
    }
}

/// A service in the table that packets look into.
pub(crate) struct Service {
    key: ServiceKey,
    dests: RcuCell<DestSet>,
}

impl Service {
    /// Makes a service with these destinations.
    pub(crate) fn new(key: ServiceKey, dests: RcuArc<DestSet>) -> Self {
        Self {
            key,
            dests: RcuCell::new(Some(dests)),
        }
    }

    /// Puts other destinations in place.
    pub(super) fn set_dests(&self, dests: RcuArc<DestSet>) {
        drop(self.dests.replace(Some(dests)));
    }

    /// Returns where the scheduler is.
    pub(super) fn scheduler_state(&self) -> u64 {
        let guard = rcu::read_lock();
        self.dests.read(&guard).map_or(0, |dests| dests.state())
    }

    /// Returns the destinations of now.
    #[inline]
    pub(crate) fn dests<'g>(&self, guard: &'g rcu::Guard) -> Option<RcuRef<'g, DestSet>> {
        self.dests.read(guard)
    }
}
