// SPDX-License-Identifier: GPL-2.0-only

//! What the schedulers `lblc` and `lblcr` remember of a service, whatever destinations come and go.

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::Arc, //
};

use crate::{
    kapi::{
        net::sysctl::Time,
        sync::{
            spinlock::Class,
            Guarded, //
        },
        time, //
    },
    logic::{
        addr::Addr,
        scheduler::{
            locality::Set,
            remembered::{
                self,
                Remembered, //
            },
            Kind, //
        },
        service_key::ServiceKey, //
    },
};

/// As many CPUs look at once, at addresses of different buckets.
const LOCKS: usize = 16;

/// A day.
const LIFETIME_SECONDS: u32 = 24 * 60 * 60;

/// For how long the schedulers of a namespace remember: after that time an address that nobody has
/// asked for is forgotten, and with `lblcr` a set becomes smaller.
pub(crate) struct Lifetimes {
    /// Of `lblc`.
    pub(crate) lblc: Time,
    /// Of `lblcr`.
    pub(crate) lblcr: Time,
}

impl Lifetimes {
    /// Makes those that IPVS has when nobody sets them.
    pub(crate) fn new() -> Self {
        Self {
            lblc: Time::new(LIFETIME_SECONDS),
            lblcr: Time::new(LIFETIME_SECONDS),
        }
    }

    /// Returns that of a scheduler, in ticks.
    pub(super) fn of(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Lblcr => self.lblcr.jiffies(),
            _ => self.lblc.jiffies(),
        }
    }
}

/// Sets of destinations by address. It is bounded, and takes memory as addresses come.
pub(super) struct Memory(Guarded<KVec<Remembered>>);

impl Memory {
    /// Makes an empty one for a service, if its scheduler remembers anything.
    pub(super) fn of(kind: Kind, key: &ServiceKey) -> Result<Option<Arc<Self>>, AllocError> {
        if !kind.remembers() {
            return Ok(None);
        }
        let count = match key {
            ServiceKey::Address { .. } => 1,
            ServiceKey::Mark { .. } => remembered::BUCKETS,
        };
        let buckets = Guarded::new(count, LOCKS, Class::Memory, KVec::new)?;
        Ok(Some(Arc::new(Self(buckets), GFP_KERNEL_ACCOUNT)?))
    }

    /// Recalls the set of an address, which is forgotten when nobody does for this time.
    pub(super) fn recall(&self, addr: Addr, lifetime: u32) -> Option<Set> {
        let now = time::jiffies32();
        let bucket = remembered::bucket_of(addr);
        self.0
            .with(bucket, |sets| remembered::recall(sets, addr, now, lifetime))?
    }

    /// Remembers the set of an address, as long as there is memory: it is only a matter of where
    /// the next connection goes.
    pub(super) fn remember(&self, addr: Addr, set: Set) {
        let new = Remembered::new(addr, set, time::jiffies32());
        self.0.with(
            remembered::bucket_of(addr),
            |sets| match remembered::place_for(sets, &new) {
                Some(place) => *place = new,
                None => drop(sets.push(new, GFP_NOWAIT)),
            },
        );
    }
}
