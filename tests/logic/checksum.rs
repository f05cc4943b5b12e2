// SPDX-License-Identifier: GPL-2.0-only

//! Incremental checksums against checksums computed from scratch, and the vectors of the RFCs.

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use proptest::prelude::*;
use rvs_logic::logic::{
    addr::Addr,
    csum::{
        after_decrement,
        Delta, //
    }, //
};

/// The sum of RFC 1071 section 1, the plain way.
fn sum(bytes: &[u8]) -> u16 {
    let mut sum = 0u32;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
        if sum > 0xffff {
            sum -= 0xffff;
        }
    }
    sum as u16
}

fn checksum(bytes: &[u8]) -> u16 {
    !sum(bytes)
}

#[test]
fn the_reference_reproduces_rfc_1071_section_3() {
    let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
    assert_eq!(sum(&bytes), 0xddf2);
}

#[test]
fn the_example_of_rfc_1624_section_4() {
    assert_eq!(Delta::new().word(0x5555, 0x3285).apply(0xdd2f), 0x0000);
}

#[test]
fn a_decrement_is_a_change_of_the_word() {
    for checksum in 0..=u16::MAX {
        for (old, new) in [(0x4011, 0x3f11), (0x0206, 0x0106), (0xff00, 0xfeff)] {
            let decrement: u16 = old - new;
            assert_eq!(
                after_decrement(checksum.to_be_bytes(), decrement.to_be_bytes()),
                Delta::new().word(old, new).apply(checksum).to_be_bytes(),
                "{checksum:#x}, {old:#x} to {new:#x}"
            );
        }
    }
}

#[test]
fn udp_without_checksum_stays_without() {
    assert_eq!(Delta::new().word(1, 2).apply_udp(0), 0);
}

#[test]
fn a_udp_checksum_of_zero_is_sent_as_ones() {
    // The same numbers as in RFC 1624 section 4.
    assert_eq!(Delta::new().word(0x5555, 0x3285).apply_udp(0xdd2f), 0xffff);
}

/// A message that is not all zero whatever is replaced in it, as no packet is.
fn message() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 40..120).prop_map(|mut bytes| {
        bytes[0] = 0x45;
        bytes
    })
}

/// Puts `new` at the even offset after the first word that `seed` chooses; returns what was there.
fn replace<const SIZE: usize>(message: &mut [u8], seed: usize, new: [u8; SIZE]) -> [u8; SIZE] {
    let places = (message.len() - SIZE - 2) / 2 + 1;
    let offset = 2 + seed % places * 2;
    let field = &mut message[offset..offset + SIZE];
    let old = (&*field).try_into().unwrap();
    field.copy_from_slice(&new);
    old
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_replacement_equals_a_recompute(
        message in message(),
        word: (usize, u16),
        double_word: (usize, u32),
        v4: (usize, u32),
        v6: (usize, u128),
    ) {
        let mut message = message;
        let before = (sum(&message), checksum(&message));

        let old = replace(&mut message, word.0, word.1.to_be_bytes());
        let mut delta = Delta::new().word(u16::from_be_bytes(old), word.1);
        let old = replace(&mut message, double_word.0, double_word.1.to_be_bytes());
        delta = delta.double_word(u32::from_be_bytes(old), double_word.1);
        let old = replace(&mut message, v4.0, v4.1.to_be_bytes());
        delta = delta.addr(Addr::V4(old.into()), Addr::V4(Ipv4Addr::from(v4.1)));
        let old = replace(&mut message, v6.0, v6.1.to_be_bytes());
        delta = delta.addr(Addr::V6(old.into()), Addr::V6(Ipv6Addr::from(v6.1)));

        prop_assert_eq!(delta.apply(before.1), checksum(&message));
        prop_assert_eq!(delta.apply_partial(before.0), sum(&message));
    }

    #[test]
    fn the_family_of_an_address_may_change(head: u16, v4: u32, v6: u128) {
        let with = |addr: &[u8]| {
            let mut message = (head | 1).to_be_bytes().to_vec();
            message.extend(addr);
            checksum(&message)
        };
        let (short, long) = (with(&v4.to_be_bytes()), with(&v6.to_be_bytes()));
        let (v4, v6) = (Addr::V4(v4.into()), Addr::V6(v6.into()));
        prop_assert_eq!(Delta::new().addr(v4, v6).apply(short), long);
        prop_assert_eq!(Delta::new().addr(v6, v4).apply(long), short);
    }

    #[test]
    fn joined_differences_are_one_difference(words: [(u16, u16); 4], checksum: u16) {
        let delta = |words: &[(u16, u16)]| {
            words.iter().fold(Delta::new(), |delta, (old, new)| delta.word(*old, *new))
        };
        let joined = delta(&words[..2]).and(delta(&words[2..]));
        prop_assert_eq!(joined.apply(checksum), delta(&words).apply(checksum));
    }
}
