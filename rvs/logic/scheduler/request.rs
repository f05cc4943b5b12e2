// SPDX-License-Identifier: GPL-2.0-only

//! For what a destination is chosen.

use super::{
    super::addr::{
        Addr,
        Endpoint, //
    },
    locality::Set, //
};

/// A new connection, as far as schedulers ask who it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// Address and port of the client.
    pub client: Endpoint,
    /// The address that the packet is for: that of the service, or, where a mark or a range names
    /// the service, any.
    pub addr: Addr,
}

/// What some schedulers need beyond destinations and request.
pub trait Surroundings {
    /// Two random numbers, each of all with the same probability.
    fn draws(&self) -> [u32; 2];

    /// Where packets for an address went lately, if that is known.
    fn recall(&self, addr: Addr) -> Option<Set>;

    /// Keeps for a while where packets for an address go now.
    fn remember(&self, addr: Addr, set: Set);

    /// The time, in ticks, around the end of the numbers.
    fn now(&self) -> u32;

    /// Whether a set that was changed at `time` has stayed as it is for too long.
    fn is_long_ago(&self, time: u32) -> bool;
}
