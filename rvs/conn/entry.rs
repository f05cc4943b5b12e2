// SPDX-License-Identifier: GPL-2.0-only

//! One connection.

mod advance;

pub(crate) use advance::Transition;

use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc, //
    },
};

use super::{
    control::{
        Control,
        DataLink, //
    },
    reply_routes::RouteNumber,
    template::{
        Template,
        TemplateLink, //
    },
};

use crate::{
    kapi::{
        net::LookupNumber,
        rcu_table::Side,
        sync::{
            Cache,
            ExtendedCache,
            Extensible,
            RcuArc, //
        },
        time,
    },
    logic::{
        addr::{
            Addr,
            Endpoint, //
        },
        defences,
        protocol::Protocol,
        service_key::FTP_PORT,
        state::{
            tcp,
            Direction,
            State,
            Tracked, //
        },
        tuple::{
            AddrPair,
            Tuple, //
        },
        wheel,
    },
    svc::{
        Dest,
        Forward, //
    },
};

/// Where connections are allocated; `rvs_conn` in `/proc/slabinfo`.
pub(crate) static CACHE: Cache<Conn> = Cache::new();

/// Where those are that have more than a connection needs; `rvs_conn_ext` there.
pub(crate) static EXTENDED: ExtendedCache<Conn> = ExtendedCache::new();

/// What few connections have. It lies behind the connection, from its second cache line on; whether
/// there is one is told by a bit in the first: see [`Extensible`].
pub(crate) struct Extension {
    template: Option<TemplateLink>,
    control: Option<Control>,
    data: Option<DataLink>,
}

impl Extension {
    /// Returns the template that the connection came of.
    pub(crate) fn template(&self) -> Option<&TemplateLink> {
        self.template.as_ref()
    }

    /// Returns what is remembered of a control connection of FTP, if it is one.
    pub(crate) fn control(&self) -> Option<&Control> {
        self.control.as_ref()
    }

    /// Returns the control connection of FTP that it is for the data of, if it is for any.
    pub(super) fn data(&self) -> Option<&DataLink> {
        self.data.as_ref()
    }
}

/// Whether a connection with this tuple to this destination is a control connection of FTP, in which addresses are
/// translated.
#[inline]
fn is_control(tuple: &Tuple, dest: &Dest) -> bool {
    tuple.dst_port == FTP_PORT
        && tuple.protocol == Protocol::Tcp
        && matches!(dest.forward(), Forward::Nat)
}

impl Extensible for Conn {
    type Extension = Extension;
}

/// The addresses of a connection, but that of the real server, which the destination has, and the
/// number of the route of its replies. Those of IPv6 or of a VRF have a place of their own, so that other
/// IPv4 connections stay within one cache line.
enum Addresses {
    V4 {
        client: Ipv4Addr,
        service: Ipv4Addr,
        reply_route: Atomic<RouteNumber>,
    },
    V6(KBox<AddressesV6>),
    OfVrf(KBox<AddressesOfVrf>),
}

struct AddressesV6 {
    client: Ipv6Addr,
    service: Ipv6Addr,
    reply_route: Atomic<RouteNumber>,
}

struct AddressesOfVrf {
    client: Addr,
    service: Addr,
    /// The VRFs that packets of the client and of the real server belong to.
    client_vrf: u32,
    server_vrf: u32,
    reply_route: Atomic<RouteNumber>,
}

impl Addresses {
    /// Those of a connection to a destination whose first packet had this tuple.
    #[inline(always)]
    fn of(tuple: &Tuple, dest: &Dest) -> Result<Self, AllocError> {
        if tuple.vrf != 0 {
            return Self::of_vrf(tuple, dest);
        }
        match tuple.addrs {
            AddrPair::V4 { src, dst } => Ok(Self::V4 {
                client: src,
                service: dst,
                reply_route: Atomic::new(0),
            }),
            AddrPair::V6 { src, dst } => {
                let addrs = AddressesV6 {
                    client: src,
                    service: dst,
                    reply_route: Atomic::new(0),
                };
                // As the connection itself: the reserves are left alone.
                Ok(Self::V6(KBox::new(addrs, GFP_NOWAIT)?))
            }
        }
    }

    /// The same in a VRF.
    #[cold]
    #[inline(never)]
    fn of_vrf(tuple: &Tuple, dest: &Dest) -> Result<Self, AllocError> {
        let addrs = AddressesOfVrf {
            client: tuple.addrs.src(),
            service: tuple.addrs.dst(),
            client_vrf: tuple.vrf,
            server_vrf: dest.vrf_from(tuple.vrf),
            reply_route: Atomic::new(0),
        };
        Ok(Self::OfVrf(KBox::new(addrs, GFP_NOWAIT)?))
    }
}

/// A connection from a client through a service to a destination.
///
/// What a packet needs comes first, to lie in one cache line.
#[repr(C)]
pub(crate) struct Conn {
    addrs: Addresses,
    client_port: u16,
    service_port: u16,
    protocol: Protocol,
    forward: Forward,
    server_port: u16,
    word: Atomic<u32>,
    last_seen: Atomic<u32>,
    dest: Arc<Dest>,
}

// With what `RcuArc` adds, that is one cache line.
const _: () = assert!(size_of::<Conn>() <= 40);

/// Bits of a connection's word: the state, and what goes with it.
mod word {
    use super::Tracked;

    /// The state, and what is remembered of the one before a reset, as their number.
    pub(super) const STATE: u32 = Tracked::MASK as u32;
    /// The destination counts the connection as active.
    pub(super) const ACTIVE: u32 = 1 << 8;
    /// The connection was taken out of the table and only waits to be freed.
    pub(super) const DEAD: u32 = 1 << 9;
    /// Both ends have been heard of, as far as that can be told: no flood has made it.
    pub(super) const ASSURED: u32 = 1 << 10;
    /// The connection is in the table under all its tuples, and its destination counts it.
    pub(super) const COUNTED: u32 = 1 << 11;
    /// Where the number of the confirmed route begins, which takes the rest.
    pub(super) const ROUTE_SHIFT: u32 = 12;
    /// That number, 0 for none.
    pub(super) const ROUTE: u32 = u32::MAX << ROUTE_SHIFT;

    /// What a word becomes with another state.
    #[inline(always)]
    pub(super) fn after(old: u32, next: Tracked) -> u32 {
        let active = if next.state().is_active() { ACTIVE } else { 0 };
        (old & !(STATE | ACTIVE)) | u32::from(next.to_u8()) | active
    }
}

impl Conn {
    /// Makes a connection for the first packet of a flow, which had this tuple, in the initial
    /// state of its protocol. `now` is in jiffies. One of the two references is for the table.
    #[inline(always)]
    pub(crate) fn new(
        tuple: &Tuple,
        dest: Arc<Dest>,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        if is_control(tuple, &dest) {
            return Self::of_control(tuple, dest, now);
        }
        let memory = CACHE.allocate()?;
        let addrs = Addresses::of(tuple, &dest)?;
        Ok(memory.fill(Self::begun(addrs, tuple, dest, now)))
    }

    /// As [`Conn::new`], of a control connection of FTP.
    #[cold]
    #[inline(never)]
    fn of_control(
        tuple: &Tuple,
        dest: Arc<Dest>,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        let addrs = Addresses::of(tuple, &dest)?;
        let extension = Extension {
            template: None,
            control: Some(Control::new()),
            data: None,
        };
        EXTENDED.make(Self::begun(addrs, tuple, dest, now), extension)
    }

    /// As [`Conn::new`], of one for data of FTP, which waits for the first packet of either end. The server, which is that
    /// of the control connection, has it at `server_port`.
    pub(super) fn of_data(
        tuple: &Tuple,
        control: RcuArc<Self>,
        server_port: u16,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        let dest = control.dest().clone();
        let addrs = Addresses::of(tuple, &dest)?;
        let extension = Extension {
            template: None,
            control: None,
            data: Some(DataLink::new(control)),
        };
        let mut conn = Self::begun(addrs, tuple, dest, now);
        conn.server_port = server_port;
        conn.word = Atomic::new(Tracked::new(State::Tcp(tcp::State::Listen)).to_u8().into());
        EXTENDED.make(conn, extension)
    }

    /// Makes a connection for one packet, which has this tuple, to `server_port` of the real server. It is in no
    /// table; its destination counts it for as long as it lives.
    pub(crate) fn of_one_packet(
        tuple: &Tuple,
        dest: Arc<Dest>,
        server_port: u16,
        now: u32,
    ) -> Result<Self, AllocError> {
        let addrs = Addresses::of(tuple, &dest)?;
        let mut conn = Self::begun(addrs, tuple, dest, now);
        conn.server_port = server_port;
        conn.settle();
        Ok(conn)
    }

    /// As [`Conn::new`], of one that comes of a template.
    pub(super) fn of_template(
        tuple: &Tuple,
        template: RcuArc<Template>,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        let dest = template.dest().clone();
        let service = template.key().service;
        let server_port = service.kept_port(dest.endpoint().port, tuple.dst_port);
        let addrs = Addresses::of(tuple, &dest)?;
        let extension = Extension {
            template: Some(TemplateLink::new(template)),
            control: is_control(tuple, &dest).then(Control::new),
            data: None,
        };
        let mut conn = Self::begun(addrs, tuple, dest, now);
        conn.server_port = server_port;
        EXTENDED.make(conn, extension)
    }

    /// A connection in its first state, of which its destination does not know yet.
    #[inline(always)]
    fn begun(addrs: Addresses, tuple: &Tuple, dest: Arc<Dest>, now: u32) -> Self {
        Self {
            addrs,
            client_port: tuple.src_port,
            service_port: tuple.dst_port,
            protocol: tuple.protocol,
            forward: dest.forward(),
            server_port: dest.port_for(tuple.dst_port),
            word: Atomic::new(Tracked::new(State::initial(tuple.protocol)).to_u8().into()),
            last_seen: Atomic::new(now),
            dest,
        }
    }

    /// Returns where the client is.
    #[inline]
    pub(crate) fn client(&self) -> Endpoint {
        let addr = match &self.addrs {
            Addresses::V4 { client, .. } => Addr::V4(*client),
            Addresses::V6(addrs) => Addr::V6(addrs.client),
            Addresses::OfVrf(addrs) => addrs.client,
        };
        Endpoint::new(addr, self.client_port)
    }

    /// Returns the virtual address and port.
    #[inline]
    pub(crate) fn service(&self) -> Endpoint {
        let addr = match &self.addrs {
            Addresses::V4 { service, .. } => Addr::V4(*service),
            Addresses::V6(addrs) => Addr::V6(addrs.service),
            Addresses::OfVrf(addrs) => addrs.service,
        };
        Endpoint::new(addr, self.service_port)
    }

    /// Returns where the real server is: its port is that of the packets where the destination has none.
    #[inline]
    pub(crate) fn real_server(&self) -> Endpoint {
        Endpoint::new(self.dest.endpoint().addr, self.server_port)
    }

    /// Returns the number of the route that replies take, 0 until one is known.
    #[inline]
    pub(crate) fn reply_route(&self) -> RouteNumber {
        self.reply_route_place().load(Relaxed)
    }

    /// Notes the route that replies take.
    pub(crate) fn set_reply_route(&self, number: RouteNumber) {
        self.reply_route_place().store(number, Relaxed);
    }

    /// Returns the number of the route by which a packet of the client has passed every hook on its way to
    /// the real server, 0 until one has.
    #[inline]
    pub(crate) fn confirmed_route(&self) -> LookupNumber {
        self.word.load(Relaxed) >> word::ROUTE_SHIFT
    }

    /// Notes that a packet of the client has passed every hook on its way by the route of this number. Once
    /// for a flow and each change of the routes.
    #[cold]
    #[inline(never)]
    pub(crate) fn confirm_route(&self, number: LookupNumber) {
        let mut old = self.word.load(Relaxed);
        loop {
            let new = (old & !word::ROUTE) | number << word::ROUTE_SHIFT;
            match self.word.cmpxchg(old, new, Relaxed) {
                Ok(_) => return,
                Err(current) => old = current,
            }
        }
    }

    #[inline]
    fn reply_route_place(&self) -> &Atomic<RouteNumber> {
        match &self.addrs {
            Addresses::V4 { reply_route, .. } => reply_route,
            Addresses::V6(addrs) => &addrs.reply_route,
            Addresses::OfVrf(addrs) => &addrs.reply_route,
        }
    }

    /// Returns the tuple of the packets that arrive from one side.
    pub(crate) fn tuple(&self, side: Side) -> Option<Tuple> {
        match side {
            Side::Original => Tuple::new(self.client(), self.service(), self.protocol),
            Side::Reply => Tuple::new(self.real_server(), self.client(), self.protocol),
        }
        .map(|tuple| tuple.in_vrf(self.vrf(side)))
    }

    /// Returns the VRF that packets from one side belong to, 0 for none.
    pub(crate) fn vrf(&self, side: Side) -> u32 {
        match (&self.addrs, side) {
            (Addresses::V4 { .. } | Addresses::V6(_), _) => 0,
            (Addresses::OfVrf(addrs), Side::Original) => addrs.client_vrf,
            (Addresses::OfVrf(addrs), Side::Reply) => addrs.server_vrf,
        }
    }

    /// Returns whether a packet that arrives from `side` with this tuple is of this connection.
    #[inline(always)]
    pub(crate) fn matches(&self, side: Side, tuple: &Tuple) -> bool {
        if tuple.protocol != self.protocol {
            return false;
        }
        match (&self.addrs, tuple.addrs, side) {
            (
                Addresses::V4 {
                    client, service, ..
                },
                AddrPair::V4 { src, dst },
                Side::Original,
            ) => {
                src == *client
                    && dst == *service
                    && tuple.vrf == 0
                    && tuple.src_port == self.client_port
                    && tuple.dst_port == self.service_port
            }
            (Addresses::V4 { client, .. }, AddrPair::V4 { dst, .. }, Side::Reply) => {
                dst == *client
                    && tuple.vrf == 0
                    && tuple.dst_port == self.client_port
                    && tuple.src_port == self.server_port
                    && tuple.addrs.src() == self.dest.endpoint().addr
            }
            (Addresses::V6(own), AddrPair::V6 { src, dst }, Side::Original) => {
                tuple.src_port == self.client_port
                    && tuple.vrf == 0
                    && tuple.dst_port == self.service_port
                    && src == own.client
                    && dst == own.service
            }
            (Addresses::V6(own), AddrPair::V6 { dst, .. }, Side::Reply) => {
                tuple.dst_port == self.client_port
                    && tuple.vrf == 0
                    && tuple.src_port == self.server_port
                    && dst == own.client
                    && tuple.addrs.src() == self.dest.endpoint().addr
            }
            (Addresses::V4 { .. }, AddrPair::V6 { .. }, _)
            | (Addresses::V6(_), AddrPair::V4 { .. }, _) => false,
            (Addresses::OfVrf(_), _, _) => self.has_tuple(side, tuple),
        }
    }

    /// As [`Conn::matches`], of a connection of a VRF.
    #[cold]
    #[inline(never)]
    fn has_tuple(&self, side: Side, tuple: &Tuple) -> bool {
        self.tuple(side).is_some_and(|own| own == *tuple)
    }

    /// Returns whether replies pass the director, so that they have a tuple of their own.
    pub(crate) fn has_reply_tuple(&self) -> bool {
        match self.forward {
            Forward::Nat => true,
            Forward::Dr | Forward::Tun => false,
        }
    }

    /// Returns what a packet of the client tells of the connection: where replies do not pass the
    /// director, the real server's part has to be guessed.
    #[inline]
    pub(crate) fn request_direction(&self) -> Direction {
        if self.has_reply_tuple() {
            Direction::Original
        } else {
            Direction::OriginalOnly
        }
    }

    /// Returns the transport protocol.
    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Returns how packets reach the real server.
    #[inline]
    pub(crate) fn forward(&self) -> Forward {
        self.forward
    }

    /// Returns the destination.
    #[inline]
    pub(crate) fn dest(&self) -> &Arc<Dest> {
        &self.dest
    }

    /// Returns the state.
    pub(crate) fn state(&self) -> State {
        self.tracked_of(self.word.load(Relaxed)).state()
    }

    /// Returns whether both ends are done, so that the ports may be used again.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        Tracked::is_over((self.word.load(Relaxed) & word::STATE) as u8)
    }

    /// Returns whether the server was removed, and the connection ends for it by itself.
    pub(super) fn ends_with_server(&self) -> bool {
        !self.dest.is_available() && self.dest.shared().removal().ends_at_once(self.state())
    }

    /// Returns whether no packet was seen for so many jiffies before `now`.
    pub(crate) fn is_silent_for(&self, jiffies: u32, now: u32) -> bool {
        now.wrapping_sub(self.last_seen.load(Relaxed)) >= jiffies
    }

    /// Returns whether the connection may be ended to make room for another one: it is half open,
    /// or a datagram without an answer, or over.
    pub(super) fn is_expendable(&self) -> bool {
        let word = self.word.load(Relaxed);
        if word & word::DEAD != 0 {
            return false;
        }
        word & word::ASSURED == 0
            || self.tracked_of(word).state() == State::Tcp(tcp::State::TimeWait)
    }

    /// Returns whether `drop_entry` ends the connection, at `now` (jiffies).
    pub(super) fn is_for_defence(&self, now: u32) -> bool {
        let word = self.word.load(Relaxed);
        word & word::DEAD == 0
            && defences::ends_entry(
                self.tracked_of(word).state(),
                word & word::ASSURED != 0,
                self.is_silent_for(defences::SILENCE.saturating_mul(time::hz()), now),
            )
    }

    /// As [`Conn::deadline`], of a connection that nobody knows yet, which began at `now` (jiffies).
    #[inline(always)]
    pub(super) fn first_deadline(&self, now: u32, hz: u32) -> u32 {
        let timeout = self.dest.shared().timeout(State::initial(self.protocol));
        wheel::deadline(now, timeout.saturating_mul(hz))
    }

    /// Returns the jiffy in which the connection will have been idle for too long; none when it
    /// was taken out of the table.
    #[inline]
    pub(crate) fn deadline(&self, hz: u32) -> Option<u32> {
        if self.is_dead() {
            return None;
        }
        let timeout = self.dest.shared().timeout(self.state());
        let timeout = timeout.saturating_mul(hz);
        Some(wheel::deadline(self.last_seen.load(Relaxed), timeout))
    }

    /// Has the destination count the connection, which is in the table under all its tuples. False
    /// when it has ended meanwhile, and is not counted.
    #[inline(always)]
    pub(super) fn settle(&self) -> bool {
        let mut old = self.word.load(Relaxed);
        if old & word::DEAD != 0 {
            return false;
        }
        Dest::connection_begins(&self.dest);
        loop {
            match self.word.cmpxchg(old, old | word::COUNTED, Full) {
                Ok(_) => return true,
                Err(current) => old = current,
            }
            if old & word::DEAD != 0 {
                // Who has ended it did not know that it is counted.
                self.dest.connection_ends();
                return false;
            }
        }
    }

    /// Marks the connection as taken out of the table; its destination does not count it any more,
    /// though its memory waits for a grace period. True for the caller that did it first. Full
    /// ordering.
    pub(super) fn die(&self) -> bool {
        let mut old = self.word.load(Relaxed);
        loop {
            if old & word::DEAD != 0 {
                return false;
            }
            match self.word.cmpxchg(old, old | word::DEAD, Full) {
                Ok(_) => break,
                Err(current) => old = current,
            }
        }
        if old & word::ACTIVE != 0 {
            self.dest.connection_deactivates();
        }
        if old & word::COUNTED != 0 {
            self.dest.connection_ends();
        }
        true
    }

    #[inline(always)]
    fn tracked_of(&self, word: u32) -> Tracked {
        Tracked::of(self.protocol, (word & word::STATE) as u8)
    }

    /// Returns whether the connection was taken out of the table, or is about to be.
    pub(super) fn is_dead(&self) -> bool {
        self.word.load(Relaxed) & word::DEAD != 0
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        // Of those that were never in a table, or whose namespace went.
        self.die();
    }
}
