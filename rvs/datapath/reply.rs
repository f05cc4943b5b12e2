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
        state::Direction, //
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
    let checksum = checksum_state(&packet);
    let Some(bytes) = packet.writable(flow.headers_len()) else {
        return packet.discard();
    };
    let rewritten = nat::rewrite_source(
        bytes,
        flow.header.header_len,
        flow.tuple.protocol,
        conn.service(),
        checksum,
    );
    if rewritten.is_err() {
        return packet.discard();
    }
    packet.forget_device_checksum();

    context.director.paths.count(Path::Slow);
    let dest = conn.dest();
    dest.count(Counter::OutPackets, 1);
    dest.count(Counter::OutBytes, packet.len() as u64);
    conn.touch(time::jiffies32());
    if conn.advance(Direction::Reply, &flow.transport) == Transition::Hastened {
        context.director.connections.hasten(conn);
    }
    go_on(context, packet)
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
