// SPDX-License-Identifier: GPL-2.0-only

//! The addresses of a connection, and what is made of them: its tuples.
//!
//! By full NAT the real server knows a local endpoint instead of the client: that of the lease which the connection has.
//!
//! Those of IPv4 outside of VRFs lie in the connection's line, others in the line behind it, [`Tail`]. Whether there is one is told by a
//! bit that the object has.

use core::net::Ipv4Addr;

use crate::{
    kapi::{
        rcu_table::Side,
        sync::Object, //
    },
    logic::{
        addr::Endpoint,
        tuple::{
            AddrPair,
            Tuple, //
        },
    },
    svc::{
        pool::Lease,
        Dest, //
    },
};

use super::{
    Conn,
    Toa, //
};

/// What lies in the line of a connection: without a [`Tail`] the addresses of client and service, as they stand in a packet;
/// with one the VRFs that packets of the client and of the real server belong to.
pub(super) struct InLine([u32; 2]);

impl InLine {
    #[inline(always)]
    fn of_addrs(client: Ipv4Addr, service: Ipv4Addr) -> Self {
        Self([client, service].map(|addr| u32::from_ne_bytes(addr.octets())))
    }

    #[inline(always)]
    fn addrs(&self) -> AddrPair {
        let [src, dst] = self.0.map(|addr| Ipv4Addr::from(addr.to_ne_bytes()));
        AddrPair::V4 { src, dst }
    }

    #[inline(always)]
    fn vrf(&self, side: Side) -> u32 {
        let [of_client, of_server] = self.0;
        match side {
            Side::Original => of_client,
            Side::Reply => of_server,
        }
    }
}

/// What a connection has that needs more than its line.
pub(crate) struct Tail {
    /// The addresses of client and service. That of the real server the destination has.
    addrs: AddrPair,
    /// By full NAT: by what it has its local endpoint.
    lease: Option<Lease>,
    /// How far it is with telling the real server of its client.
    pub(super) toa: Toa,
}

// With it a connection takes two lines.
const _: () = assert!(size_of::<Tail>() <= 64);

impl Tail {
    #[inline(always)]
    fn of_addrs(addrs: AddrPair) -> Self {
        Self {
            addrs,
            lease: None,
            toa: Toa::never(),
        }
    }
}

/// Where the addresses of a connection to a destination go whose first packet had this tuple.
#[inline(always)]
pub(super) fn of(tuple: &Tuple, dest: &Dest) -> (InLine, Option<Tail>) {
    let tail = Tail::of_addrs(tuple.addrs);
    match tuple.addrs {
        _ if tuple.vrf != 0 => (vrfs(tuple.vrf, dest), Some(tail)),
        AddrPair::V4 { src, dst } => (InLine::of_addrs(src, dst), None),
        AddrPair::V6 { .. } => (InLine([0; 2]), Some(tail)),
    }
}

/// The same by full NAT. No VRF has such.
pub(super) fn with_local(tuple: &Tuple, lease: Lease, toa: Toa) -> (InLine, Tail) {
    let tail = Tail {
        addrs: tuple.addrs,
        lease: Some(lease),
        toa,
    };
    (InLine([0; 2]), tail)
}

/// As [`of`], where the real server is told of the client.
pub(super) fn with_toa(tuple: &Tuple, dest: &Dest) -> (InLine, Tail) {
    let tail = Tail {
        addrs: tuple.addrs,
        lease: None,
        toa: Toa::begun(),
    };
    match tuple.vrf {
        0 => (InLine([0; 2]), tail),
        vrf => (vrfs(vrf, dest), tail),
    }
}

#[cold]
#[inline(never)]
fn vrfs(of_client: u32, dest: &Dest) -> InLine {
    InLine([of_client, dest.vrf_from(of_client)])
}

impl Object<Conn> {
    /// Returns the addresses of client and service.
    #[inline(always)]
    fn addrs(&self) -> AddrPair {
        match self.tail() {
            Some(tail) => tail.addrs,
            None => self.addrs.addrs(),
        }
    }

    /// Returns where the client is.
    #[inline]
    pub(crate) fn client(&self) -> Endpoint {
        Endpoint::new(self.addrs().src(), self.client_port)
    }

    /// Returns the virtual address and port.
    #[inline]
    pub(crate) fn service(&self) -> Endpoint {
        Endpoint::new(self.addrs().dst(), self.service_port)
    }

    /// Returns client and service of a connection that has a tail, as each by full NAT has.
    #[inline(always)]
    pub(crate) fn ends(&self) -> Option<(Endpoint, Endpoint)> {
        let addrs = &self.tail()?.addrs;
        let client = Endpoint::new(addrs.src(), self.client_port);
        let service = Endpoint::new(addrs.dst(), self.service_port);
        Some((client, service))
    }

    /// Returns by what the connection has its local endpoint, if it is one by full NAT.
    #[inline(always)]
    pub(crate) fn lease(&self) -> Option<&Lease> {
        self.tail()?.lease.as_ref()
    }

    /// Returns whom the real server answers: the far end of the reply tuple.
    #[inline]
    pub(crate) fn peer(&self) -> Endpoint {
        match self.lease() {
            Some(lease) => lease.local(),
            None => self.client(),
        }
    }

    /// Returns the VRF that packets from one side belong to, 0 for none.
    #[inline]
    pub(crate) fn vrf(&self, side: Side) -> u32 {
        match self.tail() {
            Some(_) => self.addrs.vrf(side),
            None => 0,
        }
    }

    /// Returns the tuple of the packets that arrive from one side.
    pub(crate) fn tuple(&self, side: Side) -> Option<Tuple> {
        match side {
            Side::Original => Tuple::new(self.client(), self.service(), self.protocol),
            Side::Reply => Tuple::new(self.real_server(), self.peer(), self.protocol),
        }
        .map(|tuple| tuple.in_vrf(self.vrf(side)))
    }

    /// Returns whether a packet that arrives from `side` with this tuple is of this connection.
    #[inline(always)]
    pub(crate) fn matches(&self, side: Side, tuple: &Tuple) -> bool {
        if tuple.protocol != self.protocol {
            return false;
        }
        match (self.tail(), tuple.addrs) {
            (None, AddrPair::V4 { .. }) => {
                tuple.vrf == 0 && self.is_between(self.addrs.addrs(), side, tuple)
            }
            (None, AddrPair::V6 { .. }) => false,
            (Some(tail), _) => {
                tuple.vrf == self.addrs.vrf(side) && self.is_between_with(tail, side, tuple)
            }
        }
    }

    /// Returns whether a packet that arrives from `side` with this tuple is of this connection, which has these addresses.
    #[inline(always)]
    fn is_between(&self, own: AddrPair, side: Side, tuple: &Tuple) -> bool {
        match side {
            Side::Original => {
                tuple.src_port == self.client_port
                    && tuple.dst_port == self.service_port
                    && tuple.addrs == own
            }
            Side::Reply => {
                tuple.dst_port == self.client_port
                    && tuple.src_port == self.server_port
                    && tuple.addrs.dst() == own.src()
                    && tuple.addrs.src() == self.dest.endpoint().addr
            }
        }
    }

    /// As [`Object::is_between`], of a connection that has a tail.
    #[inline(always)]
    fn is_between_with(&self, tail: &Tail, side: Side, tuple: &Tuple) -> bool {
        match (&tail.lease, side) {
            (None, _) | (Some(_), Side::Original) => self.is_between(tail.addrs, side, tuple),
            (Some(lease), Side::Reply) => {
                tuple.dst() == lease.local() && tuple.src() == self.real_server()
            }
        }
    }
}
