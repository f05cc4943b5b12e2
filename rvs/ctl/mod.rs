// SPDX-License-Identifier: GPL-2.0-only

//! The generic netlink family `rvs`: what it is asked, and what it answers.
//!
//! Specification: `docs/netlink/rvs.yaml`.

mod address;
mod connection;
mod dest;
mod entries;
mod errors;
mod family;
mod fill;
mod info;
pub(crate) mod ipvs;
mod key;
mod persistence;
mod pool;
pub(crate) mod proc;
mod service;
mod stats;
mod template;
mod timeouts;
mod tunnel;
mod zero;

use kernel::prelude::*;

use crate::{
    kapi::genl::{
        Description,
        Family,
        Operation,
        RegisteredPlace,
        Validation, //
    },
    logic::uapi::{
        self,
        group, //
    },
};

/// The family. Each operation has its own policy.
static FAMILY: Description = Description {
    name: uapi::FAMILY_NAME,
    version: uapi::FAMILY_VERSION,
    validation: Validation::Strict,
    operations: OPERATIONS,
    groups: group::NAMES,
    place: RegisteredPlace::new(),
};

/// The operations, in the order of their command numbers.
const OPERATIONS: &[Operation] = &[
    Operation::of_do::<info::Get>(),
    Operation::of_do::<service::Add>(),
    Operation::of_do::<service::Set>(),
    Operation::of_do::<service::Del>(),
    Operation::of_do::<service::Get>(),
    Operation::of_dump::<service::GetAll>(),
    Operation::of_do::<dest::Add>(),
    Operation::of_do::<dest::Set>(),
    Operation::of_do::<dest::Del>(),
    Operation::of_do::<dest::Get>(),
    Operation::of_dump::<dest::GetAll>(),
    Operation::of_do::<service::Flush>(),
    Operation::of_do::<stats::Get>(),
    Operation::of_dump::<connection::GetAll>(),
    Operation::of_do::<timeouts::Get>(),
    Operation::of_do::<timeouts::Set>(),
    Operation::of_do::<zero::Zero>(),
    Operation::of_dump::<template::GetAll>(),
    Operation::of_do::<pool::Add>(),
    Operation::of_do::<pool::Set>(),
    Operation::of_do::<pool::Del>(),
    Operation::of_do::<pool::Get>(),
    Operation::of_dump::<pool::GetAll>(),
    Operation::of_do::<pool::AddAddress>(),
    Operation::of_do::<pool::DelAddress>(),
    Operation::of_dump::<pool::GetAddresses>(),
];

pub(crate) use pool::tell as tell_of_pool;

/// Registers the family.
pub(crate) fn register(module: &'static ThisModule) -> Result<Family> {
    Family::register(module, &FAMILY)
}
