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
    logic::{
        packet::ipv4,
        ttl, //
    },
};

use super::{
    egress::{
        self,
        Egress,
        Method,
        Way, //
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
    let (mut packet, egress) = match egress::route(context, packet, header, conn, METHOD) {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    let Egress::Remote(way) = egress else {
        packet.set_balanced();
        return packet.accept();
    };
    if packet.is_burst_of_tunnel() {
        return send_apart(packet, header, way);
    }
    send_one(packet, header, way)
}

/// Sends what a packet stands for, each in a packet of the tunnel.
#[cold]
#[inline(never)]
fn send_apart(packet: Packet<'_>, header: ipv4::Header, way: Way<'_>) -> Verdict {
    match packet.segments(&way.route) {
        Ok(segments) => segments.send_each(|packet| send_one(packet, header, way)),
        Err(verdict) => verdict,
    }
}

#[inline(always)]
fn send_one(mut packet: Packet<'_>, header: ipv4::Header, way: Way<'_>) -> Verdict {
    if prepare(&mut packet, header, &way.route).is_none() {
        return packet.discard();
    }
    match way.next_hop {
        Some(next_hop) => packet.output(next_hop),
        None => packet.send_as_own(&way.route),
    }
}

/// Puts a packet, which loses one of its time to live, into another one to the real server. None,
/// and nothing changed, when memory is short.
#[inline(always)]
pub(super) fn prepare(packet: &mut Packet<'_>, header: ipv4::Header, route: &Route) -> Option<()> {
    let mut roomy = packet.make_room(route)?;
    let ttl = ttl::decrement_ttl(roomy.header()).ok()??;
    roomy.encapsulate(outer(header, ttl));
    packet.forget_device_checksum();
    packet.set_balanced();
    Some(())
}

#[inline(always)]
fn outer(header: ipv4::Header, ttl: u8) -> Outer {
    Outer {
        ttl,
        tos: header.tos,
        dont_fragment: header.dont_fragment,
    }
}
