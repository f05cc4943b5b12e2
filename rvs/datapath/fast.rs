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
    conn::Conn,
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
            Stack,
            Target,
            Verdict, //
        },
        rcu_table::Side,
        sync::RcuRef, //
    },
};

use super::{
    direct,
    egress,
    nat,
    parse::{
        self,
        Flow, //
    },
    reply,
    request,
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
        None => unusual(context, packet),
    }
}

/// Does so with one that is of another protocol than most. Only who comes here is seldom.
#[cold]
#[inline(never)]
fn unusual<V: Stack>(context: Context<'_>, packet: Packet<'_, V>) -> Verdict {
    of_few(context, packet)
}

/// Does so if it is of the usual form but for its protocol.
#[inline(never)]
fn of_few<V: Stack>(context: Context<'_>, packet: Packet<'_, V>) -> Verdict {
    match parse::usual_of_few(&packet, 0) {
        Some(flow) => of_flow(context, packet, flow),
        None => {
            context.director.paths.count(Path::Header);
            packet.accept()
        }
    }
}

#[inline(always)]
fn of_flow<V: Stack>(context: Context<'_>, mut packet: Packet<'_, V>, flow: Flow<V>) -> Verdict {
    let paths = &context.director.paths;
    let connections = &context.director.connections;
    let sent = match connections.find(context.guard, flow.tuple()) {
        Ok((conn, Side::Original)) => to_real_server(context, &mut packet, flow, conn),
        Ok((conn, Side::Reply)) => to_client(context, &mut packet, flow, conn),
        Err(_) => return packet.accept(),
    };
    match sent {
        Ok(next_hop) => {
            paths.count(Path::Fast);
            packet.transmit(next_hop)
        }
        Err(reason) => {
            paths.count(reason);
            packet.accept()
        }
    }
}

/// Makes a client's packet ready for its way to the real server, or tells why the slow path has to
/// do it.
#[inline(always)]
fn to_real_server<'g, V: Stack>(
    context: Context<'g>,
    packet: &mut Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'g, Conn>,
) -> Result<NextHop<'g, V>, Path> {
    let dest = conn.get().dest();
    if flow.transport.header.says_it_begins() {
        return Err(Path::Begins);
    }
    if !dest.shared().allows_fast_path() {
        return Err(Path::Off);
    }
    if !dest.is_available() {
        return Err(Path::Unavailable);
    }
    let method = egress::method(&conn, packet);
    let route = dest
        .route()
        .peek::<V>(context.guard, context.net, method.target)
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
    check_passage(packet, flow, route.mtu().saturating_sub(method.overhead))?;
    if let Target::EndOf(tunnel) = method.target {
        if tunnel::takes_apart(tunnel, packet) {
            return Err(Path::Header);
        }
    }
    let Some(real_server) = V::addr(conn.real_server().addr) else {
        return Err(Path::Route);
    };
    let next_hop = NextHop::find(context.guard, route.get(), real_server).ok_or(Path::Neighbour)?;

    let len = packet.len();
    match method.target {
        Target::Destination => nat::prepare(packet, flow, &conn),
        Target::NextHop => direct::prepare(packet),
        Target::EndOf(tunnel) => tunnel::prepare(context, packet, flow.header, tunnel, &route),
    }
    .ok_or(Path::Memory)?;
    let header = flow.transport.header;
    request::account(context, len, header, conn, conn.request_direction());
    Ok(next_hop)
}

/// Makes a real server's packet ready for its way to the client, or tells why the slow path has to
/// do it.
#[inline(always)]
fn to_client<'g, V: Stack>(
    context: Context<'g>,
    packet: &mut Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'g, Conn>,
) -> Result<NextHop<'g, V>, Path> {
    if !conn.dest().shared().allows_fast_path() {
        return Err(Path::Off);
    }
    if !conn.dest().is_available() {
        return Err(Path::Unavailable);
    }
    let route = context
        .director
        .connections
        .reply_routes
        .get(context.guard, context.net, conn.reply_route())
        .filter(|_| context.net.forwards::<V>())
        .ok_or_else(|| unlearned::<V>(context.director, context.net))?;
    check_passage(packet, flow, route.forward_mtu(context.net))?;
    let next_hop = NextHop::find(context.guard, route, flow.header.dst).ok_or(Path::Neighbour)?;

    let len = packet.len();
    reply::prepare(packet, flow, &conn).ok_or(Path::Memory)?;
    packet.prioritize(flow.header.tos);
    reply::account(context, len, flow.transport.header, conn);
    Ok(next_hop)
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
fn unlearned<V: Stack>(director: &Director, net: &Net) -> Path {
    if net.forwards_by_policy::<V>() || track::is_wanted_by(director) {
        Path::Policy
    } else {
        Path::Route
    }
}

/// Checks what a router would: time to live and size.
#[inline(always)]
fn check_passage<V: Stack>(packet: &Packet<'_, V>, flow: Flow<V>, mtu: u32) -> Result<(), Path> {
    if flow.header.ttl <= 1 {
        return Err(Path::Ttl);
    }
    if !packet.fits(mtu) {
        return Err(Path::TooBig);
    }
    Ok(())
}
