// SPDX-License-Identifier: GPL-2.0-only

//! The schedulers that hash the client, against models of their tables.

#[path = "support/service.rs"]
mod service;

use std::{
    hash::Hasher,
    net::Ipv4Addr, //
};

use proptest::prelude::*;
use rvs_logic::logic::{
    addr::Endpoint,
    scheduler::{
        Flags,
        Kind,
        PlanError,
        Settings, //
    },
};
use service::{
    endpoint,
    servers,
    Server,
    Service, //
};
use siphasher::sip::SipHasher13;

const BOTH: [Kind; 2] = [Kind::Sh, Kind::Mh];
const FALLBACK: Flags = Flags {
    fallback: true,
    port: false,
};

fn client() -> impl Strategy<Value = Endpoint> {
    (any::<u32>(), any::<u16>()).prop_map(|(addr, port)| endpoint(addr.into(), port))
}

fn clients() -> impl Strategy<Value = Vec<Endpoint>> {
    prop::collection::vec(client(), 1..100)
}

fn flags() -> impl Strategy<Value = Flags> {
    (any::<bool>(), any::<bool>()).prop_map(|(fallback, port)| Flags { fallback, port })
}

/// Servers of any weight, some of which had another one before.
fn some_servers() -> impl Strategy<Value = Vec<Server>> {
    let weight = || prop_oneof![4 => 0..5u32, 2 => 0..300u32, 1 => 0..=i32::MAX as u32];
    let server = (weight(), weight(), prop::bool::weighted(0.15));
    prop::collection::vec(server, 0..10).prop_map(|list| {
        let server = |(id, (before, weight, overloaded))| {
            let mut server = Server::new(id, before);
            server.set_weight(weight);
            server.overloaded = overloaded;
            server
        };
        list.into_iter().enumerate().map(server).collect()
    })
}

/// Address and port as a number, modulo 2^32.
fn number(client: Endpoint) -> u64 {
    let rvs_logic::logic::addr::Addr::V4(addr) = client.addr else {
        panic!("only IPv4 here");
    };
    (u64::from(u32::from(addr)) + u64::from(client.port)) % (1 << 32)
}

/// A table and which of its slots a number belongs to.
trait Model {
    fn table(servers: &[Server]) -> Vec<usize>;
    fn slot(number: u64, offset: u64) -> usize;

    fn choose(servers: &[Server], flags: Flags, client: Endpoint) -> Option<usize> {
        let table = Self::table(servers);
        if table.is_empty() {
            return None;
        }
        let port = if flags.port { client.port } else { 0 };
        let number = number(Endpoint { port, ..client });
        let available = |slot: usize| {
            let server = &servers[table[slot]];
            (server.weight > 0 && !server.overloaded).then_some(server.id)
        };
        let home = Self::slot(number, 0);
        available(home).or_else(|| {
            let mut offsets = 0..table.len() * usize::from(flags.fallback);
            offsets.find_map(|offset| {
                available(Self::slot(number, ((offset + home) % table.len()) as u64))
            })
        })
    }
}

/// "256 table filled in list order, each dest repeated weight times (a weight-0 dest still takes
/// one slot), cyclic."
struct SourceHash;

impl Model for SourceHash {
    fn table(servers: &[Server]) -> Vec<usize> {
        let mut table = Vec::new();
        while table.len() < 256 && !servers.is_empty() {
            for (index, server) in servers.iter().enumerate() {
                for _ in 0..server.weight.clamp(1, 256) {
                    table.push(index);
                }
            }
        }
        table.truncate(256);
        table
    }

    fn slot(number: u64, offset: u64) -> usize {
        // The fraction of the product with the golden ratio's fraction, in 256 parts.
        let fraction = number * 0x61c8_8647 % (1 << 32);
        ((fraction / (1 << 24) + offset) % 256) as usize
    }
}

/// The lists of preferences written out, as in listing 1 of the Maglev paper.
struct Maglev;

const PRIME: usize = 4093;

fn hsiphash(key: u64, number: u64) -> usize {
    let mut hasher = SipHasher13::new_with_keys(key, key);
    hasher.write(&((number % (1 << 32)) as u32).to_le_bytes());
    (hasher.finish() % (1 << 32)) as usize
}

impl Model for Maglev {
    fn table(servers: &[Server]) -> Vec<usize> {
        let greatest = servers.iter().map(|server| server.last_weight).max();
        let Some(greatest) = greatest.filter(|weight| *weight > 0) else {
            return Vec::new();
        };
        let divides = |divisor: u32| {
            servers
                .iter()
                .all(|server| server.last_weight % divisor == 0)
        };
        let root = (1..=greatest.isqrt()).filter(|divisor| greatest % divisor == 0);
        let divisors = root.flat_map(|divisor| [divisor, greatest / divisor]);
        let unit = divisors.filter(|divisor| divides(*divisor)).max().unwrap();
        // "shift = occupied bits of weight/gcd - MH highest bits", by halving.
        let mut halvings = 0;
        while (greatest / unit) >> halvings >= 64 {
            halvings += 1;
        }
        let preferences = |server: &Server| {
            let number = number(server.endpoint);
            let offset = hsiphash(2654435761, number) % PRIME;
            let skip = hsiphash(2654446892, number) % (PRIME - 1) + 1;
            (0..PRIME).map(move |step| (offset + step * skip) % PRIME)
        };
        let mut next: Vec<_> = servers.iter().map(preferences).collect();
        let mut table = vec![usize::MAX; PRIME];
        let mut left = PRIME;
        loop {
            for (index, server) in servers.iter().enumerate() {
                let turns = match server.last_weight {
                    0 => 0,
                    weight => 1.max((weight / unit) >> halvings),
                };
                for _ in 0..turns {
                    let free = next[index].find(|slot| table[*slot] == usize::MAX);
                    table[free.expect("one is free")] = index;
                    left -= 1;
                    if left == 0 {
                        return table;
                    }
                }
            }
        }
    }

    fn slot(number: u64, offset: u64) -> usize {
        hsiphash(2654435761, number + offset) % PRIME
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn sh_chooses_as_its_model(list in some_servers(), flags in flags(), client in client()) {
        let mut service = Service::with_flags(Kind::Sh, flags, list.clone());
        prop_assert_eq!(service.pick_for(client), SourceHash::choose(&list, flags, client));
    }

    #[test]
    fn mh_chooses_as_its_model(list in some_servers(), flags in flags(), client in client()) {
        let mut service = Service::with_flags(Kind::Mh, flags, list.clone());
        prop_assert_eq!(service.pick_for(client), Maglev::choose(&list, flags, client));
    }

    #[test]
    fn fallback_moves_only_those_who_would_get_none(list in some_servers(), clients in clients()) {
        for kind in BOTH {
            let mut plain = Service::with_flags(kind, Flags::default(), list.clone());
            let mut fallback = Service::with_flags(kind, FALLBACK, list.clone());
            for client in &clients {
                let (without, with) = (plain.pick_for(*client), fallback.pick_for(*client));
                prop_assert!(without.is_none() || with == without, "{kind:?}");
            }
        }
    }

    #[test]
    fn all_ports_of_a_client_go_to_one_server(
        weights in prop::collection::vec(1..9u32, 1..6),
        client in client(),
        ports: [u16; 8],
    ) {
        for kind in BOTH {
            let mut service = Service::new(kind, &weights);
            let expected = service.pick_for(client);
            for port in ports {
                prop_assert_eq!(service.pick_for(Endpoint { port, ..client }), expected);
            }
        }
    }

    #[test]
    fn mh_drains_a_server_without_moving_clients_of_others(
        weights in prop::collection::vec(1..9u32, 2..6),
        clients in clients(),
        drained: prop::sample::Index,
    ) {
        let mut service = Service::with_flags(Kind::Mh, FALLBACK, servers(&weights));
        let before: Vec<_> = clients.iter().map(|client| service.pick_for(*client)).collect();
        let drained = drained.index(weights.len());
        service.set_weight(drained, 0);
        for (client, before) in clients.iter().zip(&before) {
            let after = service.pick_for(*client);
            prop_assert_ne!(after, Some(drained));
            prop_assert!(after == *before || *before == Some(drained));
        }
        service.set_weight(drained, weights[drained]);
        for (client, before) in clients.iter().zip(before) {
            prop_assert_eq!(service.pick_for(*client), before);
        }
    }
}

/// Many clients that do not collide.
fn population() -> impl Iterator<Item = Endpoint> {
    (0..20_000).map(|number| endpoint(Ipv4Addr::from(0x0a00_0000 + number * 7), 1024))
}

#[test]
fn mh_moves_few_clients_of_the_servers_that_stay() {
    let mut before = Service::new(Kind::Mh, &[1; 10]);
    let mut after = Service::new(Kind::Mh, &[1; 10]);
    after.remove(4);
    let staying = population().filter(|client| before.pick_for(*client) != Some(4));
    let staying: Vec<_> = staying.collect();
    let moved = staying
        .iter()
        .filter(|client| before.pick_for(**client) != after.pick_for(**client));
    // Hashing modulo the number of servers would move nine in ten.
    assert!(moved.count() * 10 < staying.len());
}

#[test]
fn clients_spread_by_weight() {
    for kind in BOTH {
        let weights = [1, 2, 5];
        let mut service = Service::new(kind, &weights);
        let mut counts = [0u32; 3];
        for client in population() {
            counts[service.pick_for(client).expect("all are eligible")] += 1;
        }
        for (count, weight) in counts.into_iter().zip(weights) {
            let expected = 20_000 * weight / 8;
            let difference = count.abs_diff(expected);
            assert!(difference * 20 < expected, "{kind:?}: {counts:?}");
        }
    }
}

#[test]
fn with_the_port_connections_of_one_client_spread() {
    for kind in BOTH {
        let flags = Flags {
            port: true,
            ..Flags::default()
        };
        let mut service = Service::with_flags(kind, flags, servers(&[1, 1]));
        let ports = 1024..2024;
        let first = ports
            .map(|port| service.pick_for(endpoint(Ipv4Addr::new(192, 0, 2, 7), port)))
            .filter(|chosen| *chosen == Some(0))
            .count();
        assert!((400..600).contains(&first), "{kind:?}: {first} of 1000");
    }
}

#[test]
fn mh_serves_as_many_servers_as_its_table_has_slots() {
    let settings = Settings::new(Kind::Mh, FALLBACK).expect("flags of the scheduler");
    let plan = |count| {
        let list = servers(&vec![1; count]);
        service::Plan::new(settings, &list, |len| Ok::<_, ()>(vec![0; len])).map(drop)
    };
    assert_eq!(plan(PRIME), Ok(()));
    assert_eq!(plan(PRIME + 1), Err(PlanError::TooManyDestinations));
}

#[test]
fn only_tables_take_room() {
    for kind in Kind::ALL {
        let settings = Settings::new(kind, Flags::default()).expect("no flags");
        let plan = service::Plan::new(settings, &servers(&[1, 2]), |_| Err("no memory"));
        // Of few servers nobody compares loads in groups.
        if BOTH.contains(&kind) || [Kind::Dh, Kind::Fo, Kind::Ovf].contains(&kind) {
            assert_eq!(plan.err(), Some(PlanError::Room("no memory")));
        } else {
            assert!(plan.is_ok(), "{kind:?}");
        }
    }
}

#[test]
fn flags_belong_to_the_scheduler() {
    let rr = Settings::new(Kind::Rr, Flags::default()).expect("no flags");
    assert_eq!(rr.flags(), None);
    assert_eq!(Settings::new(Kind::Rr, FALLBACK), None);
    assert_eq!(rr.changed(None, Some(FALLBACK)), None);

    let mh = rr.changed(Some(Kind::Mh), Some(FALLBACK)).expect("mh");
    assert_eq!((mh.kind(), mh.flags()), (Kind::Mh, Some(FALLBACK)));
    // What is not named stays, also when the scheduler is named again.
    assert_eq!(mh.changed(None, None), Some(mh));
    assert_eq!(mh.changed(Some(Kind::Mh), None), Some(mh));
    // Another scheduler begins with none.
    let sh = mh.changed(Some(Kind::Sh), None).expect("sh");
    assert_eq!((sh.kind(), sh.flags()), (Kind::Sh, Some(Flags::default())));
    assert_eq!(mh.changed(Some(Kind::Rr), None), Some(rr));
}

#[test]
fn flags_have_the_numbers_of_the_family() {
    // docs/netlink.md, scheduler-flag.
    let bits = [
        (false, false, 0),
        (true, false, 1),
        (false, true, 2),
        (true, true, 3),
    ];
    for (fallback, port, bits) in bits {
        let flags = Flags { fallback, port };
        assert_eq!(Flags::from_bits(bits), Some(flags));
        assert_eq!(flags.bits(), bits);
    }
    assert_eq!(Flags::from_bits(4), None);
    assert_eq!(Flags::from_bits(1 << 31), None);
}
