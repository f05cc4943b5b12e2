// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses, from which a director sends to real servers in its own name.
//!
//! A pool has addresses, and of each the same ports. One port serves different real servers at once, so what is taken
//! is told for each real server and protocol, a [`Target`], and in it for each address, a [`Row`]. A row has a bit or
//! two for each port, in pages that come with their first port and go with their last: a free one is found by looking
//! for the next zero from a random place on, which takes about as long whether few or nearly all are taken.

pub mod find;
mod level;
mod name;
mod page;
mod ports;
mod range;
mod rest;
mod row;
mod storage;
mod target;

pub use level::{
    Level,
    News, //
};
pub use name::Name;
pub use page::{
    Page,
    PageSet, //
};
pub use ports::Ports;
pub use range::{
    order,
    AddrRange,
    NoRange, //
};
pub use rest::must_rest;
pub use row::Row;
pub use storage::Storage;
pub use target::{
    Offer,
    Refusal,
    Share,
    Taken,
    Target, //
};

/// The most addresses of a pool.
pub const MOST_ADDRESSES: usize = 1024;

/// How many seconds a port rests that may be in TIME_WAIT at the server: as long as that lasts with Linux
/// (`TCP_TIMEWAIT_LEN` in `include/net/tcp.h`).
pub const REST_SECONDS: u32 = 60;
