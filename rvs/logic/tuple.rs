// SPDX-License-Identifier: GPL-2.0-only

//! The tuple: what tells one flow in one direction from every other.

use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use super::{
    addr::{
        Addr,
        Endpoint,
        Family, //
    },
    protocol::Protocol,
    siphash::{
        self,
        HashKey,
        Tail, //
    }, //
};

/// Source and destination address; both are of the same family.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum AddrPair {
    /// The addresses of an IPv4 packet.
    V4 {
        /// Source address.
        src: Ipv4Addr,
        /// Destination address.
        dst: Ipv4Addr,
    },
    /// The addresses of an IPv6 packet.
    V6 {
        /// Source address.
        src: Ipv6Addr,
        /// Destination address.
        dst: Ipv6Addr,
    },
}

impl AddrPair {
    /// Both addresses, or `None` when their families differ.
    #[inline]
    pub const fn new(src: Addr, dst: Addr) -> Option<Self> {
        match (src, dst) {
            (Addr::V4(src), Addr::V4(dst)) => Some(Self::V4 { src, dst }),
            (Addr::V6(src), Addr::V6(dst)) => Some(Self::V6 { src, dst }),
            (Addr::V4(_), Addr::V6(_)) | (Addr::V6(_), Addr::V4(_)) => None,
        }
    }

    /// The same pair as seen by the other end.
    #[inline]
    pub const fn reversed(self) -> Self {
        match self {
            Self::V4 { src, dst } => Self::V4 { src: dst, dst: src },
            Self::V6 { src, dst } => Self::V6 { src: dst, dst: src },
        }
    }

    /// Source address.
    #[inline]
    pub const fn src(&self) -> Addr {
        match self {
            Self::V4 { src, .. } => Addr::V4(*src),
            Self::V6 { src, .. } => Addr::V6(*src),
        }
    }

    /// Destination address.
    #[inline]
    pub const fn dst(&self) -> Addr {
        match self {
            Self::V4 { dst, .. } => Addr::V4(*dst),
            Self::V6 { dst, .. } => Addr::V6(*dst),
        }
    }

    /// The family of both addresses.
    #[inline]
    pub const fn family(&self) -> Family {
        match self {
            Self::V4 { .. } => Family::V4,
            Self::V6 { .. } => Family::V6,
        }
    }
}

/// The addresses, ports and protocol of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Tuple {
    /// Source and destination address.
    pub addrs: AddrPair,
    /// Source port, in host byte order.
    pub src_port: u16,
    /// Destination port, in host byte order.
    pub dst_port: u16,
    /// Transport protocol.
    pub protocol: Protocol,
    /// The VRF that the packet belongs to, by the index of its device: the same addresses are other hosts there. 0 where
    /// it belongs to none.
    pub vrf: u32,
}

impl Tuple {
    /// The tuple of packets from `src` to `dst`, or `None` when their families differ.
    #[inline]
    pub const fn new(src: Endpoint, dst: Endpoint, protocol: Protocol) -> Option<Self> {
        match AddrPair::new(src.addr, dst.addr) {
            Some(addrs) => Some(Self {
                addrs,
                src_port: src.port,
                dst_port: dst.port,
                protocol,
                vrf: 0,
            }),
            None => None,
        }
    }

    /// The tuple of packets that answer this one.
    #[inline]
    pub const fn reversed(self) -> Self {
        Self {
            addrs: self.addrs.reversed(),
            src_port: self.dst_port,
            dst_port: self.src_port,
            protocol: self.protocol,
            vrf: self.vrf,
        }
    }

    /// The same tuple in a VRF.
    #[inline]
    pub const fn in_vrf(self, vrf: u32) -> Self {
        Self { vrf, ..self }
    }

    /// Where packets of this tuple come from.
    #[inline]
    pub const fn src(&self) -> Endpoint {
        Endpoint::new(self.addrs.src(), self.src_port)
    }

    /// Where packets of this tuple go to.
    #[inline]
    pub const fn dst(&self) -> Endpoint {
        Endpoint::new(self.addrs.dst(), self.dst_port)
    }

    /// The address family of the tuple.
    #[inline]
    pub const fn family(&self) -> Family {
        self.addrs.family()
    }

    /// The hash of every field, keyed so that a stranger cannot predict it.
    ///
    /// The message is source address, destination address, source port, destination port and
    /// protocol number, all as they stand in the packet: 13 bytes for IPv4 and 37 for IPv6, so
    /// that messages of the two families differ in length and never collide by construction. In a VRF its 16 lowest bits are
    /// behind them.
    #[inline(always)]
    pub fn hash(&self, key: &HashKey) -> u64 {
        let tail = Tail {
            bytes: u64::from(self.src_port.swap_bytes())
                | u64::from(self.dst_port.swap_bytes()) << 16
                | u64::from(self.protocol.number()) << 32
                | u64::from(self.vrf as u16) << 40,
            len: if self.vrf == 0 { 5 } else { 7 },
        };
        match self.addrs {
            AddrPair::V4 { src, dst } => {
                let src = u32::from_le_bytes(src.octets());
                let dst = u32::from_le_bytes(dst.octets());
                siphash::hash(key, [u64::from(src) | u64::from(dst) << 32], tail)
            }
            AddrPair::V6 { src, dst } => {
                let src = u128::from_le_bytes(src.octets());
                let dst = u128::from_le_bytes(dst.octets());
                let words = [
                    src as u64,
                    (src >> 64) as u64,
                    dst as u64,
                    (dst >> 64) as u64,
                ];
                siphash::hash(key, words, tail)
            }
        }
    }
}
