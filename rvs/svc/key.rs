// SPDX-License-Identifier: GPL-2.0-only

//! What names a service.

use core::cmp::Ordering;

use crate::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    protocol::Protocol,
    spread::spread,
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

    /// Returns virtual address and port.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.addr, self.port)
    }

    /// Returns the hash for the table of services.
    #[inline]
    pub(crate) fn hash(&self) -> u64 {
        let rest = u64::from(self.port) << 32 | u64::from(self.protocol.number()) << 48;
        match self.addr {
            Addr::V4(addr) => spread(u64::from(addr.to_bits()) | rest),
            Addr::V6(addr) => {
                let bits = addr.to_bits();
                let upper = spread((bits >> 64) as u64);
                spread(spread(upper ^ bits as u64) ^ rest)
            }
        }
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
