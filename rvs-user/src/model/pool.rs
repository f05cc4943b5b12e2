// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses.

use std::fmt;
use std::net::IpAddr;
use std::net::SocketAddr;

use rvs_logic::logic::pool::Ports;
use rvs_logic::logic::uapi::pool_level;

use super::Protocol;

/// A pool in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// The ports of each address.
    pub ports: Ports,
    /// Number of addresses.
    pub addresses: u32,
    /// Number of services that name it.
    pub services: u32,
    /// Connections that have a port of it.
    pub used: u64,
    /// Ports that nobody has, and nobody gets yet.
    pub resting: u64,
    /// Connections that got none.
    pub refused: u64,
    /// Connections that were ended as a new one needed their port.
    pub evicted: u64,
    /// The server towards which the greatest part is taken.
    pub busiest: Option<PoolServer>,
}

/// What of a pool is taken towards one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolServer {
    /// Its address and port.
    pub server: SocketAddr,
    /// The protocol.
    pub protocol: Protocol,
    /// Ports that are taken.
    pub taken: u32,
    /// Ports that there are.
    pub ports: u32,
}

/// An address of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolAddress {
    /// The address.
    pub address: IpAddr,
    /// Connections that have a port of it.
    pub used: u64,
    /// Ports that nobody has, and nobody gets yet.
    pub resting: u64,
    /// Ports that are left towards the server with the fewest.
    pub free: u32,
    /// Connections that got a port of it.
    pub given: u64,
    /// Connections that were to get one.
    pub refused: u64,
}

/// How much is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolLevel {
    /// Enough.
    Ample,
    /// Not much.
    Scarce,
    /// Nothing.
    Dry,
}

impl PoolLevel {
    /// The level of a number of the family.
    pub fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            pool_level::AMPLE => Self::Ample,
            pool_level::SCARCE => Self::Scarce,
            pool_level::DRY => Self::Dry,
            _ => return None,
        })
    }
}

impl fmt::Display for PoolLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ample => "ample",
            Self::Scarce => "scarce",
            Self::Dry => "dry",
        })
    }
}

/// What the kernel tells of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolEvent {
    /// Name of the pool.
    pub pool: String,
    /// How much is left.
    pub level: PoolLevel,
    /// Towards which server.
    pub server: PoolServer,
}
