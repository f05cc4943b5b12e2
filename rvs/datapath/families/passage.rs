// SPDX-License-Identifier: GPL-2.0-only

//! The way of a packet that leaves as one of the other version of IP, in either direction, and what form it has then.

use crate::{
    conn::{
        Conn,
        RouteNumber, //
    },
    kapi::{
        net::{
            HookPoint,
            Packet,
            RouteRef,
            Stack,
            Verdict, //
        },
        rcu_table::Side,
        sync::Object,
    },
    logic::{
        nat::Rewrite,
        packet::{
            icmp::Report,
            ip::Header, //
        },
    },
};

use super::{
    super::{
        egress::{
            self,
            Way, //
        },
        fullnat,
        nat,
        Context, //
    },
    translation::Form, //
};

/// Bytes of the header that a fragment of IPv6 has besides (RFC 8200 section 4.5).
const FRAGMENT_HEADER: u32 = 8;

/// From where to where a packet goes that is about a connection.
#[derive(Clone, Copy)]
pub(super) struct Crossing {
    /// The side that it comes from.
    pub(super) side: Side,
    /// Its new ends.
    pub(super) rewrite: Rewrite,
    /// Whether it is of the connection, so that later packets may be fast.
    pub(super) is_of: bool,
}

/// How a packet leaves as one of the version `O`.
#[derive(Clone, Copy)]
pub(super) struct Passage<'g, O: Stack> {
    pub(super) way: Way<'g, O>,
    pub(super) form: Form,
    learned: Learned,
}

/// What is known of the way of later packets once this one has passed all hooks.
#[derive(Clone, Copy)]
enum Learned {
    Nothing,
    /// That of the client's packets.
    Request,
    /// That of replies, by its number.
    Reply(RouteNumber),
}

impl<O: Stack> Passage<'_, O> {
    /// Has the connection know that the packet has passed all hooks.
    pub(super) fn note(&self, conn: &Object<Conn>) {
        match self.learned {
            Learned::Nothing => {}
            Learned::Request => conn.confirm_route(self.way.route.number()),
            Learned::Reply(number) => conn.set_reply_route(number),
        }
    }
}

/// Finds the way of a packet, which is about a connection, to the end that it has not come from. The verdict of one that cannot go
/// there is its end; its sender has been told.
#[inline(always)]
pub(super) fn find<'a, 'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: Packet<'a, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    crossing: Crossing,
) -> Result<(Packet<'a, V>, Passage<'g, O>), Verdict> {
    let Crossing { side, rewrite, .. } = crossing;
    let (source, destination) = (rewrite.source.addr, rewrite.destination.addr);
    let (Some(source), Some(destination)) = (O::addr(source), O::addr(destination)) else {
        return Err(packet.discard());
    };
    let found = match side {
        Side::Original => to_real_server::<O>(context, conn, destination),
        Side::Reply => to_client::<O>(context, conn, source, destination),
    };
    let Some((number, route)) = found else {
        return Err(packet.refuse(Report::HostUnreachable));
    };
    let is_request = side == Side::Original;
    if is_request && route.is_local() && nat::leads_to_loopback(context, header, conn) {
        return Err(packet.discard());
    }
    let (packet, way, form) = along(context, packet, header, route, destination)?;
    let learned = match side {
        _ if !crossing.is_of => Learned::Nothing,
        Side::Original => match way.confirmed_by(context, &packet, Some(conn)) {
            Some(_) => Learned::Request,
            None => Learned::Nothing,
        },
        Side::Reply if may_be_learned::<V, O>(context, &packet, header, number) => {
            Learned::Reply(number)
        }
        Side::Reply => Learned::Nothing,
    };
    let passage = Passage { way, form, learned };
    Ok((packet, passage))
}

/// The route to the real server of a connection.
fn to_real_server<'g, O: Stack>(
    context: Context<'g>,
    conn: &Object<Conn>,
    server: O::Addr,
) -> Option<(RouteNumber, RouteRef<'g, O>)> {
    let route = egress::get::<O>(context, conn.dest(), server, nat::METHOD.target).ok()?;
    Some((0, route))
}

/// The route to the client of a connection, and its number where that may be new to the connection, else 0.
fn to_client<'g, O: Stack>(
    context: Context<'g>,
    conn: &Object<Conn>,
    service: O::Addr,
    client: O::Addr,
) -> Option<(RouteNumber, RouteRef<'g, O>)> {
    match fullnat::known_route(context, conn) {
        Some(route) => Some((0, route)),
        None => fullnat::look_up(context, service, client),
    }
}

/// Whether later replies may go the way of this one, by the route of this number.
fn may_be_learned<V: Stack, O: Stack>(
    context: Context<'_>,
    packet: &Packet<'_, V>,
    header: Header<V>,
    number: RouteNumber,
) -> bool {
    number != 0
        && !context.net.forwards_by_policy::<O>()
        && fullnat::may_be_learned(context, packet, header)
}

/// Finds the way along a route to `destination` for a packet. The verdict of one that cannot go there is its end; its sender has been
/// told.
fn along<'a, 'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: Packet<'a, V>,
    header: Header<V>,
    route: RouteRef<'g, O>,
    destination: O::Addr,
) -> Result<(Packet<'a, V>, Way<'g, O>, Form), Verdict> {
    let is_forwarded = !route.is_local();
    if is_forwarded && V::stays_on_link(header.src) {
        return Err(packet.discard());
    }
    if is_forwarded && header.ttl <= 1 {
        return Err(packet.refuse(Report::TimeExceeded));
    }
    let mtu = before_translation::<V, O>(route.mtu(), header);
    let most = before_translation::<V, O>(O::MAX_TOTAL_LEN, header);
    let fits = packet.fits(mtu);
    if !fits && !packet.is_gso() && packet.len() > most as usize {
        return Err(packet.refuse(Report::TooBig(most)));
    }
    let (may_leave, dont_fragment, largest_fragment) = in_fragments::<V, O>(&packet, header, fits);
    if is_forwarded && !may_leave {
        return Err(packet.refuse(Report::TooBig(mtu.max(V::MIN_MTU))));
    }
    let is_plain = is_forwarded && fits && largest_fragment == 0;
    let way = Way::along(context, route, destination, is_plain);
    let form = Form {
        // What this host sends itself is not forwarded.
        is_forwarded: is_forwarded && !matches!(context.point, HookPoint::LocalOut),
        dont_fragment,
        largest_fragment,
    };
    Ok((packet, way, form))
}

/// How long a packet with this header is that becomes one of so many bytes.
pub(super) fn before_translation<V: Stack, O: Stack>(len: u32, header: Header<V>) -> u32 {
    let headers = header.header_len as u32;
    len.saturating_add(headers)
        .saturating_sub(O::MIN_HEADER_LEN as u32)
}

/// Whether a packet may leave that fits its way or not, whether routers must not fragment it then, and the size of the largest
/// fragment that it leaves in, 0 when it leaves whole.
#[inline(always)]
pub(super) fn in_fragments<V: Stack, O: Stack>(
    packet: &Packet<'_, V>,
    header: Header<V>,
    fits: bool,
) -> (bool, bool, u32) {
    if V::ROUTERS_FRAGMENT {
        in_fragments_of_smallest::<V, O>(packet, header, fits)
    } else {
        as_fragments_of_routers::<V, O>(packet, fits)
    }
}

/// A packet of IPv4 becomes one of IPv6, which routers do not fragment. One that they might have fragmented leaves in fragments of what
/// every link takes, if it is larger than that, as one does that has come in fragments (RFC 7915 section 4).
fn in_fragments_of_smallest<V: Stack, O: Stack>(
    packet: &Packet<'_, V>,
    header: Header<V>,
    fits: bool,
) -> (bool, bool, u32) {
    let smallest = before_translation::<V, O>(O::MIN_MTU, header);
    let is_to_be = packet.was_fragmented() || !header.dont_fragment && !packet.fits(smallest);
    let largest_fragment = if is_to_be { O::MIN_MTU } else { 0 };
    (is_to_be || fits, true, largest_fragment)
}

/// A packet of IPv6 becomes one of IPv4, which routers may fragment if it is so small that the client would make it no smaller, or has come
/// in fragments: none of those gets larger (RFC 7915 section 5).
fn as_fragments_of_routers<V: Stack, O: Stack>(
    packet: &Packet<'_, V>,
    fits: bool,
) -> (bool, bool, u32) {
    let largest_before = packet.largest_fragment();
    let may_be = largest_before != 0 || packet.fits(V::MIN_MTU);
    let headers = V::MIN_HEADER_LEN as u32 + FRAGMENT_HEADER;
    let largest_fragment = match largest_before {
        0 => 0,
        len => len
            .saturating_add(O::MIN_HEADER_LEN as u32)
            .saturating_sub(headers)
            .max(O::MIN_MTU),
    };
    (may_be || fits, !may_be, largest_fragment)
}
