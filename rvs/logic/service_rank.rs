// SPDX-License-Identifier: GPL-2.0-only

//! The order in which services are listed.

use core::cmp::Ordering;

use super::{
    addr::{
        Addr,
        Family, //
    },
    service_key::{
        Ports,
        ServiceKey, //
    },
};

/// Where a service is in the order of all: by protocol, family, address; of those single ports, ranges and all
/// ports; at last marks. No two services have the same.
///
/// It is compared much faster than a key, and a list that goes over many messages keeps it as numbers in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rank(u64, u64, u64);

impl PartialOrd for Rank {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rank {
    /// By the words. Most ranks that are compared have the same address: only whether words are equal is
    /// asked, up to the one that decides.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0 != other.0 {
            self.0.cmp(&other.0)
        } else if self.1 != other.1 {
            self.1.cmp(&other.1)
        } else {
            self.2.cmp(&other.2)
        }
    }
}

/// Where the address begins in the first word. Above it is what kind of key it is.
const ADDR_BITS: u32 = 40;

impl Rank {
    /// Before those of all services.
    pub const FIRST: Self = Self(0, 0, 0);

    /// The rank of a service.
    #[inline]
    pub fn of(key: &ServiceKey) -> Self {
        match *key {
            ServiceKey::Address {
                protocol,
                addr,
                ports,
            } => {
                let head = head(0, protocol.number(), addr.family());
                let ports = of_ports(ports);
                match addr {
                    // Below it is room for 8 bits.
                    Addr::V4(addr) => Self(head | u64::from(addr.to_bits()) << 8, 0, ports),
                    Addr::V6(addr) => {
                        let bits = addr.to_bits();
                        let above = (bits >> (u128::BITS - ADDR_BITS)) as u64;
                        // 24 bits are left, above the 34 of the ports.
                        let below = (bits as u64) << ADDR_BITS | ports;
                        Self(head | above, (bits >> 24) as u64, below)
                    }
                }
            }
            ServiceKey::Mark { family, mark } => Self(head(1, 0, family), 0, mark.into()),
        }
    }

    /// The rank of these words.
    pub const fn from_words([first, second, third]: [u64; 3]) -> Self {
        Self(first, second, third)
    }

    /// Returns its words, which are not all 0 where it is that of a service.
    pub const fn to_words(self) -> [u64; 3] {
        [self.0, self.1, self.2]
    }
}

const fn head(kind: u64, protocol: u8, family: Family) -> u64 {
    let family = match family {
        Family::V4 => 4,
        Family::V6 => 6,
    };
    (kind << 16 | (protocol as u64) << 8 | family) << ADDR_BITS
}

const fn of_ports(ports: Ports) -> u64 {
    let (kind, first, last) = match ports {
        Ports::One(port) => (0, port, port),
        Ports::Range(range) => (1, range.first(), range.last()),
        Ports::All => (2, 0, u16::MAX),
    };
    kind << 32 | (first as u64) << 16 | last as u64
}
