// SPDX-License-Identifier: GPL-2.0-only

//! Tunnelling: a client's packet goes to the real server inside of another IP packet (RFC 2003),
//! and the real server answers the client itself.

use crate::{
    conn::Conn,
    kapi::net::{
        Outer,
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
    target: Target::Destination,
    overhead: ipv4::MIN_HEADER_LEN as u32,
};

/// Sends a packet to the real server in a tunnel.
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
    let Ok(Some(ttl)) = ttl::decrement_ttl(bytes) else {
        return packet.discard();
    };
    packet.forget_device_checksum();
    packet.set_balanced();
    packet.send_in_tunnel(
        &route,
        Outer {
            ttl,
            tos: header.tos,
            dont_fragment: header.dont_fragment,
        },
    )
}
