// SPDX-License-Identifier: GPL-2.0-only

//! Network addresses and transport endpoints of either address family.

use core::{
    fmt,
    net::{
        Ipv4Addr,
        Ipv6Addr, //
    }, //
};

/// An address family.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];
}

/// An IPv4 or IPv6 address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Addr {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address.
    V6(Ipv6Addr),
}

impl Addr {
    /// The family the address belongs to.
    #[inline]
    pub const fn family(&self) -> Family {
        match self {
            Self::V4(_) => Family::V4,
            Self::V6(_) => Family::V6,
        }
    }

    /// `0.0.0.0` or `::` (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.2).
    pub const fn is_unspecified(&self) -> bool {
        match self {
            Self::V4(addr) => addr.is_unspecified(),
            Self::V6(addr) => addr.is_unspecified(),
        }
    }

    /// `224.0.0.0/4` or `ff00::/8` (RFC 5771, RFC 4291 section 2.7).
    pub const fn is_multicast(&self) -> bool {
        match self {
            Self::V4(addr) => addr.is_multicast(),
            Self::V6(addr) => addr.is_multicast(),
        }
    }

    /// `255.255.255.255` (RFC 919 section 7). IPv6 has no broadcast.
    pub const fn is_broadcast(&self) -> bool {
        match self {
            Self::V4(addr) => addr.is_broadcast(),
            Self::V6(_) => false,
        }
    }

    /// `127.0.0.0/8` or `::1` (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
    pub const fn is_loopback(&self) -> bool {
        match self {
            Self::V4(addr) => addr.is_loopback(),
            Self::V6(addr) => addr.is_loopback(),
        }
    }

    /// `169.254.0.0/16` or `fe80::/10` (RFC 3927 section 2.1, RFC 4291 section 2.5.6).
    pub const fn is_link_local(&self) -> bool {
        match self {
            Self::V4(addr) => addr.is_link_local(),
            Self::V6(addr) => addr.is_unicast_link_local(),
        }
    }

    /// Names one interface, as far as the address alone tells: neither unspecified, multicast nor
    /// the limited broadcast. A subnet's directed broadcast is known to the routing table only.
    pub const fn is_unicast(&self) -> bool {
        !self.is_unspecified() && !self.is_multicast() && !self.is_broadcast()
    }
}

impl From<Ipv4Addr> for Addr {
    #[inline]
    fn from(addr: Ipv4Addr) -> Self {
        Self::V4(addr)
    }
}

impl From<Ipv6Addr> for Addr {
    #[inline]
    fn from(addr: Ipv6Addr) -> Self {
        Self::V6(addr)
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(addr) => addr.fmt(f),
            Self::V6(addr) => addr.fmt(f),
        }
    }
}

/// One end of a flow: an address and a transport port.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Endpoint {
    /// The address.
    pub addr: Addr,
    /// The transport port, in host byte order.
    pub port: u16,
}

impl Endpoint {
    /// The endpoint `addr`:`port`, with `port` in host byte order.
    #[inline]
    pub const fn new(addr: Addr, port: u16) -> Self {
        Self { addr, port }
    }
}

impl fmt::Display for Endpoint {
    /// `192.0.2.1:80` or `[2001:db8::1]:80` (RFC 5952 section 6).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.addr {
            Addr::V4(addr) => write!(f, "{addr}:{}", self.port),
            Addr::V6(addr) => write!(f, "[{addr}]:{}", self.port),
        }
    }
}
