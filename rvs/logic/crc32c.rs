// SPDX-License-Identifier: GPL-2.0-only

//! Incremental update of CRC32c, the checksum of SCTP (RFC 9260 appendix A).
//!
//! A CRC is linear: what two messages of one length differ in decides what their CRCs differ in, whatever else they
//! hold. So neither the rest of the packet is read, nor is a wrong checksum made right. Where the difference is
//! followed by `n` bytes up to the end, it is multiplied by the polynomial x^(8 n) modulo that of the CRC.
//!
//! Polynomials are reflected, as the checksum itself: the highest bit is the coefficient of x^0.

/// The polynomial of the CRC, but for x^32.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// x^0.
const ONE: u32 = 1 << 31;

/// The remainders of x^(8 n), for each `n` below 256.
static BYTES: [u32; 256] = powers(times_x(ONE, 8));

/// Those of x^(8 * 256 n).
static PAGES: [u32; 256] = powers(times_x(ONE, 8 * 256));

/// What four bits become that x^4 moves out.
static MOVED_OUT: [u32; 16] = {
    let mut table = [0; 16];
    let mut bits = 0;
    while bits < 16 {
        table[bits] = times_x(bits as u32, 4);
        bits += 1;
    }
    table
};

/// The checksum that takes the place of `checksum` when a 16-bit word changes from `old` to `new`, from whose
/// first byte on the packet has so many bytes up to its end, at most 65535.
///
/// The checksum is as it stands in the packet. The words are values of fields in network byte order.
#[inline]
#[must_use]
pub fn after_change(checksum: [u8; 4], old: u16, new: u16, to_end: u16) -> [u8; 4] {
    if old == new {
        return checksum;
    }
    let [first, second] = (old ^ new).to_be_bytes();
    let [low, high] = to_end.to_le_bytes();
    let mut change = times(
        u32::from_le_bytes([first, second, 0, 0]),
        BYTES[usize::from(low)],
    );
    if high != 0 {
        change = times(change, PAGES[usize::from(high)]);
    }
    (u32::from_le_bytes(checksum) ^ change).to_le_bytes()
}

/// The product of two polynomials, four bits at a time.
#[inline(always)]
fn times(left: u32, right: u32) -> u32 {
    let multiples = multiples(right);
    let mut product = 0;
    for at in 0..8 {
        let bits = (left >> (4 * at)) & 0xf;
        product = (product >> 4) ^ MOVED_OUT[(product & 0xf) as usize] ^ multiples[bits as usize];
    }
    product
}

/// The products of a polynomial and each one of four bits.
#[inline(always)]
fn multiples(of: u32) -> [u32; 16] {
    let x1 = times_x(of, 1);
    let x2 = times_x(x1, 1);
    let x3 = times_x(x2, 1);
    [
        0,
        x3,
        x2,
        x2 ^ x3,
        x1,
        x1 ^ x3,
        x1 ^ x2,
        x1 ^ x2 ^ x3,
        of,
        of ^ x3,
        of ^ x2,
        of ^ x2 ^ x3,
        of ^ x1,
        of ^ x1 ^ x3,
        of ^ x1 ^ x2,
        of ^ x1 ^ x2 ^ x3,
    ]
}

/// The product of a polynomial and a power of x.
const fn times_x(mut polynomial: u32, power: u32) -> u32 {
    let mut left = power;
    while left > 0 {
        // All bits where one is moved out.
        let moved_out = (polynomial & 1).wrapping_neg();
        polynomial = (polynomial >> 1) ^ (POLYNOMIAL & moved_out);
        left -= 1;
    }
    polynomial
}

/// The powers of a polynomial, from that of 0 on.
const fn powers(of: u32) -> [u32; 256] {
    let mut table = [ONE; 256];
    let mut at = 1;
    while at < 256 {
        table[at] = product(table[at - 1], of);
        at += 1;
    }
    table
}

/// The product of two polynomials, one bit at a time.
const fn product(left: u32, mut right: u32) -> u32 {
    let mut sum = 0;
    let mut bit = ONE;
    while bit != 0 {
        if left & bit != 0 {
            sum ^= right;
        }
        right = times_x(right, 1);
        bit >>= 1;
    }
    sum
}
