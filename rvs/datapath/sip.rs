// SPDX-License-Identifier: GPL-2.0-only

//! Calls of SIP: what tells that two messages are of one, and what a real server begins by itself.
//!
//! As `net/netfilter/ipvs/ip_vs_pe_sip.c`. Datagrams only.

use crate::{
    conn::Conn,
    kapi::{
        net::{
            Packet,
            Stack,
            Verdict, //
        },
        sync::{
            Alone,
            RcuRef, //
        },
        time, //
    },
    logic::{
        addr::Endpoint,
        persistence::{
            Engine,
            Persistence, //
        },
        protocol::Protocol,
        sip::{
            self,
            MAX_CALL_ID, //
        },
    },
    svc::{
        Service,
        ServiceKey, //
    },
};

use super::{
    parse::Flow,
    persistence,
    reply,
    Context, //
};

/// Bytes of a packet in which is looked for the Call-ID.
const MOST: usize = 4096;

/// A Call-ID, which may be empty.
pub(super) struct CallId {
    bytes: [u8; MAX_CALL_ID],
    len: usize,
}

impl CallId {
    /// None.
    pub(super) const fn none() -> Self {
        Self {
            bytes: [0; MAX_CALL_ID],
            len: 0,
        }
    }

    fn of(call: &str) -> Option<Self> {
        let mut id = Self::none();
        id.bytes
            .get_mut(..call.len())?
            .copy_from_slice(call.as_bytes());
        id.len = call.len();
        Some(id)
    }

    /// The text of it.
    pub(super) fn as_str(&self) -> &str {
        // It was made of a string.
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// Finds the Call-ID of the message that a packet is. An ICMP error about one is none.
#[cold]
#[inline(never)]
pub(super) fn call_id<V: Stack>(packet: &mut Packet<'_, V>, flow: Flow<V>) -> Option<CallId> {
    let header = V::parse(packet.bytes(), packet.len()).ok()?;
    let is_datagram = header.protocol == Protocol::Udp.number()
        && flow.transport.protocol() == Protocol::Udp
        && header.header_len == flow.header.header_len;
    if !is_datagram {
        return None;
    }
    let end = flow.header.total_len.min(MOST);
    if !packet.pull(end) {
        return None;
    }
    let message = packet.bytes().get(flow.headers_len()..end)?;
    CallId::of(sip::call_id(message)?)
}

/// Takes a datagram of no connection that is forwarded. One that a real server of such a service sends from its port gets
/// the virtual address, and what answers it comes to the server.
#[cold]
#[inline(never)]
pub(super) fn of_server<'a, V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'a, V>,
    flow: Flow<V>,
) -> Result<Verdict, Packet<'a, V>> {
    if flow.transport.protocol() != Protocol::Udp {
        return Err(packet);
    }
    match reply_of(context, &mut packet, flow) {
        Some(Reply::Of(conn)) => {
            let of = Some(conn);
            Ok(reply::translate_as_it_is(context, packet, &flow, conn, of))
        }
        Some(Reply::Once(conn)) => Ok(reply::translate_once(context, packet, flow, &conn)),
        None => Err(packet),
    }
}

/// What a datagram of a real server is a reply of.
enum Reply<'g> {
    /// A connection that was made for it.
    Of(RcuRef<'g, Conn>),
    /// One that is gone with it: the service schedules each datagram.
    Once(Alone<Conn>),
}

fn reply_of<'g, V: Stack>(
    context: Context<'g>,
    packet: &mut Packet<'_, V>,
    flow: Flow<V>,
) -> Option<Reply<'g>> {
    let Served {
        service,
        place,
        persistence,
    } = service_of(context, flow)?;
    let request = request_for(flow, place)?;
    let dests = service.get().dests(context.guard)?;
    let dest = dests.get().at(flow.tuple().src())?;
    let call = call_id(packet, flow)?;
    if dests.get().schedules_each_datagram() {
        let (tuple, port) = (request.tuple(), flow.transport.src_port);
        let conn = Conn::of_one_packet(&tuple, dest.clone(), port, time::jiffies32());
        return Some(Reply::Once(conn));
    }
    persistence::connection_of_server(context, &call, request, service.key(), dest, persistence)
        .map(Reply::Of)
}

/// A service whose clients are told apart by calls.
struct Served<'g> {
    service: RcuRef<'g, Service>,
    place: Endpoint,
    persistence: Persistence,
}

/// The service that a real server belongs to which a packet comes from, if its clients are told apart by calls.
fn service_of<'g, V: Stack>(context: Context<'g>, flow: Flow<V>) -> Option<Served<'g>> {
    let director = context.director;
    let served = |key: &ServiceKey| {
        let place = place_of(key)?;
        let service = director
            .services
            .find_seldom(context.guard, 0, Protocol::Udp, place)?;
        let persistence = service.persistence()?;
        let is_one = service.key() == key && persistence.engine == Some(Engine::Sip);
        is_one.then_some(Served {
            service,
            place,
            persistence,
        })
    };
    let servers = &director.common.real_servers;
    servers.find(flow.tuple().src(), Protocol::Udp, served)
}

/// Where a service is that has one address and port.
fn place_of(key: &ServiceKey) -> Option<Endpoint> {
    match key {
        ServiceKey::Address { addr, .. } => Some(Endpoint::new(*addr, key.one_port()?)),
        ServiceKey::Mark { .. } => None,
    }
}

/// What the receiver of a datagram would have sent to the service.
fn request_for<V: Stack>(flow: Flow<V>, service: Endpoint) -> Option<Flow<V>> {
    let mut request = flow;
    request.header.src = flow.header.dst;
    request.header.dst = V::addr(service.addr)?;
    request.transport.src_port = flow.transport.dst_port;
    request.transport.dst_port = service.port;
    Some(request)
}
