// SPDX-License-Identifier: GPL-2.0-only

//! Persistence: which clients are one, and how long they keep their server.

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use proptest::prelude::*;
use rvs_logic::logic::{
    addr::{
        Addr,
        Family, //
    },
    persistence::{
        restarts_at_once,
        Engine,
        Life,
        Mask,
        Persistence, //
    },
    protocol::Protocol, //
};

fn v4(text: &str) -> Addr {
    Addr::V4(text.parse().expect("an address"))
}

fn v6(text: &str) -> Addr {
    Addr::V6(text.parse().expect("an address"))
}

#[test]
fn clients_of_a_network_are_one() {
    let mask = Mask::of_prefix4(24).expect("a mask");
    assert_eq!(mask.of(v4("192.0.2.10")), v4("192.0.2.0"));
    assert_eq!(mask.of(v4("192.0.2.255")), v4("192.0.2.0"));
    assert_eq!(mask.of(v4("192.0.3.10")), v4("192.0.3.0"));
    assert_eq!(Mask::EACH_V4.of(v4("192.0.2.10")), v4("192.0.2.10"));
    assert_eq!(
        Mask::of_prefix4(0).expect("a mask").of(v4("192.0.2.10")),
        v4("0.0.0.0")
    );
}

#[test]
fn any_bits_of_ipv4_are_a_mask() {
    let mask = Mask::V4(Ipv4Addr::new(255, 0, 255, 0));
    assert_eq!(mask.of(v4("192.7.2.10")), v4("192.0.2.0"));
    assert_eq!(mask.prefix(), None);
}

#[test]
fn prefixes_of_ipv6() {
    let mask = Mask::of_prefix6(64).expect("a mask");
    assert_eq!(mask.of(v6("2001:db8:1:2:3::4")), v6("2001:db8:1:2::"));
    let each = Mask::of_prefix6(128).expect("a mask");
    assert_eq!(each.of(v6("2001:db8::4")), v6("2001:db8::4"));
    let first = Mask::of_prefix6(1).expect("a mask");
    assert_eq!(first.of(v6("ffff::1")), v6("8000::"));
    assert_eq!(Mask::of_prefix6(0), None);
    assert_eq!(Mask::of_prefix6(129), None);
    assert_eq!(Mask::of_prefix4(33), None);
}

#[test]
fn an_address_of_the_other_family_is_a_client_of_its_own() {
    assert_eq!(Mask::V6(64).of(v4("192.0.2.10")), v4("192.0.2.10"));
    let mask = Mask::of_prefix4(8).expect("a mask");
    assert_eq!(mask.of(v6("2001:db8::4")), v6("2001:db8::4"));
}

#[test]
fn time_restarts_when_the_server_was_heard_of() {
    for replies_pass in [true, false] {
        assert!(!restarts_at_once(Protocol::Tcp, replies_pass));
        assert!(!restarts_at_once(Protocol::Sctp, replies_pass));
    }
    assert!(!restarts_at_once(Protocol::Udp, true));
    // Nobody would ever know.
    assert!(restarts_at_once(Protocol::Udp, false));
}

const LIFE: Life = Life {
    // The count of ticks wraps meanwhile.
    restarted: u32::MAX - 10,
    timeout: 100,
    connections: 0,
    assured: 0,
};
const LAST: u32 = 88;
const OVER: u32 = 89;

#[test]
fn an_idle_template_ends_with_its_time() {
    assert!(LIFE.takes_more(LAST) && !LIFE.is_over(LAST));
    assert!(!LIFE.takes_more(OVER) && LIFE.is_over(OVER));
}

#[test]
fn a_template_does_not_end_before_its_connections() {
    let life = Life {
        connections: 1,
        assured: 1,
        ..LIFE
    };
    assert!(life.takes_more(OVER + 1000) && !life.is_over(OVER + 1000));
}

#[test]
fn attempts_keep_no_template() {
    let life = Life {
        connections: 3,
        ..LIFE
    };
    assert!(life.takes_more(LAST));
    assert!(!life.takes_more(OVER));
    // Its connections may still get through.
    assert!(!life.is_over(OVER));
}

fn persistence() -> impl Strategy<Value = Persistence> {
    let mask = prop_oneof![
        any::<Ipv4Addr>().prop_map(Mask::V4),
        (1..=128u8).prop_map(Mask::V6),
    ];
    let engine = prop::option::of(Just(Engine::Sip));
    (0..=Persistence::MAX_TIMEOUT, mask, engine).prop_map(|(timeout, mask, engine)| Persistence {
        timeout,
        mask,
        engine,
    })
}

proptest! {
    #[test]
    fn settings_survive_as_a_number(persistence in prop::option::of(persistence())) {
        prop_assert_eq!(Persistence::from_u64(Persistence::to_u64(persistence)), persistence);
    }

    #[test]
    fn clients_agree_in_as_many_bits_as_the_prefix_has(
        bits in 0..=32u32, a in any::<u32>(), b in any::<u32>(),
    ) {
        let mask = Mask::of_prefix4(bits).expect("a mask");
        prop_assert_eq!(mask.prefix(), Some(bits));
        let common = (a ^ b).leading_zeros();
        let same = mask.of(Addr::V4(a.into())) == mask.of(Addr::V4(b.into()));
        prop_assert_eq!(same, common >= bits);
    }

    #[test]
    fn clients_of_ipv6_agree_in_as_many_bits_as_the_prefix_has(
        bits in 1..=128u32, a in any::<u128>(), differs in 0..=128u32,
    ) {
        let mask = Mask::of_prefix6(bits).expect("a mask");
        prop_assert_eq!(mask.prefix(), Some(bits));
        // The first bit that is another one, if any.
        let b = if differs == 128 { a } else { a ^ 1 << (127 - differs) };
        let same = mask.of(Addr::V6(Ipv6Addr::from_bits(a))) == mask.of(Addr::V6(Ipv6Addr::from_bits(b)));
        prop_assert_eq!(same, differs >= bits);
    }
}

/// `svc->netmask`: an address, or with IPv6 a number.
#[test]
fn masks_are_four_bytes_to_ipvs() {
    assert_eq!(
        Mask::V4([255, 255, 240, 0].into()).to_bytes(),
        [255, 255, 240, 0]
    );
    assert_eq!(Mask::V6(64).to_bytes(), 64u32.to_ne_bytes());
    for mask in [Mask::V4([255, 0, 255, 0].into()), Mask::EACH_V4] {
        assert_eq!(Mask::from_bytes(Family::V4, mask.to_bytes()), Some(mask));
    }
    for bits in [1, 64, 128] {
        let mask = Mask::from_bytes(Family::V6, u32::to_ne_bytes(bits));
        assert_eq!(mask, Mask::of_prefix6(bits));
        assert!(mask.is_some());
    }
    for bits in [0, 129, u32::MAX] {
        assert_eq!(Mask::from_bytes(Family::V6, bits.to_ne_bytes()), None);
    }
}
