// SPDX-License-Identifier: GPL-2.0-only

//! A virtual service, as packets see it.

use kernel::sync::{
    atomic::{
        Atomic,
        Relaxed, //
    },
    rcu,
    Arc, //
};

use crate::{
    kapi::{
        rcu_table::{
            Hasher,
            Side, //
        },
        sync::{
            Object,
            Plain,
            RcuArc,
            RcuCell,
            RcuRef, //
        },
    },
    logic::{
        persistence::Persistence,
        service_key::Place, //
    },
};

use super::{
    Common,
    Dest,
    DestSet,
    ServiceKey, //
};

/// Hashes services by their places.
pub(crate) struct PlaceHash;

impl Plain for Service {}

impl Hasher for PlaceHash {
    type Object = Service;
    type Key = Place;

    fn key(&self, service: &Object<Service>, _side: Side) -> Option<Place> {
        Some(service.key.place())
    }

    #[inline(always)]
    fn has_key(service: &Object<Service>, _side: Side, place: &Place) -> bool {
        service.key.is_at(place)
    }

    #[inline(always)]
    fn hash(&self, place: &Place) -> u64 {
        place.hash()
    }
}

/// A service in the table that packets look into.
pub(crate) struct Service {
    key: ServiceKey,
    persistence: Atomic<u64>,
    dests: RcuCell<DestSet>,
    beyond: Option<Arc<Dest>>,
    common: Arc<Common>,
}

impl Service {
    /// Makes a service with these destinations. That of a mark has what stands for all that is behind it.
    pub(super) fn new(
        key: ServiceKey,
        dests: RcuArc<DestSet>,
        beyond: Option<Arc<Dest>>,
        common: Arc<Common>,
    ) -> Self {
        Self {
            key,
            persistence: Atomic::new(Persistence::to_u64(None)),
            dests: RcuCell::new(Some(dests)),
            beyond,
            common,
        }
    }

    /// Returns what names the service.
    pub(crate) fn key(&self) -> &ServiceKey {
        &self.key
    }

    /// Returns how clients keep their server; none for a service that is not persistent. One load.
    #[inline(always)]
    pub(crate) fn persistence(&self) -> Option<Persistence> {
        Persistence::from_u64(self.persistence.load(Relaxed))
    }

    /// Changes how clients keep their server. Templates that exist keep their time until the next
    /// connection.
    pub(super) fn set_persistence(&self, persistence: Option<Persistence>) {
        let new = Persistence::to_u64(persistence);
        let old = Persistence::from_u64(self.persistence.xchg(new, Relaxed));
        let has_engine = |values: Option<Persistence>| values.is_some_and(|it| it.engine.is_some());
        self.common
            .note_engine(has_engine(old), has_engine(persistence));
    }

    /// Returns what stands for all that is behind the service, if anything does.
    pub(crate) fn beyond(&self) -> Option<&Arc<Dest>> {
        self.beyond.as_ref()
    }

    /// Puts other destinations in place.
    pub(super) fn set_dests(&self, dests: RcuArc<DestSet>) {
        drop(self.dests.replace(Some(dests)));
    }

    /// Returns the destinations of now.
    #[inline]
    pub(crate) fn dests<'g>(&self, guard: &'g rcu::Guard) -> Option<RcuRef<'g, DestSet>> {
        self.dests.read(guard)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.set_persistence(None);
    }
}
