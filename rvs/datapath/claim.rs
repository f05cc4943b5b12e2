// SPDX-License-Identifier: GPL-2.0-only

//! Clients that go to a real server past its service: a connection that is over, and had their port,
//! must not make the answers come from the service.

use kernel::sync::rcu;

use crate::{
    director::Director,
    kapi::{
        net::{
            Glance,
            Stack, //
        },
        rcu_table::Side, //
    },
    logic::{
        packet::tcp,
        protocol::Protocol,
        tuple::Tuple, //
    },
    svc::AddressFilter,
};

use super::parse::Flow;

/// Whether a packet may begin a TCP connection to a real server.
#[inline(always)]
pub(super) fn may_end_with<V: Stack>(filter: &AddressFilter, packet: &Glance<'_, V>) -> bool {
    let (protocol, _, dst) = V::peek(packet.header());
    let dst = dst.into();
    protocol == Protocol::Tcp.number()
        && filter.may_be_server_addr(dst)
        && tcp::may_begin(packet.bytes().get(V::MIN_HEADER_LEN..).unwrap_or_default())
        && V::peek_ports(packet.bytes()).is_some_and(|(_, port)| filter.may_be_server(dst, port))
}

/// Ends the claim of a connection that is over on the packets that answer this one, which is of no
/// connection, if it begins one.
#[inline]
pub(super) fn end_with<V: Stack>(director: &Director, guard: &rcu::Guard, flow: Flow<V>) {
    let header = flow.transport.header;
    if header.protocol().has_states() && header.may_begin() {
        end_on(director, guard, flow.tuple().reversed());
    }
}

#[cold]
#[inline(never)]
fn end_on(director: &Director, guard: &rcu::Guard, answer: Tuple) {
    let connections = &director.connections;
    if let Ok((conn, Side::Reply)) = connections.find(guard, answer) {
        if conn.is_closed() {
            connections.kill(guard, conn);
        }
    }
}
