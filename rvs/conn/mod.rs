// SPDX-License-Identifier: GPL-2.0-only

//! Connections.
//!
//! A connection is found by the tuples of its packets, in one table for both directions, without
//! lock or reference. It is owned by the table (once for each tuple) and by the wheel, which
//! notices when it has been idle for too long. That a client keeps its server is a [`Template`].

mod bound;
mod control;
mod defences;
mod entry;
mod expire;
mod list;
mod local;
mod own_flows;
mod reply_routes;
mod table;
mod template;
mod templates;

pub(crate) use bound::{
    Bound,
    Room, //
};
pub(crate) use control::Control;
pub(crate) use defences::Defences;
pub(crate) use entry::{
    Conn,
    Extension,
    Forwarding,
    Toa,
    Transition,
    CACHE,
    EXTENDED,
    TAILED, //
};
pub(crate) use local::{
    Locals,
    WhenDry, //
};
pub(crate) use own_flows::OwnFlows;
pub(crate) use reply_routes::RouteNumber;
pub(crate) use table::{
    Connections,
    CreateError,
    HashedTuple, //
};
pub(crate) use template::{
    HashedTemplate,
    Purpose,
    Template,
    TemplateKey,
    TEMPLATES, //
};
pub(crate) use templates::Made;
