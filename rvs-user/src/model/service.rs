// SPDX-License-Identifier: GPL-2.0-only

//! Virtual services.

use std::fmt;
use std::net::SocketAddr;

use super::Forward;
use super::Protocol;
use super::SchedulerFlags;
use super::Stats;
use super::Timeouts;

/// What names a service: `tcp/192.0.2.1:80`, `udp/[2001:db8::1]:53`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceKey {
    /// Transport protocol.
    pub protocol: Protocol,
    /// Virtual address and port.
    pub endpoint: SocketAddr,
}

impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.protocol, self.endpoint)
    }
}

/// What can be set on a service; `None` leaves it as it is, or to the kernel's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceSettings {
    /// Name of the scheduler.
    pub scheduler: Option<String>,
    /// Flags of the scheduler.
    pub scheduler_flags: Option<SchedulerFlags>,
    /// Forward method of servers that are added without one.
    pub forward: Option<Forward>,
    /// Whether later packets of its flows may take the fast path.
    pub fast_path: Option<bool>,
    /// Timeouts of its own.
    pub timeouts: Option<Timeouts>,
}

/// A service in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub key: ServiceKey,
    /// Name of the scheduler.
    pub scheduler: String,
    /// Flags of the scheduler, of one that has some.
    pub scheduler_flags: Option<SchedulerFlags>,
    /// Forward method of servers that are added without one.
    pub forward: Option<Forward>,
    /// Whether later packets of its flows may take the fast path.
    pub fast_path: bool,
    /// Timeouts of its own, where it has some.
    pub timeouts: Timeouts,
    /// Number of servers.
    pub servers: u32,
    /// Sum over its servers.
    pub stats: Stats,
}

/// State of RVS in a network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Version of the module.
    pub version: String,
    /// Number of services.
    pub services: u32,
    /// Connections in the table.
    pub connections: u32,
    /// Buckets of the connection table.
    pub buckets: u32,
    /// Most connections: the sysctl of the namespace.
    pub max_connections: u32,
}
