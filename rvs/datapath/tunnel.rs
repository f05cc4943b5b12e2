// SPDX-License-Identifier: GPL-2.0-only

//! Tunnelling: a client's packet goes to the real server inside of another IP packet (RFC 2003),
//! and the real server answers the client itself.

use crate::{
    conn::Conn,
    kapi::net::{
        Outer,
        Packet,
        Route,
        Stack,
        Target,
        Tracking,
        Verdict, //
    },
    logic::packet::ip::Header,
};

use super::{
    egress::{
        self,
        Egress,
        Method,
        Way, //
    },
    track,
    Context, //
};

/// What the method does to a packet with a tunnel of this version.
#[inline(always)]
pub(super) const fn method<O: Stack>() -> Method {
    Method {
        target: Target::Destination,
        overhead: O::MIN_HEADER_LEN as u32,
    }
}

/// Sends a packet to the real server in a tunnel. It is about the connection, and may be `of` it.
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Conn,
    of: Option<&Conn>,
) -> Verdict {
    let (mut packet, egress) = match egress::route(context, packet, header, conn, method::<V>()) {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    let Egress::Remote(way) = egress else {
        packet.set_balanced(track::tracking(context));
        return packet.accept();
    };
    if packet.is_burst_of_tunnel() {
        return send_apart(context, packet, header, way, of);
    }
    send_one(context, packet, header, way, of)
}

/// Sends what a packet stands for, each in a packet of the tunnel.
#[cold]
#[inline(never)]
fn send_apart<'g, V: Stack>(
    context: Context<'g>,
    packet: Packet<'_, V>,
    header: Header<V>,
    way: Way<'g, V>,
    of: Option<&Conn>,
) -> Verdict {
    match packet.segments(&way.route) {
        Ok(segments) => segments.send_each(|packet| send_one(context, packet, header, way, of)),
        Err(verdict) => verdict,
    }
}

#[inline(always)]
fn send_one<'g, V: Stack>(
    context: Context<'g>,
    mut packet: Packet<'_, V>,
    header: Header<V>,
    way: Way<'g, V>,
    of: Option<&Conn>,
) -> Verdict {
    if track::is_wanted(context) && !packet.confirm_tracked() {
        return packet.discard();
    }
    if prepare(context, &mut packet, header, &way.route).is_none() {
        return packet.discard();
    }
    packet.forget_inner();
    way.send(context, packet, of, |packet, route| {
        packet.send_as_own(&route)
    })
}

/// Puts a packet, which loses one of its time to live, into another one to the real server. None,
/// and nothing changed, when memory is short.
#[inline(always)]
pub(super) fn prepare<V: Stack>(
    context: Context<'_>,
    packet: &mut Packet<'_, V>,
    header: Header<V>,
    route: &Route<V>,
) -> Option<()> {
    let mut roomy = packet.make_room(route)?;
    let ttl = V::decrement_ttl(roomy.header()).ok()??;
    roomy.encapsulate(outer(context, header, ttl));
    packet.forget_device_checksum();
    packet.set_balanced(Tracking::Ends);
    Some(())
}

#[inline(always)]
fn outer<V: Stack>(context: Context<'_>, header: Header<V>, ttl: u8) -> Outer {
    Outer {
        ttl,
        tos: header.tos,
        dont_fragment: header.dont_fragment && discovers_mtu(context),
    }
}

/// Whether clients get to know which packets are too large for a tunnel; else these are sent in
/// fragments, whatever they say.
#[inline(always)]
pub(super) fn discovers_mtu(context: Context<'_>) -> bool {
    context.director.settings.pmtu_disc.is_on()
}
