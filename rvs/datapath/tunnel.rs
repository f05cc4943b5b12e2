// SPDX-License-Identifier: GPL-2.0-only

//! Tunnelling: a client's packet goes to the real server inside of another IP packet (RFC 2003),
//! and the real server answers the client itself.

use crate::{
    conn::Conn,
    kapi::net::{
        Outer,
        Packet,
        Route,
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

pub(super) const METHOD: Method = Method {
    target: Target::Destination,
    overhead: ipv4::MIN_HEADER_LEN as u32,
};

/// Sends a packet to the real server in a tunnel.
pub(super) fn send(
    context: Context<'_>,
    packet: Packet<'_>,
    header: ipv4::Header,
    conn: &Conn,
) -> Verdict {
    egress::send_unchanged(
        context,
        packet,
        header,
        conn,
        METHOD,
        |mut packet, way, ttl| {
            if packet.encapsulate(&way.route, outer(header, ttl)).is_none() {
                return packet.discard();
            }
            match way.next_hop {
                Some(next_hop) => packet.output(next_hop),
                None => packet.send_as_own(&way.route),
            }
        },
    )
}

/// Puts a packet into another one to the real server. None when memory is short; what is inside
/// has then lost one of its time to live.
#[inline(always)]
pub(super) fn prepare(packet: &mut Packet<'_>, header: ipv4::Header, route: &Route) -> Option<()> {
    let ttl = egress::pass_on(packet)?;
    packet.encapsulate(route, outer(header, ttl))
}

#[inline(always)]
fn outer(header: ipv4::Header, ttl: u8) -> Outer {
    Outer {
        ttl,
        tos: header.tos,
        dont_fragment: header.dont_fragment,
    }
}
