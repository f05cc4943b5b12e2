// SPDX-License-Identifier: GPL-2.0-only

//! What a scheduler knows of a destination.

use super::super::{
    addr::Endpoint,
    thresholds::Load, //
};

/// What a scheduler asks a destination.
pub trait Destination {
    /// The share of new connections; 0 gets none.
    fn weight(&self) -> u32;

    /// The latest weight that was not 0 since it was added to the service; 0 when there was none.
    fn last_weight(&self) -> u32;

    /// Address and port of the real server.
    fn endpoint(&self) -> Endpoint;

    /// Its connections, active and inactive, and whether they have reached the upper threshold, so
    /// that it gets none either; both at the same moment.
    fn load(&self) -> Load;

    /// Its active connections.
    fn active(&self) -> u32;

    /// One for each connection, active or not, and 256 more for each active one
    /// (`ip_vs_dest_conn_overhead()`).
    fn overhead(&self) -> u64;

    /// Which of the [`GROUPS`](super::events::GROUPS) it is in, as long as it is part of the service.
    fn group(&self) -> usize;

    /// Whether the upper connection threshold is reached.
    #[inline]
    fn is_overloaded(&self) -> bool {
        self.load().overloaded
    }

    /// Whether it may be chosen at all.
    #[inline]
    fn is_eligible(&self) -> bool {
        self.weight() > 0 && !self.is_overloaded()
    }
}
