// SPDX-License-Identifier: GPL-2.0-only

//! Maglev hashing: a client's address tells its destination, and a change of the destinations
//! moves few clients.
//!
//! Every destination prefers the slots of the table in an order of its own, made of its address and
//! port. In rounds each takes the best slots that are left, as many as its weight says, until the
//! table is full. One whose weight is set to 0 keeps its slots, as if it had the weight before.
//!
//! The keys of the hash are constants, so directors with the same destinations in the same order
//! choose alike.
//!
//! Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer" (2016),
//! section 3.4.

use core::ops::DerefMut;

use super::{
    super::{
        addr::Endpoint,
        siphash::{
            self,
            HashKey,
            Tail, //
        }, //
    },
    client_table::{
        self,
        ClientTable,
        EMPTY, //
    },
    gcd,
    Destination,
    Flags, //
};

/// The number of slots, a prime, so that any step visits all (`CONFIG_IP_VS_MH_TAB_INDEX` 12).
pub const SLOTS: usize = 4093;

/// A round has less than two to this power of slots for one destination, however great its weight.
const TURN_BITS: u32 = 6;

/// Keys of the hashes that tell where a client belongs and preferences begin, and how far it is
/// from one preference to the next.
const POSITION_KEY: HashKey = HashKey::new(2_654_435_761, 2_654_435_761);
const STEP_KEY: HashKey = HashKey::new(2_654_446_892, 2_654_446_892);

/// A table made for the destinations of a service.
#[derive(Clone, Debug)]
pub struct Plan<T>(ClientTable<T>);

impl<T: DerefMut<Target = [u16]>> Plan<T> {
    /// The room that the plan of so many destinations takes: the slots and, behind them, position
    /// and step of each destination. None when there are more destinations than slots.
    pub const fn room(destinations: usize) -> Option<usize> {
        if destinations > SLOTS {
            return None;
        }
        Some(SLOTS.wrapping_add(destinations.wrapping_mul(2)))
    }

    /// The plan for `destinations`, in `room`.
    pub fn new<D: Destination>(mut room: T, flags: Flags, destinations: &[D]) -> Self {
        if let Some((slots, preferences)) = room.split_at_mut_checked(SLOTS) {
            fill(slots, preferences, destinations);
        }
        Self(ClientTable::new(room, flags))
    }

    /// Chooses the destination of a client.
    #[inline]
    pub fn pick<D: Destination>(&self, destinations: &[D], client: Endpoint) -> Option<usize> {
        self.0
            .pick(destinations, client, SLOTS as u32, |key, offset| {
                hash(&POSITION_KEY, key.wrapping_add(offset)) % SLOTS as u32
            })
    }
}

/// Has destinations take slots, round by round, until none is free.
fn fill<D: Destination>(slots: &mut [u16], preferences: &mut [u16], destinations: &[D]) {
    slots.fill(EMPTY);
    for (preference, destination) in preferences.chunks_exact_mut(2).zip(destinations) {
        let Endpoint { addr, port } = destination.endpoint();
        let key = client_table::key(addr, port);
        if let [position, step] = preference {
            *position = (hash(&POSITION_KEY, key) % SLOTS as u32) as u16;
            *step = (hash(&STEP_KEY, key) % (SLOTS as u32 - 1)) as u16 + 1;
        }
    }

    let turns = Turns::new(destinations);
    let mut free = slots.len();
    loop {
        let before = free;
        let in_turn = preferences.chunks_exact_mut(2).zip(destinations);
        for ((preference, destination), index) in in_turn.zip(0..EMPTY) {
            if let [position, step] = preference {
                let taken = turns.of(destination).min(free);
                for _ in 0..taken {
                    take_next(slots, position, *step, index);
                }
                free = free.saturating_sub(taken);
            }
        }
        // Full, or no one has a weight.
        if free == 0 || free == before {
            return;
        }
    }
}

/// Takes the first free slot from `position` on; there must be one.
fn take_next(slots: &mut [u16], position: &mut u16, step: u16, index: u16) {
    while let Some(slot) = slots.get_mut(usize::from(*position)) {
        if *slot == EMPTY {
            *slot = index;
            return;
        }
        *position = (u32::from(*position).wrapping_add(u32::from(step)) % SLOTS as u32) as u16;
    }
}

/// How many slots a destination takes in a round: its weight, without what all weights have in
/// common and without the lowest bits of great weights.
struct Turns {
    unit: u32,
    shift: u32,
}

impl Turns {
    fn new<D: Destination>(destinations: &[D]) -> Self {
        let unit = gcd::of_weights(destinations, D::last_weight).max(1);
        let greatest = destinations.iter().map(D::last_weight).max().unwrap_or(0);
        let units = greatest.checked_div(unit).unwrap_or(0);
        let bits = u32::BITS.saturating_sub(units.leading_zeros());
        Self {
            unit,
            shift: bits.saturating_sub(TURN_BITS),
        }
    }

    fn of<D: Destination>(&self, destination: &D) -> usize {
        match destination.last_weight() {
            0 => 0,
            weight => {
                let units = weight.checked_div(self.unit).unwrap_or(0);
                units.checked_shr(self.shift).unwrap_or(0).max(1) as usize
            }
        }
    }
}

/// The hash of four bytes, `hsiphash()` on 64-bit machines.
#[inline]
fn hash(key: &HashKey, value: u32) -> u32 {
    let tail = Tail {
        bytes: value.into(),
        len: 4,
    };
    siphash::hash(key, [], tail) as u32
}
