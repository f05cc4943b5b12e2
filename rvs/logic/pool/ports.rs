// SPDX-License-Identifier: GPL-2.0-only

//! Which ports of its addresses a pool gives.

use core::fmt;

/// Ports from one to another one, in host order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ports {
    first: u16,
    last: u16,
}

impl Ports {
    /// Those of a pool that was not told otherwise: all that are not privileged.
    pub const DEFAULT: Self = Self {
        first: 1024,
        last: u16::MAX,
    };

    /// The ports `first` to `last`; none where there are none, or port 0 is among them.
    pub const fn new(first: u16, last: u16) -> Option<Self> {
        if first == 0 || first > last {
            return None;
        }
        Some(Self { first, last })
    }

    /// The lowest port.
    #[inline]
    pub const fn first(self) -> u16 {
        self.first
    }

    /// The highest port.
    #[inline]
    pub const fn last(self) -> u16 {
        self.last
    }

    /// How many there are.
    #[inline]
    pub const fn count(self) -> u32 {
        (self.last - self.first) as u32 + 1
    }

    /// Whether a port is one of them.
    #[inline]
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }

    /// Whether both have a port.
    pub const fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// One of them: of all numbers as many stand for each, but for a few in 2^16.
    #[inline]
    pub const fn at(self, random: u32) -> u16 {
        self.first + ((random as u64 * self.count() as u64) >> u32::BITS) as u16
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}
