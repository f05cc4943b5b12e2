// SPDX-License-Identifier: GPL-2.0-only

//! The way out to a real server, by whatever method: route, time to live and path MTU, as a router
//! treats a packet (RFC 1812 section 5).

use core::net::Ipv4Addr;

use crate::{
    conn::Conn,
    kapi::{
        net::{
            HookPoint,
            Packet,
            Route,
            Target,
            Verdict, //
        },
        sync::RcuRef,
    },
    logic::{
        addr::Addr,
        packet::ipv4, //
    },
};

use super::Context;

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
const MIN_MTU: u32 = 68;

/// Where a packet goes.
pub(super) enum Egress<'g> {
    /// To this host: the real server is local.
    Local,
    /// To another host, along a route.
    Remote(RcuRef<'g, Route>),
}

/// What a method does to a packet, as far as the way out is concerned.
pub(super) struct Method {
    /// What the real server's address is to the packet.
    pub(super) target: Target,
    /// How many bytes longer the packet becomes.
    pub(super) overhead: u32,
}

/// Finds the way to the real server of a connection for a packet. The verdict of one that cannot go there is its end; its
/// sender has been told.
pub(super) fn route<'a, 'g>(
    context: Context<'g>,
    packet: Packet<'a>,
    header: &ipv4::Header,
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
    if route.is_local() {
        if leads_to_loopback(context, header, destination) {
            return Err(packet.discard());
        }
        return Ok((packet, Egress::Local));
    }

    if header.ttl <= 1 {
        return Err(packet.refuse(icmp_type::TIME_EXCEEDED, icmp_type::EXC_TTL, 0));
    }
    let mtu = route.mtu().saturating_sub(method.overhead);
    if mtu < MIN_MTU {
        return Err(packet.discard());
    }
    if header.dont_fragment && !packet.fits(mtu) {
        return Err(packet.refuse(icmp_type::DEST_UNREACH, icmp_type::FRAG_NEEDED, mtu));
    }
    Ok((packet, Egress::Remote(route)))
}

/// Tells the sender that nobody serves the port.
pub(super) fn unreachable(packet: Packet<'_>) -> Verdict {
    packet.refuse(icmp_type::DEST_UNREACH, icmp_type::PORT_UNREACH, 0)
}

/// A stranger must not reach services that listen on the loopback address only.
fn leads_to_loopback(context: Context<'_>, header: &ipv4::Header, destination: Ipv4Addr) -> bool {
    matches!(context.point, HookPoint::LocalIn)
        && destination.is_loopback()
        && !header.src.is_loopback()
}
