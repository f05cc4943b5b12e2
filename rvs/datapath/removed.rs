// SPDX-License-Identifier: GPL-2.0-only

//! Packets of connections whose real server was removed from its service.

use crate::{
    conn::Conn,
    kapi::{
        net::{
            Packet,
            Verdict, //
        },
        sync::RcuRef,
    },
    logic::{
        packet::TransportHeader,
        removal::Answer, //
    },
};

use super::{
    parse::Flow,
    request,
    schedule,
    Context, //
};

/// Takes a packet of the client.
#[cold]
#[inline(never)]
pub(super) fn take(
    context: Context<'_>,
    packet: Packet<'_>,
    flow: Flow,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    match answer(flow, &conn) {
        Answer::Expire => request::instead(context, packet, flow, conn),
        Answer::Drop | Answer::Reset | Answer::Pass => packet.discard(),
    }
}

/// What the service says is to be done with it.
fn answer(flow: Flow, conn: &Conn) -> Answer {
    let is_reset = match flow.transport.header {
        TransportHeader::Tcp(header) => header.flags.rst,
        TransportHeader::Udp(_) => false,
    };
    conn.dest()
        .shared()
        .removal()
        .answer(conn.protocol(), schedule::may_begin(flow), is_reset)
}
