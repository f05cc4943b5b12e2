// SPDX-License-Identifier: GPL-2.0-only

//! Packets of real servers: they get the virtual address back.

use crate::{
    conn::{
        Conn,
        Transition, //
    },
    kapi::{
        net::{
            HookPoint,
            Packet,
            Verdict, //
        },
        sync::RcuRef,
        time, //
    },
    logic::{
        nat,
        state::Direction,
        ttl, //
    },
    svc::Counter,
};

use super::{
    nat::checksum_state,
    parse::Flow,
    Context,
    Path, //
};

/// Makes a reply come from the service, and lets it go on to the client.
pub(super) fn translate(
    context: Context<'_>,
    mut packet: Packet<'_>,
    flow: &Flow,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if let HookPoint::Forward = context.point {
        learn_route(context, &packet, conn);
    }
    if rewrite(&mut packet, flow, &conn).is_none() {
        return packet.discard();
    }
    packet.forget_device_checksum();
    context.director.paths.count(Path::Slow);
    account(context, packet.len(), flow, conn);
    go_on(context, packet)
}

/// Makes a reply come from the service, and takes one off its time to live. None, and nothing
/// changed, when memory is short.
#[inline(always)]
pub(super) fn prepare(packet: &mut Packet<'_>, flow: &Flow, conn: &Conn) -> Option<()> {
    let bytes = rewrite(packet, flow, conn)?;
    ttl::decrement_ttl(bytes).ok()?;
    packet.forget_device_checksum();
    packet.set_balanced();
    Some(())
}

/// Makes a reply come from the service. Returns its headers.
#[inline(always)]
fn rewrite<'a>(packet: &'a mut Packet<'_>, flow: &Flow, conn: &Conn) -> Option<&'a mut [u8]> {
    let checksum = checksum_state(packet);
    let bytes = packet.writable(flow.headers_len())?;
    nat::rewrite_source(
        bytes,
        flow.header.header_len,
        flow.tuple.protocol,
        conn.service(),
        checksum,
    )
    .ok()?;
    Some(bytes)
}

/// Counts a reply of `len` bytes and advances its connection.
#[inline(always)]
pub(super) fn account(context: Context<'_>, len: usize, flow: &Flow, conn: RcuRef<'_, Conn>) {
    let dest = conn.dest();
    dest.count(Counter::OutPackets, 1);
    dest.count(Counter::OutBytes, len as u64);
    conn.touch(time::jiffies32());
    if conn.advance(Direction::Reply, &flow.transport) == Transition::Hastened {
        context.director.connections.hasten(conn);
    }
}

/// Remembers how the stack forwards the replies of a connection, for the fast path.
fn learn_route(context: Context<'_>, packet: &Packet<'_>, conn: RcuRef<'_, Conn>) {
    if !context.director.fast_path.is_on() {
        return;
    }
    let routes = &context.director.connections.reply_routes;
    let known = routes.get(context.guard, context.net, conn.reply_route());
    if known.is_some_and(|route| route.is_of(packet)) {
        return;
    }
    if let Some(number) = routes.learn(context.guard, context.net, packet) {
        conn.set_reply_route(number);
    }
}

/// Lets a translated packet pass, by the route of its new source where that matters: there may be
/// rules for the virtual address (snat_reroute of IPVS).
pub(super) fn go_on(context: Context<'_>, mut packet: Packet<'_>) -> Verdict {
    match context.point {
        // It has arrived.
        HookPoint::PreRouting | HookPoint::LocalIn => {}
        HookPoint::Forward | HookPoint::LocalOut => {
            if context.net.routes_by_source() && packet.reroute().is_err() {
                return packet.discard();
            }
        }
    }
    packet.set_balanced();
    packet.accept()
}
