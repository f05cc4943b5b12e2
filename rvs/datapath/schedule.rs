// SPDX-License-Identifier: GPL-2.0-only

//! Which real server gets a new flow.

use crate::{
    conn::{
        Conn,
        HashedTuple, //
    },
    kapi::{
        sync::RcuRef,
        time, //
    },
    logic::packet::TransportHeader,
    svc::ServiceKey,
};

use super::{
    egress::{
        self,
        Refusal, //
    },
    parse::Flow,
    Context, //
};

/// What became of a packet without a connection.
pub(super) enum Scheduled<'g> {
    /// There is no service for it, or it cannot begin a connection.
    NotOurs,
    /// It has a connection now.
    To(RcuRef<'g, Conn>),
    /// The service has no server that takes new connections.
    NoServer,
    /// It cannot leave for the server.
    Refused(Refusal),
    /// The connection could not be created.
    Failed,
}

/// Finds the service of a packet, has its scheduler choose and creates the connection.
pub(super) fn connection<'g>(
    context: Context<'g>,
    flow: Flow,
    tuple: &HashedTuple<'_>,
) -> Scheduled<'g> {
    let director = context.director;
    let key = ServiceKey::of(flow.transport.protocol(), flow.tuple().dst());
    let Some(service) = director.service(context.guard, &key) else {
        return Scheduled::NotOurs;
    };
    if !may_begin(flow) {
        return Scheduled::NotOurs;
    }
    // The scheduler does not go on for a packet that ends here.
    if flow.header.ttl <= 1 {
        let chosen = service.peek(context.guard, flow.tuple().src());
        if let Some(Err(refusal)) =
            chosen.map(|dest| egress::check(context, &flow.header, &dest))
        {
            return Scheduled::Refused(refusal);
        }
    }
    let Some(dest) = service.pick(context.guard, flow.tuple().src()) else {
        return Scheduled::NoServer;
    };
    if let Err(refusal) = egress::check(context, &flow.header, &dest) {
        return Scheduled::Refused(refusal);
    }
    let connections = &director.connections;
    let created = connections.create(context.guard, tuple, dest, time::jiffies32());
    if connections.needs_waking() {
        connections.wake_in(time::hz());
    }
    if connections.needs_growing() {
        connections.wake();
    }
    match created {
        Ok(conn) => Scheduled::To(conn),
        Err(_) => Scheduled::Failed,
    }
}

/// Whether a packet may begin a connection: every datagram, and of TCP a SYN without RST, with ACK
/// or not, as for IPVS (`tcp_conn_schedule()`).
pub(super) fn may_begin(flow: Flow) -> bool {
    match flow.transport.header {
        TransportHeader::Tcp(header) => header.flags.syn && !header.flags.rst,
        TransportHeader::Udp(_) => true,
    }
}
