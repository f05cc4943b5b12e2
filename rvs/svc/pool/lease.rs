// SPDX-License-Identifier: GPL-2.0-only

//! A local port that a connection has.

use kernel::sync::{
    atomic::{
        Atomic,
        Full,
        Relaxed, //
    },
    Arc, //
};

use crate::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    protocol::Protocol, //
};

use super::target::Target;

/// Why there is no lease.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLease {
    /// All ports are taken, or rest. That is told.
    Dry,
    /// Memory is short.
    Memory,
}

/// A local address towards one server, as leases share it.
pub(super) struct Local {
    pub(super) addr: Addr,
    pub(super) row: u16,
    // Which has this one, too, until it has ended.
    pub(super) target: Arc<Target>,
}

/// A local address and port towards one server. It is given back when this is dropped, in any context.
pub(crate) struct Lease {
    local: Arc<Local>,
    port: u16,
    rests: Atomic<bool>,
    // Another one has the port.
    is_handed_over: Atomic<bool>,
}

impl Lease {
    /// Makes the lease of a port that was taken.
    pub(super) fn new(local: Arc<Local>, port: u16) -> Self {
        let rests = local.target.key().protocol() == Protocol::Tcp;
        Self {
            local,
            port,
            rests: Atomic::new(rests),
            is_handed_over: Atomic::new(false),
        }
    }

    /// Returns the local address and port.
    #[inline(always)]
    pub(crate) fn local(&self) -> Endpoint {
        Endpoint::new(self.local.addr, self.port)
    }

    /// Tells that the port need not rest before anybody else gets it, as the server cannot be in TIME_WAIT
    /// ([`must_rest`](crate::logic::pool::must_rest)). With other protocols than TCP it never is.
    pub(crate) fn needs_no_rest(&self) {
        self.rests.store(false, Relaxed);
    }

    /// Tells that a connection has the port of which the pool does not know, such as one from before the pool was deleted and added
    /// again: it rests, so that the next connections are not in vain for it, too.
    pub(crate) fn is_of_another(&self) {
        self.rests.store(true, Relaxed);
    }

    /// Makes another lease of the port, and has this one not give it back: its connection has ended, but lives until nobody
    /// looks at it. None when that was done.
    pub(super) fn hand_over(&self) -> Option<Self> {
        if self.is_handed_over.xchg(true, Full) {
            return None;
        }
        Some(Self::new(self.local.clone(), self.port))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_handed_over.load(Relaxed) {
            return;
        }
        let rests = self.rests.load(Relaxed);
        self.local
            .target
            .give_back(self.local.row, self.port, rests);
    }
}
