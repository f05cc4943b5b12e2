// SPDX-License-Identifier: GPL-2.0-only

//! The way out to a real server, by whatever method: route, time to live and path MTU, as a router
//! treats a packet (RFC 1812 section 5).

use kernel::sync::rcu;

use crate::{
    conn::Conn,
    kapi::{
        net::{
            HookPoint,
            LookupNumber,
            Net,
            NextHop,
            Packet,
            Route,
            Target,
            Verdict, //
        },
        sync::RcuRef,
    },
    logic::{
        addr::Addr,
        packet::ipv4,
        ttl, //
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
    tunnel,
    Context, //
};

/// ICMP types and codes that are sent here (RFC 792).
mod icmp_type {
    pub(super) const DEST_UNREACH: u8 = 3;
    pub(super) const HOST_UNREACH: u8 = 1;
    pub(super) const PORT_UNREACH: u8 = 3;
    pub(super) const FRAG_NEEDED: u8 = 4;
    pub(super) const TIME_EXCEEDED: u8 = 11;
    pub(super) const EXC_TTL: u8 = 0;
}

/// The smallest MTU of a link (RFC 791 section 3.2).
pub(super) const MIN_MTU: u32 = 68;

/// Where a packet goes.
pub(super) enum Egress<'g> {
    /// To this host: the real server is local.
    Local,
    /// To another host.
    Remote(Way<'g>),
}

/// The way to another host.
#[derive(Clone, Copy)]
pub(super) struct Way<'g> {
    /// The route.
    pub(super) route: RcuRef<'g, Route>,
    next: Next<'g>,
}

/// What is to be done with a packet that has its route.
#[derive(Clone, Copy)]
enum Next<'g> {
    /// To show it to the hooks of LOCAL_OUT and POST_ROUTING, and bring it to the next hop. None where the address of
    /// that has to be found out.
    Hop(Option<NextHop<'g>>),
    /// More, which is the stack's matter.
    Stack,
}

impl<'g> Way<'g> {
    /// Sends a packet, or lets `stack` do it along the route, where that has more to do than to show it to
    /// hooks. When it is of a connection, not about one, and has passed all of them, later ones may be fast.
    #[inline(always)]
    pub(super) fn send(
        self,
        context: Context<'g>,
        mut packet: Packet<'_>,
        of: Option<&Conn>,
        stack: impl FnOnce(Packet<'_>, RcuRef<'g, Route>) -> Verdict,
    ) -> Verdict {
        let Self { route, next } = self;
        if context.net.restricts_output() {
            return packet.send_by_policy(route, context.guard);
        }
        let Next::Hop(next_hop) = next else {
            return stack(packet, route);
        };
        let confirmed = match of {
            Some(conn) if context.director.fast_path.is_on() => {
                to_be_confirmed(context, &packet, conn, route.number())
            }
            _ => None,
        };
        packet.borrow_route(route, context.guard);
        let passed = packet
            .pass_local_out(context.director, context.guard)
            .and_then(|packet| packet.pass_post_routing(context.guard));
        match passed {
            Ok(packet) => {
                if let Some(conn) = confirmed {
                    conn.confirm_route(route.number());
                }
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
fn to_be_confirmed<'c>(
    context: Context<'_>,
    packet: &Packet<'_>,
    conn: &'c Conn,
    route: LookupNumber,
) -> Option<&'c Conn> {
    let may_be = conn.confirmed_route() != route
        && packet.has_valid_route()
        && may_confirm(context.net, context.guard, ipv4::tos(packet.bytes()));
    may_be.then_some(conn)
}

/// Returns whether what becomes of a packet that came for this host by a route that is valid, and has this `tos`,
/// holds for all of its flow: the routes of now have brought it here, as they would the others. IPsec policies are
/// asked for each packet. With rules of policy routing, the fast path takes packets without DSCP only.
#[cold]
#[inline(never)]
fn may_confirm(net: &Net, guard: &rcu::Guard, tos: Option<u8>) -> bool {
    !net.has_policies_of_hosts()
        && (!net.has_rules()
            || tos.is_some_and(is_without_dscp) && !net.rules_tell_packets_apart(guard))
}

/// Whether the field of DSCP and ECN has no DSCP.
#[inline]
pub(super) fn is_without_dscp(tos: u8) -> bool {
    tos >> 2 == 0
}

/// What a method does to a packet, as far as the way out is concerned.
pub(super) struct Method {
    /// What the real server's address is to the packet.
    pub(super) target: Target,
    /// How many bytes longer the packet becomes.
    pub(super) overhead: u32,
}

/// Why a packet cannot leave for a real server, as can be told before anything is remembered of it.
pub(super) enum Refusal {
    /// There is no route.
    NoRoute,
    /// The packet may not be forwarded once more.
    TimeExceeded,
}

impl Refusal {
    /// Ends the packet, and tells its sender.
    #[cold]
    pub(super) fn answer(self, packet: Packet<'_>) -> Verdict {
        match self {
            Self::NoRoute => packet.refuse(icmp_type::DEST_UNREACH, icmp_type::HOST_UNREACH, 0),
            Self::TimeExceeded => packet.refuse(icmp_type::TIME_EXCEEDED, icmp_type::EXC_TTL, 0),
        }
    }
}

/// Checks whether a packet with this header can leave for `dest`. What this host itself takes may have
/// come by its last hop.
#[inline(never)]
pub(super) fn check(
    context: Context<'_>,
    header: &ipv4::Header,
    dest: &Dest,
) -> Result<(), Refusal> {
    let Addr::V4(destination) = dest.endpoint().addr else {
        return Ok(());
    };
    if dest.is_beyond() {
        return Ok(());
    }
    let target = method(dest.forward()).target;
    match dest
        .route()
        .get(context.guard, context.net, destination, target)
    {
        Err(_) => Err(Refusal::NoRoute),
        Ok(route) if header.ttl <= 1 && !route.is_local() => Err(Refusal::TimeExceeded),
        Ok(_) => Ok(()),
    }
}

/// Returns whether the real server of a connection is this host, by the route that is remembered.
#[inline]
pub(super) fn is_local(context: Context<'_>, conn: &Conn) -> bool {
    let target = method(conn.forward()).target;
    conn.dest()
        .route()
        .peek(context.guard, context.net, target)
        .is_some_and(|route| route.is_local())
}

/// What the forward methods do to a packet, as far as the way out is concerned.
#[inline(always)]
pub(super) fn method(forward: Forward) -> Method {
    match forward {
        Forward::Nat => nat::METHOD,
        Forward::Dr => direct::METHOD,
        Forward::Tun => tunnel::METHOD,
    }
}

/// Finds the way to the real server of a connection for a packet. The verdict of one that cannot go there is its end; its
/// sender has been told.
#[inline(always)]
pub(super) fn route<'a, 'g>(
    context: Context<'g>,
    mut packet: Packet<'a>,
    header: ipv4::Header,
    conn: &Conn,
    method: Method,
) -> Result<(Packet<'a>, Egress<'g>), Verdict> {
    let Addr::V4(destination) = conn.real_server().addr else {
        return Err(packet.discard());
    };
    let cache = conn.dest().route();
    let route = match cache.peek(context.guard, context.net, method.target) {
        Some(route) => route,
        None if method.target == Target::NextHop && conn.dest().is_beyond() => {
            return Err(beyond::send(context, packet, header, conn.service().addr))
        }
        None => match cache.get(context.guard, context.net, destination, method.target) {
            Ok(route) => route,
            Err(_) => {
                return Err(packet.refuse(icmp_type::DEST_UNREACH, icmp_type::HOST_UNREACH, 0))
            }
        },
    };
    if route.is_local() {
        return Ok((packet, Egress::Local));
    }
    // Its answer would never come back (RFC 1122 section 3.2.1.3).
    if header.src.is_loopback() {
        return Err(packet.discard());
    }

    if header.ttl <= 1 {
        return Err(packet.refuse(icmp_type::TIME_EXCEEDED, icmp_type::EXC_TTL, 0));
    }
    let mtu = route.mtu().saturating_sub(method.overhead);
    if mtu < MIN_MTU {
        return Err(packet.discard());
    }
    let is_whole = !packet.was_fragmented();
    let fits = if is_whole {
        packet.fits(mtu)
    } else {
        packet.fits_in_fragments(mtu)
    };
    if header.dont_fragment && !fits && !may_be_fragmented(context, conn) {
        return Err(packet.refuse(icmp_type::DEST_UNREACH, icmp_type::FRAG_NEEDED, mtu));
    }
    let most = ipv4::MAX_TOTAL_LEN.saturating_sub(method.overhead);
    if !(fits && is_whole) && is_longer(&packet, most) {
        return Err(packet.refuse(icmp_type::DEST_UNREACH, icmp_type::FRAG_NEEDED, most));
    }
    let next = match context.point {
        // Packets of sockets on this host may have filters of their own.
        HookPoint::LocalIn if route.is_plain() && fits && is_whole => {
            Next::Hop(NextHop::find(context.guard, route.get(), destination))
        }
        _ => Next::Stack,
    };
    Ok((packet, Egress::Remote(Way { route, next })))
}

/// Tells the sender that a packet does not fit into `mtu`, and must not be fragmented.
#[cold]
pub(super) fn too_big(packet: Packet<'_>, mtu: u32) -> Verdict {
    packet.refuse(icmp_type::DEST_UNREACH, icmp_type::FRAG_NEEDED, mtu)
}

/// Whether a packet is longer than one may be before this method, in however many fragments it
/// leaves. One that stands for several does not leave as it is.
#[cold]
#[inline(never)]
fn is_longer(packet: &Packet<'_>, most: u32) -> bool {
    !packet.is_gso() && packet.len_seldom() > most as usize
}

/// Whether a packet that shall not be fragmented is, nevertheless: in a tunnel, whose packets are the
/// director's own.
#[cold]
fn may_be_fragmented(context: Context<'_>, conn: &Conn) -> bool {
    matches!(conn.forward(), Forward::Tun) && !tunnel::discovers_mtu(context)
}

/// Sends a packet to the real server, whole and unchanged but for its time to live.
#[inline(always)]
pub(super) fn send_unchanged<'g>(
    context: Context<'g>,
    packet: Packet<'_>,
    header: ipv4::Header,
    conn: &Conn,
    of: Option<&Conn>,
    method: Method,
) -> Verdict {
    let (mut packet, egress) = match route(context, packet, header, conn, method) {
        Ok(way) => way,
        Err(verdict) => return verdict,
    };
    let Egress::Remote(way) = egress else {
        packet.set_balanced();
        return packet.accept();
    };
    match pass_on(&mut packet) {
        Some(()) => way.send(context, packet, of, |packet, route| {
            packet.send(route, context.guard)
        }),
        None => packet.discard(),
    }
}

/// Takes one off the time to live of a packet that is balanced now. None, and nothing changed, when
/// memory is short or nothing would be left.
#[inline(always)]
pub(super) fn pass_on(packet: &mut Packet<'_>) -> Option<()> {
    let bytes = packet.writable(ipv4::MIN_HEADER_LEN)?;
    ttl::decrement_ttl(bytes).ok()??;
    packet.forget_device_checksum();
    packet.set_balanced();
    Some(())
}

/// Tells the sender that nobody serves the port.
pub(super) fn unreachable(packet: Packet<'_>) -> Verdict {
    packet.refuse(icmp_type::DEST_UNREACH, icmp_type::PORT_UNREACH, 0)
}
