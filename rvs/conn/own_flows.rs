// SPDX-License-Identifier: GPL-2.0-only

//! Where this host itself sends datagrams to from the address and port of a service.
//!
//! A socket that is not connected does not tell whose packets are answers to it. So it is noted to
//! whom the host has sent: that is in a few places, where the latest replaces what was there.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

use crate::{
    kapi::time,
    logic::state::udp, //
};

/// Places, a power of two.
const PLACES: usize = 256;

/// Flows by the hashes of the tuples that their answers have, with the times they were seen last.
pub(crate) struct OwnFlows([Atomic<u64>; PLACES]);

impl OwnFlows {
    /// Knows of none.
    pub(crate) fn new() -> Self {
        Self([const { Atomic::new(0) }; PLACES])
    }

    /// Notes at `now` (jiffies) that this host has sent a packet whose answers have this hash.
    pub(crate) fn note(&self, hash: u64, now: u32) {
        let value = hash & !u64::from(u32::MAX) | u64::from(now);
        if let Some(place) = self.place(hash) {
            if place.load(Relaxed) != value {
                place.store(value, Relaxed);
            }
        }
    }

    /// Whether a packet whose tuple has this hash answers one that this host has sent not longer ago
    /// than a UDP exchange lasts.
    pub(crate) fn expects(&self, hash: u64, now: u32) -> bool {
        let value = self.place(hash).map_or(0, |place| place.load(Relaxed));
        let age = now.wrapping_sub(value as u32);
        (value ^ hash) >> u32::BITS == 0 && age < udp::TIMEOUT.saturating_mul(time::hz())
    }

    fn place(&self, hash: u64) -> Option<&Atomic<u64>> {
        self.0.get(hash as usize % PLACES)
    }
}
