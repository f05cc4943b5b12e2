// SPDX-License-Identifier: GPL-2.0-only

//! The director's own traffic from the address and port of a service: what answers it is for the
//! socket that has sent it, and is not balanced.

use crate::{
    conn::HashedTuple,
    kapi::{
        net::{
            HookPoint,
            LocalSocket,
            Packet,
            Stack, //
        },
        time, //
    },
};

use super::{
    parse::Flow,
    Context, //
};

/// Notes a packet that this host sends from its own socket, if it is a datagram from a service's
/// address and port. `answer` is the tuple of what answers it, which no connection has.
#[inline(never)]
pub(super) fn note<V: Stack>(context: Context<'_>, flow: Flow<V>, answer: &HashedTuple<'_>) {
    let director = context.director;
    let protocol = flow.transport.protocol();
    // Of marks nothing is known beforehand.
    let is_from_service = || {
        let services = &director.services;
        let service = services.find_seldom(context.guard, 0, protocol, flow.tuple().src());
        service.is_some()
    };
    if !protocol.has_states() && is_from_service() {
        director.own_flows.note(answer.hash(), time::jiffies32());
    }
}

/// Whether a packet to a service, which is of no connection, is for a socket of this host: one that
/// is connected to its sender, or that has sent what this is the answer to. One that takes packets of
/// anybody does not get those of the service's clients.
#[inline(always)]
pub(super) fn is_for_socket<V: Stack>(
    context: Context<'_>,
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    tuple: &HashedTuple<'_>,
) -> bool {
    let HookPoint::LocalIn = context.point else {
        return false;
    };
    // Nobody has the port, of most services.
    packet.may_have_local_socket(flow.transport.protocol(), flow.transport.dst_port)
        && is_for_socket_of_port(context, packet, tuple)
}

#[cold]
#[inline(never)]
fn is_for_socket_of_port<V: Stack>(
    context: Context<'_>,
    packet: &Packet<'_, V>,
    tuple: &HashedTuple<'_>,
) -> bool {
    match packet.local_socket(context.guard, tuple.key()) {
        LocalSocket::None => false,
        LocalSocket::Open => context
            .director
            .own_flows
            .expects(tuple.hash(), time::jiffies32()),
        LocalSocket::Connected => true,
    }
}
