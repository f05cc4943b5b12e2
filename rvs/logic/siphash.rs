// SPDX-License-Identifier: GPL-2.0-only

//! SipHash-1-3, the keyed hash of the tuple table.
//!
//! Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with one compression
//! and three finalisation rounds, the parameters of the kernel's `hsiphash` on 64-bit machines. Who
//! does not know the key cannot choose flows that share a bucket.
//!
//! The message is given as whole little-endian words and a tail of at most seven bytes, because
//! every caller knows its length when it is compiled: the result has no loop and no byte handling.

/// A secret 128-bit key.
#[derive(Clone, Copy)]
pub struct HashKey {
    // What every message begins with.
    initial: State,
}

impl HashKey {
    /// The key made of 16 random bytes.
    #[inline]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        // Splitting one u128 needs no fallible slicing.
        let whole = u128::from_le_bytes(bytes);
        Self::new(whole as u64, (whole >> 64) as u64)
    }

    /// The key made of two random words: `k0` is the first eight bytes in little-endian order.
    #[inline]
    pub const fn new(k0: u64, k1: u64) -> Self {
        // "somepseudorandomlygeneratedbytes", the constants of the paper.
        let initial = State {
            v0: k0 ^ 0x736f_6d65_7073_6575,
            v1: k1 ^ 0x646f_7261_6e64_6f6d,
            v2: k0 ^ 0x6c79_6765_6e65_7261,
            v3: k1 ^ 0x7465_6462_7974_6573,
        };
        Self { initial }
    }
}

/// The last, incomplete word of a message.
#[derive(Clone, Copy)]
pub struct Tail {
    /// The bytes, the first of them lowest; all bits above `len` bytes are zero.
    pub bytes: u64,
    /// How many bytes, 0 to 7.
    pub len: u8,
}

#[derive(Clone, Copy)]
struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl State {
    #[inline(always)]
    const fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.rotate_left(32);
    }

    #[inline(always)]
    const fn absorb(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    #[inline(always)]
    const fn finish(mut self) -> u64 {
        self.v2 ^= 0xff;
        self.round();
        self.round();
        self.round();
        self.v0 ^ self.v1 ^ self.v2 ^ self.v3
    }
}

/// Hashes a message of any length.
pub fn hash_bytes(key: &HashKey, message: &[u8]) -> u64 {
    let mut state = key.initial;
    let mut rest = message;
    while let Some((word, behind)) = rest.split_first_chunk() {
        state.absorb(u64::from_le_bytes(*word));
        rest = behind;
    }
    let mut last = [0; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    state.absorb(u64::from_le_bytes(last) | (message.len() as u64) << 56);
    state.finish()
}

/// Hashes the message of `words` in little-endian byte order, followed by `tail`.
#[inline(always)]
pub fn hash<const WORDS: usize>(key: &HashKey, words: [u64; WORDS], tail: Tail) -> u64 {
    let mut state = key.initial;
    for word in words {
        state.absorb(word);
    }
    // The length of the message, modulo 256, fills the highest byte of the last word.
    let length = (WORDS as u64)
        .wrapping_mul(8)
        .wrapping_add(u64::from(tail.len));
    state.absorb(tail.bytes | length << 56);
    state.finish()
}
