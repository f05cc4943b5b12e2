// SPDX-License-Identifier: GPL-2.0-only

//! The hooks.

use kernel::sync::rcu;

use crate::{
    director::Director,
    kapi::{
        net::{
            Hook,
            HookPoint,
            HookSpec,
            Net,
            Packet,
            Verdict, //
        },
        rcu_table::Side,
    },
};

use super::{
    icmp,
    icmp_tunnel,
    parse::{
        self,
        Content, //
    },
    reply,
    request,
    Context, //
};

/// The hooks of a namespace with a service.
pub(crate) const HOOKS: &[HookSpec<Director>] = &[
    HookSpec::of::<LocalIn>(),
    HookSpec::of::<LocalOut>(),
    HookSpec::of::<Forward>(),
];

/// After source address translation of the firewall, as IPVS.
const AFTER_NAT_SRC: i32 = 98;
/// After destination address translation of the firewall, as IPVS.
const AFTER_NAT_DST: i32 = -99;

/// Packets to this host: requests of clients, and replies of real servers to this host's own
/// requests.
struct LocalIn;

impl Hook for LocalIn {
    type Data = Director;
    const POINT: HookPoint = HookPoint::LocalIn;
    const PRIORITY: i32 = AFTER_NAT_SRC;

    fn run(director: &Director, net: &Net, packet: Packet<'_>, guard: &rcu::Guard) -> Verdict {
        if !packet.is_to_this_host() || !parse::may_concern(&director.filter, &packet) {
            return packet.accept();
        }
        let context = Context {
            director,
            net,
            guard,
            point: Self::POINT,
        };
        both_ways(context, packet)
    }
}

/// Packets of this host: requests of its own clients, and replies of a real server on it.
struct LocalOut;

impl Hook for LocalOut {
    type Data = Director;
    const POINT: HookPoint = HookPoint::LocalOut;
    const PRIORITY: i32 = AFTER_NAT_DST;

    fn run(director: &Director, net: &Net, packet: Packet<'_>, guard: &rcu::Guard) -> Verdict {
        if !parse::may_concern(&director.filter, &packet) || packet.is_of_nodefrag_socket() {
            return packet.accept();
        }
        let context = Context {
            director,
            net,
            guard,
            point: Self::POINT,
        };
        both_ways(context, packet)
    }
}

/// Packets for other hosts: replies of real servers.
struct Forward;

impl Hook for Forward {
    type Data = Director;
    const POINT: HookPoint = HookPoint::Forward;
    const PRIORITY: i32 = 100;

    fn run(director: &Director, net: &Net, packet: Packet<'_>, guard: &rcu::Guard) -> Verdict {
        if !parse::may_be_reply(&director.filter, &packet) {
            return packet.accept();
        }
        let context = Context {
            director,
            net,
            guard,
            point: Self::POINT,
        };
        replies_only(context, packet)
    }
}

/// Takes packets of either side of a connection, and those that begin one.
fn both_ways(context: Context<'_>, packet: Packet<'_>) -> Verdict {
    if packet.is_balanced() || !packet.has_route() {
        return packet.accept();
    }
    let (packet, content) = match parse::read(packet, context.point) {
        Ok(read) => read,
        Err(verdict) => return verdict,
    };
    let connections = &context.director.connections;
    match content {
        Content::Flow(flow) => match connections.find(context.guard, &flow.tuple) {
            Some((conn, Side::Original)) => request::of_connection(context, packet, &flow, conn),
            Some((conn, Side::Reply)) => reply::translate(context, packet, &flow, conn),
            None => request::first(context, packet, &flow),
        },
        // The error goes against the direction of the packet it is about.
        Content::IcmpError(error) => {
            match connections.find(context.guard, &error.icmp.tuple.reversed()) {
                Some((conn, Side::Original)) => icmp::to_real_server(context, packet, &error, conn),
                Some((conn, Side::Reply)) => icmp::to_client(context, packet, &error, conn),
                None => packet.accept(),
            }
        }
        Content::TunnelError(header, error) => icmp_tunnel::take(context, packet, &header, &error),
    }
}

/// Takes packets of real servers only: what clients send to other hosts is none of ours.
fn replies_only(context: Context<'_>, packet: Packet<'_>) -> Verdict {
    if packet.is_balanced() {
        return packet.accept();
    }
    let (packet, content) = match parse::read(packet, context.point) {
        Ok(read) => read,
        Err(verdict) => return verdict,
    };
    let connections = &context.director.connections;
    match content {
        Content::Flow(flow) => match connections.find(context.guard, &flow.tuple) {
            Some((conn, Side::Reply)) => reply::translate(context, packet, &flow, conn),
            _ => packet.accept(),
        },
        Content::IcmpError(error) => {
            match connections.find(context.guard, &error.icmp.tuple.reversed()) {
                Some((conn, Side::Reply)) => icmp::to_client(context, packet, &error, conn),
                Some((conn, Side::Original)) => icmp::to_real_server(context, packet, &error, conn),
                None => packet.accept(),
            }
        }
        // It goes to the host where the tunnel begins.
        Content::TunnelError(..) => packet.accept(),
    }
}
