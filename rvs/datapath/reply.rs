// SPDX-License-Identifier: GPL-2.0-only

//! Packets of real servers: they get the virtual address back.

use crate::{
    conn::{
        Conn,
        Forwarding,
        Transition, //
    },
    kapi::{
        net::{
            HookPoint,
            NextHop,
            Packet,
            Stack,
            Tracking,
            Verdict, //
        },
        sync::{
            Object,
            RcuRef, //
        },
        time, //
    },
    logic::{
        nat,
        packet::TransportHeader,
        state::Direction, //
    },
};

use super::{
    egress,
    enat,
    ftp,
    fullnat,
    parse::Flow,
    removed,
    toa,
    track,
    Context,
    Path, //
};

/// Makes a reply come from the service, and lets it go on to the client.
#[inline(always)]
pub(super) fn translate<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if !conn.dest().is_available() && removed::is_to_end(flow.transport.header, &conn) {
        return removed::end(context, packet, *flow);
    }
    match conn.forwarding() {
        // By value: what is given away by address others would have in memory, too.
        Forwarding::Fullnat => return fullnat::reply(context, packet, *flow, conn),
        Forwarding::Enat | Forwarding::NatToa => return with_option(context, packet, *flow, conn),
        Forwarding::Nat | Forwarding::Dr | Forwarding::Tun => {}
    }
    if let Some(extension) = conn.extension() {
        if let Some(control) = extension.control() {
            return ftp::reply(context, packet, *flow, conn, control);
        }
    }
    translate_as_it_is(context, packet, flow, conn, Some(conn))
}

/// Takes a packet of a real server that is told of its clients by an option of TCP, by another method than full NAT.
#[inline(never)]
fn with_option<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    match conn.forwarding() {
        Forwarding::Enat => enat::without_half(context, packet, &flow, conn),
        _ => toa::reply_by_nat(context, packet, &flow, conn),
    }
}

/// Does so whatever is in it. It is of the connection, and may be `of` it, so that later ones may be fast.
#[inline(always)]
pub(super) fn translate_as_it_is<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: RcuRef<'_, Conn>,
    of: Option<RcuRef<'_, Conn>>,
) -> Verdict {
    track::reply(context, &mut packet, &conn);
    if rewrite(&mut packet, *flow, &conn).is_none() {
        return packet.discard();
    }
    packet.forget_device_checksum();
    context.director.paths.count(Path::Slow);
    let header = flow.transport.header;
    note_answer(context, header, conn);
    account(context, packet.len(), header, conn);
    go_on(context, packet, flow.header.dst, of)
}

/// Does so for a datagram of a connection that is gone with it.
#[cold]
#[inline(never)]
pub(super) fn translate_once<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
) -> Verdict {
    track::reply(context, &mut packet, conn);
    if rewrite(&mut packet, flow, conn).is_none() {
        return packet.discard();
    }
    packet.forget_device_checksum();
    context.director.paths.count(Path::Slow);
    conn.dest().count_reply(packet.len());
    go_on(context, packet, flow.header.dst, None)
}

/// Makes a reply come from the service, and takes one off its time to live. None, and nothing
/// changed, when memory is short.
#[inline(always)]
pub(super) fn prepare<V: Stack>(
    packet: &mut Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
) -> Option<()> {
    let bytes = rewrite(packet, flow, conn)?;
    V::decrement_ttl(bytes).ok()?;
    packet.forget_device_checksum();
    packet.set_balanced(Tracking::Ends);
    Some(())
}

/// Makes a reply come from the service. Returns its headers.
#[inline(always)]
fn rewrite<'a, V: Stack>(
    packet: &'a mut Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
) -> Option<&'a mut [u8]> {
    let checksum = flow.checksum_state(packet);
    let bytes = packet.writable(flow.headers_len())?;
    nat::rewrite_source::<V>(
        bytes,
        flow.header.header_len,
        flow.transport.protocol(),
        conn.service(),
        checksum,
    )
    .ok()?;
    Some(bytes)
}

/// Lets the reply of a real server on this host pass: it comes from the service as it is. Connection
/// tracking, which has not seen the requests, shall not make another one of it.
#[cold]
pub(super) fn pass<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if !conn.dest().is_available() && removed::is_to_end(flow.transport.header, &conn) {
        return removed::end(context, packet, flow);
    }
    context.director.paths.count(Path::Slow);
    let header = flow.transport.header;
    note_answer(context, header, conn);
    account(context, packet.len(), header, conn);
    packet.set_balanced(track::tracking(context));
    packet.accept()
}

/// Takes a packet that is forwarded and of no connection. If it comes from where a real server answers, that
/// hears that nobody waits for it (`nat_icmp_send`), unless it says so itself.
#[cold]
#[inline(never)]
pub(super) fn of_nobody<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
) -> Verdict {
    if flow.transport.header.is_reset() {
        return packet.accept();
    }
    let servers = &context.director.common.real_servers;
    if servers.has(flow.tuple().src(), flow.transport.protocol()) {
        egress::unreachable(packet)
    } else {
        packet.accept()
    }
}

/// Tells the connection of datagrams that there are answers, of which the first is never fast.
#[inline(always)]
pub(super) fn note_answer(context: Context<'_>, header: TransportHeader, conn: RcuRef<'_, Conn>) {
    if !header.protocol().has_states() && conn.assure() {
        context
            .director
            .connections
            .follow(conn, Transition::Assured);
    }
}

/// Counts a reply of `len` bytes to datagrams, and advances its connection.
pub(super) fn account_answer<V: Stack>(
    context: Context<'_>,
    len: usize,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) {
    let header = flow.transport.header;
    note_answer(context, header, conn);
    account(context, len, header, conn);
}

/// Counts a reply of `len` bytes and advances its connection.
#[inline(always)]
pub(super) fn account(
    context: Context<'_>,
    len: usize,
    header: TransportHeader,
    conn: RcuRef<'_, Conn>,
) {
    conn.dest().count_reply(len);
    let transition = conn.advance(
        Direction::Reply,
        header,
        time::jiffies32(),
        &context.director.connections.defences,
    );
    if transition != Transition::Unhurried {
        context.director.connections.follow(conn, transition);
    }
}

/// Remembers how the stack forwards the replies of a connection, for the fast path.
#[inline(always)]
fn learn_route<V: Stack>(
    context: Context<'_>,
    packet: &Packet<'_, V>,
    client: V::Addr,
    conn: RcuRef<'_, Conn>,
) {
    let routes = &context.director.connections.reply_routes;
    let known = routes.get::<V>(context.guard, context.net, conn.reply_route());
    if known.is_none() {
        learn_new_route(context, packet, client, &conn);
    }
}

/// Does so for a connection of which none is known that is still valid. Not where forwarding is decided for each
/// packet, nor where the stack would tell the real server of a shorter way.
#[cold]
#[inline(never)]
fn learn_new_route<V: Stack>(
    context: Context<'_>,
    packet: &Packet<'_, V>,
    client: V::Addr,
    conn: &Object<Conn>,
) {
    let net = context.net;
    if net.forwards_by_policy::<V>()
        || packet.is_redirected()
        || track::is_wanted(context)
        || context.vrf != 0
    {
        return;
    }
    let routes = &context.director.connections.reply_routes;
    if let Some(number) = routes.learn(context.guard, net, packet, client) {
        conn.set_reply_route(number);
    }
}

/// Lets a translated packet to `client` pass, by the route of its new source where that matters:
/// there may be rules for the virtual address (snat_reroute of IPVS). One that is forwarded goes
/// straight to its next hop once the hooks that are left have seen it. When it is of a connection, not about
/// one, and has passed them, later ones may be fast.
#[inline(always)]
pub(super) fn go_on<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    client: V::Addr,
    of: Option<RcuRef<'_, Conn>>,
) -> Verdict {
    match context.point {
        // It has arrived.
        HookPoint::PreRouting | HookPoint::LocalIn => {}
        HookPoint::Forward | HookPoint::LocalOut => {
            let is_rerouted = context.net.routes_by_source::<V>()
                && context.director.settings.snat_reroute.is_on();
            // A route that was chosen by the device that the packet came by is kept.
            let is_kept =
                || matches!(context.point, HookPoint::Forward) && packet.keeps_route(client);
            if is_rerouted && !is_kept() && packet.reroute().is_err() {
                return packet.discard();
            }
        }
    }
    packet.set_balanced(track::tracking(context));
    if !matches!(context.point, HookPoint::Forward) || !packet.is_forwarded_plainly() {
        packet.leaves_whole();
        return packet.accept();
    }
    let next_hop = NextHop::of_packet(context.guard, &packet, client);
    let passed = packet
        .pass_followers(context.director, context.guard)
        .and_then(|packet| packet.pass_post_routing(context.guard));
    match passed {
        Ok(packet) => {
            if let Some(conn) = of.filter(|_| context.director.fast_path.is_on()) {
                learn_route(context, &packet, client, conn);
            }
            match next_hop {
                Some(next_hop) => packet.output(next_hop),
                None => packet.output_unresolved(context.guard),
            }
        }
        Err(verdict) => verdict,
    }
}
