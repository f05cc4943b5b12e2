// SPDX-License-Identifier: GPL-2.0-only

//! Which way packets took through the director.

use serde::Serialize;

use super::Stats;

/// Packets of connections since the network namespace was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Paths {
    /// Whether the fast path is open: the sysctl of the namespace.
    pub enabled: bool,
    /// Sent by the fast path.
    pub fast: u64,
    /// Sent by the slow path.
    pub slow: u64,
    /// Left to the slow path by the fast one.
    pub left: Left,
    /// Connections, half open or without an answer, that were ended to make room for others.
    pub evicted: u64,
    /// Packets dropped, as there was no room for their connections.
    pub refused: u64,
    /// Packets refused, as each server has a connection of the client's port by another service.
    pub port_taken: u64,
    /// Packets that would have begun a connection by full NAT for which there was no local endpoint.
    pub no_local: u64,
    /// Connections that the sysctl `drop_entry` has ended.
    pub drop_entry: u64,
    /// Packets that the sysctl `drop_packet` has dropped.
    pub drop_packet: u64,
    /// Templates of persistence that were ended to make room.
    pub templates_evicted: u64,
    /// What all services have counted, of a module that tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<Stats>,
    /// Servers of which rates are estimated every two seconds, of a module that tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated: Option<u32>,
    /// How often a server was looked at to estimate its rates, of a module that tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimates: Option<u64>,
}

/// Packets that the fast path left to the slow one, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The service does not allow it.
    pub switched_off: u64,
    /// IP options, a fragment, or a burst that is taken apart before it goes into a tunnel.
    pub header: u64,
    /// May begin a connection.
    pub begins: u64,
    /// The server was removed from its service.
    pub unavailable: u64,
    /// No packet of the flow has passed all hooks by the routes of now, the route leads to the director itself, or a
    /// redirect is due.
    pub route: u64,
    /// The link layer address of the next hop is not known.
    pub neighbour: u64,
    /// The time to live ends.
    pub ttl: u64,
    /// Does not fit the MTU.
    pub too_big: u64,
    /// IPsec policy, tunnel or policy routing on the route.
    pub policy: u64,
    /// Not writable, or memory was short otherwise.
    pub memory: u64,
}
