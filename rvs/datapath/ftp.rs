// SPDX-License-Identifier: GPL-2.0-only

//! FTP by masquerading: where either end says that it listens for data is known, the address that the server says becomes
//! the virtual one, and data go to the server of the control connection.
//!
//! As `net/netfilter/ipvs/ip_vs_ftp.c`, of which it differs in that what the server says counts only if it is its own
//! address, and what the client says only if it is the client's: else either could have the director open ways to other
//! hosts.

use core::ptr;

use crate::{
    conn::{
        Conn,
        Control,
        CreateError,
        HashedTuple,
        Made,
        Purpose,
        Template,
        TemplateKey, //
    },
    kapi::{
        net::{
            Packet,
            Stack,
            Verdict, //
        },
        rcu_table::Side,
        sync::{
            Object,
            RcuArc,
            RcuRef, //
        },
        time, //
    },
    logic::{
        addr::Endpoint,
        ftp::{
            find,
            Place,
            Sender,
            Text, //
        },
        nat::Segment,
        packet::TransportHeader,
        protocol::Protocol,
        sequence::Shift,
        service_key::may_be_ftp_data,
        tuple::{
            AddrPair,
            Tuple, //
        },
    },
    svc::ServiceKey,
};

use super::{
    egress,
    nat,
    parse::Flow,
    reply,
    request,
    schedule::{
        self,
        Scheduled, //
    },
    track,
    Context, //
};

/// Bytes of a packet in which is looked for lines, and which may be one where several were merged: those of a control
/// connection are short.
const MOST: usize = 1280;

/// Seconds for which the client is waited for that was told where the server listens, as in LISTEN.
const SECONDS: u32 = 120;

/// How often a place is noted, where others are in the way.
const TRIES: usize = 4;

/// Sends a packet of the client to the server, who knows other numbers, and notes where the client listens.
#[cold]
#[inline(never)]
pub(super) fn request<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
    control: &Control,
) -> Verdict {
    track::numbers_may_move(context, &mut packet);
    if take_request(context, &mut packet, flow, conn, control).is_none() {
        return packet.discard();
    }
    nat::send_slowly(context, packet, flow, &conn)
}

/// None when the packet cannot go on.
fn take_request<V: Stack>(
    context: Context<'_>,
    packet: &mut Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
    control: &Control,
) -> Option<()> {
    let segment = segment_of(packet, flow)?;
    let shift = control.shift()?;
    if let Some(place) = place_in(packet, &segment, Sender::Client) {
        if place.addr == Some(conn.client().addr) {
            expect_server(context, conn, place.port);
        }
    }
    renumber(packet, &segment, &Shift::new(), &shift)
}

/// Makes a packet of the server say what the client can use, notes where the server listens, and lets it go on.
#[cold]
#[inline(never)]
pub(super) fn reply<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    mut flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
    control: &Control,
) -> Verdict {
    if take_reply(context, &mut packet, &mut flow, conn, control).is_none() {
        return packet.discard();
    }
    reply::translate_as_it_is(context, packet, &flow, conn, None)
}

/// None when the packet cannot go on; the server sends it again.
fn take_reply<V: Stack>(
    context: Context<'_>,
    packet: &mut Packet<'_, V>,
    flow: &mut Flow<V>,
    conn: RcuRef<'_, Conn>,
    control: &Control,
) -> Option<()> {
    let mut segment = segment_of(packet, *flow)?;
    let sequence = segment.sequence(packet.bytes()).ok()?;
    let payload_len = segment.payload().len();
    let old = control.shift()?;
    let mut shift = old;
    let place = place_in(packet, &segment, Sender::Server)
        .filter(|place| {
            place
                .addr
                .is_none_or(|addr| addr == conn.real_server().addr)
        })
        .filter(|place| may_be_ftp_data(place.port));
    match place {
        Some(place) => {
            let to = Endpoint::new(conn.service().addr, place.port);
            expect_client(context, conn, to);
            let growth = say(packet, &mut segment, place, to)?;
            let at = |offset: usize| sequence.wrapping_add(offset as u32);
            if growth != 0 {
                shift = old.replaced(at(place.begin), at(place.end), growth);
            }
        }
        None if old.is_cut_by(sequence, payload_len as u32) => return None,
        None => {}
    }
    flow.header = segment.header;
    if shift != old {
        control.replace(old, shift)?;
    }
    track::numbers_move(context, packet, &shift);
    renumber(packet, &segment, &shift, &Shift::new())
}

/// The segment of a packet.
fn segment_of<V: Stack>(packet: &Packet<'_, V>, flow: Flow<V>) -> Option<Segment<V>> {
    match flow.transport.header {
        TransportHeader::Tcp(tcp) => Some(Segment {
            header: flow.header,
            tcp,
            checksum: flow.checksum_state(packet),
        }),
        TransportHeader::Udp(_) | TransportHeader::Sctp(_) => None,
    }
}

/// What a packet says about where its sender listens.
fn place_in<V: Stack>(
    packet: &mut Packet<'_, V>,
    segment: &Segment<V>,
    sender: Sender,
) -> Option<Place> {
    let payload = segment.payload();
    if payload.is_empty() || payload.end > MOST || !packet.pull(payload.end) {
        return None;
    }
    find(sender, packet.bytes().get(payload)?)
}

/// Writes that data are to go `to`. Returns by how much the packet got longer; none when it cannot be changed.
fn say<V: Stack>(
    packet: &mut Packet<'_, V>,
    segment: &mut Segment<V>,
    place: Place,
    to: Endpoint,
) -> Option<i32> {
    let text = Text::of(place.form, to)?;
    let old_len = segment.header.total_len;
    let text_len = place.end.checked_sub(place.begin)?;
    let new_len = old_len
        .checked_sub(text_len)?
        .checked_add(text.as_bytes().len())?;
    let payload = segment.payload().start;
    let said = payload.checked_add(place.begin)?..payload.checked_add(place.end)?;
    if packet.bytes().get(said) == Some(text.as_bytes()) {
        return Some(0);
    }
    let bytes = packet.resize(old_len.max(new_len))?;
    let len = segment
        .replace_text(bytes, place.begin..place.end, text.as_bytes())
        .ok()?;
    packet.resize(len)?;
    segment.header.total_len = len;
    i32::try_from(len)
        .ok()?
        .checked_sub(i32::try_from(old_len).ok()?)
}

/// Moves the numbers of a segment.
fn renumber<V: Stack>(
    packet: &mut Packet<'_, V>,
    segment: &Segment<V>,
    forth: &Shift,
    back: &Shift,
) -> Option<()> {
    if forth.is_none() && back.is_none() {
        return Some(());
    }
    let bytes = packet.writable(segment.headers_len())?;
    segment.renumber(bytes, forth, back).ok()?;
    packet.forget_device_checksum();
    Some(())
}

/// Notes that the client of a control connection is to find its server there.
fn expect_client(context: Context<'_>, conn: RcuRef<'_, Conn>, to: Endpoint) {
    let connections = &context.director.connections;
    let (guard, templates) = (context.guard, &connections.templates);
    if !connections.has_room() && schedule::end_another(context).is_err() {
        return;
    }
    let key = templates.hashed(TemplateKey {
        service: ServiceKey::of(Protocol::Tcp, to),
        client: conn.client().addr,
        call: 0,
    });
    let now = time::jiffies32();
    for _ in 0..TRIES {
        let Some(control) = conn.upgrade() else {
            break;
        };
        let purpose = Purpose::Data(control);
        match templates.create(guard, &key, conn.dest(), purpose, SECONDS, now) {
            Ok(Made::Exists(template)) if !is_expected_by(&template, &conn) => {
                templates.kill(guard, template);
            }
            Ok(Made::Exists(template)) => {
                template.restart(now);
                break;
            }
            _ => break,
        }
    }
    schedule::look_after(connections);
    if templates.needs_growing() {
        connections.wake();
    }
}

/// Whether a template has the client of a control connection come for its data.
fn is_expected_by(template: &Template, conn: &Object<Conn>) -> bool {
    template
        .control()
        .is_some_and(|control| ptr::eq(&**control, conn))
}

/// Makes the connection by which the server is to reach a client that listens at `port`: from the port before that of
/// the control connection, on either side (RFC 959 section 5.2).
fn expect_server(context: Context<'_>, conn: RcuRef<'_, Conn>, port: u16) {
    let connections = &context.director.connections;
    let (guard, service) = (context.guard, conn.service());
    let Some(addrs) = AddrPair::new(conn.client().addr, service.addr) else {
        return;
    };
    let tuple = Tuple {
        addrs,
        src_port: port,
        dst_port: service.port.wrapping_sub(1),
        protocol: Protocol::Tcp,
        vrf: conn.vrf(Side::Original),
    };
    let server_port = conn.real_server().port.wrapping_sub(1);
    if server_port == 0 || !conn.dest().is_available() {
        return;
    }
    if !connections.has_room() && schedule::end_another(context).is_err() {
        return;
    }
    if let Ok((known, _)) = connections.find(guard, tuple) {
        if !known.is_closed() {
            return;
        }
        connections.kill(guard, known);
    }
    let Some(control) = conn.upgrade() else {
        return;
    };
    let hashed = connections.hashed(tuple);
    let _ = connections.create_for_data(guard, &hashed, control, server_port, time::jiffies32());
    schedule::look_after(connections);
}

/// Creates the connection of a client that comes for its data, if the packet may be from one.
#[cold]
#[inline(never)]
pub(super) fn expected<'g, V: Stack>(
    context: Context<'g>,
    packet: &mut Packet<'_, V>,
    flow: Flow<V>,
    tuple: &HashedTuple<'_>,
) -> Option<Scheduled<'g>> {
    let to = flow.tuple().dst();
    let is_first = flow.transport.header.may_begin() && flow.transport.protocol() == Protocol::Tcp;
    if !is_first || !may_be_ftp_data(to.port) {
        return None;
    }
    let templates = &context.director.connections.templates;
    let key = TemplateKey {
        service: ServiceKey::of(Protocol::Tcp, to),
        client: flow.tuple().src().addr,
        call: 0,
    };
    let template = templates.find(context.guard, key)?;
    let control = template.control()?.clone();
    if control.vrf(Side::Original) != flow.vrf {
        return None;
    }
    if !template.takes_more(time::jiffies32()) || !template.dest().is_available() {
        return None;
    }
    if !request::is_let_in(context, packet) {
        return Some(Scheduled::Failed);
    }
    Some(come_for_data(context, flow, tuple, template, control))
}

fn come_for_data<'g, V: Stack>(
    context: Context<'g>,
    flow: Flow<V>,
    tuple: &HashedTuple<'_>,
    template: RcuRef<'g, Template>,
    control: RcuArc<Conn>,
) -> Scheduled<'g> {
    if let Err(refusal) = egress::check(context, &flow.header, template.dest()) {
        return Scheduled::Refused(refusal);
    }
    let connections = &context.director.connections;
    if !connections.has_room() {
        if let Err(refused) = schedule::end_another(context) {
            return refused;
        }
    }
    let (guard, port) = (context.guard, flow.tuple().dst_port);
    let created = connections.create_for_data(guard, tuple, control, port, time::jiffies32());
    schedule::look_after(connections);
    match created {
        Ok(conn) => {
            // One client comes, once.
            connections.templates.kill(guard, template);
            Scheduled::To(conn)
        }
        Err(CreateError::ReplyTaken) => Scheduled::PortTaken,
        Err(error) => schedule::failed(context, error),
    }
}
