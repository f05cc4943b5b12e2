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
    logic::{
        packet::ipv4,
        ttl, //
    },
};

use super::{
    egress::{
        self,
        Egress,
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
    let (mut packet, egress) = match egress::route(context, packet, header, conn, METHOD) {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    let Egress::Remote(route) = egress else {
        packet.set_balanced();
        return packet.accept();
    };
    let Some(bytes) = packet.writable(header.header_len) else {
        return packet.discard();
    };
    if ttl::decrement_ttl(bytes).is_err() {
        return packet.discard();
    }
    packet.forget_device_checksum();
    packet.set_balanced();
    packet.send(route, context.guard)
}
