// SPDX-License-Identifier: GPL-2.0-only

//! A local port that a connection has.

use kernel::sync::{
    atomic::{
        Atomic,
        Relaxed, //
    },
    Arc, //
};

use crate::logic::{
    addr::Endpoint,
    pool::Taken,
    protocol::Protocol, //
};

use super::target::Target;

/// Why there is no lease.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLease {
    /// All ports are taken, or rest. It was counted, and is told.
    Dry,
    /// Memory is short.
    Memory,
}

/// A lease, and what it is of.
pub(crate) struct Leased {
    /// The local address and port.
    pub(crate) local: Endpoint,
    /// To be kept as long as the connection may be.
    pub(crate) lease: Lease,
}

/// A local port towards one server. It is given back when this is dropped, in any context.
pub(crate) struct Lease {
    target: Arc<Target>,
    row: u16,
    port: u16,
    rests: Atomic<bool>,
}

impl Leased {
    pub(super) fn new(local: Endpoint, target: Arc<Target>, taken: &Taken) -> Self {
        let rests = target.key().protocol() == Protocol::Tcp;
        Self {
            local,
            lease: Lease {
                target,
                row: taken.row,
                port: taken.port,
                rests: Atomic::new(rests),
            },
        }
    }
}

impl Lease {
    /// Tells whether the port rests before anybody else gets it, as the server may be in TIME_WAIT
    /// ([`must_rest`](crate::logic::pool::must_rest)): with TCP it does where nothing was said.
    pub(crate) fn set_rests(&self, rests: bool) {
        self.rests.store(rests, Relaxed);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let rests = self.rests.load(Relaxed);
        self.target.give_back(self.row, self.port, rests);
    }
}
