// SPDX-License-Identifier: GPL-2.0-only

//! Services and their destinations.
//!
//! The control plane changes [`Config`](config::Config) under a mutex and publishes what packets
//! need as [`Service`] objects in an RCU table, each with an immutable [`DestSet`] that is
//! replaced as a whole.

mod change;
mod common;
mod config;
mod config_error;
pub(crate) mod deleted;
mod dest;
mod dest_set;
mod estimator;
mod filter;
mod ledger;
mod memory;
pub(crate) mod pool;
mod real_servers;
mod service;
mod service_config;
mod services;
mod shared;
mod timeouts;
mod toa;
mod totals;
mod trash;

pub(crate) use change::{
    DestChange,
    NewDest,
    NewService,
    PortCheck,
    ServiceChange,
    Told, //
};
pub(crate) use common::Common;
pub(crate) use config::Config;
pub(crate) use config_error::ConfigError;
pub(crate) use deleted::Deleted;
pub(crate) use dest::{
    Counter,
    Dest,
    Forward, //
};
pub(crate) use dest_set::{
    DestSet,
    Entry, //
};
pub(crate) use estimator::Estimator;
pub(crate) use filter::{
    AddressFilter,
    Noted, //
};
pub(crate) use memory::Lifetimes;
pub(crate) use service::Service;
pub(crate) use service_config::ServiceConfig;
pub(crate) use services::Services;
pub(crate) use shared::Shared;
pub(crate) use toa::ToaCounters;
pub(crate) use totals::{
    Counts,
    Figures, //
};

pub(crate) use crate::logic::service_key::ServiceKey;
