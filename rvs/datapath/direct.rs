// SPDX-License-Identifier: GPL-2.0-only

//! Direct routing: a client's packet goes to the link layer address of the real server, which
//! answers the client itself.

use crate::{
    conn::Conn,
    kapi::net::{
        Packet,
        Target,
        Verdict, //
    },
    logic::packet::ipv4,
};

use super::{
    egress::{
        self,
        Method, //
    },
    Context, //
};

const METHOD: Method = Method {
    target: Target::NextHop,
    overhead: 0,
};

/// Sends a packet, unchanged but for its time to live, to the real server.
pub(super) fn send(
    context: Context<'_>,
    packet: Packet<'_>,
    header: &ipv4::Header,
    conn: &Conn,
) -> Verdict {
    egress::send_unchanged(context, packet, header, conn, METHOD, |packet, route, _| {
        packet.send(route, context.guard)
    })
}
