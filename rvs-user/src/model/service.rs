// SPDX-License-Identifier: GPL-2.0-only

//! Virtual services.

use std::fmt;
use std::net::IpAddr;
use std::net::SocketAddr;

use rvs_logic::logic::addr::Family;
use rvs_logic::logic::service_key::PortRange;

use super::Forward;
use super::Persistence;
use super::Protocol;
use super::Removal;
use super::SchedulerFlags;
use super::Stats;
use super::Timeouts;
use super::Toa;
use super::ToaStats;

/// The ports of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// This one.
    One(u16),
    /// All of a range.
    Range(PortRange),
    /// All.
    All,
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ports::One(port) => port.fmt(f),
            Ports::Range(range) => write!(f, "{}-{}", range.first(), range.last()),
            Ports::All => f.write_str("*"),
        }
    }
}

/// What names a service: `tcp/192.0.2.1:80`, `udp/[2001:db8::1]:53`, `tcp/192.0.2.1:8000-8999`,
/// `tcp/192.0.2.1:*`, `mark/7`, `mark/7/ipv6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKey {
    /// Of an address.
    Address {
        /// Transport protocol.
        protocol: Protocol,
        /// Virtual address.
        address: IpAddr,
        /// Virtual ports.
        ports: Ports,
    },
    /// Of a mark that the firewall gives.
    Mark {
        /// Address family of the packets.
        family: Family,
        /// The mark, not 0.
        mark: u32,
    },
}

impl ServiceKey {
    /// Whether its packets are IPv4.
    pub fn is_ipv4(&self) -> bool {
        match self {
            ServiceKey::Address { address, .. } => address.is_ipv4(),
            ServiceKey::Mark { family, .. } => *family == Family::V4,
        }
    }

    /// The protocol, of a service that has one.
    pub fn protocol(&self) -> Option<Protocol> {
        match self {
            ServiceKey::Address { protocol, .. } => Some(*protocol),
            ServiceKey::Mark { .. } => None,
        }
    }

    /// The port, of a service that has exactly one.
    pub fn one_port(&self) -> Option<u16> {
        match self {
            ServiceKey::Address {
                ports: Ports::One(port),
                ..
            } => Some(*port),
            _ => None,
        }
    }
}

impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServiceKey::Address {
                protocol,
                address: IpAddr::V4(address),
                ports,
            } => write!(f, "{protocol}/{address}:{ports}"),
            ServiceKey::Address {
                protocol,
                address: IpAddr::V6(address),
                ports,
            } => write!(f, "{protocol}/[{address}]:{ports}"),
            ServiceKey::Mark {
                family: Family::V4,
                mark,
            } => write!(f, "mark/{mark}"),
            ServiceKey::Mark {
                family: Family::V6,
                mark,
            } => write!(f, "mark/{mark}/ipv6"),
        }
    }
}

/// A server as it is written: one without a port of its own has that of each packet.
pub fn server_name(server: &SocketAddr) -> String {
    match server {
        SocketAddr::V4(server) if server.port() == 0 => format!("{}:*", server.ip()),
        SocketAddr::V6(server) if server.port() == 0 => format!("[{}]:*", server.ip()),
        server => server.to_string(),
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
    /// Whether each datagram is scheduled by itself.
    pub one_packet: Option<bool>,
    /// What becomes of connections whose server is removed.
    pub removal: Option<Removal>,
    /// Timeouts of its own.
    pub timeouts: Option<Timeouts>,
    /// How clients keep their server; inside none when they do not.
    pub persistence: Option<Option<Persistence>>,
    /// Name of the pool of its local addresses; empty when it has none.
    pub pool: Option<String>,
    /// Whose connections tell the server of their client.
    pub toa: Option<Toa>,
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
    /// Whether each datagram is scheduled by itself.
    pub one_packet: bool,
    /// What becomes of connections whose server is removed.
    pub removal: Removal,
    /// Timeouts of its own, where it has some.
    pub timeouts: Timeouts,
    /// How clients keep their server, if they do.
    pub persistence: Option<Persistence>,
    /// Name of the pool of its local addresses, if it has one.
    pub pool: Option<String>,
    /// Packets by ENAT that had no room for the client.
    pub without_room: u64,
    /// Whose connections tell the server of their client.
    pub toa: Toa,
    /// What was counted of that, of a module that tells.
    pub toa_stats: Option<ToaStats>,
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
    /// Templates of persistence, which count for that, too.
    pub templates: u32,
}
