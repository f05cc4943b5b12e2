// SPDX-License-Identifier: GPL-2.0-only

//! Networking.

mod embedded;
mod namespace;
mod neighbour;
mod netfilter;
mod route;
mod skb;

pub(crate) use namespace::{
    AddressType,
    Net, //
};
pub(crate) use neighbour::NextHop;
pub(crate) use netfilter::{
    Hook,
    HookPoint,
    HookSpec, //
};
pub(crate) use route::{
    Route,
    RouteCache,
    Target, //
};
pub(crate) use skb::{
    DefragmentAt,
    Outer,
    Packet,
    Verdict, //
};

pub(crate) mod pernet;
pub(crate) mod sysctl;
