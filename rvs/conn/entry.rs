// SPDX-License-Identifier: GPL-2.0-only

//! One connection.

mod addresses;
mod advance;
mod forwarding;
mod toa;

use addresses::{
    InLine,
    Tail, //
};

pub(crate) use advance::Transition;
pub(crate) use forwarding::Forwarding;
pub(crate) use toa::Toa;

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
        sync::{
            Alone,
            Cache,
            Extended,
            Extensible,
            Object,
            RcuArc,
            Tailed, //
        },
        time,
    },
    logic::{
        addr::Endpoint,
        defences,
        pool::must_rest,
        protocol::Protocol,
        service_key::FTP_PORT,
        state::{
            tcp,
            Direction,
            State,
            Tracked, //
        },
        tuple::Tuple,
        wheel,
    },
    svc::{
        pool::Lease,
        Dest,
        Forward, //
    },
};

/// Where connections are allocated; `rvs_conn` in `/proc/slabinfo`.
pub(crate) static CACHE: Cache<Object<Conn>> = Cache::new();

/// Where those are whose addresses are longer, or other ones than the rest need; `rvs_conn_tail` there.
pub(crate) static TAILED: Cache<Tailed<Conn>> = Cache::new();

/// Where those are that have more than a connection needs; `rvs_conn_ext` there.
pub(crate) static EXTENDED: Cache<Extended<Conn>> = Cache::new();

/// What few connections have. It lies behind the connection, from its third cache line on; whether
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

/// Whether a connection with this tuple, by this method, is a control connection of FTP, in which addresses are
/// translated.
#[inline]
fn is_control(tuple: &Tuple, forward: Forward) -> bool {
    tuple.dst_port == FTP_PORT && tuple.protocol == Protocol::Tcp && matches!(forward, Forward::Nat)
}

/// How far a connection by this method is with telling the real server of its client where it begins. Servers of ENAT
/// that are reached by full NAT, as there is no room for the option, are not told.
fn toa_of(tuple: &Tuple, dest: &Dest, forward: Forward) -> Toa {
    if dest.shared().tells(forward, tuple.protocol) && dest.forward() == forward {
        Toa::begun()
    } else {
        Toa::never()
    }
}

impl Extensible for Conn {
    type Tail = Tail;
    type Extension = Extension;
}

/// A connection from a client through a service to a destination.
///
/// What a packet needs comes first, to lie in one cache line.
#[repr(C)]
pub(crate) struct Conn {
    addrs: InLine,
    reply_route: Atomic<RouteNumber>,
    client_port: u16,
    service_port: u16,
    protocol: Protocol,
    forwarding: Forwarding,
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
        forward: Forward,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        if is_control(tuple, forward) {
            return Self::of_control(tuple, dest, now);
        }
        match addresses::of(tuple, &dest) {
            (addrs, None) => {
                let memory = CACHE.allocate()?;
                Ok(memory.fill(Self::begun(addrs, tuple, dest, forward, now)))
            }
            (addrs, Some(tail)) => {
                let memory = TAILED.allocate()?;
                Ok(memory.fill(Self::begun(addrs, tuple, dest, forward, now), tail))
            }
        }
    }

    /// As [`Conn::new`], of one that has a local endpoint.
    pub(super) fn with_local(
        tuple: &Tuple,
        dest: Arc<Dest>,
        forward: Forward,
        lease: Lease,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        let memory = TAILED.allocate()?;
        let toa = toa_of(tuple, &dest, forward);
        let (addrs, tail) = addresses::with_local(tuple, lease, toa);
        let conn = Self::begun(addrs, tuple, dest, forward, now);
        Ok(memory.fill(conn, tail))
    }

    /// As [`Conn::new`], of one by NAT whose real server is told of its client.
    #[cold]
    #[inline(never)]
    pub(super) fn with_toa(
        tuple: &Tuple,
        dest: Arc<Dest>,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        if is_control(tuple, Forward::Nat) {
            return Self::of_control(tuple, dest, now);
        }
        let memory = TAILED.allocate()?;
        let (addrs, tail) = addresses::with_toa(tuple, &dest);
        let mut conn = Self::begun(addrs, tuple, dest, Forward::Nat, now);
        conn.forwarding = Forwarding::NatToa;
        Ok(memory.fill(conn, tail))
    }

    /// As [`Conn::new`], of a control connection of FTP.
    #[cold]
    #[inline(never)]
    fn of_control(
        tuple: &Tuple,
        dest: Arc<Dest>,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        let (addrs, tail) = addresses::of(tuple, &dest);
        let extension = Extension {
            template: None,
            control: Some(Control::new()),
            data: None,
        };
        let memory = EXTENDED.allocate()?;
        Ok(memory.fill(
            Self::begun(addrs, tuple, dest, Forward::Nat, now),
            tail,
            extension,
        ))
    }

    /// As [`Conn::new`], of one for data of FTP, which waits for the first packet of either end. The server, which is that
    /// of the control connection, has it at `server_port`.
    pub(super) fn of_data(
        tuple: &Tuple,
        control: RcuArc<Self>,
        server_port: u16,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        let (dest, forward) = (control.dest().clone(), control.forward());
        let (addrs, tail) = addresses::of(tuple, &dest);
        let extension = Extension {
            template: None,
            control: None,
            data: Some(DataLink::new(control)),
        };
        let mut conn = Self::begun(addrs, tuple, dest, forward, now);
        conn.server_port = server_port;
        conn.word = Atomic::new(Tracked::new(State::Tcp(tcp::State::Listen)).to_u8().into());
        Ok(EXTENDED.allocate()?.fill(conn, tail, extension))
    }

    /// Makes a connection for one packet, which has this tuple, to `server_port` of the real server. It is in no
    /// table; its destination counts it for as long as it lives.
    pub(crate) fn of_one_packet(
        tuple: &Tuple,
        dest: Arc<Dest>,
        server_port: u16,
        now: u32,
    ) -> Alone<Self> {
        let (addrs, tail) = addresses::of(tuple, &dest);
        let forward = dest.forward();
        let mut conn = Self::begun(addrs, tuple, dest, forward, now);
        conn.server_port = server_port;
        conn.settle();
        Alone::new(conn, tail)
    }

    /// As [`Conn::new`], of one that comes of a template.
    pub(super) fn of_template(
        tuple: &Tuple,
        template: RcuArc<Template>,
        forward: Forward,
        lease: Option<Lease>,
        now: u32,
    ) -> Result<(RcuArc<Self>, RcuArc<Self>), AllocError> {
        let dest = template.dest().clone();
        let server_port = template.server_port(tuple.dst_port);
        let has_toa = forward == Forward::Nat
            && dest.shared().tells(forward, tuple.protocol)
            && !is_control(tuple, forward);
        let (addrs, tail) = match lease {
            Some(lease) => {
                let toa = toa_of(tuple, &dest, forward);
                let (addrs, tail) = addresses::with_local(tuple, lease, toa);
                (addrs, Some(tail))
            }
            None if has_toa => {
                let (addrs, tail) = addresses::with_toa(tuple, &dest);
                (addrs, Some(tail))
            }
            None => addresses::of(tuple, &dest),
        };
        let extension = Extension {
            template: Some(TemplateLink::new(template)),
            control: is_control(tuple, forward).then(Control::new),
            data: None,
        };
        let mut conn = Self::begun(addrs, tuple, dest, forward, now);
        conn.server_port = server_port;
        if has_toa {
            conn.forwarding = Forwarding::NatToa;
        }
        Ok(EXTENDED.allocate()?.fill(conn, tail, extension))
    }

    /// A connection in its first state, of which its destination does not know yet.
    #[inline(always)]
    fn begun(addrs: InLine, tuple: &Tuple, dest: Arc<Dest>, forward: Forward, now: u32) -> Self {
        Self {
            addrs,
            reply_route: Atomic::new(0),
            client_port: tuple.src_port,
            service_port: tuple.dst_port,
            protocol: tuple.protocol,
            forwarding: forward.into(),
            server_port: dest.port_for(tuple.dst_port),
            word: Atomic::new(Tracked::new(State::initial(tuple.protocol)).to_u8().into()),
            last_seen: Atomic::new(now),
            dest,
        }
    }

    /// Returns where the real server is: its port is that of the packets where the destination has none.
    #[inline]
    pub(crate) fn real_server(&self) -> Endpoint {
        Endpoint::new(self.dest.endpoint().addr, self.server_port)
    }

    /// Returns the number of the route that replies take, 0 until one is known.
    #[inline]
    pub(crate) fn reply_route(&self) -> RouteNumber {
        self.reply_route.load(Relaxed)
    }

    /// Notes the route that replies take.
    pub(crate) fn set_reply_route(&self, number: RouteNumber) {
        self.reply_route.store(number, Relaxed);
    }

    /// Returns the number of the route by which a packet of the client has passed every hook on its way to
    /// the real server, 0 until one has.
    #[inline]
    pub(crate) fn confirmed_route(&self) -> LookupNumber {
        self.word.load(Relaxed) >> word::ROUTE_SHIFT
    }

    /// Has later packets of either side pass the hooks again.
    #[cold]
    #[inline(never)]
    pub(crate) fn forget_routes(&self) {
        self.confirm_route(0);
        self.set_reply_route(0);
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

    /// Returns whether what comes from the real server has a tuple of its own: replies that pass the director. By ENAT it is what a
    /// server without its half answers, and what errors are about.
    pub(crate) fn has_reply_tuple(&self) -> bool {
        match self.forwarding {
            Forwarding::Nat | Forwarding::NatToa | Forwarding::Fullnat | Forwarding::Enat => true,
            Forwarding::Dr | Forwarding::Tun => false,
        }
    }

    /// Returns what a packet of the client tells of the connection: where replies do not pass the
    /// director, the real server's part has to be guessed.
    #[inline]
    pub(crate) fn request_direction(&self) -> Direction {
        match self.forwarding {
            Forwarding::Nat | Forwarding::NatToa | Forwarding::Fullnat => Direction::Original,
            Forwarding::Dr | Forwarding::Tun | Forwarding::Enat => Direction::OriginalOnly,
        }
    }

    /// Returns the transport protocol.
    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Returns how packets reach the real server.
    #[inline]
    pub(crate) fn forward(&self) -> Forward {
        self.forwarding.into()
    }

    /// Returns the same with what is done besides.
    #[inline(always)]
    pub(crate) fn forwarding(&self) -> Forwarding {
        self.forwarding
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

    /// Returns for how many jiffies before `now` no packet was seen.
    pub(super) fn silence(&self, now: u32) -> u32 {
        now.wrapping_sub(self.last_seen.load(Relaxed))
    }

    /// Returns whether no packet was seen for so many jiffies before `now`.
    pub(crate) fn is_silent_for(&self, jiffies: u32, now: u32) -> bool {
        self.silence(now) >= jiffies
    }

    /// Returns whether the real server may not be done with the local endpoint of a connection that ends at `now` (jiffies).
    pub(super) fn must_rest(&self, now: u32) -> bool {
        let seconds = self.silence(now).checked_div(time::hz()).unwrap_or(0);
        must_rest(self.state(), seconds)
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
