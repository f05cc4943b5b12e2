// SPDX-License-Identifier: GPL-2.0-only

//! Real servers.

use std::net::SocketAddr;

use super::Forward;
use super::Stats;
use super::Tunnel;
use super::TunnelSettings;

/// What can be set on a server; `None` leaves it as it is, or to the kernel's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerSettings {
    /// Share of new connections, at most 2^31 − 1.
    pub weight: Option<u32>,
    /// Forward method.
    pub forward: Option<Forward>,
    /// The tunnel.
    pub tunnel: TunnelSettings,
    /// With as many connections it gets no new ones; 0 is no limit.
    pub upper_threshold: Option<u32>,
    /// With fewer connections it gets new ones again; 0 is three quarters of the upper threshold.
    pub lower_threshold: Option<u32>,
    /// Whether packets keep their port, whatever the server's; of new servers.
    pub keep_port: bool,
}

/// A real server of a service in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Address and port.
    pub endpoint: SocketAddr,
    /// Share of new connections.
    pub weight: u32,
    /// Forward method.
    pub forward: Forward,
    /// The tunnel, where that is the method.
    pub tunnel: Option<Tunnel>,
    /// With as many connections it gets no new ones; 0 is no limit.
    pub upper_threshold: u32,
    /// With fewer connections it gets new ones again; 0 is three quarters of the upper threshold.
    pub lower_threshold: u32,
    /// Whether it gets none because of the upper threshold.
    pub overloaded: bool,
    /// Active connections.
    pub active: u32,
    /// All other connections.
    pub inactive: u32,
    /// Clients of a persistent service that keep it.
    pub templates: u32,
    /// By ENAT: connections that were reset as it lacks its half.
    pub without_half: Option<u64>,
    /// Traffic since the server was added.
    pub stats: Stats,
}
