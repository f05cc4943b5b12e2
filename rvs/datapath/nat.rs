// SPDX-License-Identifier: GPL-2.0-only

//! Masquerading: sending a client's packet to the real server's address and port.

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
        nat,
        packet::{
            ip::Header,
            ParseError, //
        },
    },
};

use super::{
    egress::{
        self,
        Egress,
        Method, //
    },
    parse::Flow,
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
    let rewrite = to_real_server(&packet, flow, conn);
    send_rewritten(
        context,
        packet,
        flow.header,
        flow.headers_len(),
        conn,
        of,
        rewrite,
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

/// What rewrites the destination.
#[inline(always)]
fn to_real_server<V: Stack>(
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
) -> impl FnOnce(&mut [u8]) -> Result<(), ParseError> + use<V> {
    let (header_len, protocol) = (flow.header.header_len, flow.transport.protocol());
    let to = conn.real_server();
    let checksum = flow.checksum_state(packet);
    move |bytes| nat::rewrite_destination::<V>(bytes, header_len, protocol, to, checksum)
}

/// Has `rewrite` change the first `headers_len` bytes of a packet, which is balanced then; one that
/// is forwarded loses one of its time to live. None when `rewrite` fails or memory is short.
#[inline(always)]
pub(super) fn rewrite<V: Stack, E>(
    packet: &mut Packet<'_, V>,
    headers_len: usize,
    is_forwarded: bool,
    tracking: Tracking,
    rewrite: impl FnOnce(&mut [u8]) -> Result<(), E>,
) -> Option<()> {
    let bytes = packet.writable(headers_len)?;
    rewrite(bytes).ok()?;
    if is_forwarded {
        V::decrement_ttl(bytes).ok()?;
    }
    packet.forget_device_checksum();
    packet.set_balanced(tracking);
    Some(())
}

/// Sends a packet to a real server after `rewrite` has changed its first `headers_len` bytes. It is about the
/// connection, and may be `of` it.
#[inline(always)]
pub(super) fn send_rewritten<V: Stack, E>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    headers_len: usize,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
    rewrite: impl FnOnce(&mut [u8]) -> Result<(), E>,
) -> Verdict {
    let (mut packet, egress) = match egress::route(context, packet, header, conn, METHOD) {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    if matches!(egress, Egress::Local) && leads_to_loopback(context, header, conn) {
        return packet.discard();
    }
    let is_forwarded = matches!(egress, Egress::Remote(_));
    let tracking = track::tracking(context);
    if self::rewrite(&mut packet, headers_len, is_forwarded, tracking, rewrite).is_none() {
        return packet.discard();
    }
    match egress {
        // The packet goes on to the socket of its new destination.
        Egress::Local => packet.accept(),
        Egress::Remote(way) => way.send(context, packet, of, |packet, route| {
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
