// SPDX-License-Identifier: GPL-2.0-only

//! 256 ports in a cache line.

use super::Ports;

/// Words of as many bits as a page has ports, or a port number has pages.
const WORDS: usize = 4;

/// The highest number of a bit.
const LAST: u8 = u8::MAX;

/// Which bits of a word are from `first` to `last`, both numbers of bits in it.
const fn mask(first: u32, last: u32) -> u64 {
    u64::MAX << first & u64::MAX >> (u64::BITS - 1 - last)
}

/// The bits of the word `index` that are from `first` to `last`, of all words.
fn mask_of(index: usize, first: u8, last: u8) -> u64 {
    let (from, to) = (usize::from(first), usize::from(last));
    let start = index * u64::BITS as usize;
    let end = start + (u64::BITS as usize - 1);
    if to < start || from > end {
        return 0;
    }
    mask(
        (from.max(start) - start) as u32,
        (to.min(end) - start) as u32,
    )
}

/// The lowest bit from `first` to `last` that is not set in the words that `word` gives.
#[inline]
fn next_zero(first: u8, last: u8, word: impl Fn(usize) -> u64) -> Option<u8> {
    for index in usize::from(first) / 64..=usize::from(last) / 64 {
        let free = !word(index) & mask_of(index, first, last);
        if free != 0 {
            return Some((index * 64 + free.trailing_zeros() as usize) as u8);
        }
    }
    None
}

/// The place of a bit: which word, and the bit alone in it.
#[inline]
const fn place(bit: u8) -> (usize, u64) {
    (bit as usize / 64, 1 << (bit % 64))
}

/// Ports that agree in their upper 8 bits. Each is free (0), used (1), rests since the last time that they got
/// older (2), or longer (3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(align(64))]
pub struct Page {
    low: [u64; WORDS],
    high: [u64; WORDS],
}

impl Page {
    /// A page whose ports are free.
    pub const FREE: Self = Self {
        low: [0; WORDS],
        high: [0; WORDS],
    };

    #[inline]
    fn taken(&self, index: usize) -> u64 {
        match (self.low.get(index), self.high.get(index)) {
            (Some(low), Some(high)) => low | high,
            _ => u64::MAX,
        }
    }

    /// The lowest free port from `first` to `last`, by its lower 8 bits.
    #[inline]
    pub fn next_free(&self, first: u8, last: u8) -> Option<u8> {
        next_zero(first, last, |index| self.taken(index))
    }

    /// Takes a free port.
    #[inline]
    pub fn take(&mut self, port: u8) {
        let (index, bit) = place(port);
        self.low[index] |= bit;
        self.high[index] &= !bit;
    }

    /// Takes a port if it is free, and tells whether another one is left; none, and nothing taken, when it is not free.
    #[inline]
    pub fn take_if_free(&mut self, port: u8) -> Option<bool> {
        let (index, bit) = place(port);
        let taken = self.taken(index);
        if taken & bit != 0 {
            return None;
        }
        self.low[index] |= bit;
        Some(taken | bit != u64::MAX || !self.is_full())
    }

    /// Gives a used port back, to be free or to rest; false when it is not used.
    #[inline]
    pub fn give_back(&mut self, port: u8, rests: bool) -> bool {
        let (index, bit) = place(port);
        if self.low[index] & !self.high[index] & bit == 0 {
            return false;
        }
        self.low[index] &= !bit;
        if rests {
            self.high[index] |= bit;
        }
        true
    }

    /// Has those get older that rest, and returns how many of them have become free: those that rested already
    /// when this was called before.
    pub fn age(&mut self) -> u32 {
        let mut freed = 0;
        for (low, high) in self.low.iter_mut().zip(&mut self.high) {
            let (old, young) = (*low & *high, !*low & *high);
            freed += old.count_ones();
            *low = *low & !*high | young;
            *high = young;
        }
        freed
    }

    /// How many are not free, from `first` to `last`.
    pub fn count(&self, first: u8, last: u8) -> u32 {
        (0..WORDS)
            .map(|index| (self.taken(index) & mask_of(index, first, last)).count_ones())
            .sum()
    }

    /// Whether none is free.
    #[inline]
    pub fn is_full(&self) -> bool {
        (0..WORDS).all(|index| self.taken(index) == u64::MAX)
    }

    /// Whether all are.
    #[inline]
    pub fn is_free(&self) -> bool {
        (0..WORDS).all(|index| self.taken(index) == 0)
    }
}

/// Some of the 256 pages that all ports are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PageSet([u64; WORDS]);

impl PageSet {
    /// None of them.
    pub const EMPTY: Self = Self([0; WORDS]);

    /// Adds a page, or takes it out.
    #[inline]
    pub fn set(&mut self, page: u8, is_member: bool) {
        let (index, bit) = place(page);
        if is_member {
            self.0[index] |= bit;
        } else {
            self.0[index] &= !bit;
        }
    }

    /// The lowest page from `first` on that is not one of them.
    #[inline]
    pub fn next_absent(&self, first: u8) -> Option<u8> {
        next_zero(first, LAST, |index| {
            self.0.get(index).copied().unwrap_or(u64::MAX)
        })
    }
}

/// In which page a port is, and its place there.
#[inline]
pub(super) const fn split(port: u16) -> (u8, u8) {
    ((port >> 8) as u8, port as u8)
}

/// Finds the lowest free port from `first` to `last`; those of a page that there is not are free.
#[inline]
pub(super) fn next_free<'a>(
    ports: Ports,
    full: &PageSet,
    page: impl Fn(u8) -> Option<&'a Page>,
) -> Option<u16> {
    let (mut number, mut first) = split(ports.first());
    let (last_number, last_port) = split(ports.last());
    loop {
        let next = full.next_absent(number)?;
        if next != number {
            (number, first) = (next, 0);
        }
        if number > last_number {
            return None;
        }
        let last = if number == last_number {
            last_port
        } else {
            LAST
        };
        let free = match page(number) {
            Some(page) => page.next_free(first, last),
            None => Some(first),
        };
        if let Some(port) = free {
            return Some(u16::from_be_bytes([number, port]));
        }
        (number, first) = (number.checked_add(1)?, 0);
    }
}
