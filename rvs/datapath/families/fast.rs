// SPDX-License-Identifier: GPL-2.0-only

//! Full NAT from one version of IP to the other, past the stack.

use kernel::sync::rcu;

use crate::{
    conn::Conn,
    director::Director,
    kapi::{
        net::{
            HookPoint,
            Net,
            NextHop,
            Packet,
            RouteRef,
            Stack,
            Verdict, //
        },
        rcu_table::Side,
        sync::RcuRef,
    },
    logic::nat::Rewrite,
};

use super::{
    super::{
        fast,
        fullnat,
        nat,
        parse::{
            self,
            Flow, //
        },
        reply,
        toa,
        Context,
        Path, //
    },
    passage::{
        before_translation,
        in_fragments, //
    },
    translation::{
        translate,
        Failure,
        Form, //
    },
};

/// Sends a packet from one side of a connection past the stack to the other one, if nothing speaks against it; that the server takes
/// it is known of one of the client. Its headers are read once more: packets of one version pay nothing for it.
#[inline(never)]
pub(in super::super) fn send<V: Stack>(
    director: &Director,
    net: &Net,
    guard: &rcu::Guard,
    packet: Packet<'_, V>,
    conn: RcuRef<'_, Conn>,
    side: Side,
    rewrite: Rewrite,
) -> Verdict {
    let context = Context::new(director, net, guard, HookPoint::PreRouting);
    let Some(flow) = parse::usual(&packet) else {
        return fast::left(director, packet, Path::Header);
    };
    let (route, next_hop) = match way::<V, V::Other>(context, &packet, flow, conn, side) {
        Ok(way) => way,
        Err(reason) => return fast::left(director, packet, reason),
    };
    let len = packet.len();
    match translated(packet, &flow, route, rewrite) {
        Ok(packet) => {
            match side {
                Side::Original => fast::account(context, len, flow, conn),
                Side::Reply => reply::account(context, len, flow.transport.header, conn),
            }
            fast::sent(context, packet, next_hop)
        }
        Err(left) => left.verdict(director),
    }
}

/// Finds the way of a packet that comes from `side`, or tells why the slow path has to do it.
#[inline(always)]
fn way<'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'g, Conn>,
    side: Side,
) -> Result<(RouteRef<'g, O>, NextHop<'g, O>), Path> {
    let mtu = |mtu| before_translation::<V, O>(mtu, flow.header);
    match side {
        Side::Original if !toa::may_be_fast(context.director, packet, flow, conn) => {
            Err(Path::Header)
        }
        Side::Original => fast::way_within(context, packet, flow, conn, nat::METHOD.target, mtu),
        Side::Reply => {
            let (route, next_hop, _) =
                fullnat::fast_way_to_client(context, packet, flow, conn, mtu)?;
            Ok((route, next_hop))
        }
    }
}

/// A packet that is not fast: for this reason, or it has ended.
enum Left<'a, V: Stack> {
    For(Path, Packet<'a, V>),
    Ended(Verdict),
}

impl<V: Stack> Left<'_, V> {
    fn verdict(self, director: &Director) -> Verdict {
        match self {
            Self::For(reason, packet) => fast::left(director, packet, reason),
            Self::Ended(verdict) => verdict,
        }
    }
}

/// Makes a packet that fits the route one of the other version with other ends, unless the stack has to make several of it.
#[inline(always)]
fn translated<'a, V: Stack, O: Stack>(
    packet: Packet<'a, V>,
    flow: &Flow<V>,
    route: RouteRef<'_, O>,
    rewrite: Rewrite,
) -> Result<Packet<'a, O>, Left<'a, V>> {
    if packet.is_burst_of_tunnel() {
        return Err(Left::For(Path::Header, packet));
    }
    let (_, dont_fragment, largest_fragment) = in_fragments::<V, O>(&packet, flow.header, true);
    if largest_fragment != 0 {
        return Err(Left::For(Path::TooBig, packet));
    }
    let form = Form {
        is_forwarded: true,
        dont_fragment,
        largest_fragment,
    };
    translate(packet, flow, &route, form, rewrite).map_err(|failure| match failure {
        Failure::Memory(packet) => Left::For(Path::Memory, packet),
        Failure::Ended(verdict) => Left::Ended(verdict),
    })
}
