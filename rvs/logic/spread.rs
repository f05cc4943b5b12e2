// SPDX-License-Identifier: GPL-2.0-only

//! Hashing what only the administrator chooses.
//!
//! A stranger can look such keys up but not put any in, so no secret is needed to keep the chains
//! of a table short.

/// The odd number next to 2^64 divided by the golden ratio: multiples of it are spread evenly.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A number in which each bit depends on those of `word`: different numbers for different words.
///
/// Multiplication carries upwards only, hence what it has made of the low bits is folded down, twice.
#[inline]
pub const fn spread(word: u64) -> u64 {
    let once = word.wrapping_mul(GOLDEN);
    let twice = (once ^ once >> 32).wrapping_mul(GOLDEN);
    twice ^ twice >> 29
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fullest of 256 buckets by the lowest bits, and the most frequent of 4096 tags by the
    /// highest, of 1024 words.
    fn fullest(words: impl Iterator<Item = u64>) -> (usize, usize) {
        let (mut buckets, mut tags) = ([0; 256], [0; 4096]);
        for word in words.take(1024) {
            buckets[(spread(word) & 255) as usize] += 1;
            tags[(spread(word) >> 52) as usize] += 1;
        }
        (
            buckets.into_iter().max().unwrap_or(0),
            tags.into_iter().max().unwrap_or(0),
        )
    }

    #[test]
    fn neighbours_are_spread_by_low_and_high_bits() {
        // By chance alone a bucket would get 4 on average; more than 14 has a probability of one
        // in 10 000 for any of them, and so has a tag for more than 6 (Poisson).
        for shift in [0, 8, 16, 24, 32, 48] {
            let (bucket, tag) = fullest((0..).map(|number: u64| (number << shift) ^ 0x0a00_0001));
            assert!(bucket <= 14, "{bucket} in a bucket, shift {shift}");
            assert!(tag <= 6, "{tag} of a tag, shift {shift}");
        }
    }
}
