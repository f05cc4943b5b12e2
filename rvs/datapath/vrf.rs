// SPDX-License-Identifier: GPL-2.0-only

//! Packets of a VRF: they come by its device, and what their addresses mean is told by its routing table.
//!
//! A service is one of all VRFs in which its address is one of the director. A connection belongs to the VRF of its client, as the
//! same addresses are other hosts in another one, and the way to its real server is looked up there. Where routes lead from
//! there into another VRF, replies belong to that.
//!
//! They are never fast: that they are of a VRF is told to each packet once the stack has had it.

use crate::{
    conn::{
        Conn,
        HashedTuple, //
    },
    kapi::{
        net::{
            HookPoint,
            Packet,
            Stack,
            Target, //
        },
        rcu_table::Side,
        sync::{
            Object,
            RcuRef, //
        },
    },
    logic::packet::ip::Version,
};

use super::{
    egress,
    parse::Flow,
    Context, //
};

/// Whether a packet belongs to a VRF.
#[inline(always)]
pub(super) fn has<V: Stack>(context: Context<'_>, packet: &Packet<'_, V>) -> bool {
    packet.is_of_vrf(is_output(context))
}

/// What the steps are to know of where a packet is.
#[cold]
pub(super) fn context<'a, V: Stack>(context: Context<'a>, packet: &Packet<'_, V>) -> Context<'a> {
    Context {
        vrf: packet.vrf(is_output(context)),
        ..context
    }
}

#[inline(always)]
fn is_output(context: Context<'_>) -> bool {
    matches!(context.point, HookPoint::LocalOut)
}

/// Finds the connection of a flow.
#[inline(always)]
pub(super) fn find<'g, V: Stack>(
    context: Context<'g>,
    flow: Flow<V>,
) -> Result<(RcuRef<'g, Conn>, Side), HashedTuple<'g>> {
    let connections = &context.director.connections;
    let found = connections.find(context.guard, flow.tuple());
    if context.vrf != 0 && found.is_err() {
        if let Some(conn) = of_client_outside(context, flow) {
            return Ok((conn, Side::Reply));
        }
    }
    found
}

/// Finds the connection of a reply to a client in no VRF, of which packets for the real server go into this one.
#[cold]
#[inline(never)]
fn of_client_outside<'g, V: Stack>(
    context: Context<'g>,
    flow: Flow<V>,
) -> Option<RcuRef<'g, Conn>> {
    let connections = &context.director.connections;
    let tuple = flow.tuple().in_vrf(0);
    let (conn, Side::Reply) = connections.find(context.guard, tuple).ok()? else {
        return None;
    };
    let route = conn
        .dest()
        .route()
        .peek::<V>(context.guard, context.net, Target::Destination)?;
    (route.exit_vrf() == context.vrf).then_some(conn)
}

/// Whether the real server of a connection is this host, in its VRF.
#[cold]
#[inline(never)]
pub(super) fn is_local<V: Stack>(
    context: Context<'_>,
    conn: &Object<Conn>,
    target: Target,
) -> bool {
    if conn.dest().is_beyond() {
        return false;
    }
    let addr = conn.real_server().addr;
    match (V::addr(addr), V::Other::addr(addr)) {
        (Some(server), _) => is_local_over::<V>(context, conn, server, target),
        (None, Some(server)) => is_local_over::<V::Other>(context, conn, server, target),
        (None, None) => false,
    }
}

fn is_local_over<O: Stack>(
    context: Context<'_>,
    conn: &Object<Conn>,
    server: O::Addr,
    target: Target,
) -> bool {
    egress::get::<O>(context, conn.dest(), server, target).is_ok_and(|route| route.is_local())
}
