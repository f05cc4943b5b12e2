// SPDX-License-Identifier: GPL-2.0-only

//! The generic netlink family `IPVS`, by which stock tools drive IPVS: over the same services and
//! destinations as the family `rvs`, with the commands, attributes, order of attributes and errors of C
//! `ip_vs`.
//!
//! Where a request asks for what is not there, the error is that of the same thing misspelled, and a
//! sentence tells what it is about: C `ip_vs` has none.
//!
//! C: `net/netfilter/ipvs/ip_vs_ctl.c`

mod config;
mod daemon;
mod dest;
mod fill;
mod info;
mod key;
mod service;

use kernel::prelude::*;

use crate::{
    kapi::genl::{
        Description,
        Family,
        Operation,
        RegisteredPlace,
        Validation, //
    },
    logic::ipvs_abi,
};

static FAMILY: Description = Description {
    name: ipvs_abi::FAMILY_NAME,
    version: ipvs_abi::FAMILY_VERSION,
    validation: Validation::Liberal,
    operations: OPERATIONS,
    groups: &[],
    place: RegisteredPlace::new(),
};

const OPERATIONS: &[Operation] = &[
    Operation::of_do::<service::New>(),
    Operation::of_do::<service::Set>(),
    Operation::of_do::<service::Del>(),
    Operation::of_do::<service::Get>(),
    Operation::of_dump::<service::GetAll>(),
    Operation::of_do::<dest::New>(),
    Operation::of_do::<dest::Set>(),
    Operation::of_do::<dest::Del>(),
    Operation::of_dump::<dest::GetAll>(),
    Operation::of_do::<daemon::New>(),
    Operation::of_do::<daemon::Del>(),
    Operation::of_dump::<daemon::GetAll>(),
    Operation::of_do::<config::Set>(),
    Operation::of_do::<config::Get>(),
    Operation::of_do::<info::Get>(),
    Operation::of_do::<service::Zero>(),
    Operation::of_do::<service::Flush>(),
];

/// Registers the family. EEXIST when the name is taken, as it is when C `ip_vs` is loaded.
pub(crate) fn register(module: &'static ThisModule) -> Result<Family> {
    Family::register(module, &FAMILY)
}
