// SPDX-License-Identifier: GPL-2.0-only

//! Traffic counters.

use serde::Serialize;

/// Traffic since a server was added, or its sum over the servers of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Connections created.
    pub connections: u64,
    /// Packets from clients.
    pub in_packets: u64,
    /// Packets from real servers.
    pub out_packets: u64,
    /// Bytes from clients, IP headers included.
    pub in_bytes: u64,
    /// Bytes from real servers, IP headers included.
    pub out_bytes: u64,
}
