// SPDX-License-Identifier: GPL-2.0-only

//! The power of two choices: what follows from both draws, against tickets laid out one by one.

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
    let connections = || prop_oneof![3 => 0..3u32, 1 => 0..1000u32];
    let overloaded = prop::bool::weighted(0.1);
    (0..5u32, connections(), connections(), overloaded).prop_map(
        |(weight, active, inactive, overloaded)| Server {
            active,
            inactive,
            overloaded,
            ..Server::new(0, weight)
        },
    )
}

/// Who holds the tickets: of each server that may be chosen as many as its weight says, and the
/// first has one more.
fn tickets(servers: &[Server]) -> Vec<usize> {
    let eligible = servers.iter().enumerate();
    let mut tickets: Vec<_> = eligible
        .filter(|(_, server)| server.weight > 0 && !server.overloaded)
        .flat_map(|(index, server)| vec![index; server.weight as usize])
        .collect();
    if let Some(first) = tickets.first().copied() {
        tickets.insert(0, first);
    }
    tickets
}

/// The middle of the random numbers that stand for this ticket of so many.
fn draw(ticket: usize, count: usize) -> u32 {
    (((ticket as u64) << 32) / count as u64 + (1 << 31) / count as u64) as u32
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_less_loaded_of_both_is_chosen_and_of_equals_the_first_drawn(
        mut servers in prop::collection::vec(server(), 0..8),
    ) {
        for (id, server) in servers.iter_mut().enumerate() {
            server.id = id;
        }
        let tickets = tickets(&servers);
        let mut service = Service::with_flags(Kind::Twos, Default::default(), servers.clone());
        if tickets.is_empty() {
            prop_assert_eq!(service.pick(), None);
        }
        for (one, first) in tickets.iter().enumerate() {
            for (two, second) in tickets.iter().enumerate() {
                service.surroundings.draws.set([one, two].map(|ticket| draw(ticket, tickets.len())));
                let [a, b] = [servers[*first], servers[*second]];
                // b's load for its weight is less than that of a.
                let expected = match overhead(&b) * u128::from(a.weight) < overhead(&a) * u128::from(b.weight) {
                    true => *second,
                    false => *first,
                };
                prop_assert_eq!(service.pick(), Some(expected), "tickets {} and {}", one, two);
            }
        }
    }
}

#[test]
fn the_least_and_the_greatest_draws_hit_the_first_and_the_last() {
    for (draws, chosen) in [([0, 0], 0), ([u32::MAX; 2], 2), ([u32::MAX, 0], 2)] {
        let mut service = Service::new(Kind::Twos, &[7, 1, 7]);
        service.surroundings.draws.set(draws);
        assert_eq!(service.pick(), Some(chosen), "{draws:?}");
    }
}

#[test]
fn great_weights_are_added_up_without_overflow() {
    // More than 2^32 in all.
    let mut service = Service::new(Kind::Twos, &[i32::MAX as u32; 6]);
    for (draw, chosen) in [(0, 0), (u32::MAX / 12 * 5, 2), (u32::MAX / 12 * 11, 5)] {
        service.surroundings.draws.set([draw; 2]);
        assert_eq!(service.pick(), Some(chosen), "{draw}");
    }
}
