// SPDX-License-Identifier: GPL-2.0-only

//! What the destinations of a service have in common, those included that were removed from it and
//! may return.

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

use crate::logic::{
    scheduler,
    state::{
        State,
        Timeouts, //
    }, //
};

use super::{
    timeouts,
    Common, //
};

/// What tells the scheduler of a service that loads of its destinations have changed.
pub(super) type LoadEvents = scheduler::LoadEvents<Atomic<u64>>;

/// Part of each destination of one service.
///
/// A service that is deleted and added again, while destinations of the former one still have
/// connections, has the same one.
pub(crate) struct Shared {
    common: Arc<Common>,
    settings: Settings,
    events: Events,
}

/// What packets of connections read; written when the administrator changes it.
struct Settings {
    fast_path: Atomic<bool>,
    timeouts: timeouts::Settings,
}

/// On cache lines of their own, as connections that begin and end write there.
#[repr(align(64))]
struct Events(LoadEvents);

impl Shared {
    /// Makes what the destinations of a new service will have in common.
    pub(super) fn new(common: Arc<Common>) -> Result<Arc<Self>> {
        let shared = Self {
            common,
            settings: Settings {
                fast_path: Atomic::new(true),
                timeouts: timeouts::Settings::new(Timeouts::NONE),
            },
            events: Events(LoadEvents::new()),
        };
        Ok(Arc::new(shared, GFP_KERNEL_ACCOUNT)?)
    }

    /// Returns whether the service lets packets of established flows skip the rule chains; one
    /// load.
    #[inline(always)]
    pub(crate) fn allows_fast_path(&self) -> bool {
        self.settings.fast_path.load(Relaxed)
    }

    /// Tells whether it does, of connections that exist, too.
    pub(super) fn set_fast_path(&self, allowed: bool) {
        self.settings.fast_path.store(allowed, Relaxed);
    }

    /// Returns how many seconds a connection of the service may be idle in `state`.
    #[inline]
    pub(crate) fn timeout(&self, state: State) -> u32 {
        let own = &self.settings.timeouts;
        own.of(state, self.common.timeout_settings())
    }

    /// Returns how long connections of the service may be idle.
    #[inline]
    pub(super) fn timeouts(&self) -> Timeouts {
        self.common.timeouts().with(&self.own_timeouts())
    }

    /// Returns what the service says of that itself.
    #[inline]
    pub(crate) fn own_timeouts(&self) -> Timeouts {
        self.settings.timeouts.get()
    }

    /// Changes what the service says.
    pub(super) fn set_own_timeouts(&self, own: Timeouts) {
        self.settings.timeouts.set(own);
    }

    /// Returns where the events of loads are counted.
    #[inline]
    pub(super) fn events(&self) -> &LoadEvents {
        &self.events.0
    }
}
