// SPDX-License-Identifier: GPL-2.0-only

//! Command lines whose every word has been checked.

mod address;
mod convert;
mod number;
mod persistence;
mod pool;
mod port_mapping;
mod timeouts;
mod tunnel;

use std::net::SocketAddr;
use std::path::PathBuf;

use rvs_logic::logic::pool::AddrRange;
use rvs_logic::logic::pool::Ports;
use rvs_logic::logic::scheduler::Kind;

use crate::model::ServerSettings;
use crate::model::ServiceKey;
use crate::model::ServiceSettings;
use crate::model::Timeouts;

pub use convert::{command_name, convert};
pub use port_mapping::check_port_mapping;
pub use port_mapping::has_its_port;

/// Schedulers of the module.
pub const SCHEDULERS: [&str; Kind::ALL.len()] = Kind::NAMES;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Add a service.
    ServiceAdd(ServiceKey, ServiceSettings),
    /// Change what is named of a service.
    ServiceSet(ServiceKey, ServiceSettings),
    /// Delete a service.
    ServiceDel(ServiceKey),
    /// List the services.
    ServiceList,
    /// Add a server.
    ServerAdd(ServiceKey, SocketAddr, ServerSettings),
    /// Change what is named of a server.
    ServerSet(ServiceKey, SocketAddr, ServerSettings),
    /// Remove a server.
    ServerDel(ServiceKey, SocketAddr),
    /// List the connections of one service or all.
    ConnectionList(Option<ServiceKey>),
    /// List the templates of one service or all.
    TemplateList(Option<ServiceKey>),
    /// Add a pool with addresses.
    PoolAdd(String, Option<Ports>, Vec<AddrRange>),
    /// Change the ports of a pool.
    PoolSet(String, Ports),
    /// Delete a pool.
    PoolDel(String),
    /// Add addresses to a pool.
    PoolAddAddress(String, Vec<AddrRange>),
    /// Remove addresses from a pool.
    PoolDelAddress(String, Vec<AddrRange>),
    /// Show one pool or all.
    PoolShow(Option<String>),
    /// Tell of pools.
    PoolWatch,
    /// Show one service or all.
    Show(Option<ServiceKey>),
    /// Show how much there is in a second, of one service or of all.
    Rates(Option<ServiceKey>),
    /// Show which way packets took.
    Stats,
    /// Zero the counters of one service or all.
    Zero(Option<ServiceKey>),
    /// Show how long connections may be idle.
    Timeouts,
    /// Change that.
    TimeoutsSet(Timeouts),
    /// Delete all services.
    Flush,
    /// Write the configuration.
    Save,
    /// Make one that was written to a file, or comes by standard input.
    Restore(Option<PathBuf>),
}
