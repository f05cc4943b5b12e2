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
    let is_forwarded = matches!(egress, Egress::Remote(_));
    let tracking = track::tracking(context);
    if rewrite(&mut packet, headers_len, is_forwarded, tracking, change).is_none() {
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
    let (mut packet, egress) = match egress::route(context, packet, flow.header, conn, METHOD) {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    if matches!(egress, Egress::Local) && leads_to_loopback(context, flow.header, conn) {
        return packet.discard();
    }
    // While the packet still says where it came from.
    let confirmed = match &egress {
        Egress::Remote(way) => way.confirmed_by(context, &packet, of),
        Egress::Local => None,
    };
    let mtu = match &egress {
        Egress::Remote(way) => way.route.mtu(),
        Egress::Local => u32::MAX,
    };
    if toa::tell(&mut packet, flow, conn, option, mtu).is_none() {
        return packet.discard();
    }
    let is_forwarded = matches!(egress, Egress::Remote(_));
    let tracking = track::tracking(context);
    let (header_len, protocol) = (flow.header.header_len, flow.transport.protocol());
    let checksum = flow.checksum_state(&packet);
    let change = |bytes: &mut [u8]| ends.apply::<V>(bytes, header_len, protocol, checksum);
    let headers_len = flow.headers_len();
    if rewrite(&mut packet, headers_len, is_forwarded, tracking, change).is_none() {
        return packet.discard();
    }
    match egress {
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
