// SPDX-License-Identifier: GPL-2.0-only

//! Tunnelling: a client's packet goes to the real server inside of another IP packet (RFC 2003), with a header of GRE or
//! UDP between both or not, and the real server answers the client itself.

use crate::{
    conn::Conn,
    kapi::{
        net::{
            Outer,
            Packet,
            Route,
            Stack,
            Target,
            Tracking,
            Verdict, //
        },
        sync::Object,
    },
    logic::{
        packet::ip::{
            Header,
            Version, //
        },
        tunnel::Tunnel, //
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

/// What this tunnel of the version `O` does to a packet.
#[inline(always)]
pub(super) fn method<V: Stack, O: Stack>(tunnel: Tunnel, packet: &Packet<'_, V>) -> Method {
    Method {
        target: Target::EndOf(tunnel),
        overhead: overhead::<V, O>(tunnel, packet),
    }
}

/// How many bytes longer a packet becomes in this tunnel.
#[inline(always)]
fn overhead<V: Stack, O: Stack>(tunnel: Tunnel, packet: &Packet<'_, V>) -> u32 {
    let outer = O::MIN_HEADER_LEN as u32;
    if tunnel.is_ipip() {
        outer
    } else {
        outer.saturating_add(header_len(tunnel, packet.leaves_checksum()))
    }
}

/// How many of these bytes are not the outer header, of a packet with a checksum that is left to others or not.
#[inline(never)]
fn header_len(tunnel: Tunnel, leaves_checksum: bool) -> u32 {
    tunnel.header_len(leaves_checksum) as u32
}

/// Sends a packet to the real server in a tunnel. It is about the connection, and may be `of` it.
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
) -> Verdict {
    let Some(real_server) = V::addr(conn.real_server().addr) else {
        return send_over_other(context, packet, header, conn, of);
    };
    let tunnel = conn.dest().tunnel();
    if tunnel.is_ipip() {
        // Known to the compiler, so that it pays for no other.
        send_into::<V, V>(context, packet, header, conn, of, real_server, Tunnel::IPIP)
    } else {
        send_into_other(context, packet, header, conn, of, real_server, tunnel)
    }
}

#[inline(never)]
fn send_into_other<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
    real_server: V::Addr,
    tunnel: Tunnel,
) -> Verdict {
    send_into::<V, V>(context, packet, header, conn, of, real_server, tunnel)
}

/// As [`send`], to a real server that has an address of the other version of IP.
#[inline(never)]
fn send_over_other<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
) -> Verdict {
    let tunnel = conn.dest().tunnel();
    match V::Other::addr(conn.real_server().addr) {
        Some(real_server) => {
            send_into::<V, V::Other>(context, packet, header, conn, of, real_server, tunnel)
        }
        None => packet.discard(),
    }
}

#[inline(always)]
fn send_into<V: Stack, O: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
    real_server: O::Addr,
    tunnel: Tunnel,
) -> Verdict {
    let method = method::<V, O>(tunnel, &packet);
    let route = egress::route_over::<V, O>(context, packet, header, conn, real_server, method);
    let (mut packet, egress) = match route {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    let Egress::Remote(way) = egress else {
        packet.set_balanced(track::tracking(context));
        return packet.accept();
    };
    if packet.is_burst_of_tunnel() {
        return send_apart(context, packet, header, tunnel, way, of);
    }
    send_one(context, packet, header, tunnel, way, of)
}

/// Sends what a packet stands for, each in a packet of the tunnel.
#[cold]
#[inline(never)]
fn send_apart<'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: Packet<'_, V>,
    header: Header<V>,
    tunnel: Tunnel,
    way: Way<'g, O>,
    of: Option<&Object<Conn>>,
) -> Verdict {
    match packet.segments(&way.route) {
        Ok(segments) => {
            segments.send_each(|packet| send_one(context, packet, header, tunnel, way, of))
        }
        Err(verdict) => verdict,
    }
}

#[inline(always)]
fn send_one<'g, V: Stack, O: Stack>(
    context: Context<'g>,
    mut packet: Packet<'_, V>,
    header: Header<V>,
    tunnel: Tunnel,
    way: Way<'g, O>,
    of: Option<&Object<Conn>>,
) -> Verdict {
    if track::is_wanted(context) && !packet.confirm_tracked() {
        return packet.discard();
    }
    let overhead = overhead::<V, O>(tunnel, &packet);
    let largest_fragment = packet.largest_fragment();
    let confirmed = way.confirmed_by(context, &packet, of);
    let mut packet = match prepare(context, packet, header, tunnel, &way.route) {
        Ok(packet) => packet,
        Err(packet) => return packet.discard(),
    };
    packet.forget_inner(overhead, largest_fragment);
    way.send_confirming(context, packet, confirmed, |packet, route| {
        packet.send_as_own(&route)
    })
}

/// Puts a packet, which loses one of its time to live, into another one to the real server. The packet,
/// unchanged, when memory is short.
#[inline(always)]
pub(super) fn prepare<'a, V: Stack, O: Stack>(
    context: Context<'_>,
    packet: Packet<'a, V>,
    header: Header<V>,
    tunnel: Tunnel,
    route: &Route<O>,
) -> Result<Packet<'a, O>, Packet<'a, V>> {
    let dont_fragment = header.dont_fragment
        && discovers_mtu(context)
        && (V::ROUTERS_FRAGMENT || takes_the_smallest(tunnel, &packet, route));
    let mut roomy = packet.make_room(route, tunnel)?;
    let Ok(Some(ttl)) = V::decrement_ttl(roomy.header()) else {
        return Err(roomy.into_packet());
    };
    let mut packet = roomy.encapsulate(Outer {
        ttl,
        tos: header.tos,
        dont_fragment,
    });
    packet.forget_device_checksum();
    packet.set_balanced(Tracking::Ends);
    Ok(packet)
}

/// Whether a route takes the smallest packet that each link has to take, with the headers of a tunnel. Else what is in the
/// tunnel cannot be made small enough, and the packets of the tunnel are fragmented instead (RFC 4213 section 3.2.2).
#[inline(always)]
fn takes_the_smallest<V: Stack, O: Stack>(
    tunnel: Tunnel,
    packet: &Packet<'_, V>,
    route: &Route<O>,
) -> bool {
    let smallest = V::MIN_MTU.saturating_add(overhead::<V, O>(tunnel, packet));
    route.mtu() >= smallest
}

/// Whether clients get to know which packets are too large for a tunnel; else these are sent in
/// fragments, whatever they say.
#[inline(always)]
pub(super) fn discovers_mtu(context: Context<'_>) -> bool {
    context.director.settings.pmtu_disc.is_on()
}
