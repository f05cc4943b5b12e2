// SPDX-License-Identifier: GPL-2.0-only

//! The shares of 100 000 connections that servers got from C ip_vs, reached again. `vectors/record`
//! tells how to record.

#[path = "support/service.rs"]
mod service;

use std::net::Ipv4Addr;

use rvs_logic::logic::scheduler::Kind;
use service::{
    endpoint,
    Server,
    Service, //
};

const CONNECTIONS: u32 = 100_000;

/// Clients and addresses as the recording tells.
fn client(number: u32) -> Ipv4Addr {
    (u32::from(Ipv4Addr::new(198, 18, 0, 0)) + number).into()
}

fn address(number: u32) -> Ipv4Addr {
    (u32::from(Ipv4Addr::new(172, 31, 0, 0)) + number % 500).into()
}

/// Random numbers. Marsaglia, "Xorshift RNGs" (2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }
}

/// How many connections each of so many servers gets, in the order in which they were added.
fn shares(kind: Kind, count: usize) -> Vec<u32> {
    let mut service = Service::new(kind, &[]);
    for id in 0..count {
        service.insert(Server::new(id, (id as u32 + 1) % 5));
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut shares = vec![0; count];
    for number in 1..=CONNECTIONS {
        let draws = [random.next(), random.next()];
        service.surroundings.draws.set(draws);
        let client = endpoint(client(number), 9);
        if let Some(id) = service.pick_to(client, address(number).into()) {
            // The first one is the newest. Nobody answers, so no connection is active.
            service.change_load(count - 1 - id, |server| server.inactive += 1);
            shares[id] += 1;
        }
    }
    shares
}

/// Kind and shares of each line of the recording.
fn recorded() -> Vec<(Kind, Vec<u32>)> {
    include_str!("vectors/distribution.txt")
        .lines()
        .filter_map(|line| line.strip_prefix("shares "))
        .map(|line| {
            let mut words = line.split(' ');
            let name = words.next().expect("a name");
            let kind = Kind::from_name(name.as_bytes()).expect("a scheduler");
            let shares = words.map(|word| word.parse().expect("a count"));
            (kind, shares.collect())
        })
        .collect()
}

#[test]
fn all_schedulers_over_1_3_10_and_250_servers_are_there() {
    let recorded = recorded();
    for kind in Kind::ALL {
        let of_kind = recorded.iter().filter(|(other, _)| *other == kind);
        let counts: Vec<_> = of_kind.map(|(_, shares)| shares.len()).collect();
        let expected: &[usize] = match kind {
            Kind::None => &[],
            _ => &[1, 3, 10, 250],
        };
        assert_eq!(counts, expected, "{kind:?}");
    }
}

#[test]
fn shares_are_those_of_ipvs() {
    for (kind, expected) in recorded() {
        if kind != Kind::Twos {
            let count = expected.len();
            assert_eq!(shares(kind, count), expected, "{kind:?} of {count}");
        }
    }
}

#[test]
fn random_shares_are_near_to_those_of_ipvs() {
    for (kind, expected) in recorded() {
        if kind != Kind::Twos {
            continue;
        }
        let count = expected.len();
        for (id, (share, expected)) in shares(kind, count).into_iter().zip(&expected).enumerate() {
            // As the less loaded is preferred, the shares of two runs differ by less than those of
            // independent draws: of these, five times the standard deviation of the difference.
            let deviation = (2.0 * f64::from(*expected)).sqrt();
            let difference = f64::from(share.abs_diff(*expected));
            assert!(
                difference <= 5.0 * deviation,
                "server {id} of {count}: {share}, IPVS {expected}"
            );
            assert_eq!(share == 0, *expected == 0, "server {id} of {count}");
        }
    }
}
