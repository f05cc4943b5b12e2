// SPDX-License-Identifier: GPL-2.0-only

//! Clients that go to a real server past its service: a connection that is over, and had their port,
//! must not make the answers come from the service.

use crate::{
    kapi::{
        net::Packet,
        rcu_table::Side, //
    },
    logic::{
        addr::Addr,
        packet::{
            ipv4,
            tcp, //
        },
        protocol::Protocol, //
    },
    svc::AddressFilter,
};

use super::{
    parse::{
        self,
        Flow, //
    },
    schedule,
    Context, //
};

/// Whether a packet may begin a TCP connection to a real server.
#[inline(always)]
pub(super) fn may_end_with(filter: &AddressFilter, packet: &Packet<'_>) -> bool {
    let bytes = packet.bytes();
    match ipv4::peek(bytes) {
        Some((protocol, _, dst)) => {
            protocol == Protocol::Tcp.number()
                && tcp::may_begin(bytes.get(ipv4::MIN_HEADER_LEN..).unwrap_or_default())
                && filter.may_be_server(Addr::V4(dst))
        }
        None => false,
    }
}

/// Ends the claim of a connection that is over on the packets that answer this one, which is of no
/// connection, if it begins one.
#[cold]
#[inline(never)]
pub(super) fn end(context: Context<'_>, packet: &Packet<'_>) {
    if let Some(flow) = parse::usual(packet) {
        end_with(context, flow);
    }
}

/// As [`end`], of a packet that was read already.
#[inline]
pub(super) fn end_with(context: Context<'_>, flow: Flow) {
    if flow.transport.protocol() == Protocol::Tcp && schedule::may_begin(flow) {
        end_of_first(context, flow);
    }
}

#[cold]
fn end_of_first(context: Context<'_>, flow: Flow) {
    let connections = &context.director.connections;
    if let Ok((conn, Side::Reply)) = connections.find(context.guard, flow.tuple().reversed()) {
        if conn.is_closed() {
            connections.kill(context.guard, conn);
        }
    }
}
