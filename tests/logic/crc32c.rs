// SPDX-License-Identifier: GPL-2.0-only

//! The vectors of CRC32c, and incremental updates against a CRC computed from scratch.

mod support;

use proptest::prelude::*;
use rvs_logic::logic::crc32c::after_change;
use support::crc32c;

/// The examples of RFC 3720 appendix B.4, with the CRC as it is sent.
#[test]
fn the_reference_reproduces_rfc_3720() {
    let read_command = [
        [0x01, 0xc0, 0x00, 0x00],
        [0; 4],
        [0; 4],
        [0; 4],
        [0x14, 0x00, 0x00, 0x00],
        [0x00, 0x00, 0x04, 0x00],
        [0x00, 0x00, 0x00, 0x14],
        [0x00, 0x00, 0x00, 0x18],
        [0x28, 0x00, 0x00, 0x00],
        [0; 4],
        [0x02, 0x00, 0x00, 0x00],
        [0; 4],
    ];
    for (bytes, expected) in [
        (vec![0; 32], [0xaa, 0x36, 0x91, 0x8a]),
        (vec![0xff; 32], [0x43, 0xab, 0xa8, 0x62]),
        ((0..32).collect(), [0x4e, 0x79, 0xdd, 0x46]),
        ((0..32).rev().collect(), [0x5c, 0xdb, 0x3f, 0x11]),
        (read_command.concat(), [0x56, 0x3a, 0x96, 0xd9]),
    ] {
        assert_eq!(crc32c(&bytes), expected, "{bytes:x?}");
    }
}

/// The same numbers, reached from another message of the same length.
#[test]
fn changes_lead_to_the_examples_of_rfc_3720() {
    let mut crc = [0xaa, 0x36, 0x91, 0x8a];
    for word in 0..16 {
        crc = after_change(crc, 0, 0xffff, 32 - 2 * word);
    }
    assert_eq!(crc, [0x43, 0xab, 0xa8, 0x62]);
    for word in 0..16 {
        let ascending = u16::from_be_bytes([2 * word, 2 * word + 1]);
        crc = after_change(crc, 0xffff, ascending, 32 - 2 * u16::from(word));
    }
    assert_eq!(crc, [0x4e, 0x79, 0xdd, 0x46]);
}

/// Every length that a packet may have, for one change.
#[test]
fn any_length_equals_a_recompute() {
    // From the end on: what is in front of the change does not matter to the difference.
    let zeros = vec![0; usize::from(u16::MAX)];
    let mut register = u32::from_le_bytes([0x12, 0x34, 0, 0]);
    let step = |register: u32| {
        (0..8).fold(register, |register, _| {
            (register >> 1) ^ if register & 1 == 1 { 0x82f6_3b78 } else { 0 }
        })
    };
    for len in 1..=u16::MAX {
        register = step(register);
        let changed = after_change([0; 4], 0, 0x1234, len);
        assert_eq!(u32::from_le_bytes(changed), register, "{len}");
    }
    // And that this is what a CRC differs in.
    for len in [2usize, 12, 255, 256, 257, 1480, 65535] {
        let mut message = zeros[..len].to_vec();
        let before = crc32c(&message);
        message[..2].copy_from_slice(&[0x12, 0x34]);
        assert_eq!(
            after_change(before, 0, 0x1234, len as u16),
            crc32c(&message),
            "{len}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_equals_a_recompute(
        message in prop::collection::vec(any::<u8>(), 2..2000),
        place: prop::sample::Index,
        new: u16,
    ) {
        let mut message = message;
        let before = crc32c(&message);
        let at = place.index(message.len() - 1);
        let old = u16::from_be_bytes([message[at], message[at + 1]]);
        message[at..at + 2].copy_from_slice(&new.to_be_bytes());
        let to_end = (message.len() - at) as u16;
        prop_assert_eq!(after_change(before, old, new, to_end), crc32c(&message));
    }

    #[test]
    fn a_wrong_checksum_stays_as_wrong(checksum: [u8; 4], wrong: [u8; 4], old: u16, new: u16, to_end: u16) {
        let apart = |left: [u8; 4], right: [u8; 4]| u32::from_le_bytes(left) ^ u32::from_le_bytes(right);
        let after = (after_change(checksum, old, new, to_end), after_change(wrong, old, new, to_end));
        prop_assert_eq!(apart(after.0, after.1), apart(checksum, wrong));
    }
}
