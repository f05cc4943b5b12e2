// SPDX-License-Identifier: GPL-2.0-only

//! The way out to a real server, by whatever method: route, time to live and path MTU, as a router
//! treats a packet (RFC 1812 section 5).

use kernel::prelude::*;

use crate::{
    conn::Conn,
    kapi::{
        net::{
            HookPoint,
            LookupNumber,
            NextHop,
            Packet,
            RouteRef,
            Stack,
            Target,
            Tracking,
            Verdict, //
        },
        sync::Object,
    },
    logic::packet::{
        icmp::Report,
        ip::{
            Header,
            Version, //
        }, //
    },
    svc::{
        Dest,
        Forward, //
    },
};

use super::{
    beyond,
    direct,
    nat,
    track,
    tunnel,
    vrf,
    Context, //
};

/// Where a packet goes.
pub(super) enum Egress<'g, V: Stack> {
    /// To this host: the real server is local.
    Local,
    /// To another host.
    Remote(Way<'g, V>),
}

/// The way to another host.
pub(super) struct Way<'g, V: Stack> {
    /// The route.
    pub(super) route: RouteRef<'g, V>,
    next: Next<'g, V>,
}

impl<V: Stack> Clone for Way<'_, V> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: Stack> Copy for Way<'_, V> {}

/// What is to be done with a packet that has its route.
enum Next<'g, V: Stack> {
    /// To show it to the hooks of LOCAL_OUT and POST_ROUTING, and bring it to the next hop. None where the address of
    /// that has to be found out.
    Hop(Option<NextHop<'g, V>>),
    /// More, which is the stack's matter.
    Stack,
}

impl<V: Stack> Clone for Next<'_, V> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: Stack> Copy for Next<'_, V> {}

impl<'g, O: Stack> Way<'g, O> {
    /// The way along a route to `destination`, of packets that leave as they are, or of which the stack makes others.
    #[inline(always)]
    pub(super) fn along(
        context: Context<'g>,
        route: RouteRef<'g, O>,
        destination: O::Addr,
        as_they_are: bool,
    ) -> Self {
        let next = match context.point {
            // Packets of sockets on this host may have filters of their own.
            HookPoint::LocalIn | HookPoint::Forward if route.is_plain() && as_they_are => {
                Next::Hop(NextHop::find(context.guard, route.get(), destination))
            }
            _ => Next::Stack,
        };
        Self { route, next }
    }

    /// Sends a packet, or lets `stack` do it along the route, where that has more to do than to show it to
    /// hooks. When it is of a connection, not about one, and has passed all of them, later ones may be fast.
    #[inline(always)]
    pub(super) fn send(
        self,
        context: Context<'g>,
        packet: Packet<'_, O>,
        of: Option<&Object<Conn>>,
        stack: impl FnOnce(Packet<'_, O>, RouteRef<'g, O>) -> Verdict,
    ) -> Verdict {
        let confirmed = self.confirmed_by(context, &packet, of);
        self.send_confirming(context, packet, confirmed, stack)
    }

    /// Returns the connection that a packet is `of`, if later packets of it may be fast once this one, in whatever it is
    /// put by then, has passed all hooks.
    #[inline(always)]
    pub(super) fn confirmed_by<'c, V: Stack>(
        &self,
        context: Context<'g>,
        packet: &Packet<'_, V>,
        of: Option<&'c Object<Conn>>,
    ) -> Option<&'c Object<Conn>> {
        match (of, &self.next) {
            (Some(conn), Next::Hop(_))
                if context.vrf == 0 && context.director.fast_path.is_on() =>
            {
                to_be_confirmed(context, packet, conn, self.route.number())
            }
            _ => None,
        }
    }

    /// As [`Way::send`]; the packet is `confirmed` by [`Way::confirmed_by`].
    #[inline(always)]
    pub(super) fn send_confirming(
        self,
        context: Context<'g>,
        packet: Packet<'_, O>,
        confirmed: Option<&Object<Conn>>,
        stack: impl FnOnce(Packet<'_, O>, RouteRef<'g, O>) -> Verdict,
    ) -> Verdict {
        let number = self.route.number();
        self.send_noting(context, packet, stack, || {
            if let Some(conn) = confirmed {
                conn.confirm_route(number);
            }
        })
    }

    /// As [`Way::send`], and notes it when the packet has passed all hooks.
    #[inline(always)]
    pub(super) fn send_noting(
        self,
        context: Context<'g>,
        mut packet: Packet<'_, O>,
        stack: impl FnOnce(Packet<'_, O>, RouteRef<'g, O>) -> Verdict,
        note: impl FnOnce(),
    ) -> Verdict {
        let Self { route, next } = self;
        if context.net.restricts_output() {
            return packet.send_by_policy(route, context.guard);
        }
        let Next::Hop(next_hop) = next else {
            return stack(packet, route);
        };
        packet.borrow_route(route, context.guard);
        let passed = packet
            .pass_local_out(context.director, context.guard)
            .and_then(|packet| packet.pass_post_routing(context.guard));
        match passed {
            Ok(packet) => {
                note();
                match next_hop {
                    Some(next_hop) => packet.output(next_hop.of_routed()),
                    None => packet.output_unresolved(context.guard),
                }
            }
            Err(verdict) => verdict,
        }
    }
}

/// Returns the connection if what becomes of this packet of it tells what becomes of later ones, and that is not
/// known yet.
#[inline(always)]
fn to_be_confirmed<'c, V: Stack>(
    context: Context<'_>,
    packet: &Packet<'_, V>,
    conn: &'c Object<Conn>,
    route: LookupNumber,
) -> Option<&'c Object<Conn>> {
    let may_be = conn.confirmed_route() != route
        && came_by_valid_route(packet, conn)
        && may_confirm::<V>(context, V::tos(packet.bytes()));
    may_be.then_some(conn)
}

/// Returns whether the routes of now would bring the packet, which may have another destination already, here.
#[inline(always)]
fn came_by_valid_route<V: Stack>(packet: &Packet<'_, V>, conn: &Object<Conn>) -> bool {
    V::addr(conn.service().addr).is_some_and(|service| packet.has_valid_route(service))
}

/// Returns whether what becomes of a packet that came for this host by a route that is valid, and has this `tos`,
/// holds for all of its flow: the routes of now have brought it here, as they would the others. IPsec policies are
/// asked for each packet, and what tracks connections sees each. With rules of policy routing, the fast path takes
/// packets without DSCP only.
#[cold]
#[inline(never)]
fn may_confirm<V: Stack>(context: Context<'_>, tos: Option<u8>) -> bool {
    let net = context.net;
    !net.has_policies_of_hosts()
        && !track::is_wanted(context)
        && (!net.has_rules::<V>()
            || tos.is_some_and(is_without_dscp)
                && !net.rules_tell_packets_apart::<V>(context.guard))
}

/// Whether the field of DSCP and ECN has no DSCP.
#[inline]
pub(super) fn is_without_dscp(tos: u8) -> bool {
    tos >> 2 == 0
}

/// What a method does to a packet, as far as the way out is concerned.
#[derive(Clone, Copy)]
pub(super) struct Method {
    /// What the real server's address is to the packet.
    pub(super) target: Target,
    /// How many bytes longer the packet becomes.
    pub(super) overhead: u32,
}

/// Why a packet cannot leave.
#[derive(Clone, Copy)]
pub(super) enum Refusal {
    /// Its sender is told.
    Told(Report),
    /// Its sender hears nothing: an answer would not come to who has sent it.
    Silent,
}

impl Refusal {
    /// Refuses a packet.
    #[cold]
    pub(super) fn of<V: Stack>(self, packet: Packet<'_, V>) -> Verdict {
        match self {
            Self::Told(report) => packet.refuse(report),
            Self::Silent => packet.discard(),
        }
    }
}

/// Returns whether a packet may not leave this host, wherever the real server is: its last hop has sent it, or its source
/// is one of its link.
#[inline(always)]
pub(super) fn may_end_here<V: Stack>(header: &Header<V>) -> bool {
    header.ttl <= 1 || V::stays_on_link(header.src)
}

/// Checks whether a packet with this header can leave for `dest`. What this host itself takes may have
/// come by its last hop, and from an address of its link. Nothing is remembered of one that cannot.
#[inline(always)]
pub(super) fn check<V: Stack>(
    context: Context<'_>,
    header: &Header<V>,
    dest: &Dest,
) -> Result<(), Refusal> {
    let target = target(dest.forward(), dest);
    if context.vrf != 0 {
        return check_route::<V>(context, header, dest);
    }
    // The route that is there leads somewhere.
    let route = dest.route().peek::<V>(context.guard, context.net, target);
    if !may_end_here(header) && route.is_some() {
        return Ok(());
    }
    check_route::<V>(context, header, dest)
}

/// As [`check`], of a packet that may end here, or to a server whose route is not known.
#[cold]
#[inline(never)]
fn check_route<V: Stack>(
    context: Context<'_>,
    header: &Header<V>,
    dest: &Dest,
) -> Result<(), Refusal> {
    if dest.is_beyond() {
        return Ok(());
    }
    let addr = dest.endpoint().addr;
    let is_local = match (V::addr(addr), V::Other::addr(addr)) {
        (Some(server), _) => leads_here::<V>(context, dest, server)?,
        (None, Some(server)) => leads_here::<V::Other>(context, dest, server)?,
        (None, None) => return Ok(()),
    };
    if is_local {
        Ok(())
    } else if V::stays_on_link(header.src) {
        Err(Refusal::Silent)
    } else if header.ttl <= 1 {
        Err(Refusal::Told(Report::TimeExceeded))
    } else {
        Ok(())
    }
}

/// Returns whether the route to a destination, whose address is `server`, leads to this host.
fn leads_here<O: Stack>(
    context: Context<'_>,
    dest: &Dest,
    server: O::Addr,
) -> Result<bool, Refusal> {
    let target = target(dest.forward(), dest);
    match get::<O>(context, dest, server, target) {
        Ok(route) => Ok(route.is_local()),
        Err(_) => Err(Refusal::Told(Report::HostUnreachable)),
    }
}

/// Returns whether the real server of a connection is this host, by the route that is remembered.
#[inline]
pub(super) fn is_local<V: Stack>(context: Context<'_>, conn: &Object<Conn>) -> bool {
    let target = target(conn.forward(), conn.dest());
    if context.vrf != 0 {
        return vrf::is_local::<V>(context, conn, target);
    }
    let route = conn.dest().route();
    route.is_local(context.guard, context.net, target)
}

/// Returns the route to the real server of a destination, which is looked up where it is not known.
#[inline(always)]
pub(super) fn get<'g, V: Stack>(
    context: Context<'g>,
    dest: &Dest,
    destination: V::Addr,
    target: Target,
) -> Result<RouteRef<'g, V>> {
    let Context {
        net, guard, vrf, ..
    } = context;
    if vrf != 0 {
        return dest
            .vrf_route()
            .get_in_vrf(guard, net, destination, target, vrf);
    }
    dest.route().get(guard, net, destination, target)
}

/// What the address of a destination is to packets that are forwarded by a method.
#[inline]
fn target(forward: Forward, dest: &Dest) -> Target {
    match forward {
        Forward::Nat | Forward::Fullnat | Forward::Enat => nat::METHOD.target,
        Forward::Dr => direct::METHOD.target,
        Forward::Tun => Target::EndOf(dest.tunnel()),
    }
}

/// Finds the way to the real server of a connection for a packet. The verdict of one that cannot go there is its end; its
/// sender has been told.
#[inline(always)]
pub(super) fn route<'a, 'g, V: Stack>(
    context: Context<'g>,
    packet: Packet<'a, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    method: Method,
) -> Result<(Packet<'a, V>, Egress<'g, V>), Verdict> {
    match V::addr(conn.real_server().addr) {
        Some(server) => route_over::<V, V>(context, packet, header, conn, server, method),
        None => Err(packet.discard()),
    }
}

/// As [`route`], where the real server's address, which is `destination`, may be of the other version of IP.
#[inline(always)]
pub(super) fn route_over<'a, 'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: Packet<'a, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    destination: O::Addr,
    method: Method,
) -> Result<(Packet<'a, V>, Egress<'g, O>), Verdict> {
    let known = match context.vrf {
        0 => conn
            .dest()
            .route()
            .peek(context.guard, context.net, method.target),
        _ => None,
    };
    let route = match known {
        Some(route) => route,
        None if method.target == Target::NextHop && conn.dest().is_beyond() => {
            return Err(beyond::send(context, packet, conn.service().addr))
        }
        None => match get(context, conn.dest(), destination, method.target) {
            Ok(route) => route,
            Err(_) => return Err(packet.refuse(Report::HostUnreachable)),
        },
    };
    along(
        context,
        packet,
        header,
        route,
        destination,
        method.overhead,
        |packet| may_be_fragmented(context, packet, conn),
    )
}

/// Finds the way along a route to `destination` for a packet that gets `overhead` bytes longer. One that is too large is fragmented
/// where it allows that, or `may_be_fragmented` says so. The verdict of one that cannot go there is its end; its sender has been told.
#[inline(always)]
pub(super) fn along<'a, 'g, V: Stack, O: Stack>(
    context: Context<'g>,
    mut packet: Packet<'a, V>,
    header: Header<V>,
    route: RouteRef<'g, O>,
    destination: O::Addr,
    overhead: u32,
    may_be_fragmented: impl FnOnce(&Packet<'a, V>) -> bool,
) -> Result<(Packet<'a, V>, Egress<'g, O>), Verdict> {
    if route.is_local() {
        return Ok((packet, Egress::Local));
    }
    // Its answer would never come back (RFC 1122 section 3.2.1.3).
    if V::stays_on_link(header.src) {
        return Err(packet.discard());
    }

    if header.ttl <= 1 {
        return Err(packet.refuse(Report::TimeExceeded));
    }
    let mtu = route.mtu().saturating_sub(overhead);
    // One of the smallest packets of IPv6 leaves in any tunnel.
    if V::ROUTERS_FRAGMENT && mtu < V::MIN_MTU {
        return Err(packet.discard());
    }
    let is_whole = !packet.was_fragmented() || packet.leaves_whole();
    let fits = if is_whole {
        packet.fits(mtu)
    } else {
        packet.fits_in_fragments(mtu.max(V::MIN_MTU))
    };
    if header.dont_fragment && !fits && !may_be_fragmented(&packet) {
        return Err(packet.refuse(Report::TooBig(mtu.max(V::MIN_MTU))));
    }
    let most = O::MAX_TOTAL_LEN.saturating_sub(overhead);
    if !(fits && is_whole) {
        if is_longer(&packet, most) {
            return Err(packet.refuse(Report::TooBig(most)));
        }
        if !completes_crc(&mut packet) {
            return Err(packet.discard());
        }
    }
    let way = Way::along(context, route, destination, fits && is_whole);
    Ok((packet, Egress::Remote(way)))
}

/// Whether a packet is longer than one may be before this method, in however many fragments it
/// leaves. One that stands for several does not leave as it is.
#[cold]
#[inline(never)]
fn is_longer<V: Stack>(packet: &Packet<'_, V>, most: u32) -> bool {
    !packet.is_gso() && packet.len_seldom() > most as usize
}

/// Makes a CRC32c that is left to the device: what fragments a packet knows of the Internet checksum alone
/// (`ip_do_fragment()`). False when memory is short.
#[cold]
#[inline(never)]
fn completes_crc<V: Stack>(packet: &mut Packet<'_, V>) -> bool {
    packet.is_gso() || packet.complete_crc().is_some()
}

/// Whether a packet that shall not be fragmented is, nevertheless: in a tunnel, whose packets are the
/// director's own. One of IPv6 is where it is so small that each link has to take it (RFC 2473 section 7.1).
#[cold]
fn may_be_fragmented<V: Stack>(
    context: Context<'_>,
    packet: &Packet<'_, V>,
    conn: &Object<Conn>,
) -> bool {
    let is_to_be = || {
        if V::ROUTERS_FRAGMENT {
            !tunnel::discovers_mtu(context)
        } else {
            packet.fits(V::MIN_MTU)
        }
    };
    matches!(conn.forward(), Forward::Tun) && is_to_be()
}

/// Sends a packet to the real server, whole and unchanged but for its time to live.
#[inline(always)]
pub(super) fn send_unchanged<'g, V: Stack>(
    context: Context<'g>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
    method: Method,
) -> Verdict {
    let (mut packet, egress) = match route(context, packet, header, conn, method) {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    let Egress::Remote(way) = egress else {
        packet.set_balanced(track::tracking(context));
        return packet.accept();
    };
    match pass_on(&mut packet, track::tracking(context)) {
        Some(()) => way.send(context, packet, of, |packet, route| {
            packet.send(route, context.guard)
        }),
        None => packet.discard(),
    }
}

/// Takes one off the time to live of a packet that is balanced now. None, and nothing changed, when
/// memory is short or nothing would be left.
#[inline(always)]
pub(super) fn pass_on<V: Stack>(packet: &mut Packet<'_, V>, tracking: Tracking) -> Option<()> {
    let bytes = packet.writable(V::MIN_HEADER_LEN)?;
    V::decrement_ttl(bytes).ok()??;
    packet.forget_device_checksum();
    packet.set_balanced(tracking);
    Some(())
}

/// Tells the sender that nobody serves the port.
pub(super) fn unreachable<V: Stack>(packet: Packet<'_, V>) -> Verdict {
    packet.refuse(Report::PortUnreachable)
}
