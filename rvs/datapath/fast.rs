// SPDX-License-Identifier: GPL-2.0-only

//! The fast path: packets of established flows leave before the stack routes, filters or tracks
//! them, as with the flowtable of nftables.
//!
//! It decides nothing by itself. The slow path has chosen the real server and the route, and has
//! seen a packet of the flow, in the same direction, pass all hooks on that way; the fast path repeats
//! what that did, as long as no route of the namespace has changed, and leaves every packet about which
//! there is a doubt to the slow path, untouched.

use core::marker::PhantomData;

use kernel::sync::rcu;

use crate::{
    conn::{
        Conn,
        Forwarding, //
    },
    director::Director,
    kapi::{
        net::{
            Glance,
            Hook,
            HookPoint,
            Net,
            NextHop,
            Packet,
            Route,
            RouteRef,
            Stack,
            Target,
            Verdict, //
        },
        rcu_table::Side,
        sync::{
            Object,
            RcuRef, //
        },
    },
    logic::tunnel::Tunnel,
};

use super::{
    direct,
    egress::{
        self,
        Method, //
    },
    enat,
    fullnat,
    nat,
    parse::{
        self,
        Flow, //
    },
    reply,
    request,
    toa,
    track,
    tunnel,
    Context,
    Path, //
};

/// Packets that were received, before the stack has routed them.
pub(super) struct PreRouting<V>(PhantomData<V>);

impl<V: Stack> Hook for PreRouting<V> {
    type Data = Director;
    type Version = V;
    const POINT: HookPoint = HookPoint::PreRouting;
    /// Before fragments are collected (`NF_IP_PRI_CONNTRACK_DEFRAG` is -400): they are for the slow
    /// path, and what works on connection tracking costs nothing here.
    const PRIORITY: i32 = -401;

    #[inline(always)]
    fn concerns(director: &Director, packet: &Glance<'_, V>) -> bool {
        parse::may_be_of_flow(&director.filter, packet)
    }

    #[inline(never)]
    fn run(director: &Director, packet: Packet<'_, V>, net: &Net, guard: &rcu::Guard) -> Verdict {
        if packet.is_balanced() || !packet.is_to_this_host() || packet.is_bridged() {
            return packet.accept();
        }
        established(Context::new(director, net, guard, Self::POINT), packet)
    }
}

/// Sends a packet of a connection, if nothing speaks against it.
#[inline(always)]
fn established<V: Stack>(context: Context<'_>, packet: Packet<'_, V>) -> Verdict {
    match parse::usual(&packet) {
        Some(flow) => of_flow(context, packet, flow),
        None => {
            let Context {
                director,
                net,
                guard,
                ..
            } = context;
            unusual(director, packet, net, guard)
        }
    }
}

/// Does so with one that is of another protocol than most. Only who comes here is seldom.
#[cold]
#[inline(never)]
fn unusual<V: Stack>(
    director: &Director,
    packet: Packet<'_, V>,
    net: &Net,
    guard: &rcu::Guard,
) -> Verdict {
    of_few(director, packet, net, guard)
}

/// Does so if it is of the usual form but for its protocol.
#[inline(never)]
fn of_few<V: Stack>(
    director: &Director,
    packet: Packet<'_, V>,
    net: &Net,
    guard: &rcu::Guard,
) -> Verdict {
    let context = Context::new(director, net, guard, HookPoint::PreRouting);
    match parse::usual_of_few(&packet, 0) {
        Some(flow) => of_flow(context, packet, flow),
        None => left(director, packet, Path::Header),
    }
}

#[inline(always)]
fn of_flow<V: Stack>(context: Context<'_>, packet: Packet<'_, V>, flow: Flow<V>) -> Verdict {
    let connections = &context.director.connections;
    match connections.find(context.guard, flow.tuple()) {
        Ok((conn, Side::Original)) => to_real_server(context, packet, flow, conn),
        Ok((conn, Side::Reply)) => to_client(context, packet, flow, conn),
        Err(_) => packet.accept(),
    }
}

/// Sends a packet that is ready.
#[inline(always)]
pub(super) fn sent<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    next_hop: NextHop<'_, V>,
) -> Verdict {
    context.director.paths.count(Path::Fast);
    packet.transmit(next_hop)
}

/// Leaves a packet, which is as it came, to the slow path.
#[inline(never)]
pub(super) fn left<V: Stack>(director: &Director, packet: Packet<'_, V>, reason: Path) -> Verdict {
    director.paths.count(reason);
    packet.accept()
}

/// Sends a client's packet to the real server, if nothing speaks against it.
// What a method does is known to the compiler in each of the calls.
#[inline(always)]
fn to_real_server<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if let Err(reason) = check_server(flow, &conn) {
        return left(context.director, packet, reason);
    }
    match conn.forwarding() {
        Forwarding::Nat => translated(context, packet, flow, conn),
        Forwarding::Dr => as_it_is(context, packet, flow, conn),
        // What it says itself has to be looked at.
        Forwarding::Fullnat if enat::is_without_option(&conn) => {
            left(context.director, packet, Path::Header)
        }
        Forwarding::Fullnat => fullnat::fast_to_real_server(context, packet, flow, conn),
        Forwarding::Enat => {
            let Context {
                director,
                net,
                guard,
                ..
            } = context;
            enat::fast(director, net, guard, packet, conn)
        }
        Forwarding::NatToa => {
            let Context {
                director,
                net,
                guard,
                ..
            } = context;
            toa::fast_by_nat(director, net, guard, packet, conn)
        }
        Forwarding::Tun => {
            let tunnel = conn.dest().tunnel();
            let Context {
                director,
                net,
                guard,
                ..
            } = context;
            let unrouted = |packet| unrouted(director, net, guard, packet, conn);
            if tunnel.is_ipip() {
                through::<V, V>(context, packet, flow, conn, Tunnel::IPIP, unrouted)
            } else {
                through::<V, V>(context, packet, flow, conn, tunnel, unrouted)
            }
        }
    }
}

/// Sends a client's packet to the real server's address and port.
#[inline(always)]
pub(super) fn translated<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let next_hop = match way::<V, V>(context, &packet, flow, conn, nat::METHOD) {
        Ok((_, next_hop)) => next_hop,
        Err(reason) => return left(context.director, packet, reason),
    };
    let len = packet.len();
    if nat::prepare(&mut packet, flow, &conn).is_none() {
        return left(context.director, packet, Path::Memory);
    }
    account(context, len, flow, conn);
    sent(context, packet, next_hop)
}

/// Sends a client's packet to the real server as it is.
#[inline(always)]
fn as_it_is<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let next_hop = match way::<V, V>(context, &packet, flow, conn, direct::METHOD) {
        Ok((_, next_hop)) => next_hop,
        Err(reason) => return left(context.director, packet, reason),
    };
    let len = packet.len();
    if direct::prepare(&mut packet).is_none() {
        return left(context.director, packet, Path::Memory);
    }
    account(context, len, flow, conn);
    sent(context, packet, next_hop)
}

/// Sends a client's packet through a tunnel of the version `O`, or as `unrouted` says where no route is known that a packet of
/// the flow has confirmed.
#[inline(always)]
fn through<'a, V: Stack, O: Stack>(
    context: Context<'_>,
    packet: Packet<'a, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
    tunnel: Tunnel,
    unrouted: impl FnOnce(Packet<'a, V>) -> Verdict,
) -> Verdict {
    let method = tunnel::method::<V, O>(tunnel, &packet);
    let (route, next_hop) = match way::<V, O>(context, &packet, flow, conn, method) {
        Ok(way) => way,
        Err(Path::Route) => return unrouted(packet),
        Err(reason) => return left(context.director, packet, reason),
    };
    if packet.is_burst_of_tunnel() {
        return left(context.director, packet, Path::Header);
    }
    let len = packet.len();
    match tunnel::prepare(context, packet, flow.header, tunnel, &route) {
        Ok(packet) => {
            account(context, len, flow, conn);
            sent(context, packet, next_hop)
        }
        Err(packet) => left(context.director, packet, Path::Memory),
    }
}

/// Counts a client's packet of `len` bytes and advances its connection.
#[inline(always)]
pub(super) fn account<V: Stack>(
    context: Context<'_>,
    len: usize,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) {
    let direction = conn.request_direction();
    request::account(context, len, flow.transport.header, conn, direction);
}

/// A client's packet to a real server behind a tunnel, to which no route of its own version is known that a packet of the flow
/// has confirmed. Where the server's address is of the other one, it has not been looked for yet.
///
/// The headers are read once more, so that packets that do not come here have what they say in registers.
#[cold]
#[inline(never)]
fn unrouted<V: Stack>(
    director: &Director,
    net: &Net,
    guard: &rcu::Guard,
    packet: Packet<'_, V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if V::addr(conn.real_server().addr).is_some() {
        return left(director, packet, Path::Route);
    }
    let context = Context::new(director, net, guard, HookPoint::PreRouting);
    let flow = parse::usual(&packet).or_else(|| parse::usual_of_few(&packet, 0));
    match flow {
        Some(flow) => over_other(context, packet, flow, conn),
        None => left(director, packet, Path::Header),
    }
}

/// Sends a client's packet to a real server that has an address of the other version of IP, if nothing speaks against it.
#[inline(never)]
fn over_other<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let tunnel = conn.dest().tunnel();
    through::<V, V::Other>(context, packet, flow, conn, tunnel, |packet| {
        left(context.director, packet, Path::Route)
    })
}

/// Checks whether a client's packet may take the fast path to the real server at all.
#[inline(always)]
fn check_server<V: Stack>(flow: Flow<V>, conn: &Object<Conn>) -> Result<(), Path> {
    if flow.transport.header.says_it_begins() {
        return Err(Path::Begins);
    }
    if !conn.dest().shared().allows_fast_path() {
        return Err(Path::Off);
    }
    if !conn.dest().is_available() {
        return Err(Path::Unavailable);
    }
    Ok(())
}

/// Finds the way of a client's packet to the real server, whose address is of the version `O`, or tells why the slow path
/// has to do it.
#[inline(always)]
pub(super) fn way<'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'g, Conn>,
    method: Method,
) -> Result<(RouteRef<'g, O>, NextHop<'g, O>), Path> {
    let mtu = |mtu: u32| mtu.saturating_sub(method.overhead);
    way_within(context, packet, flow, conn, method.target, mtu)
}

/// As [`way`], of a packet that is as long as what `mtu` makes of the MTU of the route, or shorter.
#[inline(always)]
pub(super) fn way_within<'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'g, Conn>,
    target: Target,
    mtu: impl FnOnce(u32) -> u32,
) -> Result<(RouteRef<'g, O>, NextHop<'g, O>), Path> {
    let cache = conn.get().dest().route();
    let route = cache
        .peek::<O>(context.guard, context.net, target)
        .ok_or(Path::Route)?;
    if conn.confirmed_route() != route.number() {
        let Context {
            director,
            net,
            guard,
            ..
        } = context;
        return Err(unconfirmed(director, net, guard, &route));
    }
    // Rules may look at it, and send each packet another way.
    // So are those of a VRF, which have other routes, and may have the addresses of this flow.
    if route.is_ruled() && (!egress::is_without_dscp(flow.header.tos) || packet.came_by_vrf()) {
        return Err(Path::Policy);
    }
    check_passage(packet, flow, mtu(route.mtu()))?;
    let real_server = O::addr(conn.real_server().addr).ok_or(Path::Route)?;
    let next_hop = NextHop::find(context.guard, route.get(), real_server).ok_or(Path::Neighbour)?;
    Ok((route, next_hop))
}

/// Sends a real server's packet to the client, if nothing speaks against it.
#[inline(always)]
fn to_client<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if matches!(conn.forwarding(), Forwarding::Fullnat) {
        return fullnat::fast_to_client(context, packet, flow, conn);
    }
    let next_hop = match way_to_client(context, &packet, flow, conn) {
        Ok(next_hop) => next_hop,
        Err(reason) => return left(context.director, packet, reason),
    };
    let len = packet.len();
    if reply::prepare(&mut packet, flow, &conn).is_none() {
        return left(context.director, packet, Path::Memory);
    }
    packet.prioritize(flow.header.tos);
    reply::account(context, len, flow.transport.header, conn);
    sent(context, packet, next_hop)
}

/// Finds the way of a real server's packet to the client, or tells why the slow path has to do it.
#[inline(always)]
fn way_to_client<'g, V: Stack>(
    context: Context<'g>,
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'g, Conn>,
) -> Result<NextHop<'g, V>, Path> {
    check_replies(&conn)?;
    let route = context
        .director
        .connections
        .reply_routes
        .get(context.guard, context.net, conn.reply_route())
        .filter(|_| context.net.forwards::<V>())
        .ok_or_else(|| unlearned::<V>(context.director, context.net))?;
    check_passage(packet, flow, route.forward_mtu(context.net))?;
    NextHop::find(context.guard, route, flow.header.dst).ok_or(Path::Neighbour)
}

/// Checks whether replies of a connection may take the fast path at all.
#[inline(always)]
pub(super) fn check_replies(conn: &Object<Conn>) -> Result<(), Path> {
    if !conn.dest().shared().allows_fast_path() {
        return Err(Path::Off);
    }
    if !conn.dest().is_available() {
        return Err(Path::Unavailable);
    }
    Ok(())
}

/// Why no packet of the flow has confirmed the route: the next one may, or none will.
#[cold]
#[inline(never)]
fn unconfirmed<V: Stack>(
    director: &Director,
    net: &Net,
    guard: &rcu::Guard,
    route: &Route<V>,
) -> Path {
    let is_by_policy = !route.is_plain() && !route.is_local()
        || net.has_policies_of_hosts()
        || track::is_wanted_by(director)
        || net.has_rules::<V>() && net.rules_tell_packets_apart::<V>(guard);
    if is_by_policy {
        Path::Policy
    } else {
        Path::Route
    }
}

/// Why no route of the flow's replies is known.
#[cold]
#[inline(never)]
pub(super) fn unlearned<V: Stack>(director: &Director, net: &Net) -> Path {
    if net.forwards_by_policy::<V>() || track::is_wanted_by(director) {
        Path::Policy
    } else {
        Path::Route
    }
}

/// Checks what a router would: time to live and size.
#[inline(always)]
pub(super) fn check_passage<V: Stack>(
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    mtu: u32,
) -> Result<(), Path> {
    if flow.header.ttl <= 1 {
        return Err(Path::Ttl);
    }
    if !packet.fits(mtu) {
        return Err(Path::TooBig);
    }
    Ok(())
}
