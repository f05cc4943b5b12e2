// SPDX-License-Identifier: GPL-2.0-only

//! Generic netlink families with operations.
//!
//! C header: [`include/net/genetlink.h`](srctree/include/net/genetlink.h)

mod attribute;
mod family;
mod message;
mod policy;
mod request;

pub(crate) use attribute::{
    Attribute,
    Attributes,
    Room, //
};
pub(crate) use family::{
    Description,
    Do,
    Dump,
    Family,
    Operation,
    Permission,
    RegisteredPlace,
    Validation, //
};
pub(crate) use message::{
    Full,
    Message, //
};
pub(crate) use request::{
    Dumper,
    Refusal,
    Request, //
};
