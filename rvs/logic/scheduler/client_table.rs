// SPDX-License-Identifier: GPL-2.0-only

//! What the schedulers that hash the client have in common: a table from hashes to destinations.

use core::ops::Deref;

use super::{
    super::addr::{
        Addr,
        Endpoint, //
    },
    Destination,
    Flags, //
};

/// What stands in a slot without a destination; no table has as many of them.
pub(super) const EMPTY: u16 = u16::MAX;

/// A table whose slots hold indices of destinations.
#[derive(Clone, Debug)]
pub(super) struct ClientTable<T> {
    slots: T,
    flags: Flags,
}

impl<T: Deref<Target = [u16]>> ClientTable<T> {
    /// The table of these slots.
    pub(super) const fn new(slots: T, flags: Flags) -> Self {
        Self { slots, flags }
    }

    /// Chooses the destination of a client.
    ///
    /// `slot_of` tells the slot, below `count`, of a client's key and an offset: that of the offset
    /// 0 is where the client belongs.
    #[inline]
    pub(super) fn pick<D: Destination>(
        &self,
        destinations: &[D],
        client: Endpoint,
        count: u32,
        slot_of: impl Fn(u32, u32) -> u32,
    ) -> Option<usize> {
        let key = key(client.addr, if self.flags.port { client.port } else { 0 });
        let home = slot_of(key, 0);
        let eligible = |slot| {
            let index = usize::from(*self.slots.get(slot as usize)?);
            destinations.get(index)?.is_eligible().then_some(index)
        };
        let chosen = eligible(home);
        // Where no one is eligible there is no need to look into every slot.
        if chosen.is_some() || !self.flags.fallback || !destinations.iter().any(D::is_eligible) {
            return chosen;
        }
        // The client's own slot gives the offset to begin with, so that the clients of one
        // destination do not all go to the same other one.
        (home..count)
            .chain(0..home)
            .find_map(|offset| eligible(slot_of(key, offset)))
    }
}

/// What is hashed of an address and a port: their sum. An IPv6 address counts as the exclusive or
/// of its four words.
#[inline]
pub(super) fn key(addr: Addr, port: u16) -> u32 {
    let folded = match addr {
        Addr::V4(addr) => u32::from(addr),
        Addr::V6(addr) => {
            let words = u128::from(addr);
            (words ^ words >> 32 ^ words >> 64 ^ words >> 96) as u32
        }
    };
    folded.wrapping_add(u32::from(port))
}
