// SPDX-License-Identifier: GPL-2.0-only

//! Past a service: packets that no server takes go on to where they are sent to (`cache_bypass`), as by
//! any router.

use crate::{
    kapi::net::{
        Packet,
        Route,
        Stack,
        Target,
        Verdict, //
    },
    logic::{
        addr::Addr,
        packet::icmp::Report, //
    },
};

use super::{
    egress,
    track,
    Context, //
};

/// Sends a packet on to its destination, by a route that is looked up for each: there are many. Its header is read once
/// more, so that who has read it can keep what it says in registers.
#[cold]
#[inline(never)]
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    destination: Addr,
) -> Verdict {
    let (Some(destination), Ok(header)) =
        (V::addr(destination), V::parse(packet.bytes(), packet.len()))
    else {
        return packet.discard();
    };
    // It has no number: no flow is fast by it.
    let Ok(route) = Route::output(
        context.net,
        destination,
        Target::Destination,
        context.vrf,
        0,
    ) else {
        return packet.refuse(Report::HostUnreachable);
    };
    // As when a server is to be reached: not to this host, nor from an address that stays on its link.
    if route.is_local() || V::stays_on_link(header.src) {
        return packet.discard();
    }
    if header.ttl <= 1 {
        return packet.refuse(Report::TimeExceeded);
    }
    if header.dont_fragment && !packet.was_fragmented() && !packet.fits(route.mtu()) {
        let mtu = route.mtu();
        return packet.refuse(Report::TooBig(mtu));
    }
    if egress::pass_on(&mut packet, track::tracking(context)).is_none() {
        return packet.discard();
    }
    if !context.net.restricts_output() {
        return packet.send_as_own(&route);
    }
    match route.under(context.guard) {
        Ok(route) => packet.send_by_policy(route, context.guard),
        Err(_) => packet.discard(),
    }
}
