// SPDX-License-Identifier: GPL-2.0-only

//! Ranges of local addresses.

use core::{
    fmt,
    net::{
        IpAddr,
        Ipv4Addr,
        Ipv6Addr, //
    },
    str::FromStr,
};

use crate::logic::addr::{
    Addr,
    Family, //
};

use super::MOST_ADDRESSES;

/// Where an address is among those of its family.
#[inline]
pub const fn order(addr: Addr) -> u128 {
    match addr {
        Addr::V4(addr) => addr.to_bits() as u128,
        Addr::V6(addr) => addr.to_bits(),
    }
}

/// Addresses of one family from one up to another one; none of them more than a pool may have, and each such that a
/// host may send from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AddrRange {
    first: Addr,
    last: Addr,
}

/// Why addresses are no range of a pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoRange {
    /// That is no address.
    Text,
    /// It is a prefix, which may have addresses that are no host's.
    Prefix,
    /// They are of two families.
    Families,
    /// The last one is below the first one.
    Order,
    /// They are more than a pool may have.
    TooMany,
    /// This one is a multicast address.
    Multicast(Addr),
    /// This one is that of no host.
    Unspecified(Addr),
    /// This one is that of all hosts.
    Broadcast(Addr),
    /// This one never leaves its host.
    Loopback(Addr),
    /// This one never leaves its link.
    LinkLocal(Addr),
    /// This one stands for one of IPv4.
    Mapped(Addr),
}

impl AddrRange {
    /// The addresses `first` to `last`.
    pub fn new(first: Addr, last: Addr) -> Result<Self, NoRange> {
        if first.family() != last.family() {
            return Err(NoRange::Families);
        }
        let above = order(last)
            .checked_sub(order(first))
            .ok_or(NoRange::Order)?;
        if above >= MOST_ADDRESSES as u128 {
            return Err(NoRange::TooMany);
        }
        let range = Self { first, last };
        range.addrs().try_for_each(check)?;
        Ok(range)
    }

    /// One address.
    pub fn one(addr: Addr) -> Result<Self, NoRange> {
        Self::new(addr, addr)
    }

    /// The lowest address.
    pub const fn first(&self) -> Addr {
        self.first
    }

    /// The highest address.
    pub const fn last(&self) -> Addr {
        self.last
    }

    /// The address family.
    pub const fn family(&self) -> Family {
        self.first.family()
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        (order(self.last) - order(self.first)) as usize + 1
    }

    /// Never: there is one at least.
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Whether an address is one of them.
    pub fn contains(&self, addr: Addr) -> bool {
        addr.family() == self.family()
            && (order(self.first)..=order(self.last)).contains(&order(addr))
    }

    /// Whether both have an address.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other.first) || other.contains(self.first)
    }

    /// All of them, in their order.
    pub fn addrs(self) -> impl Iterator<Item = Addr> {
        let family = self.family();
        (order(self.first)..=order(self.last)).map(move |number| match family {
            Family::V4 => Addr::V4(Ipv4Addr::from_bits(number as u32)),
            Family::V6 => Addr::V6(Ipv6Addr::from_bits(number)),
        })
    }
}

/// Whether a host may send from an address over routers.
fn check(addr: Addr) -> Result<(), NoRange> {
    match addr {
        _ if addr.is_unspecified() => Err(NoRange::Unspecified(addr)),
        _ if addr.is_multicast() => Err(NoRange::Multicast(addr)),
        _ if addr.is_broadcast() => Err(NoRange::Broadcast(addr)),
        _ if addr.is_loopback() => Err(NoRange::Loopback(addr)),
        _ if addr.is_link_local() => Err(NoRange::LinkLocal(addr)),
        Addr::V6(v6) if v6.to_ipv4_mapped().is_some() => Err(NoRange::Mapped(addr)),
        _ => Ok(()),
    }
}

impl FromStr for AddrRange {
    type Err = NoRange;

    /// `192.0.2.1` or `192.0.2.1-192.0.2.20`, likewise of IPv6.
    fn from_str(text: &str) -> Result<Self, NoRange> {
        if text.contains('/') {
            return Err(NoRange::Prefix);
        }
        let addr = |text: &str| match text.parse() {
            Ok(IpAddr::V4(addr)) => Ok(Addr::V4(addr)),
            Ok(IpAddr::V6(addr)) => Ok(Addr::V6(addr)),
            Err(_) => Err(NoRange::Text),
        };
        match text.split_once('-') {
            Some((first, last)) => Self::new(addr(first)?, addr(last)?),
            None => Self::one(addr(text)?),
        }
    }
}

impl fmt::Display for AddrRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.first != self.last {
            write!(f, "-{}", self.last)?;
        }
        Ok(())
    }
}

impl fmt::Display for NoRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("it is neither an address nor two with '-' in between"),
            Self::Prefix => f.write_str(
                "a prefix may have addresses that are no host's: name the first and the last one, with '-' in between",
            ),
            Self::Families => f.write_str("its ends are of different address families"),
            Self::Order => f.write_str("the last address is below the first one"),
            Self::TooMany => write!(f, "it has more than the {MOST_ADDRESSES} addresses of a pool"),
            Self::Multicast(addr) => write!(f, "{addr} is a multicast address"),
            Self::Unspecified(addr) => write!(f, "{addr} is the address of no host"),
            Self::Broadcast(addr) => write!(f, "{addr} is the address of all hosts"),
            Self::Loopback(addr) => write!(f, "{addr} is a loopback address"),
            Self::LinkLocal(addr) => write!(f, "{addr} is a link-local address"),
            Self::Mapped(addr) => write!(f, "{addr} stands for an IPv4 address"),
        }
    }
}
