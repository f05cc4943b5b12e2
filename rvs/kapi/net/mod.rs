// SPDX-License-Identifier: GPL-2.0-only

//! Networking.

mod embedded;
mod encapsulation;
mod family;
mod namespace;
mod neighbour;
mod netfilter;
mod route;
mod skb;
mod socket;
mod stack;

pub(crate) use conntrack::Tracking;
pub(crate) use encapsulation::Outer;
pub(crate) use family::Exchange;
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
    LookupNumber,
    Route,
    RouteCache,
    RouteRef,
    Target, //
};
pub(crate) use skb::{
    DefragmentAt,
    Glance,
    Packet,
    Verdict, //
};
pub(crate) use socket::LocalSocket;
pub(crate) use stack::{
    CachedRoute,
    Stack, //
};

pub(crate) mod conntrack;
pub(crate) mod pernet;
pub(crate) mod proc;
pub(crate) mod sysctl;
