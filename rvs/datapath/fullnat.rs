// SPDX-License-Identifier: GPL-2.0-only

//! Full NAT: the real server knows a local endpoint instead of the client, and answers there, wherever it is. Both ends of a packet
//! change, each way.
//!
//! Where the local address is one of this host, replies arrive at LOCAL_IN; where it is only routed here, at FORWARD; those of a real
//! server on this host at LOCAL_OUT. None has a route to the client by then: it is looked up as for a packet that this host sends
//! from the virtual address, and the packet goes through LOCAL_OUT and POST_ROUTING, as requests do.

use core::marker::PhantomData;

use kernel::sync::rcu;

use crate::{
    conn::{
        Conn,
        RouteNumber, //
    },
    director::Director,
    kapi::{
        net::{
            HookPoint,
            Net,
            NextHop,
            Packet,
            RouteRef,
            Stack,
            Tracking,
            Verdict, //
        },
        rcu_table::Side,
        sync::{
            Object,
            RcuRef, //
        },
    },
    logic::{
        nat::{
            ChecksumState,
            Rewrite, //
        },
        packet::{
            icmp::Report,
            ip::Header,
            ParseError, //
        },
        protocol::Protocol, //
    },
};

use super::{
    egress::{
        self,
        Egress, //
    },
    families,
    fast,
    nat::{
        self,
        Change, //
    },
    parse::{
        Flow,
        IcmpError, //
    },
    reply,
    request,
    toa,
    track,
    Context,
    Path, //
};

/// What becomes of a packet of the client. None where a connection has no local endpoint.
#[inline(always)]
pub(super) fn to_real_server(conn: &Object<Conn>) -> Option<Rewrite> {
    Some(Rewrite {
        source: conn.lease()?.local(),
        destination: conn.real_server(),
    })
}

/// What becomes of a packet of the real server. None where a connection is not one by full NAT.
#[inline(always)]
fn to_client(conn: &Object<Conn>) -> Option<Rewrite> {
    let (client, service) = conn.ends()?;
    Some(Rewrite {
        source: service,
        destination: client,
    })
}

/// Sends a packet of the client to the real server.
#[inline(never)]
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
) -> Verdict {
    if let Some(toa) = conn.toa() {
        if !toa::is_over_with(&packet, flow, toa) {
            return toa::send(context, packet, flow, conn, toa);
        }
    }
    let Some(rewrite) = to_real_server(conn) else {
        return packet.discard();
    };
    if V::addr(rewrite.destination.addr).is_none() {
        return families::send(context, packet, flow, conn, true, None, rewrite);
    }
    if track::request(context, &mut packet, conn).is_none() {
        return packet.discard();
    }
    let change = change(&packet, flow, rewrite);
    nat::send_rewritten(
        context,
        packet,
        flow.header,
        flow.headers_len(),
        conn,
        Some(conn),
        change,
    )
}

/// Sends an error from the client's side about a reply: it comes from the local address, as all that the real server hears of.
#[cold]
#[inline(never)]
pub(super) fn error_to_real_server<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    error: &IcmpError<V>,
    conn: &Object<Conn>,
) -> Verdict {
    let Some(rewrite) = to_real_server(conn) else {
        return packet.discard();
    };
    if V::addr(rewrite.destination.addr).is_none() {
        return families::error(context, packet, error, conn, Side::Original, rewrite);
    }
    let checksum = error.checksum_state(&packet);
    nat::send_rewritten(
        context,
        packet,
        error.header,
        error.icmp.writable_len,
        conn,
        None,
        |bytes: &mut [u8]| rewrite.apply_to_error(bytes, &error.icmp, checksum),
    )
}

/// That a packet gets new ends.
pub(super) struct Ends<V> {
    rewrite: Rewrite,
    header_len: usize,
    protocol: Protocol,
    checksum: ChecksumState,
    _version: PhantomData<V>,
}

impl<V: Stack> Change for Ends<V> {
    #[inline(always)]
    fn apply(self, bytes: &mut [u8]) -> Result<(), ParseError> {
        let Self {
            rewrite,
            header_len,
            protocol,
            checksum,
            ..
        } = self;
        rewrite.apply::<V>(bytes, header_len, protocol, checksum)
    }
}

/// What gives a packet its new ends.
#[inline(always)]
pub(super) fn change<V: Stack>(
    packet: &Packet<'_, V>,
    flow: &Flow<V>,
    rewrite: Rewrite,
) -> Ends<V> {
    Ends {
        rewrite,
        header_len: flow.header.header_len,
        protocol: flow.transport.protocol(),
        checksum: flow.checksum_state(packet),
        _version: PhantomData,
    }
}

/// Sends a packet of the real server to the client.
#[inline(never)]
pub(super) fn reply<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    // What is for this host by its address, policies let in or not.
    if !request::is_let_in(context, &mut packet) {
        return packet.discard();
    }
    let Some(rewrite) = to_client(&conn) else {
        return packet.discard();
    };
    let Some(may_be_fast) = toa::note_reply(&mut packet, &flow, &conn) else {
        return packet.discard();
    };
    if V::addr(rewrite.destination.addr).is_none() {
        return families::reply(context, packet, &flow, conn, may_be_fast, rewrite);
    }
    track::reply(context, &mut packet, &conn);
    let len = packet.len();
    let change = change(&packet, &flow, rewrite);
    let sent = return_changed(
        context,
        packet,
        flow.header,
        flow.headers_len(),
        conn,
        may_be_fast,
        (rewrite, change),
    );
    match sent {
        Ok(ready) => {
            context.director.paths.count(Path::Slow);
            let header = flow.transport.header;
            reply::note_answer(context, header, conn);
            reply::account(context, len, header, conn);
            ready.go(context, conn)
        }
        Err(verdict) => verdict,
    }
}

/// Sends an error from the real server's side about a request: the client knows only the service.
#[cold]
#[inline(never)]
pub(super) fn error_to_client<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    error: &IcmpError<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let Some(rewrite) = to_client(&conn) else {
        return packet.discard();
    };
    if V::addr(rewrite.destination.addr).is_none() {
        return families::error(context, packet, error, &conn, Side::Reply, rewrite);
    }
    let checksum = error.checksum_state(&packet);
    let change = |bytes: &mut [u8]| {
        rewrite.apply_to_error(bytes, &error.icmp, checksum)?;
        toa::correct_error(bytes, &error.icmp, &conn, checksum)
    };
    let sent = return_changed(
        context,
        packet,
        error.header,
        error.icmp.writable_len,
        conn,
        false,
        (rewrite, change),
    );
    match sent {
        Ok(ready) => ready.go(context, conn),
        Err(verdict) => verdict,
    }
}

/// A packet with its new ends, and its way to the client.
struct Ready<'a, 'g, V: Stack> {
    packet: Packet<'a, V>,
    egress: Egress<'g, V>,
    /// The number of the route, if later packets may be fast once this one has passed all hooks; else 0.
    confirmed: RouteNumber,
}

/// Finds the way to the client for a packet, and gives it its new ends with a change of its first `headers_len` bytes. It is about the
/// connection, and may be `of` it.
#[inline(always)]
fn return_changed<'a, 'g, V: Stack>(
    context: Context<'g>,
    packet: Packet<'a, V>,
    header: Header<V>,
    headers_len: usize,
    conn: RcuRef<'g, Conn>,
    of: bool,
    (rewrite, change): (Rewrite, impl Change),
) -> Result<Ready<'a, 'g, V>, Verdict> {
    let (source, client) = (rewrite.source.addr, rewrite.destination.addr);
    let (Some(source), Some(client)) = (V::addr(source), V::addr(client)) else {
        return Err(packet.discard());
    };
    let (number, route) = match known_route(context, &conn) {
        Some(route) => (0, route),
        None => match look_up(context, source, client) {
            Some(found) => found,
            None => return Err(packet.refuse(Report::HostUnreachable)),
        },
    };
    let (mut packet, egress) = egress::along(context, packet, header, route, client, 0, |_| false)?;
    // While the packet still says where it went to.
    let confirmed = if number != 0 && of && may_be_learned(context, &packet, header) {
        number
    } else {
        0
    };
    // What this host sends itself is not forwarded.
    let is_forwarded =
        matches!(egress, Egress::Remote(_)) && !matches!(context.point, HookPoint::LocalOut);
    let tracking = track::tracking(context);
    match nat::rewrite(&mut packet, headers_len, is_forwarded, tracking, change) {
        Some(()) => Ok(Ready {
            packet,
            egress,
            confirmed,
        }),
        None => Err(packet.discard()),
    }
}

impl<'g, V: Stack> Ready<'_, 'g, V> {
    /// Sends the packet.
    #[inline(always)]
    fn go(self, context: Context<'g>, conn: RcuRef<'_, Conn>) -> Verdict {
        let Self {
            mut packet,
            egress,
            confirmed,
        } = self;
        match egress {
            // The client is a socket of this host, as the real server is where the packet leaves.
            Egress::Local => match context.point {
                HookPoint::LocalIn => packet.accept(),
                _ if packet.reroute().is_ok() => packet.accept(),
                _ => packet.discard(),
            },
            Egress::Remote(way) => way.send_noting(
                context,
                packet,
                |packet, route| packet.send(route, context.guard),
                || {
                    if confirmed != 0 {
                        conn.set_reply_route(confirmed);
                    }
                },
            ),
        }
    }
}

/// The route of replies that is known, if it is valid.
#[inline(always)]
pub(super) fn known_route<'g, V: Stack>(
    context: Context<'g>,
    conn: &Object<Conn>,
) -> Option<RouteRef<'g, V>> {
    let routes = &context.director.connections.reply_routes;
    routes.get_ref(context.guard, context.net, conn.reply_route())
}

/// Looks up the route of replies. Its number is 0 where it is not kept.
#[cold]
#[inline(never)]
pub(super) fn look_up<'g, V: Stack>(
    context: Context<'g>,
    service: V::Addr,
    client: V::Addr,
) -> Option<(RouteNumber, RouteRef<'g, V>)> {
    let routes = &context.director.connections.reply_routes;
    let (guard, net) = (context.guard, context.net);
    routes
        .look_up(guard, net, service, client, context.vrf)
        .ok()
}

/// Whether later replies may go the way of this one, which has not been changed yet, without a look at it: the routes of now have
/// brought it here, nothing tracks it, and neither rules nor policies have a say.
#[cold]
#[inline(never)]
pub(super) fn may_be_learned<V: Stack>(
    context: Context<'_>,
    packet: &Packet<'_, V>,
    header: Header<V>,
) -> bool {
    let net = context.net;
    !matches!(context.point, HookPoint::LocalOut)
        && context.vrf == 0
        && !net.forwards_by_policy::<V>()
        && !net.has_policies_of_hosts()
        && !track::is_wanted(context)
        && packet.has_valid_route(header.dst)
}

/// Sends a packet of the client past the stack, if nothing speaks against it; that the server takes requests is known.
#[inline(always)]
pub(super) fn fast_to_real_server<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let way = fast::way::<V, V>(context, &packet, flow, conn, nat::METHOD);
    let (next_hop, rewrite) = match (way, to_real_server(&conn)) {
        (Ok((_, next_hop)), Some(rewrite)) => (next_hop, rewrite),
        (Err(reason), _) => return has_no_way(context, packet, conn, Side::Original, reason),
        (Ok(_), None) => return fast::left(context.director, packet, Path::Route),
    };
    if !toa::may_be_fast(context.director, &packet, flow, conn) {
        return fast::left(context.director, packet, Path::Header);
    }
    let len = packet.len();
    if prepare(&mut packet, &flow, rewrite).is_none() {
        return fast::left(context.director, packet, Path::Memory);
    }
    fast::account(context, len, flow, conn);
    fast::sent(context, packet, next_hop)
}

/// Sends a packet of the real server past the stack, if nothing speaks against it.
#[inline(always)]
pub(super) fn fast_to_client<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let way = fast_way_to_client::<V, V>(context, &packet, flow, conn, |mtu| mtu);
    let (next_hop, rewrite) = match way {
        Ok((_, next_hop, rewrite)) => (next_hop, rewrite),
        Err(reason) => return has_no_way(context, packet, conn, Side::Reply, reason),
    };
    let len = packet.len();
    if prepare(&mut packet, &flow, rewrite).is_none() {
        return fast::left(context.director, packet, Path::Memory);
    }
    reply::account(context, len, flow.transport.header, conn);
    fast::sent(context, packet, next_hop)
}

/// A packet that has no way as one of its own version, for this reason.
#[inline(always)]
fn has_no_way<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    conn: RcuRef<'_, Conn>,
    side: Side,
    reason: Path,
) -> Verdict {
    let Context {
        director,
        net,
        guard,
        ..
    } = context;
    by_other_version(director, net, guard, packet, conn, (side, reason))
}

/// Where the other end is of the other version of IP, the way has not been looked for yet.
#[cold]
#[inline(never)]
fn by_other_version<V: Stack>(
    director: &Director,
    net: &Net,
    guard: &rcu::Guard,
    packet: Packet<'_, V>,
    conn: RcuRef<'_, Conn>,
    (side, reason): (Side, Path),
) -> Verdict {
    let rewrite = match side {
        Side::Original => to_real_server(&conn),
        Side::Reply => to_client(&conn),
    };
    match rewrite {
        Some(rewrite) if V::addr(rewrite.destination.addr).is_none() => {
            families::send_fast(director, net, guard, packet, conn, side, rewrite)
        }
        _ => fast::left(director, packet, reason),
    }
}

/// Finds the way of a real server's packet, which is as long as what `mtu` makes of the MTU of the route, or shorter, to the client, whose
/// address is of the version `O`, or tells why the slow path has to do it.
#[inline(always)]
pub(super) fn fast_way_to_client<'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'g, Conn>,
    mtu: impl FnOnce(u32) -> u32,
) -> Result<(RouteRef<'g, O>, NextHop<'g, O>, Rewrite), Path> {
    fast::check_replies(&conn)?;
    let route = known_route::<O>(context, &conn)
        .ok_or_else(|| fast::unlearned::<O>(context.director, context.net))?;
    fast::check_passage(packet, flow, mtu(route.mtu()))?;
    let rewrite = to_client(&conn).ok_or(Path::Route)?;
    let client = O::addr(rewrite.destination.addr).ok_or(Path::Route)?;
    let next_hop = NextHop::find(context.guard, route.get(), client).ok_or(Path::Neighbour)?;
    Ok((route, next_hop, rewrite))
}

/// Gives a packet its new ends, and takes one off its time to live. None, and nothing changed, when memory is short.
#[inline(always)]
pub(super) fn prepare<V: Stack>(
    packet: &mut Packet<'_, V>,
    flow: &Flow<V>,
    rewrite: Rewrite,
) -> Option<()> {
    let change = change(packet, flow, rewrite);
    nat::rewrite(packet, flow.headers_len(), true, Tracking::Ends, change)
}
