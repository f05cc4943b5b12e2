// SPDX-License-Identifier: GPL-2.0-only

//! What a scheduler knows of a destination.

use super::super::addr::Endpoint;

/// What a scheduler asks a destination.
pub trait Destination {
    /// The share of new connections; 0 gets none.
    fn weight(&self) -> u32;

    /// The latest weight that was not 0 since it was added to the service; 0 when there was none.
    fn last_weight(&self) -> u32;

    /// Address and port of the real server.
    fn endpoint(&self) -> Endpoint;

    /// Whether the upper connection threshold is reached, so that it gets none either.
    fn is_overloaded(&self) -> bool;

    /// The number of active connections.
    fn active(&self) -> u32;

    /// The number of connections, active and inactive.
    fn total(&self) -> u32;

    /// Whether it may be chosen at all.
    #[inline]
    fn is_eligible(&self) -> bool {
        self.weight() > 0 && !self.is_overloaded()
    }

    /// The load of its connections, an active one as heavy as 257 inactive ones
    /// (`ip_vs_dest_conn_overhead()`).
    ///
    /// It fits in 32 bits, so that it can be multiplied by a weight: from 16 million active
    /// connections on all loads are the same.
    #[inline]
    fn overhead(&self) -> u32 {
        self.active()
            .saturating_mul(256)
            .saturating_add(self.total())
    }
}
