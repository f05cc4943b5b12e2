// SPDX-License-Identifier: GPL-2.0-only

//! Which real server gets a new flow.

use kernel::sync::Arc;

use crate::{
    conn::{
        Conn,
        Connections,
        CreateError,
        HashedTuple,
        Locals,
        Room,
        WhenDry, //
    },
    kapi::{
        net::{
            AddressType,
            Packet,
            Stack, //
        },
        sync::RcuRef,
        time,
        workqueue::Worker, //
    },
    logic::{
        addr::Endpoint,
        packet::TransportHeader,
        protocol::Protocol,
        scheduler::Request, //
    },
    svc::{
        Dest,
        DestSet,
        Forward, //
    },
};

use super::{
    egress::{
        self,
        Refusal, //
    },
    enat,
    ftp,
    own,
    parse::Flow,
    persistence,
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
    /// It goes to this server, at this port, and no other packet follows it.
    Once(&'g Arc<Dest>, u16),
    /// The service has no server that takes new connections.
    NoServer,
    /// It cannot leave for the server.
    Refused(Refusal),
    /// Each server that takes new connections has one already that replies could not be told from:
    /// of the client's port by way of another service.
    PortTaken,
    /// By full NAT no server that takes new connections has a local endpoint left.
    NoLocal,
    /// The connection could not be created, a defence has dropped the packet, IPsec policies do not let
    /// it in, or it is to leave its link and may not.
    Failed,
}

/// How many servers are tried besides the one that the scheduler has chosen.
pub(super) const OTHERS: usize = 32;

/// Finds the service of a packet, has its scheduler choose and creates the connection.
#[inline(always)]
pub(super) fn connection<'g, V: Stack>(
    context: Context<'g>,
    packet: &mut Packet<'_, V>,
    flow: &Flow<V>,
    tuple: &HashedTuple<'_>,
) -> Scheduled<'g> {
    let director = context.director;
    if director.services.has_ftp() {
        if let Some(expected) = ftp::expected(context, packet, *flow, tuple) {
            return expected;
        }
    }
    let Some(service) = director.services.find(
        context.guard,
        packet.mark(),
        flow.transport.protocol(),
        // Not by its tuple: what is in no memory stays out of it.
        Endpoint::new(flow.header.dst.into(), flow.transport.dst_port),
    ) else {
        return Scheduled::NotOurs;
    };
    if !may_begin_with(context, flow.transport.header)
        || own::is_for_socket(context, packet, *flow, tuple)
    {
        return Scheduled::NotOurs;
    }
    if !request::is_let_in(context, packet) {
        return Scheduled::Failed;
    }
    if director.connections.defences.drops_packet() {
        director.paths.count(Path::DropPacket);
        return Scheduled::Failed;
    }
    let Some(dests) = service.dests(context.guard) else {
        return Scheduled::NoServer;
    };
    if let Some(persistence) = service.persistence() {
        return persistence::connection(
            context,
            packet,
            *flow,
            tuple,
            &service,
            dests,
            persistence,
        );
    }
    // The scheduler does not go on for a packet that ends here.
    if egress::may_end_here(&flow.header) {
        if let Some(refusal) = ends_here(context, *flow, dests.get()) {
            return Scheduled::Refused(refusal);
        }
    }
    if dests.get().schedules_each_datagram() && !flow.transport.protocol().has_states() {
        return by_itself(context, *flow, tuple, dests);
    }
    // Before the choice, which counts: a refused packet shall count for nothing.
    if !director.connections.has_room() {
        if let Err(refused) = make_room(context, *flow, dests.get()) {
            return refused;
        }
    }
    let Some(chosen) = dests.get().pick(|| request_of(*flow), &director.lifetimes) else {
        return Scheduled::NoServer;
    };
    if let Err(refusal) = egress::check(context, &flow.header, chosen) {
        return Scheduled::Refused(refusal);
    }
    match create(context, tuple, chosen, WhenDry::EndAnother) {
        Ok(conn) => Scheduled::To(conn),
        Err(error @ (CreateError::ReplyTaken | CreateError::NoLocal)) => {
            by_another(context, *flow, tuple, dests.get(), chosen, error)
        }
        Err(error) => failed(context, error),
    }
}

/// Why a packet cannot leave that may end here, if it cannot.
#[cold]
#[inline(never)]
pub(super) fn ends_here<V: Stack>(
    context: Context<'_>,
    flow: Flow<V>,
    dests: &DestSet,
) -> Option<Refusal> {
    let chosen = dests.peek(request_of(flow), &context.director.lifetimes)?;
    egress::check(context, &flow.header, chosen).err()
}

/// What schedulers are told of the flow.
#[inline(always)]
pub(super) fn request_of<V: Stack>(flow: Flow<V>) -> Request {
    Request {
        client: flow.tuple().src(),
        addr: flow.tuple().dst().addr,
    }
}

/// Ends another connection for one that can be: a packet that no server gets ends none.
#[cold]
#[inline(never)]
pub(super) fn make_room<'g, V: Stack>(
    context: Context<'g>,
    flow: Flow<V>,
    dests: &DestSet,
) -> Result<(), Scheduled<'g>> {
    let lifetimes = &context.director.lifetimes;
    let chosen = dests
        .peek(request_of(flow), lifetimes)
        .ok_or(Scheduled::NoServer)?;
    egress::check(context, &flow.header, chosen).map_err(Scheduled::Refused)?;
    end_another(context)
}

/// Has something else end for a connection that can be.
#[cold]
pub(super) fn end_another<'g>(context: Context<'g>) -> Result<(), Scheduled<'g>> {
    let director = context.director;
    match director.connections.make_room(context.guard) {
        made @ (Room::Made | Room::MadeOfTemplate) => {
            count(context, made);
            Ok(())
        }
        Room::None => {
            director.paths.count(Path::Refused);
            Err(Scheduled::Failed)
        }
    }
}

/// Counts what was ended to make room.
fn count(context: Context<'_>, room: Room) {
    let paths = &context.director.paths;
    match room {
        Room::Made => paths.count(Path::Evicted),
        Room::MadeOfTemplate => paths.count(Path::TemplateEvicted),
        Room::None => {}
    }
}

/// Chooses for a datagram that makes no connection.
#[cold]
#[inline(never)]
fn by_itself<'g, V: Stack>(
    context: Context<'g>,
    flow: Flow<V>,
    tuple: &HashedTuple<'_>,
    dests: RcuRef<'g, DestSet>,
) -> Scheduled<'g> {
    let Some(chosen) = dests
        .get()
        .pick(|| request_of(flow), &context.director.lifetimes)
    else {
        return Scheduled::NoServer;
    };
    if let Err(refusal) = egress::check(context, &flow.header, chosen) {
        return Scheduled::Refused(refusal);
    }
    if !chosen.forward().forgets_datagrams() {
        return with_connection(context, tuple, chosen);
    }
    Scheduled::Once(chosen, chosen.port_for(flow.tuple().dst_port))
}

/// Creates the connection of a datagram that needs one, though it is scheduled by itself: nobody else could tell to whom the answer
/// goes.
fn with_connection<'g>(
    context: Context<'g>,
    tuple: &HashedTuple<'_>,
    chosen: &Arc<Dest>,
) -> Scheduled<'g> {
    if !context.director.connections.has_room() {
        if let Err(refused) = end_another(context) {
            return refused;
        }
    }
    match create_seldom(context, tuple, chosen, WhenDry::EndAnother) {
        Ok(conn) => Scheduled::To(conn),
        Err(CreateError::NoLocal) => without_local(context, chosen),
        Err(error) => failed(context, error),
    }
}

/// Creates the connection to another server than that the scheduler has chosen, to which there can be none for this reason.
#[cold]
#[inline(never)]
fn by_another<'g, V: Stack>(
    context: Context<'g>,
    flow: Flow<V>,
    tuple: &HashedTuple<'_>,
    dests: &DestSet,
    chosen: &Arc<Dest>,
    reason: CreateError,
) -> Scheduled<'g> {
    for dest in dests.others(chosen).take(OTHERS) {
        if egress::check(context, &flow.header, dest).is_err() {
            continue;
        }
        match create_seldom(context, tuple, dest, WhenDry::Refuse) {
            Ok(conn) => return Scheduled::To(conn),
            Err(CreateError::ReplyTaken | CreateError::NoLocal) => {}
            Err(error) => return failed(context, error),
        }
    }
    match reason {
        CreateError::NoLocal => without_local(context, chosen),
        _ => Scheduled::PortTaken,
    }
}

/// Counts a connection to this server for which there is no local endpoint.
#[cold]
pub(super) fn without_local<'g>(context: Context<'g>, dest: &Dest) -> Scheduled<'g> {
    let connections = &context.director.connections;
    connections.count_without_local(context.guard, dest);
    Scheduled::NoLocal
}

/// By which method a connection goes to a server, whose first packet this context is of.
#[inline(always)]
pub(super) fn forward_to(context: Context<'_>, dest: &Dest) -> Forward {
    match dest.forward() {
        Forward::Enat => enat::forward_to(context, dest),
        forward => forward,
    }
}

#[inline(always)]
fn create<'g>(
    context: Context<'g>,
    tuple: &HashedTuple<'_>,
    dest: &Arc<Dest>,
    when_dry: WhenDry,
) -> Result<RcuRef<'g, Conn>, CreateError> {
    let connections = &context.director.connections;
    let locals = Locals {
        pools: &context.director.pools,
        when_dry,
    };
    let now = time::jiffies32();
    let to = (dest, forward_to(context, dest));
    let created = connections.create(context.guard, tuple, to, locals, now);
    look_after(connections);
    created
}

/// As [`create`], seldom.
#[cold]
#[inline(never)]
fn create_seldom<'g>(
    context: Context<'g>,
    tuple: &HashedTuple<'_>,
    dest: &Arc<Dest>,
    when_dry: WhenDry,
) -> Result<RcuRef<'g, Conn>, CreateError> {
    create(context, tuple, dest, when_dry)
}

/// Has the worker look after connections that begin after a while, or become many.
#[inline(always)]
pub(super) fn look_after(connections: &Worker<Connections>) {
    if connections.needs_waking() {
        wake(connections);
    }
    if connections.needs_growing() {
        connections.wake();
    }
}

/// Wakes the worker, as nobody has looked since the last connection ended.
#[cold]
#[inline(never)]
fn wake(connections: &Worker<Connections>) {
    connections.heed_bound();
    connections.wake_in(time::hz());
}

/// Where memory is short, another connection ends, so that there is some when the client tries
/// again: what is freed can be used after a grace period.
#[cold]
pub(super) fn failed<'g>(context: Context<'g>, error: CreateError) -> Scheduled<'g> {
    let director = context.director;
    if matches!(error, CreateError::Memory) {
        director.paths.count(Path::Refused);
        count(context, director.connections.make_room(context.guard));
    }
    Scheduled::Failed
}

/// Creates the connection of a packet that no server takes, and that goes to where it is sent to. Only the
/// packets of marks do, which come from anywhere, to another host (`ip_vs_leave()` of
/// `net/netfilter/ipvs/ip_vs_core.c`).
pub(super) fn past_service<'g, V: Stack>(
    context: Context<'g>,
    mark: u32,
    flow: Flow<V>,
    tuple: &HashedTuple<'_>,
) -> Scheduled<'g> {
    let director = context.director;
    let destination = flow.tuple().dst();
    let is_of_another_host =
        || context.net.address_type::<V>(flow.header.dst) == AddressType::Unicast;
    if !director.settings.cache_bypass.is_on() || !is_of_another_host() {
        return Scheduled::NoServer;
    }
    if V::stays_on_link(flow.header.src) {
        return Scheduled::Failed;
    }
    let (guard, protocol) = (context.guard, flow.transport.protocol());
    let Some(service) = director
        .services
        .find_seldom(guard, mark, protocol, destination)
    else {
        return Scheduled::NoServer;
    };
    let service = service.get();
    let Some(beyond) = service.beyond() else {
        return Scheduled::NoServer;
    };
    if !protocol.has_states() && beyond.shared().schedules_each_datagram() {
        return Scheduled::Once(beyond, destination.port);
    }
    if !director.connections.has_room() {
        if let Err(refused) = end_another(context) {
            return refused;
        }
    }
    match create_seldom(context, tuple, beyond, WhenDry::Refuse) {
        Ok(conn) => Scheduled::To(conn),
        Err(error) => failed(context, error),
    }
}

/// Whether a packet may begin a connection where there is none: as by itself, and with `sloppy_tcp`
/// any segment but a RST, with `sloppy_sctp` any packet of SCTP but an ABORT, as of a connection that another director has known.
#[inline(always)]
fn may_begin_with(context: Context<'_>, header: TransportHeader) -> bool {
    header.may_begin() || is_taken_over(context, header)
}

#[cold]
#[inline(never)]
fn is_taken_over(context: Context<'_>, header: TransportHeader) -> bool {
    let settings = &context.director.settings;
    let is_wanted = match header.protocol() {
        Protocol::Tcp => settings.sloppy_tcp.is_on(),
        Protocol::Sctp => settings.sloppy_sctp.is_on(),
        Protocol::Udp => false,
    };
    is_wanted && header.may_go_on()
}
