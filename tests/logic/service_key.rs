// SPDX-License-Identifier: GPL-2.0-only

//! Names of services: their places in the table, and their order.

use std::collections::HashMap;

use proptest::prelude::*;
use rvs_logic::logic::addr::{Addr, Family};
use rvs_logic::logic::protocol::Protocol;
use rvs_logic::logic::service_key::{may_be_ftp_data, Levels, Place, PortRange, Ports, ServiceKey};
use rvs_logic::logic::service_rank::Rank;

const TCP: Protocol = Protocol::Tcp;

fn addr() -> Addr {
    Addr::V4([192, 0, 2, 1].into())
}

fn key(ports: Ports) -> ServiceKey {
    ServiceKey::Address {
        protocol: TCP,
        addr: addr(),
        ports,
    }
}

fn range(first: u16, last: u16) -> PortRange {
    PortRange::new(first, last).expect("a range")
}

/// What the table does, with a search of all ranges beside it.
#[derive(Default)]
struct Ranges {
    table: Vec<(Place, PortRange)>,
    levels: u32,
}

impl Ranges {
    /// Adds a range unless it overlaps another one.
    fn add(&mut self, range: PortRange) {
        let new = key(Ports::Range(range));
        let taken = |(_, other): &(Place, PortRange)| new.overlaps(&key(Ports::Range(*other)));
        if self.table.iter().any(taken) {
            return;
        }
        let place = new.place();
        assert!(
            self.table.iter().all(|(other, _)| *other != place),
            "{range:?} has the place of another one that it does not overlap"
        );
        self.table.push((place, range));
        self.levels |= 1 << (range.level() - 1);
    }

    fn find(&self, port: u16) -> Vec<PortRange> {
        let places = Levels::from_bits(self.levels).places(TCP, addr(), port);
        places
            .filter_map(|place| {
                let (_, range) = self.table.iter().find(|(other, _)| *other == place)?;
                (!key(Ports::Range(*range)).leaves_out(port)).then_some(*range)
            })
            .collect()
    }

    fn search(&self, port: u16) -> Vec<PortRange> {
        self.table
            .iter()
            .map(|(_, range)| *range)
            .filter(|range| range.first() <= port && port <= range.last())
            .collect()
    }
}

#[test]
fn a_range_has_at_least_two_ports_and_not_port_0() {
    for (first, last) in [(0, 80), (80, 80), (81, 80), (0, 0)] {
        assert_eq!(PortRange::new(first, last), None);
    }
    assert!(PortRange::new(1, 2).is_some());
    assert!(PortRange::new(1, u16::MAX).is_some());
}

#[test]
fn every_port_of_neighbouring_ranges_is_found_and_no_other() {
    let mut ranges = Ranges::default();
    for (first, last) in [
        (1, 2),
        (3, 79),
        (81, 8191),
        (8192, 8193),
        (8999, 40000),
        (65534, 65535),
    ] {
        ranges.add(range(first, last));
    }
    assert_eq!(ranges.table.len(), 6);
    for port in 0..=u16::MAX {
        assert_eq!(ranges.find(port), ranges.search(port), "port {port}");
    }
}

#[test]
fn overlapping_is_having_a_port_of_one_address_and_protocol_in_common() {
    let one = key(Ports::Range(range(10, 20)));
    for (first, last, overlaps) in [
        (1, 9, false),
        (1, 10, true),
        (12, 15, true),
        (1, 100, true),
        (20, 30, true),
        (21, 30, false),
    ] {
        let other = key(Ports::Range(range(first, last)));
        assert_eq!(one.overlaps(&other), overlaps, "{first}-{last}");
        assert_eq!(other.overlaps(&one), overlaps, "{first}-{last}");
    }
    let of_udp = ServiceKey::Address {
        protocol: Protocol::Udp,
        addr: addr(),
        ports: Ports::Range(range(10, 20)),
    };
    assert!(!one.overlaps(&of_udp));
    assert!(!one.overlaps(&key(Ports::One(15))));
    assert!(!one.overlaps(&key(Ports::All)));
}

#[test]
fn services_are_listed_by_address_with_the_most_particular_first() {
    let mark = |family, mark| ServiceKey::Mark { family, mark };
    let ordered = [
        key(Ports::One(80)),
        key(Ports::One(443)),
        key(Ports::Range(range(1, 9))),
        key(Ports::Range(range(1, 10))),
        key(Ports::Range(range(2, 3))),
        key(Ports::All),
        mark(Family::V4, 1),
        mark(Family::V4, u32::MAX),
        mark(Family::V6, 1),
    ];
    for (a, one) in ordered.iter().enumerate() {
        for (b, other) in ordered.iter().enumerate() {
            assert_eq!(one.cmp(other), a.cmp(&b), "{one:?} {other:?}");
            assert_eq!(one == other, a == b);
        }
    }
}

#[test]
fn kinds_do_not_share_hashes() {
    let mut seen = HashMap::new();
    let mut keys: Vec<_> = (1..=1000).map(|port| key(Ports::One(port))).collect();
    keys.extend((1..=1000).map(|first| key(Ports::Range(range(first, first + 1)))));
    keys.extend((1..=1000).map(|mark| ServiceKey::Mark {
        family: Family::V4,
        mark,
    }));
    keys.push(key(Ports::All));
    for key in keys {
        // Ranges of two ports, one after the other, overlap; every second has a place of its own.
        let place = key.place();
        if let Some(other) = seen.insert(place.hash(), place) {
            assert_eq!(other, place, "{key:?}");
        }
    }
}

fn any_key() -> impl Strategy<Value = ServiceKey> {
    let protocol = prop::sample::select(Protocol::ALL.to_vec());
    // Neighbours in each part of the address, so that all of them decide now and then.
    let bits = prop::sample::select(vec![
        0_u128,
        1,
        1 << 23,
        1 << 24,
        1 << 87,
        1 << 88,
        1 << 127,
        u128::MAX,
    ]);
    let addr = prop_oneof![
        any::<u32>().prop_map(|bits| Addr::V4(bits.into())),
        (0_u32..3).prop_map(|bits| Addr::V4(bits.into())),
        bits.prop_map(|bits| Addr::V6(bits.into())),
    ];
    let ports = prop_oneof![
        (1..=u16::MAX).prop_map(Ports::One),
        (1..9_u16, 1..9_u16).prop_map(|(first, more)| Ports::Range(range(first, first + more))),
        Just(Ports::All),
    ];
    let family = prop::sample::select(vec![Family::V4, Family::V6]);
    prop_oneof![
        (protocol, addr, ports).prop_map(|(protocol, addr, ports)| ServiceKey::Address {
            protocol,
            addr,
            ports
        }),
        (family, 1..=u32::MAX).prop_map(|(family, mark)| ServiceKey::Mark { family, mark }),
    ]
}

/// The order as the documentation has it: protocol, family, address; single ports, ranges, all ports; at last
/// marks.
fn documented_order(key: &ServiceKey) -> (bool, u8, bool, u128, u8, u16, u16) {
    match *key {
        ServiceKey::Address {
            protocol,
            addr,
            ports,
        } => {
            let (is_v6, bits) = match addr {
                Addr::V4(addr) => (false, u128::from(addr.to_bits())),
                Addr::V6(addr) => (true, addr.to_bits()),
            };
            let (kind, first, last) = match ports {
                Ports::One(port) => (0, port, port),
                Ports::Range(range) => (1, range.first(), range.last()),
                Ports::All => (2, 0, 0),
            };
            (false, protocol.number(), is_v6, bits, kind, first, last)
        }
        ServiceKey::Mark { family, mark } => (true, 0, family == Family::V6, mark.into(), 0, 0, 0),
    }
}

proptest! {
    #[test]
    fn ranks_are_in_the_order_of_services(keys in prop::collection::vec(any_key(), 2..20)) {
        for one in &keys {
            prop_assert!(Rank::of(one) > Rank::FIRST);
            prop_assert_eq!(Rank::from_words(Rank::of(one).to_words()), Rank::of(one));
            for other in &keys {
                let expected = documented_order(one).cmp(&documented_order(other));
                prop_assert_eq!(Rank::of(one).cmp(&Rank::of(other)), expected, "{:?} {:?}", one, other);
                prop_assert_eq!(Rank::of(one) == Rank::of(other), one == other);
            }
        }
    }

    #[test]
    fn ranges_that_do_not_overlap_have_places_of_their_own(
        bounds in prop::collection::vec((1..=u16::MAX, 1u16..3000), 1..60),
        ports in prop::collection::vec(any::<u16>(), 100),
    ) {
        let mut ranges = Ranges::default();
        for (first, more) in bounds {
            if let Some(range) = PortRange::new(first, first.saturating_add(more)) {
                ranges.add(range);
            }
        }
        let edges: Vec<u16> = ranges
            .table
            .iter()
            .flat_map(|(_, range)| [range.first() - 1, range.first(), range.last()])
            .collect();
        for port in ports.into_iter().chain(edges) {
            prop_assert_eq!(ranges.find(port), ranges.search(port));
        }
    }
}

/// `dport` of `ip_vs_sched_persist()`: that of the server for packets to the port of the service, else that of
/// the packets. A mark has port 0, which no packet goes to.
#[test]
fn server_that_a_client_keeps_has_the_port_of_packets_to_many() {
    let mark = ServiceKey::Mark {
        family: Family::V4,
        mark: 7,
    };
    for (service, own, packet, expected) in [
        (key(Ports::One(80)), 8080, 80, 8080),
        (key(Ports::One(80)), 0, 80, 80),
        (key(Ports::One(21)), 2121, 21, 2121),
        (key(Ports::One(21)), 2121, 30000, 30000),
        (key(Ports::All), 8080, 80, 80),
        (key(Ports::All), 0, 80, 80),
        (mark, 8080, 80, 80),
        (key(Ports::Range(range(80, 90))), 8080, 85, 8080),
        (key(Ports::Range(range(80, 90))), 0, 85, 85),
    ] {
        let port = service.kept_port(own, packet);
        assert_eq!(port, expected, "{service:?}, server {own}, packet {packet}");
    }
}

#[test]
fn ftp_is_one_port_of_tcp() {
    let udp = ServiceKey::Address {
        protocol: Protocol::Udp,
        addr: addr(),
        ports: Ports::One(21),
    };
    assert!(key(Ports::One(21)).is_ftp());
    assert!(key(Ports::One(21)).has_many_ports());
    for service in [udp, key(Ports::One(20)), key(Ports::One(80))] {
        assert!(!service.is_ftp(), "{service:?}");
        assert!(!service.has_many_ports(), "{service:?}");
    }
    for many in [Ports::All, Ports::Range(range(20, 22))] {
        assert!(!key(many).is_ftp(), "{many:?}");
        assert!(key(many).has_many_ports(), "{many:?}");
    }
    let data: Vec<_> = [19, 20, 21, 80, 1023, 1024, 65535]
        .into_iter()
        .filter(|port| may_be_ftp_data(*port))
        .collect();
    assert_eq!(data, [20, 1024, 65535]);
}
