// SPDX-License-Identifier: GPL-2.0-only

//! Which real server gets a new flow.

use crate::{
    conn::{
        Conn,
        CreateError,
        HashedTuple,
        Room, //
    },
    kapi::{
        net::Packet,
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
    request,
    Context,
    Path, //
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
    /// The connection could not be created, or IPsec policies do not let the packet in.
    Failed,
}

/// Finds the service of a packet, has its scheduler choose and creates the connection.
pub(super) fn connection<'g>(
    context: Context<'g>,
    packet: &mut Packet<'_>,
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
    if !request::is_let_in(context, packet) {
        return Scheduled::Failed;
    }
    // The scheduler does not go on for a packet that ends here.
    if flow.header.ttl <= 1 {
        let chosen = service.peek(context.guard, flow.tuple().src());
        if let Some(Err(refusal)) = chosen.map(|dest| egress::check(context, &flow.header, &dest)) {
            return Scheduled::Refused(refusal);
        }
    }
    let connections = &director.connections;
    // Before the choice, which counts: a refused packet shall count for nothing.
    match connections.room(context.guard) {
        Room::Free => {}
        Room::Made => director.paths.count(Path::Evicted),
        Room::None => {
            director.paths.count(Path::Refused);
            return Scheduled::Failed;
        }
    }
    let Some(dest) = service.pick(context.guard, flow.tuple().src()) else {
        return Scheduled::NoServer;
    };
    if let Err(refusal) = egress::check(context, &flow.header, &dest) {
        return Scheduled::Refused(refusal);
    }
    let created = connections.create(context.guard, tuple, dest, time::jiffies32());
    if connections.needs_waking() {
        connections.wake_in(time::hz());
    }
    if connections.needs_growing() {
        connections.wake();
    }
    match created {
        Ok(conn) => Scheduled::To(conn),
        Err(error) => {
            no_memory(context, error);
            Scheduled::Failed
        }
    }
}

/// Where memory is short, another connection ends, so that there is some when the client tries
/// again: what is freed can be used after a grace period.
#[cold]
fn no_memory(context: Context<'_>, error: CreateError) {
    let director = context.director;
    if matches!(error, CreateError::Memory) {
        director.paths.count(Path::Refused);
        if director.connections.make_room(context.guard) == Room::Made {
            director.paths.count(Path::Evicted);
        }
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
