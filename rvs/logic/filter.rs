// SPDX-License-Identifier: GPL-2.0-only

//! A filter of addresses: most packets concern no service, and shall cost next to nothing.
//!
//! It is a Bloom filter with one hash: an address that was noted is always found, one that was not
//! is found by chance, with a probability of the share of bits that are set.

use super::addr::Addr;

/// Number of 64-bit words of a filter: 4096 bits, so that a thousand addresses still let more than
/// three of four others pass.
pub const WORDS: usize = 64;

/// Where an address is noted: the index of a word, below [`WORDS`], and the bit in it.
#[inline]
pub const fn place(addr: Addr) -> (usize, u64) {
    let folded = match addr {
        Addr::V4(addr) => addr.to_bits(),
        Addr::V6(addr) => {
            let bits = addr.to_bits();
            (bits ^ (bits >> 32) ^ (bits >> 64) ^ (bits >> 96)) as u32
        }
    };
    // Fibonacci hashing: neighbouring addresses are spread over all words.
    let hash = folded.wrapping_mul(0x9e37_79b9);
    (
        (hash >> 26) as usize & (WORDS - 1),
        1 << ((hash >> 20) & 63),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv4Addr;

    #[test]
    fn a_thousand_servers_leave_three_of_four_strangers_out() {
        let mut words = [0u64; WORDS];
        for host in 0..1000u32 {
            let (word, bit) = place(Addr::V4(Ipv4Addr::from_bits(0x0a00_0000 + host)));
            words[word] |= bit;
        }
        let found = (0..10_000u32)
            .filter(|host| {
                let stranger = Addr::V4(Ipv4Addr::from_bits(0xc0a8_0000 + host * 7));
                let (word, bit) = place(stranger);
                words[word] & bit != 0
            })
            .count();
        assert!(found < 2_500, "{found} of 10000");
    }
}
