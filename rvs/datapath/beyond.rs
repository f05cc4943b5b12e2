// SPDX-License-Identifier: GPL-2.0-only

//! Past a service: packets that no server takes go on to where they are sent to (`cache_bypass`), as by
//! any router.

use kernel::prelude::*;

use crate::{
    kapi::{
        net::{
            Packet,
            Route,
            Target,
            Verdict, //
        },
        sync::RcuArc,
    },
    logic::{
        addr::Addr,
        packet::ipv4, //
    },
};

use super::{
    egress::{
        self,
        Refusal, //
    },
    Context, //
};

/// Sends a packet on to its destination, by a route that is looked up for each: there are many.
#[cold]
#[inline(never)]
pub(super) fn send(
    context: Context<'_>,
    mut packet: Packet<'_>,
    header: ipv4::Header,
    destination: Addr,
) -> Verdict {
    let Addr::V4(destination) = destination else {
        return packet.discard();
    };
    // It has no number: no flow is fast by it.
    let Ok(route) = Route::output(context.net, destination, Target::Destination, 0) else {
        return Refusal::NoRoute.answer(packet);
    };
    // As when a server is to be reached: not to this host, nor from its loopback device.
    if route.is_local() || header.src.is_loopback() {
        return packet.discard();
    }
    if header.ttl <= 1 {
        return Refusal::TimeExceeded.answer(packet);
    }
    if header.dont_fragment && !packet.was_fragmented() && !packet.fits(route.mtu()) {
        return egress::too_big(packet, route.mtu());
    }
    if egress::pass_on(&mut packet).is_none() {
        return packet.discard();
    }
    if !context.net.restricts_output() {
        return packet.send_as_own(&route);
    }
    match RcuArc::new(route, GFP_ATOMIC) {
        Ok(route) => packet.send_by_policy(route.under(context.guard), context.guard),
        Err(_) => packet.discard(),
    }
}
