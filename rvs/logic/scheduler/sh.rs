// SPDX-License-Identifier: GPL-2.0-only

//! Source hashing: a client's address tells its destination.
//!
//! The table has a fixed number of slots. Destinations fill them in turn, each as many in a row as
//! its weight says, and begin again until the table is full. One without a weight has a slot too:
//! its clients wait for it, or fall back to others.

use core::{
    iter,
    ops::DerefMut, //
};

use super::{
    super::addr::Endpoint,
    client_table::{
        ClientTable,
        EMPTY, //
    },
    Destination,
    Flags, //
};

/// Binary logarithm of the number of slots (`CONFIG_IP_VS_SH_TAB_BITS`).
const SLOT_BITS: u32 = 8;

/// The number of slots.
pub const SLOTS: usize = 1 << SLOT_BITS;

/// A table made for the destinations of a service.
#[derive(Clone, Debug)]
pub struct Plan<T>(ClientTable<T>);

impl<T: DerefMut<Target = [u16]>> Plan<T> {
    /// The plan for `destinations`, in `slots`.
    pub fn new<D: Destination>(mut slots: T, flags: Flags, destinations: &[D]) -> Self {
        slots.fill(EMPTY);
        let in_turn = destinations
            .iter()
            .zip(0..EMPTY)
            .flat_map(|(destination, index)| {
                iter::repeat_n(index, destination.weight().max(1) as usize)
            })
            .cycle();
        for (slot, index) in slots.iter_mut().take(SLOTS).zip(in_turn) {
            *slot = index;
        }
        Self(ClientTable::new(slots, flags))
    }

    /// Chooses the destination of a client.
    #[inline]
    pub fn pick<D: Destination>(&self, destinations: &[D], client: Endpoint) -> Option<usize> {
        self.0
            .pick(destinations, client, SLOTS as u32, |key, offset| {
                offset.wrapping_add(hash(key)) % SLOTS as u32
            })
    }
}

/// Multiplicative hashing by the golden ratio: the highest bits of the product.
///
/// Source: Knuth, "The Art of Computer Programming", volume 3, section 6.4; the constant is that of
/// C `include/linux/hash.h`, `GOLDEN_RATIO_32`.
#[inline]
pub(super) const fn hash(key: u32) -> u32 {
    key.wrapping_mul(0x61c8_8647) >> (u32::BITS - SLOT_BITS)
}
