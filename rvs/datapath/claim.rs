// SPDX-License-Identifier: GPL-2.0-only

//! Clients that go to a real server past its service: a connection that is over, and had their port,
//! must not make the answers come from the service.

use kernel::sync::rcu;

use crate::{
    director::Director,
    kapi::{
        net::Glance,
        rcu_table::Side, //
    },
    logic::{
        addr::Addr,
        packet::{
            self,
            ipv4,
            tcp, //
        },
        protocol::Protocol,
        tuple::Tuple, //
    },
    svc::AddressFilter,
};

use super::{
    parse::Flow,
    schedule, //
};

/// Whether a packet may begin a TCP connection to a real server.
#[inline(always)]
pub(super) fn may_end_with(filter: &AddressFilter, packet: &Glance<'_>) -> bool {
    let (protocol, _, dst) = ipv4::peek(packet.header());
    let dst = Addr::V4(dst);
    protocol == Protocol::Tcp.number()
        && filter.may_be_server_addr(dst)
        && tcp::may_begin(
            packet
                .bytes()
                .get(ipv4::MIN_HEADER_LEN..)
                .unwrap_or_default(),
        )
        && packet::peek_ports(packet.bytes())
            .is_some_and(|(_, port)| filter.may_be_server(dst, port))
}

/// Ends the claim of a connection that is over on the packets that answer this one, which is of no
/// connection, if it begins one.
#[inline]
pub(super) fn end_with(director: &Director, guard: &rcu::Guard, flow: Flow) {
    if flow.transport.protocol() == Protocol::Tcp && schedule::may_begin(flow) {
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
