// SPDX-License-Identifier: GPL-2.0-only

//! What names a service.

use core::{
    cmp::Ordering,
    net::{
        Ipv4Addr,
        Ipv6Addr, //
    },
};

use crate::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    protocol::Protocol,
    siphash::HashKey,
    tuple::{
        AddrPair,
        Tuple, //
    },
};

/// Protocol, virtual address and port of a service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ServiceKey {
    /// Transport protocol.
    pub(crate) protocol: Protocol,
    /// Virtual address.
    pub(crate) addr: Addr,
    /// Virtual port, in host order.
    pub(crate) port: u16,
}

impl ServiceKey {
    /// The service that a packet to `destination` is for.
    #[inline]
    pub(crate) fn of(protocol: Protocol, destination: Endpoint) -> Self {
        Self {
            protocol,
            addr: destination.addr,
            port: destination.port,
        }
    }

    /// Returns the hash for the table of services: that of a tuple from nowhere to the service.
    #[inline]
    pub(crate) fn hash(&self, key: &HashKey) -> u64 {
        let addrs = match self.addr {
            Addr::V4(dst) => AddrPair::V4 {
                src: Ipv4Addr::UNSPECIFIED,
                dst,
            },
            Addr::V6(dst) => AddrPair::V6 {
                src: Ipv6Addr::UNSPECIFIED,
                dst,
            },
        };
        let tuple = Tuple {
            addrs,
            src_port: 0,
            dst_port: self.port,
            protocol: self.protocol,
        };
        tuple.hash(key)
    }

    /// What services are listed by: protocol, family, address, port.
    fn order(&self) -> (u8, u8, u128, u16) {
        let (family, addr) = match self.addr {
            Addr::V4(addr) => (4, u32::from(addr).into()),
            Addr::V6(addr) => (6, u128::from(addr)),
        };
        (self.protocol.number(), family, addr, self.port)
    }
}

impl PartialOrd for ServiceKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ServiceKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}
