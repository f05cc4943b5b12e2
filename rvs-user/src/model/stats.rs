// SPDX-License-Identifier: GPL-2.0-only

//! Traffic counters.

use serde::Serialize;

/// Traffic of a server, a service or a namespace since it was made, or zeroed.
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
    /// How much there is in a second, of a module that tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rates: Option<Rates>,
}

/// How much there is in a second: moving averages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rates {
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
