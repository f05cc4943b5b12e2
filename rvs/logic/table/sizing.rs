// SPDX-License-Identifier: GPL-2.0-only

//! How many buckets a table has.
//!
//! A table of `bits` has 2^`bits` home buckets, one of which each hash belongs to, followed by
//! overflow buckets for those homes that are full. Random hashes at the greatest load, four entries
//! for each home bucket of six slots, overflow 11 % of the homes (Poisson); there is room for more
//! than twice that.

/// The smallest table, 48 KiB. All stripes are used even there.
pub const MIN_BITS: u32 = 8;

/// The least overflow buckets: even the smallest table has room for a burst of thousands of new
/// entries, which a director that has just taken over may get before it finds the time to grow.
const MIN_OVERFLOW: usize = 512;

/// Up to this size the tags begin at [`LOW_TAG_SHIFT`].
const LOW_TAG_BITS: u32 = 16;

/// Where tags begin that have all bits of a hash above those that the smallest table uses for the
/// home bucket, as far as tables of [`LOW_TAG_BITS`] use them: such a table grows without asking
/// for hashes. The greater it is the fewer bits of a tag tell entries of a bucket from each other,
/// seven at last, so that one in 32 lookups of a full table looks at a wrong entry.
pub(super) const LOW_TAG_SHIFT: u32 = MIN_BITS - 1;

/// Where the tags of greater tables begin: they have the highest bits, which choose no bucket.
const HIGH_TAG_SHIFT: u32 = 48;

/// The greatest table: with buckets of a cache line the last one that the kernel allocates in one
/// piece, of less than 2^31 bytes. It has room for 67 million entries at the greatest load, and for
/// nearly twice as many before one finds no place.
pub const MAX_BITS: u32 = 24;

/// The locks that writers of a table need; see [`stripe`].
pub const STRIPES: usize = 1 << MIN_BITS;

/// The lock for the entries with `hash`, below [`STRIPES`].
///
/// It depends only on bits that choose the home bucket in a table of any size. So each home bucket
/// has one lock, and an entry keeps its lock when the table is resized.
#[inline]
pub const fn stripe(hash: u64) -> usize {
    hash as usize & (STRIPES - 1)
}

/// The bit of a hash that the tags of a table of `bits` begin with.
pub(super) const fn tag_shift(bits: u32) -> u32 {
    if clamp(bits) <= LOW_TAG_BITS {
        LOW_TAG_SHIFT
    } else {
        HIGH_TAG_SHIFT
    }
}

/// The number of home buckets of a table of `bits`.
#[inline]
pub const fn home_buckets(bits: u32) -> usize {
    1 << clamp(bits)
}

/// The number of all buckets of a table of `bits`.
pub const fn buckets(bits: u32) -> usize {
    home_buckets(bits) + overflow_buckets(bits)
}

/// The number of overflow buckets of a table of `bits`, a power of two.
pub(super) const fn overflow_buckets(bits: u32) -> usize {
    let buckets = home_buckets(bits) / 4;
    if buckets < MIN_OVERFLOW {
        MIN_OVERFLOW
    } else {
        buckets
    }
}

/// The most entries of a table of `bits`, 4 for each home bucket: for more [`wanted_bits`] is
/// greater.
pub const fn most_entries(bits: u32) -> u64 {
    4u64.wrapping_shl(clamp(bits))
}

/// The size that a table of `current_bits` with `entries` should have.
///
/// It stays as it is from 3/8 to 4 entries for each home bucket. Beyond, it is resized to between
/// 5/4 and 5/2, or to the [least size after growing](grown_bits) if that is greater, so that the
/// number has to change by a quarter at least before the next time.
pub fn wanted_bits(entries: u64, current_bits: u32) -> u32 {
    let current_bits = clamp(current_bits);
    let homes = 1u64 << current_bits;
    let fits = homes * 3 <= entries.saturating_mul(8) && entries <= most_entries(current_bits);
    if fits {
        return current_bits;
    }
    let needed = entries.saturating_mul(2).div_ceil(5).max(1);
    let needed_bits = needed
        .checked_next_power_of_two()
        .map_or(MAX_BITS, u64::trailing_zeros);
    if needed_bits > current_bits {
        return clamp(needed_bits.max(grown_bits(current_bits)));
    }
    clamp(needed_bits)
}

/// The least size that a table of `bits` grows to: the smaller it is, the larger the step. Copying
/// is most of what growing costs, and is due the less often; what a small table has too much, half
/// a megabyte at most, matters to nobody.
const fn grown_bits(bits: u32) -> u32 {
    match bits {
        ..10 => bits + 3,
        10..12 => bits + 2,
        12.. => bits + 1,
    }
}

const fn clamp(bits: u32) -> u32 {
    if bits < MIN_BITS {
        MIN_BITS
    } else if bits > MAX_BITS {
        MAX_BITS
    } else {
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_most_want_more() {
        for bits in MIN_BITS..20 {
            for entries in [0, (4 << bits) - 1, 4 << bits, (4 << bits) + 1, 9 << bits] {
                assert_eq!(
                    entries > most_entries(bits),
                    wanted_bits(entries, bits) > bits
                );
            }
        }
    }
}
