// SPDX-License-Identifier: GPL-2.0-only

//! A bounded memory of [sets](Set) by address: a number of buckets with a number of places each.
//! Where a bucket is full the set that nobody has asked for the longest gives way, so that nothing
//! has to look after the memory.

use super::{
    super::{
        addr::Addr,
        spread::spread, //
    },
    locality::Set, //
};

/// Buckets of a service that has many addresses.
pub const BUCKETS: usize = 1024;

/// Places of a bucket. With all buckets as many sets as IPVS has at most.
pub const PLACES: usize = 16;

/// What is remembered of an address.
#[derive(Clone, Copy, Debug)]
pub struct Remembered {
    addr: Addr,
    used: u32,
    set: Set,
}

impl Remembered {
    /// What is remembered from `now` on.
    pub const fn new(addr: Addr, set: Set, now: u32) -> Self {
        Self {
            addr,
            used: now,
            set,
        }
    }

    /// How long nobody has asked for it, in ticks.
    const fn age(&self, now: u32) -> u32 {
        now.wrapping_sub(self.used)
    }
}

/// The bucket of an address.
pub fn bucket_of(addr: Addr) -> usize {
    let hash = match addr {
        Addr::V4(addr) => spread(addr.to_bits().into()),
        Addr::V6(addr) => {
            let bits = addr.to_bits();
            spread(spread((bits >> u64::BITS) as u64) ^ bits as u64)
        }
    };
    hash as usize % BUCKETS
}

/// Finds the set of an address that somebody has asked for in the last `lifetime` ticks, and keeps
/// it as long from `now` on.
pub fn recall(bucket: &mut [Remembered], addr: Addr, now: u32, lifetime: u32) -> Option<Set> {
    let found = bucket.iter_mut().find(|found| found.addr == addr)?;
    if found.age(now) >= lifetime {
        return None;
    }
    found.used = now;
    Some(found.set)
}

/// Finds the place for what is to be remembered, that of the same address or, in a full bucket, of
/// the oldest; none where one is to be added.
pub fn place_for<'a>(bucket: &'a mut [Remembered], new: &Remembered) -> Option<&'a mut Remembered> {
    let place = match bucket.iter().position(|other| other.addr == new.addr) {
        Some(place) => place,
        None if bucket.len() < PLACES => return None,
        None => {
            let ages = bucket.iter().map(|other| other.age(new.used));
            (0..PLACES).zip(ages).max_by_key(|(_, age)| *age)?.0
        }
    };
    bucket.get_mut(place)
}
