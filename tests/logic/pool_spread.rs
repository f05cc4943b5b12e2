// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses: what is given is spread evenly over addresses and ports, to the last one.

#[path = "support/pool.rs"]
mod host;

use std::net::Ipv4Addr;

use host::{
    addr,
    ports,
    Counted,
    Random, //
};
use rvs_logic::logic::{
    addr::Addr,
    pool::{
        order,
        Offer,
        Ports,
        Refusal,
        Target, //
    },
};

/// How far the fullest and the emptiest of these are from the mean, in percent of it.
fn spread(counts: &[u32]) -> f64 {
    let mean = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
    counts
        .iter()
        .map(|count| (f64::from(*count) - mean).abs() / mean * 100.0)
        .fold(0.0, f64::max)
}

/// 200 000 connections over three addresses towards four servers.
#[test]
fn connections_are_spread_evenly() {
    const COUNT: usize = 200_000;
    let addrs = [addr(1), addr(2), addr(3)];
    let offer = Offer {
        addrs: &addrs,
        ports: Ports::DEFAULT,
        generation: 1,
    };
    let mut random = Random(1);
    let mut targets: Vec<_> = (0..4).map(|_| Target::<Counted>::new(0)).collect();
    let mut by_addr = [0; 3];
    let mut by_port = [0; 63];
    let mut by_lowest_bits = [0; 16];
    for number in 0..COUNT {
        let taken = targets[number % 4]
            .take(&offer, random.draw())
            .expect("a port");
        by_addr[taken.place] += 1;
        by_port[usize::from(taken.port - 1024) / 1024] += 1;
        by_lowest_bits[usize::from(taken.port) % 16] += 1;
    }
    assert!(spread(&by_addr) < 1.0, "{by_addr:?}");
    // About 3175 each, with a standard deviation of less than 56, 1.8 %.
    assert!(spread(&by_port) < 6.0, "{by_port:?}");
    let blocks: Vec<u32> = by_port.chunks(9).map(|chunk| chunk.iter().sum()).collect();
    assert!(spread(&blocks) < 2.5, "{blocks:?}");
    assert!(spread(&by_lowest_bits) < 3.0, "{by_lowest_bits:?}");
}

/// At 90 % what is given is spread as evenly, and cannot be told from what was given before.
#[test]
fn a_pool_that_is_nearly_dry_is_spread_evenly() {
    let addrs = [addr(1), addr(2), addr(3)];
    let ports = ports(10_000, 17_999);
    let offer = Offer {
        addrs: &addrs,
        ports,
        generation: 1,
    };
    let mut random = Random(2);
    let mut target = Target::<Counted>::new(0);
    let mut used = Vec::new();
    while used.len() < 21_600 {
        used.push(target.take(&offer, random.draw()).expect("a port"));
    }
    let mut by_addr = [0; 3];
    let mut by_port = [0; 8];
    let mut near = 0;
    let mut last = 0;
    for _ in 0..200_000 {
        let gone = random.below(used.len());
        let gone = used.swap_remove(gone);
        target.give_back(gone.row, gone.port, false);
        let taken = target.take(&offer, random.draw()).expect("a port");
        by_addr[taken.place] += 1;
        by_port[usize::from(taken.port - ports.first()) / 1000] += 1;
        near += u32::from(taken.port.abs_diff(last) < 80);
        last = taken.port;
        used.push(taken);
    }
    assert!(spread(&by_addr) < 5.0, "{by_addr:?}");
    assert!(spread(&by_port) < 5.0, "{by_port:?}");
    // Of all pairs 1 in 50 are as near to each other.
    assert!(near < 200_000 / 40, "{near}");
}

/// All ports of all addresses are given, each once, and the last ones as quickly as the first.
#[test]
fn every_port_is_given() {
    let addrs: Vec<_> = (0..256u32)
        .map(|number| Addr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number)))
        .collect();
    let offer = Offer {
        addrs: &addrs,
        ports: ports(2000, 2499),
        generation: 1,
    };
    let mut random = Random(3);
    let mut target = Target::<Counted>::new(0);
    let mut seen = vec![false; addrs.len() * 500];
    for _ in 0..seen.len() {
        let taken = target.take(&offer, random.draw()).expect("a port");
        let was = &mut seen[taken.place * 500 + usize::from(taken.port - 2000)];
        assert!(!*was, "given twice");
        *was = true;
    }
    assert!(matches!(target.take(&offer, 0), Err(Refusal::Dry(Some(0)))));
}

/// Any of them is one of the offer, whoever has it, and all have their turn.
#[test]
fn any_endpoint_is_one_on_offer() {
    let addrs = [addr(1), addr(2), addr(3)];
    let offer = Offer {
        addrs: &addrs,
        ports: ports(2000, 2009),
        generation: 1,
    };
    let mut random = Random(9);
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..3000 {
        let one = offer.any(random.draw()).expect("an endpoint");
        assert!(addrs.contains(&one.addr) && offer.ports.contains(one.port));
        let place = addrs.iter().position(|addr| *addr == one.addr);
        *seen.entry((place, one.port)).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 30);
    // Of 100 each, in the mean.
    assert!(seen.values().all(|times| (50..=150).contains(times)));
    let none = Offer {
        addrs: &[],
        ..offer
    };
    assert_eq!(none.any(5), None);
}

/// Each is meant by as many random numbers, however many there are. The lowest numbers mean the first port of the first address, those
/// behind them the next one, and so on.
#[test]
fn as_many_numbers_mean_each_endpoint() {
    for (addresses, ports) in [
        (1, Ports::DEFAULT),
        (3, ports(1024, 50_000)),
        (7, ports(9, 9)),
        (1024, ports(1, u16::MAX)),
    ] {
        let addrs: Vec<_> = (0..addresses)
            .map(|number| Addr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number)))
            .collect();
        let offer = Offer {
            addrs: &addrs,
            ports,
            generation: 1,
        };
        let place_of = |random: u64| {
            let one = offer.any(random as u32).expect("an endpoint");
            let addr = (order(one.addr) - order(addrs[0])) as u64;
            addr * u64::from(ports.count()) + u64::from(one.port - ports.first())
        };
        let first_that_means = |wanted: u64| {
            let (mut low, mut high) = (0, 1 << 32);
            while low < high {
                let middle = (low + high) / 2;
                if place_of(middle) < wanted {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        let endpoints = u64::from(addresses) * u64::from(ports.count());
        let mean = (1u64 << 32) / endpoints;
        for place in (0..endpoints).step_by(endpoints as usize / 2000 + 1) {
            let numbers = first_that_means(place + 1) - first_that_means(place);
            assert!(
                numbers.abs_diff(mean) <= 2,
                "{place}: {numbers}, not {mean}"
            );
        }
    }
}
