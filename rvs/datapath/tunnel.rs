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
    egress::send_unchanged(
        context,
        packet,
        header,
        conn,
        METHOD,
        |packet, route, ttl| {
            let outer = Outer {
                ttl,
                tos: header.tos,
                dont_fragment: header.dont_fragment,
            };
            packet.send_in_tunnel(&route, outer)
        },
    )
}
