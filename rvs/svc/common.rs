// SPDX-License-Identifier: GPL-2.0-only

//! What the services of a namespace have in common.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        new_mutex,
        Arc,
        Mutex, //
    },
};

use crate::{
    kapi::net::sysctl::Integer,
    logic::{
        removal::Removal,
        state::Timeouts, //
    },
};

use super::{
    estimator::Active,
    ledger::Ledger,
    real_servers::RealServers,
    timeouts::Settings,
    totals::Totals, //
};

/// Part of what the destinations of each service [share](super::Shared), as connections outlive
/// their service.
#[pin_data]
pub(crate) struct Common {
    timeouts: Settings,
    /// Whether connections of a server that was removed end (`net.ipv4.vs.expire_nodest_conn`).
    pub(crate) expire_nodest_conn: Integer,
    /// The real servers of all services.
    pub(crate) real_servers: Arc<RealServers>,
    // Whether connections are to be looked at, as the server of some was removed.
    some_end: Atomic<bool>,
    // Services with a persistence engine.
    engines: Atomic<u32>,
    totals: Totals,
    #[pin]
    ledger: Mutex<()>,
    #[pin]
    active: Active,
}

impl Common {
    /// Makes that of a namespace.
    pub(crate) fn new() -> Result<Arc<Self>> {
        let active = Active::new()?;
        let real_servers = RealServers::new()?;
        Arc::pin_init(
            pin_init!(Self {
                timeouts: Settings::new(Timeouts::new()),
                expire_nodest_conn: Integer::new(0),
                real_servers,
                some_end: Atomic::new(false),
                engines: Atomic::new(0),
                totals: Totals::new(),
                ledger <- new_mutex!((), "rvs_ledger"),
                active <- active,
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Returns how long connections may be idle whose service says nothing else.
    #[inline]
    pub(crate) fn timeouts(&self) -> Timeouts {
        self.timeouts.get()
    }

    /// Returns where that is.
    #[inline]
    pub(super) fn timeout_settings(&self) -> &Settings {
        &self.timeouts
    }

    /// Changes how long they may be idle.
    pub(super) fn set_timeouts(&self, timeouts: Timeouts) {
        self.timeouts.set(timeouts);
    }

    /// Returns what becomes of connections of a removed server whose service says nothing else.
    pub(super) fn removal(&self) -> Removal {
        if self.expire_nodest_conn.is_on() {
            Removal::Expire
        } else {
            Removal::Keep
        }
    }

    /// Has connections be looked at, as some end with the removal of their server.
    pub(super) fn note_ends(&self) {
        self.some_end.store(true, Relaxed);
    }

    /// Returns whether that was wanted since this was asked last.
    pub(crate) fn take_ends(&self) -> bool {
        self.some_end.load(Relaxed) && self.some_end.xchg(false, Full)
    }

    /// Returns whether a service has a persistence engine.
    #[inline(always)]
    pub(crate) fn has_engines(&self) -> bool {
        self.engines.load(Relaxed) != 0
    }

    /// Notes that a service has got or lost its persistence engine.
    pub(super) fn note_engine(&self, had_one: bool, has_one: bool) {
        match (had_one, has_one) {
            (false, true) => self.engines.fetch_add(1u32, Relaxed),
            (true, false) => self.engines.fetch_sub(1u32, Relaxed),
            _ => 0,
        };
    }

    /// Returns what all services have counted.
    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Waits for the right to change totals and estimates.
    pub(super) fn ledger(&self) -> Ledger<'_> {
        Ledger::new(self, self.ledger.lock())
    }

    /// Returns the destinations that count something.
    pub(super) fn active(&self) -> &Active {
        &self.active
    }
}
