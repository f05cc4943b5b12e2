// SPDX-License-Identifier: GPL-2.0-only

//! The tuple table with many connections in it.

use std::{
    net::Ipv4Addr,
    rc::Rc, //
};

use rvs_logic::logic::{
    protocol::Protocol,
    siphash::HashKey,
    table,
    tuple::Tuple, //
};

use crate::{
    service::endpoint,
    table::Generation,
    Operation, //
};

const FLOWS: u32 = 100_000;
const KEY: HashKey = HashKey::new(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);

/// The tuple of client number `client`.
fn tuple(client: u32) -> Tuple {
    let from = endpoint(Ipv4Addr::from(0x0a40_0001 + client), 40_000);
    let to = endpoint(Ipv4Addr::new(192, 0, 2, 100), 80);
    Tuple::new(from, to, Protocol::Udp).expect("one family")
}

/// Connections by handle, which begin at 1, and the table that leads to them.
struct Connections {
    tuples: Vec<Tuple>,
    generation: std::sync::Arc<Generation>,
}

impl Connections {
    fn new() -> Self {
        let tuples: Vec<_> = (0..FLOWS).map(tuple).collect();
        let generation = Generation::new(table::wanted_bits(FLOWS.into(), table::MIN_BITS));
        for (handle, tuple) in (1..).zip(&tuples) {
            table::insert(&*generation, tuple.hash(&KEY), handle, |_| false).expect("room for all");
        }
        Self { tuples, generation }
    }

    fn find(&self, wanted: &Tuple) -> Option<u64> {
        let is_wanted = |handle: u64| self.tuples.get(handle as usize - 1) == Some(wanted);
        table::find(&*self.generation, wanted.hash(&KEY), is_wanted)
    }
}

/// Numbers 0 to `below` in an order that no cache can guess, again and again.
fn scattered(below: u32) -> impl FnMut() -> u32 {
    // A step without a common divisor meets each number once in a round.
    const STEP: u32 = 61_803;
    let mut at = 0;
    move || {
        at = (at + STEP) % below;
        at
    }
}

pub(crate) fn operations() -> Vec<Operation> {
    let connections = Rc::new(Connections::new());
    let (hit, miss, change) = (connections.clone(), connections.clone(), connections);
    let (mut next_hash, mut next_hit) = (scattered(FLOWS), scattered(FLOWS));
    let (mut next_miss, mut next_change) = (scattered(FLOWS), scattered(FLOWS));
    vec![
        Operation::new("hash a tuple", move || tuple(next_hash()).hash(&KEY)),
        Operation::new("find, of 100 000", move || {
            let found = hit.find(&tuple(next_hit()));
            assert!(found.is_some());
            found
        }),
        Operation::new("find none, of 100 000", move || {
            miss.find(&tuple(FLOWS + next_miss()))
        }),
        Operation::new("insert and remove, of 100 000", move || {
            let client = next_change();
            let hash = tuple(FLOWS + client).hash(&KEY);
            let handle = u64::from(FLOWS + client + 1);
            let is_same = |other| other == handle;
            table::insert(&*change.generation, hash, handle, is_same).expect("room for one more");
            assert!(table::remove(&*change.generation, hash, handle));
        }),
    ]
}
