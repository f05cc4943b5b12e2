// SPDX-License-Identifier: GPL-2.0-only

//! The way out to a real server, by whatever method: route, time to live and path MTU, as a router
//! treats a packet (RFC 1812 section 5).

use crate::{
    conn::Conn,
    kapi::{
        net::{
            HookPoint,
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
    /// The next hop on it, if the stack would do no more with the packet than to show it to the hooks of
    /// POST_ROUTING and bring it there.
    pub(super) next_hop: Option<NextHop<'g>>,
}

impl<'g> Way<'g> {
    /// Sends a packet.
    #[inline(always)]
    pub(super) fn send(self, context: Context<'g>, packet: Packet<'_>) -> Verdict {
        match self.next_hop {
            Some(next_hop) => packet.output(next_hop),
            None => packet.send(self.route, context.guard),
        }
    }
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
    let Ok(route) = cache.get(context.guard, context.net, destination, method.target) else {
        return Err(packet.refuse(icmp_type::DEST_UNREACH, icmp_type::HOST_UNREACH, 0));
    };
    if let HookPoint::LocalIn = context.point {
        route.confirm();
    }
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
    if header.dont_fragment && !fits {
        return Err(packet.refuse(icmp_type::DEST_UNREACH, icmp_type::FRAG_NEEDED, mtu));
    }
    let next_hop = match context.point {
        // Packets of sockets on this host may have filters of their own.
        HookPoint::LocalIn
            if route.is_plain()
                && fits
                && is_whole
                && !context.net.filters_output(context.guard) =>
        {
            NextHop::find(context.guard, route.get(), destination)
        }
        _ => None,
    };
    Ok((packet, Egress::Remote(Way { route, next_hop })))
}

/// Sends a packet to the real server, whole and unchanged but for its time to live.
#[inline(always)]
pub(super) fn send_unchanged<'g>(
    context: Context<'g>,
    packet: Packet<'_>,
    header: ipv4::Header,
    conn: &Conn,
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
        Some(()) => way.send(context, packet),
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
