// SPDX-License-Identifier: GPL-2.0-only

//! Destination hashing: the address that a packet is for tells its destination, for caches in front
//! of many sites.
//!
//! The table is that of `sh`, but destinations fill it in turn whatever their weights. Where the one
//! of an address takes no connections nobody else does.

use core::ops::{
    Deref,
    DerefMut, //
};

use super::{
    super::addr::Addr,
    client_table::{
        self,
        EMPTY, //
    },
    sh,
    Destination, //
};

/// A table made for the destinations of a service.
#[derive(Clone, Debug)]
pub struct Plan<T>(T);

impl<T: DerefMut<Target = [u16]>> Plan<T> {
    /// The plan for `destinations`, in `slots`, of which there are [`sh::SLOTS`].
    pub(super) fn new<D: Destination>(mut slots: T, destinations: &[D]) -> Self {
        slots.fill(EMPTY);
        let in_turn = destinations.iter().zip(0..EMPTY).cycle();
        for (slot, (_, index)) in slots.iter_mut().zip(in_turn) {
            *slot = index;
        }
        Self(slots)
    }
}

impl<T: Deref<Target = [u16]>> Plan<T> {
    /// Chooses the destination of an address.
    #[inline]
    pub(super) fn pick<D: Destination>(&self, destinations: &[D], addr: Addr) -> Option<usize> {
        let slot = sh::hash(client_table::key(addr, 0));
        let index = usize::from(*self.0.get(slot as usize)?);
        destinations.get(index)?.is_eligible().then_some(index)
    }
}
