// SPDX-License-Identifier: GPL-2.0-only

//! Tunnelling: a client's packet goes to the real server inside of another IP packet (RFC 2003), with a header of GRE or
//! UDP between both or not, and the real server answers the client itself.

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
    logic::{
        packet::ip::Header,
        tunnel::{
            Checksum,
            Tunnel, //
        },
    },
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

/// What this tunnel does to a packet.
#[inline(always)]
pub(super) fn method<V: Stack>(tunnel: Tunnel, packet: &Packet<'_, V>) -> Method {
    Method {
        target: Target::EndOf(tunnel),
        overhead: overhead(tunnel, packet),
    }
}

/// How many bytes longer a packet becomes in this tunnel.
#[inline(always)]
fn overhead<V: Stack>(tunnel: Tunnel, packet: &Packet<'_, V>) -> u32 {
    let outer = V::MIN_HEADER_LEN as u32;
    if tunnel.is_ipip() {
        outer
    } else {
        outer.saturating_add(header_len(tunnel, packet))
    }
}

/// How many of these bytes are not the outer header.
#[inline(never)]
fn header_len<V: Stack>(tunnel: Tunnel, packet: &Packet<'_, V>) -> u32 {
    tunnel.header_len(packet.leaves_checksum()) as u32
}

/// Whether a packet stands for several that have to be taken apart before they go into this tunnel: those of another
/// tunnel, those that GRO has put in a list as they came, and datagrams whose checksums would be left to the end of the
/// tunnel: the kernel makes them where it takes such a packet apart later.
#[inline(always)]
pub(super) fn takes_apart<V: Stack>(tunnel: Tunnel, packet: &Packet<'_, V>) -> bool {
    packet.is_burst_of_tunnel() || !tunnel.is_ipip() && is_burst_without_checksums(tunnel, packet)
}

#[cold]
#[inline(never)]
fn is_burst_without_checksums<V: Stack>(tunnel: Tunnel, packet: &Packet<'_, V>) -> bool {
    tunnel.checksum() == Checksum::Remote && packet.is_burst_of_datagrams()
}

/// Sends a packet to the real server in a tunnel. It is about the connection, and may be `of` it.
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Conn,
    of: Option<&Conn>,
) -> Verdict {
    let tunnel = conn.dest().tunnel();
    if tunnel.is_ipip() {
        // Known to the compiler, so that it pays for no other.
        send_into(context, packet, header, conn, of, Tunnel::IPIP)
    } else {
        send_into_other(context, packet, header, conn, of, tunnel)
    }
}

#[inline(never)]
fn send_into_other<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Conn,
    of: Option<&Conn>,
    tunnel: Tunnel,
) -> Verdict {
    send_into(context, packet, header, conn, of, tunnel)
}

#[inline(always)]
fn send_into<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Conn,
    of: Option<&Conn>,
    tunnel: Tunnel,
) -> Verdict {
    let method = method(tunnel, &packet);
    let (mut packet, egress) = match egress::route(context, packet, header, conn, method) {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    let Egress::Remote(way) = egress else {
        packet.set_balanced(track::tracking(context));
        return packet.accept();
    };
    if takes_apart(tunnel, &packet) {
        return send_apart(context, packet, header, tunnel, way, of);
    }
    send_one(context, packet, header, tunnel, way, of)
}

/// Sends what a packet stands for, each in a packet of the tunnel.
#[cold]
#[inline(never)]
fn send_apart<'g, V: Stack>(
    context: Context<'g>,
    packet: Packet<'_, V>,
    header: Header<V>,
    tunnel: Tunnel,
    way: Way<'g, V>,
    of: Option<&Conn>,
) -> Verdict {
    match packet.segments(&way.route) {
        Ok(segments) => {
            segments.send_each(|packet| send_one(context, packet, header, tunnel, way, of))
        }
        Err(verdict) => verdict,
    }
}

#[inline(always)]
fn send_one<'g, V: Stack>(
    context: Context<'g>,
    mut packet: Packet<'_, V>,
    header: Header<V>,
    tunnel: Tunnel,
    way: Way<'g, V>,
    of: Option<&Conn>,
) -> Verdict {
    if track::is_wanted(context) && !packet.confirm_tracked() {
        return packet.discard();
    }
    let overhead = overhead(tunnel, &packet);
    if prepare(context, &mut packet, header, tunnel, &way.route).is_none() {
        return packet.discard();
    }
    packet.forget_inner(overhead);
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
    tunnel: Tunnel,
    route: &Route<V>,
) -> Option<()> {
    let mut roomy = packet.make_room(route, tunnel)?;
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
