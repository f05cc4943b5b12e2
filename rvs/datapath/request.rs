// SPDX-License-Identifier: GPL-2.0-only

//! Packets of clients.

use kernel::sync::Arc;

use crate::{
    conn::{
        Conn,
        Extension,
        Forwarding,
        HashedTuple,
        Transition, //
    },
    kapi::{
        net::{
            HookPoint,
            Packet,
            Stack,
            Verdict, //
        },
        sync::{
            Object,
            RcuRef, //
        },
        time, //
    },
    logic::{
        packet::TransportHeader,
        protocol::Protocol,
        state::Direction, //
    },
    svc::Dest,
};

use super::{
    direct,
    egress,
    enat,
    ftp,
    fullnat,
    nat,
    parse::Flow,
    removed,
    reuse,
    schedule::{
        self,
        Scheduled, //
    },
    toa,
    tunnel,
    Context,
    Path, //
};

/// A packet of a connection that exists.
#[inline(always)]
pub(super) fn of_connection<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if !is_let_in(context, &mut packet) {
        return packet.discard();
    }
    if flow.header.ttl <= 1 && conn.dest().is_available() {
        if let Err(refusal) = egress::check(context, &flow.header, conn.dest()) {
            return refusal.of(packet);
        }
    }
    if reuse::wants_another::<V>(context, flow.transport.header, &conn) {
        return instead(context, packet, *flow, conn);
    }
    if !conn.dest().is_available() {
        packet = match removed::request(context, packet, *flow, conn) {
            Ok(packet) => packet,
            Err(verdict) => return verdict,
        };
    }
    let direction = direction::<V>(context, flow.transport.protocol(), &conn);
    forward(context, packet, flow, conn, direction)
}

/// Ends a connection, and takes a packet of it as one of none.
#[cold]
pub(super) fn instead<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let connections = &context.director.connections;
    connections.kill(context.guard, conn);
    first(context, packet, flow, connections.hashed(flow.tuple()))
}

/// A packet of no connection: the first one of a flow to a service, or none of ours.
#[inline(never)]
pub(super) fn first<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    tuple: HashedTuple<'_>,
) -> Verdict {
    let context = Context {
        lacks_room: enat::lacks_room(context, &mut packet, &flow),
        ..context
    };
    match schedule::connection(context, &mut packet, &flow, &tuple) {
        Scheduled::NotOurs => packet.accept(),
        // Of this packet nobody knows yet whether more than a flood is behind it.
        Scheduled::To(conn) => forward(context, packet, &flow, conn, Direction::Original),
        Scheduled::Once(dest, port) => once(context, packet, flow, dest, port),
        Scheduled::NoServer => past_service(context, packet, flow, &tuple),
        Scheduled::Refused(refusal) => refusal.of(packet),
        Scheduled::PortTaken => {
            context.director.paths.count(Path::PortTaken);
            egress::unreachable(packet)
        }
        Scheduled::NoLocal => {
            context.director.paths.count(Path::NoLocal);
            egress::unreachable(packet)
        }
        Scheduled::Failed => packet.discard(),
    }
}

/// Sends a packet that no server takes to where it is sent to, if that is wanted (`cache_bypass`).
#[cold]
#[inline(never)]
fn past_service<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    tuple: &HashedTuple<'_>,
) -> Verdict {
    match schedule::past_service(context, packet.mark(), flow, tuple) {
        Scheduled::To(conn) => forward(context, packet, &flow, conn, Direction::OriginalOnly),
        Scheduled::Once(dest, port) => once(context, packet, flow, dest, port),
        Scheduled::Failed => packet.discard(),
        _ => egress::unreachable(packet),
    }
}

/// Whether IPsec policies let in a packet that is for a service, as they would to a socket.
#[inline(always)]
pub(super) fn is_let_in<V: Stack>(context: Context<'_>, packet: &mut Packet<'_, V>) -> bool {
    !matches!(context.point, HookPoint::LocalIn) || packet.is_let_in()
}

/// Counts the packet, advances the connection and sends the packet to the real server.
#[inline(always)]
fn forward<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: RcuRef<'_, Conn>,
    direction: Direction,
) -> Verdict {
    context.director.paths.count(Path::Slow);
    account(
        context,
        packet.len(),
        flow.transport.header,
        conn,
        direction,
    );
    if let Some(control) = conn.extension().and_then(Extension::control) {
        return ftp::request(context, packet, *flow, conn, control);
    }
    send(context, packet, flow, &conn)
}

/// Sends a packet of a connection to the real server.
#[inline(always)]
fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
) -> Verdict {
    match conn.forwarding() {
        Forwarding::Nat => nat::send(context, packet, *flow, conn),
        Forwarding::Dr => direct::send(context, packet, flow.header, conn, Some(conn)),
        Forwarding::Tun => tunnel::send(context, packet, flow.header, conn, Some(conn)),
        Forwarding::Fullnat if enat::is_without_option(conn) => {
            enat::send_without_option(context, packet, flow, conn)
        }
        Forwarding::Fullnat => fullnat::send(context, packet, flow, conn),
        Forwarding::Enat => enat::send(context, packet, flow, conn),
        Forwarding::NatToa => toa::send_by_nat(context, packet, flow, conn),
    }
}

/// Sends a datagram to a port of a real server and forgets it, as IPVS (`IP_VS_CONN_F_ONE_PACKET`).
#[cold]
#[inline(never)]
fn once<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    dest: &Arc<Dest>,
    port: u16,
) -> Verdict {
    let conn = Conn::of_one_packet(&flow.tuple(), dest.clone(), port, time::jiffies32());
    context.director.paths.count(Path::Slow);
    dest.count_request(packet.len());
    context.director.estimator.rouse();
    send(context, packet, &flow, &conn)
}

/// What a packet of the client tells of its connection: of a real server on this host the director sees
/// the replies, too. It matters to datagrams until the connection is assured.
#[inline(always)]
pub(super) fn direction<V: Stack>(
    context: Context<'_>,
    protocol: Protocol,
    conn: &Object<Conn>,
) -> Direction {
    match conn.request_direction() {
        Direction::OriginalOnly
            if (protocol.has_states() || !conn.is_assured())
                && egress::is_local::<V>(context, conn) =>
        {
            Direction::Original
        }
        direction => direction,
    }
}

/// Counts a packet of `len` bytes and advances its connection.
#[inline(always)]
pub(super) fn account(
    context: Context<'_>,
    len: usize,
    header: TransportHeader,
    conn: RcuRef<'_, Conn>,
    direction: Direction,
) {
    conn.dest().count_request(len);
    let transition = conn.advance(
        direction,
        header,
        time::jiffies32(),
        &context.director.connections.defences,
    );
    if transition != Transition::Unhurried {
        context.director.connections.follow(conn, transition);
    }
}
