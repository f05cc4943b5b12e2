// SPDX-License-Identifier: GPL-2.0-only

//! Incremental update of the Internet checksum.
//!
//! Sources: RFC 1071 (the checksum), RFC 1624 (its update: equation 3, `HC' = ~(~HC + ~m + m')`),
//! RFC 768 (the zero of UDP). All words are values in host byte order of fields in network byte
//! order, as `from_be_bytes` gives them.

use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use super::addr::Addr;

/// The difference that a rewrite makes to every checksum that covers the rewritten fields.
///
/// It is computed once and applied to as many checksums as cover those fields.
#[derive(Clone, Copy, Default, Debug)]
pub struct Delta {
    // The sum of all `~m + m'`. A 32-bit word may be added whole, as 2^16 = 1 modulo 0xffff; and
    // no packet has the 2^31 words that would be needed to overflow.
    sum: u64,
}

impl Delta {
    /// No change.
    #[inline]
    pub const fn new() -> Self {
        Self { sum: 0 }
    }

    /// A 16-bit word at an even offset changes from `old` to `new`.
    #[inline]
    #[must_use]
    pub const fn word(self, old: u16, new: u16) -> Self {
        self.add((!old) as u64, new as u64)
    }

    /// A 32-bit word at an even offset changes from `old` to `new`.
    #[inline]
    #[must_use]
    pub const fn double_word(self, old: u32, new: u32) -> Self {
        self.add((!old) as u64, new as u64)
    }

    /// An IPv4 address changes from `old` to `new`.
    #[inline]
    #[must_use]
    pub const fn ipv4(self, old: Ipv4Addr, new: Ipv4Addr) -> Self {
        self.double_word(old.to_bits(), new.to_bits())
    }

    /// An IPv6 address changes from `old` to `new`.
    #[inline]
    #[must_use]
    pub const fn ipv6(self, old: Ipv6Addr, new: Ipv6Addr) -> Self {
        let (old, new) = (!old.to_bits(), new.to_bits());
        self.add(sum128(old), sum128(new))
    }

    /// An address changes from `old` to `new`, of the same family or of the other one.
    #[inline]
    #[must_use]
    pub const fn addr(self, old: Addr, new: Addr) -> Self {
        match (old, new) {
            (Addr::V4(old), Addr::V4(new)) => self.ipv4(old, new),
            (Addr::V6(old), Addr::V6(new)) => self.ipv6(old, new),
            (Addr::V4(old), Addr::V6(new)) => {
                self.add((!old.to_bits()) as u64, sum128(new.to_bits()))
            }
            (Addr::V6(old), Addr::V4(new)) => {
                self.add(sum128(!old.to_bits()), new.to_bits() as u64)
            }
        }
    }

    /// Both differences together.
    #[inline]
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        self.add(0, other.sum)
    }

    /// The complete checksum that takes the place of `checksum`.
    #[inline(always)]
    pub const fn apply(self, checksum: u16) -> u16 {
        !fold(self.sum.wrapping_add((!checksum) as u64))
    }

    /// The UDP checksum that takes the place of `checksum`.
    ///
    /// Zero means that the sender made none, and stays; a computed zero is sent as `0xffff`, which
    /// is the same number in one's complement (RFC 768).
    #[inline(always)]
    pub const fn apply_udp(self, checksum: u16) -> u16 {
        if checksum == 0 {
            return 0;
        }
        match self.apply(checksum) {
            0 => 0xffff,
            other => other,
        }
    }

    /// The sum that takes the place of `sum` in a packet whose checksum is still to be completed
    /// by the device (`CHECKSUM_PARTIAL` in `linux/skbuff.h`).
    ///
    /// The field holds the sum of the pseudo header, not complemented, so only addresses, protocol
    /// and length may be in this difference: ports are added with the rest of the packet.
    #[inline(always)]
    pub const fn apply_partial(self, sum: u16) -> u16 {
        fold(self.sum.wrapping_add(sum as u64))
    }

    #[inline(always)]
    const fn add(self, old_complemented: u64, new: u64) -> Self {
        Self {
            sum: self.sum.wrapping_add(old_complemented).wrapping_add(new),
        }
    }
}

/// The complete checksum that takes the place of `checksum` when a word that it covers gets smaller
/// by `decrement`, which is not zero; both as they stand in the packet.
///
/// The sum of the words is complemented, so what they lose the checksum gains (RFC 1141). A sum
/// does not depend on the order of the bytes (RFC 1071 section 2B), so they are added as they are.
/// The result is that of [`Delta`], whose zero is never `0xffff` either (RFC 1624 section 3).
#[inline(always)]
pub const fn after_decrement(checksum: [u8; 2], decrement: [u8; 2]) -> [u8; 2] {
    let sum = u16::from_ne_bytes(checksum) as u32 + u16::from_ne_bytes(decrement) as u32;
    let carry = (sum >= 0xffff) as u32;
    (sum.wrapping_add(carry) as u16).to_ne_bytes()
}

/// The complete checksum of what these parts are, which must each have an even length (RFC 1071).
pub fn of(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks_exact(2));
    let sum = words.fold(0u64, |sum, word| match *word {
        [high, low] => sum.wrapping_add(u16::from_be_bytes([high, low]).into()),
        _ => sum,
    });
    !fold(sum)
}

/// The complete checksum of what has these sums.
pub fn of_sums(sums: &[u16]) -> u16 {
    let sum = sums
        .iter()
        .fold(0u64, |sum, part| sum.wrapping_add((*part).into()));
    !fold(sum)
}

/// The sum of the words of `bytes`, an odd one at the end with a zero behind it (RFC 1071).
pub fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2);
    fold(words.fold(0u64, |sum, word| match *word {
        [high, low] => sum.wrapping_add(u16::from_be_bytes([high, low]).into()),
        [high] => sum.wrapping_add(u16::from_be_bytes([high, 0]).into()),
        _ => sum,
    }))
}

/// The sum of the 32-bit words of a 128-bit value.
#[inline(always)]
const fn sum128(value: u128) -> u64 {
    let high = (value >> 64) as u64;
    let low = value as u64;
    (high >> 32) + (high & 0xffff_ffff) + (low >> 32) + (low & 0xffff_ffff)
}

/// Adds the carries back until 16 bits are left. Only the sum 0 gives 0.
#[inline(always)]
const fn fold(sum: u64) -> u16 {
    let (low, carry) = (sum as u32).overflowing_add((sum >> 32) as u32);
    // Of two full halves the carry leaves 0xffff_fffe at most.
    let sum = low.wrapping_add(carry as u32);
    // The upper half becomes the sum of both, with the carry that the lower one gives it.
    (sum.wrapping_add(sum.rotate_right(16)) >> 16) as u16
}
