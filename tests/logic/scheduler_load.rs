// SPDX-License-Identifier: GPL-2.0-only

//! The schedulers that compare loads, against exact fractions.

#[path = "support/service.rs"]
mod service;

use proptest::prelude::*;
use rvs_logic::logic::scheduler::Kind;
use service::{
    overhead,
    Server,
    Service, //
};

fn server() -> impl Strategy<Value = Server> {
    let weight = prop_oneof![2 => 0..4u32, 1 => 0..=i32::MAX as u32];
    let connections = || prop_oneof![3 => 0..3u32, 1 => 0..100_000u32];
    (
        weight,
        connections(),
        connections(),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(weight, active, inactive, overloaded)| Server {
            active,
            inactive,
            overloaded,
            ..Server::new(0, weight)
        })
}

fn numbered(servers: Vec<Server>) -> Vec<Server> {
    let number = |(id, server)| Server { id, ..server };
    servers.into_iter().enumerate().map(number).collect()
}

/// Whether `chosen` is the first of the servers than which none is less.
fn is_first_least(
    servers: &[Server],
    chosen: Option<usize>,
    less: impl Fn(&Server, &Server) -> bool,
) -> bool {
    let eligible = || {
        let eligible = |server: &&Server| server.weight > 0 && !server.overloaded;
        servers.iter().filter(eligible)
    };
    match chosen {
        None => eligible().next().is_none(),
        Some(id) => {
            let chosen = &servers[id];
            chosen.weight > 0
                && !chosen.overloaded
                && eligible().all(|other| !less(other, chosen))
                && eligible().all(|other| other.id >= id || less(chosen, other))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lc_chooses_the_first_of_the_least_loaded(
        servers in prop::collection::vec(server(), 0..12).prop_map(numbered),
    ) {
        let mut service = Service::with_flags(Kind::Lc, Default::default(), servers.clone());
        let less = |one: &Server, other: &Server| overhead(one) < overhead(other);
        let chosen = service.pick();
        prop_assert!(is_first_least(&servers, chosen, less), "{chosen:?}");
    }

    #[test]
    fn wlc_chooses_the_first_of_the_least_loaded_for_their_weight(
        servers in prop::collection::vec(server(), 0..12).prop_map(numbered),
    ) {
        let mut service = Service::with_flags(Kind::Wlc, Default::default(), servers.clone());
        // a/b < c/d as a*d < c*b.
        let less = |one: &Server, other: &Server| {
            overhead(one) * u128::from(other.weight) < overhead(other) * u128::from(one.weight)
        };
        let chosen = service.pick();
        prop_assert!(is_first_least(&servers, chosen, less), "{chosen:?}");
    }

    #[test]
    fn wlc_fills_servers_by_weight(
        weights in prop::collection::vec(1..50u32, 1..8),
        rounds in 1..4u32,
    ) {
        // Connections that stay: after a multiple of all weights every server has its share.
        let mut service = Service::new(Kind::Wlc, &weights);
        for _ in 0..weights.iter().sum::<u32>() * rounds {
            let id = service.pick().expect("all are eligible");
            service.servers[id].active += 1;
        }
        for (server, weight) in service.servers.iter().zip(weights) {
            prop_assert_eq!(server.active, weight * rounds);
        }
    }
}

#[test]
fn loads_beyond_any_count_are_compared_without_overflow() {
    for kind in [Kind::Lc, Kind::Wlc] {
        let mut service = Service::new(kind, &[1, 1]);
        service.servers[0].active = u32::MAX / 2;
        service.servers[0].inactive = u32::MAX / 2;
        assert_eq!(service.pick(), Some(1), "{kind:?}");
    }
}

#[test]
fn an_active_connection_weighs_as_much_as_257_inactive_ones() {
    for kind in [Kind::Lc, Kind::Wlc] {
        let mut service = Service::new(kind, &[1, 1]);
        service.servers[0].active = 1;
        service.servers[1].inactive = 256;
        assert_eq!(service.pick(), Some(1), "{kind:?}");
        service.servers[1].inactive = 257;
        assert_eq!(service.pick(), Some(0), "{kind:?}: the first of equals");
        service.servers[1].inactive = 258;
        assert_eq!(service.pick(), Some(0), "{kind:?}");
    }
}
