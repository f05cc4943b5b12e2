// SPDX-License-Identifier: GPL-2.0-only

//! Masquerading: sending a client's packet to the real server's address and port.

use core::marker::PhantomData;

use crate::{
    conn::Conn,
    kapi::{
        net::{
            HookPoint,
            Packet,
            Stack,
            Target,
            Tracking,
            Verdict, //
        },
        sync::Object,
    },
    logic::{
        addr::Endpoint,
        nat::{
            self,
            ChecksumState,
            Rewrite, //
        },
        packet::{
            ip::Header,
            ParseError, //
        },
        protocol::Protocol,
        toa::ClientOption, //
    },
};

use super::{
    egress::{
        self,
        Egress,
        Method, //
    },
    fullnat,
    parse::Flow,
    toa,
    track,
    Context, //
};

pub(super) const METHOD: Method = Method {
    target: Target::Destination,
    overhead: 0,
};

/// Rewrites the destination of a packet and sends it there.
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
) -> Verdict {
    send_of(context, packet, flow, conn, Some(conn))
}

/// As [`send`], of a connection of which later packets shall not be fast, either.
#[cold]
#[inline(never)]
pub(super) fn send_slowly<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
) -> Verdict {
    send_of(context, packet, flow, conn, None)
}

#[inline(always)]
fn send_of<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
) -> Verdict {
    if track::request(context, &mut packet, conn).is_none() {
        return packet.discard();
    }
    let change = to_real_server(&packet, flow, conn);
    send_rewritten(
        context,
        packet,
        flow.header,
        flow.headers_len(),
        conn,
        of,
        change,
    )
}

/// Gives a packet the real server as destination, and takes one off its time to live. None, and
/// nothing changed, when memory is short.
#[inline(always)]
pub(super) fn prepare<V: Stack>(
    packet: &mut Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
) -> Option<()> {
    let change = to_real_server(packet, flow, conn);
    rewrite(packet, flow.headers_len(), true, Tracking::Ends, change)
}

/// What is to be changed in the headers of a packet.
// No function object: whether one is inlined is up to the compiler, which has established packets copy what it captures.
pub(super) trait Change {
    /// Changes them. Nothing is changed when it fails.
    fn apply(self, bytes: &mut [u8]) -> Result<(), ParseError>;
}

impl<F: FnOnce(&mut [u8]) -> Result<(), ParseError>> Change for F {
    fn apply(self, bytes: &mut [u8]) -> Result<(), ParseError> {
        self(bytes)
    }
}

/// That a packet gets another destination.
struct Destination<V> {
    header_len: usize,
    protocol: Protocol,
    to: Endpoint,
    checksum: ChecksumState,
    _version: PhantomData<V>,
}

impl<V: Stack> Change for Destination<V> {
    #[inline(always)]
    fn apply(self, bytes: &mut [u8]) -> Result<(), ParseError> {
        nat::rewrite_destination::<V>(
            bytes,
            self.header_len,
            self.protocol,
            self.to,
            self.checksum,
        )
    }
}

/// What rewrites the destination.
#[inline(always)]
fn to_real_server<V: Stack>(
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
) -> Destination<V> {
    Destination {
        header_len: flow.header.header_len,
        protocol: flow.transport.protocol(),
        to: conn.real_server(),
        checksum: flow.checksum_state(packet),
        _version: PhantomData,
    }
}

/// Makes a `change` to the first `headers_len` bytes of a packet, which is balanced then; one that
/// is forwarded loses one of its time to live. None when the change fails or memory is short.
#[inline(always)]
pub(super) fn rewrite<V: Stack>(
    packet: &mut Packet<'_, V>,
    headers_len: usize,
    is_forwarded: bool,
    tracking: Tracking,
    change: impl Change,
) -> Option<()> {
    let bytes = packet.writable(headers_len)?;
    change.apply(bytes).ok()?;
    if is_forwarded {
        V::decrement_ttl(bytes).ok()?;
    }
    packet.forget_device_checksum();
    packet.set_balanced(tracking);
    Some(())
}

/// What becomes of a packet whose way is known. No function object, as [`Change`].
trait Preparation<V: Stack> {
    /// Does it. None when it fails or memory is short: the packet ends.
    fn apply(
        self,
        packet: &mut Packet<'_, V>,
        egress: &Egress<'_, V>,
        tracking: Tracking,
    ) -> Option<()>;
}

/// A change of its first bytes, of which there are so many.
struct Changed<C>(usize, C);

impl<V: Stack, C: Change> Preparation<V> for Changed<C> {
    #[inline(always)]
    fn apply(
        self,
        packet: &mut Packet<'_, V>,
        egress: &Egress<'_, V>,
        tracking: Tracking,
    ) -> Option<()> {
        let Self(headers_len, change) = self;
        let is_forwarded = matches!(egress, Egress::Remote(_));
        rewrite(packet, headers_len, is_forwarded, tracking, change)
    }
}

/// An option, if there is one for it and it has room, and other ends.
struct Told<'c, V: Stack> {
    flow: Flow<V>,
    conn: &'c Object<Conn>,
    option: Option<ClientOption>,
    ends: Rewrite,
}

impl<V: Stack> Preparation<V> for Told<'_, V> {
    #[inline(always)]
    fn apply(
        self,
        packet: &mut Packet<'_, V>,
        egress: &Egress<'_, V>,
        tracking: Tracking,
    ) -> Option<()> {
        let mtu = match egress {
            Egress::Remote(way) => way.route.mtu(),
            Egress::Local => u32::MAX,
        };
        let flow = toa::tell(packet, self.flow, self.conn, self.option, mtu)?;
        let change = fullnat::change(packet, &flow, self.ends);
        Changed(flow.headers_len(), change).apply(packet, egress, tracking)
    }
}

/// Sends a packet to a real server with a `change` of its first `headers_len` bytes. It is about the
/// connection, and may be `of` it.
#[inline(always)]
pub(super) fn send_rewritten<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    headers_len: usize,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
    change: impl Change,
) -> Verdict {
    let changed = Changed(headers_len, change);
    send_prepared(context, packet, header, conn, of, changed)
}

/// Sends a packet of the client to a real server, to which it carries an option if it has room, with these ends. It is about the
/// connection, and may be `of` it.
#[inline(never)]
pub(super) fn send_told<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
    option: Option<ClientOption>,
    ends: Rewrite,
) -> Verdict {
    let told = Told {
        flow,
        conn,
        option,
        ends,
    };
    send_prepared(context, packet, flow.header, conn, of, told)
}

/// Sends a packet to a real server, prepared once its way is known. It is about the connection, and may be `of` it.
#[inline(always)]
fn send_prepared<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
    preparation: impl Preparation<V>,
) -> Verdict {
    let (mut packet, egress) = match egress::route(context, packet, header, conn, METHOD) {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    if matches!(egress, Egress::Local) && leads_to_loopback(context, header, conn) {
        return packet.discard();
    }
    // While the packet still says where it came from, which full NAT changes.
    let confirmed = match &egress {
        Egress::Remote(way) => way.confirmed_by(context, &packet, of),
        Egress::Local => None,
    };
    let tracking = track::tracking(context);
    if preparation.apply(&mut packet, &egress, tracking).is_none() {
        return packet.discard();
    }
    match egress {
        // The packet goes on to the socket of its new destination.
        Egress::Local => packet.accept(),
        Egress::Remote(way) => way.send_confirming(context, packet, confirmed, |packet, route| {
            packet.send(route, context.guard)
        }),
    }
}

/// A stranger must not reach services that listen on the loopback address only. Without translation a packet keeps the
/// virtual address, whatever the real server's.
pub(super) fn leads_to_loopback<V: Stack>(
    context: Context<'_>,
    header: Header<V>,
    conn: &Object<Conn>,
) -> bool {
    matches!(context.point, HookPoint::LocalIn)
        && conn.real_server().addr.is_loopback()
        && !V::is_loopback(header.src)
}
