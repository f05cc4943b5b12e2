// SPDX-License-Identifier: GPL-2.0-only

//! Endpoints and tuples, and their hash against an independent implementation of SipHash.

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use proptest::prelude::*;
use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint,
        Family, //
    },
    protocol::Protocol,
    siphash::{
        self,
        HashKey,
        Tail, //
    },
    tuple::Tuple, //
};
use siphasher::sip::SipHasher13;

fn protocol() -> impl Strategy<Value = Protocol> {
    prop::sample::select(Protocol::ALL.to_vec())
}

fn tuple() -> impl Strategy<Value = Tuple> {
    let addrs = prop_oneof![
        any::<(u32, u32)>()
            .prop_map(|(src, dst)| (Addr::V4(Ipv4Addr::from(src)), Addr::V4(Ipv4Addr::from(dst)))),
        any::<(u128, u128)>()
            .prop_map(|(src, dst)| (Addr::V6(Ipv6Addr::from(src)), Addr::V6(Ipv6Addr::from(dst)))),
    ];
    (addrs, any::<(u16, u16)>(), protocol()).prop_map(|((src, dst), (sport, dport), protocol)| {
        Tuple::new(
            Endpoint::new(src, sport),
            Endpoint::new(dst, dport),
            protocol,
        )
        .expect("one family")
    })
}

fn octets(addr: Addr) -> Vec<u8> {
    match addr {
        Addr::V4(addr) => addr.octets().to_vec(),
        Addr::V6(addr) => addr.octets().to_vec(),
    }
}

fn oracle(key: (u64, u64), message: &[u8]) -> u64 {
    SipHasher13::new_with_keys(key.0, key.1).hash(message)
}

/// The value of `addr` with the bit `bit` (modulo its width) flipped.
fn flip(addr: Addr, bit: u32) -> Addr {
    match addr {
        Addr::V4(addr) => Addr::V4(Ipv4Addr::from(addr.to_bits() ^ 1 << (bit % 32))),
        Addr::V6(addr) => Addr::V6(Ipv6Addr::from(addr.to_bits() ^ 1 << (bit % 128))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hash_is_siphash_of_the_documented_message(key: (u64, u64), tuple in tuple()) {
        let mut message = octets(tuple.src().addr);
        message.extend(octets(tuple.dst().addr));
        message.extend(tuple.src_port.to_be_bytes());
        message.extend(tuple.dst_port.to_be_bytes());
        message.push(match tuple.protocol { Protocol::Tcp => 6, Protocol::Udp => 17, Protocol::Sctp => 132 });
        prop_assert_eq!(tuple.hash(&HashKey::new(key.0, key.1)), oracle(key, &message));
    }

    #[test]
    fn messages_of_any_length(key: (u64, u64), message in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(siphash::hash_bytes(&HashKey::new(key.0, key.1), &message), oracle(key, &message));
    }

    #[test]
    fn a_vrf_is_a_part_of_it(key: (u64, u64), tuple in tuple(), vrf in 1..u32::MAX) {
        let mut message = octets(tuple.src().addr);
        message.extend(octets(tuple.dst().addr));
        message.extend(tuple.src_port.to_be_bytes());
        message.extend(tuple.dst_port.to_be_bytes());
        message.push(tuple.protocol.number());
        message.extend((vrf as u16).to_le_bytes());
        let within = tuple.in_vrf(vrf);
        prop_assert_eq!(within.hash(&HashKey::new(key.0, key.1)), oracle(key, &message));
        prop_assert_ne!(within, tuple);
        prop_assert_eq!(within.reversed(), tuple.reversed().in_vrf(vrf));
    }

    #[test]
    fn words_and_tail_hash_as_their_bytes(
        key: [u8; 16],
        words: [u64; 2],
        tail in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let halves = (
            u64::from_le_bytes(key[..8].try_into().unwrap()),
            u64::from_le_bytes(key[8..].try_into().unwrap()),
        );
        let mut message: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        message.extend(&tail);
        let mut bytes = [0; 8];
        bytes[..tail.len()].copy_from_slice(&tail);
        let tail = Tail { bytes: u64::from_le_bytes(bytes), len: tail.len() as u8 };
        prop_assert_eq!(
            siphash::hash(&HashKey::from_bytes(key), words, tail),
            oracle(halves, &message)
        );
    }

    #[test]
    fn every_field_counts(key: (u64, u64), tuple in tuple(), bit: u32) {
        let key = HashKey::new(key.0, key.1);
        let (src, dst) = (tuple.src(), tuple.dst());
        let port = 1 << (bit % 16);
        let other = match tuple.protocol {
            Protocol::Tcp => Protocol::Udp,
            Protocol::Udp => Protocol::Sctp,
            Protocol::Sctp => Protocol::Tcp,
        };
        let changed = [
            Tuple::new(Endpoint::new(flip(src.addr, bit), src.port), dst, tuple.protocol),
            Tuple::new(src, Endpoint::new(flip(dst.addr, bit), dst.port), tuple.protocol),
            Tuple::new(Endpoint::new(src.addr, src.port ^ port), dst, tuple.protocol),
            Tuple::new(src, Endpoint::new(dst.addr, dst.port ^ port), tuple.protocol),
            Tuple::new(src, dst, other),
        ];
        for changed in changed {
            let changed = changed.expect("one family");
            prop_assert_ne!(changed, tuple);
            prop_assert_ne!(changed.hash(&key), tuple.hash(&key));
        }
    }

    #[test]
    fn reversed_swaps_the_ends(tuple in tuple()) {
        let reversed = tuple.reversed();
        prop_assert_eq!(reversed.src(), tuple.dst());
        prop_assert_eq!(reversed.dst(), tuple.src());
        prop_assert_eq!(reversed.protocol, tuple.protocol);
        prop_assert_eq!(reversed.reversed(), tuple);
    }
}

#[test]
fn a_tuple_has_one_family() {
    let v4 = Endpoint::new(Addr::V4(Ipv4Addr::new(192, 0, 2, 1)), 80);
    let v6 = Endpoint::new(Addr::V6(Ipv6Addr::LOCALHOST), 80);
    assert_eq!(Tuple::new(v4, v6, Protocol::Tcp), None);
    assert_eq!(Tuple::new(v6, v4, Protocol::Tcp), None);
    assert_eq!(
        Tuple::new(v4, v4, Protocol::Tcp).map(|tuple| tuple.family()),
        Some(Family::V4)
    );
}

fn addr(text: &str) -> Addr {
    match text.parse().expect("an address") {
        std::net::IpAddr::V4(addr) => Addr::V4(addr),
        std::net::IpAddr::V6(addr) => Addr::V6(addr),
    }
}

#[test]
fn endpoints_are_written_as_users_write_them() {
    let text = |text, port| Endpoint::new(addr(text), port).to_string();
    assert_eq!(text("192.0.2.1", 80), "192.0.2.1:80");
    assert_eq!(text("2001:db8::1", 80), "[2001:db8::1]:80");
    assert_eq!(addr("2001:db8::1").to_string(), "2001:db8::1");
}

#[test]
fn special_addresses_are_told_apart() {
    for text in ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"] {
        assert!(!addr(text).is_unicast(), "{text}");
    }
    for text in ["192.0.2.1", "127.0.0.1", "2001:db8::1", "::1", "fe80::1"] {
        assert!(addr(text).is_unicast(), "{text}");
    }
    for text in ["127.0.0.1", "127.255.255.254", "::1"] {
        assert!(addr(text).is_loopback(), "{text}");
    }
    for text in ["169.254.1.1", "fe80::1", "febf::1"] {
        assert!(addr(text).is_link_local(), "{text}");
    }
    assert!(!addr("fec0::1").is_link_local());
    assert!(addr("255.255.255.255").is_broadcast());
    assert!(!addr("192.0.2.255").is_broadcast());
}

#[test]
fn protocol_numbers_are_those_of_iana() {
    assert_eq!(Protocol::from_number(6), Some(Protocol::Tcp));
    assert_eq!(Protocol::from_number(17), Some(Protocol::Udp));
    assert_eq!(Protocol::from_number(132), Some(Protocol::Sctp));
    for number in 0..=u8::MAX {
        if let Some(protocol) = Protocol::from_number(number) {
            assert_eq!(protocol.number(), number);
        } else {
            assert!(![6, 17, 132].contains(&number));
        }
    }
}
