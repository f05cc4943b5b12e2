// SPDX-License-Identifier: GPL-2.0-only

//! Options of TCP that tell the real server of its client (TOA).
//!
//! As long as a connection is not over with that (`logic::toa::Stage`) neither side's packets are fast, as nothing notes their routes.
//! Then only segments of the client with unusual options are looked at, which may be of this kind.

use kernel::sync::rcu;

use crate::{
    conn::{
        Conn,
        Toa, //
    },
    director::Director,
    kapi::{
        net::{
            HookPoint,
            Net,
            Packet,
            Stack,
            Verdict, //
        },
        sync::{
            Object,
            RcuRef, //
        },
    },
    logic::{
        nat::{
            lower_mtu,
            ChecksumState,
            Rewrite,
            Segment,
            WithoutRoom, //
        },
        packet::{
            icmp,
            tcp::TcpFlags,
            ParseError,
            TransportHeader, //
        },
        toa::{
            self,
            ClientOption,
            Insertion,
            Kind,
            Limits,
            NoRoom, //
        },
    },
    svc::ToaCounters,
};

use super::{
    egress,
    families,
    fast,
    nat,
    parse::{
        self,
        Flow,
        IcmpError, //
    },
    reply,
    track,
    Context,
    Path, //
};

/// Why a packet has not got an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NotInserted {
    /// It has no room, and may go without.
    NoRoom(NoRoom),
    /// It stands for several with headers of their own ([`Packet::is_list`]), or, as one, for more than one packet may
    /// have with the option. What it stands for has room: [`Packet::segments`].
    IsBurst,
    /// Memory is short.
    Memory,
    /// It is none of TCP, or not what it was when it was parsed.
    NoSegment,
}

/// The segment of a packet, if it is one of TCP.
#[inline]
pub(super) fn segment_of<V: Stack>(packet: &Packet<'_, V>, flow: &Flow<V>) -> Option<Segment<V>> {
    match flow.transport.header {
        TransportHeader::Tcp(tcp) => Some(Segment {
            header: flow.header,
            tcp,
            checksum: flow.checksum_state(packet),
        }),
        TransportHeader::Udp(_) | TransportHeader::Sctp(_) => None,
    }
}

/// Has the headers of a segment be at hand. False when memory is short.
pub(super) fn pull<V: Stack>(packet: &mut Packet<'_, V>, segment: &Segment<V>) -> bool {
    let len = segment.headers_len();
    packet.bytes().len() >= len || packet.pull(len)
}

/// Puts an option into a packet in front of its other ones, whose way takes packets of `mtu` bytes: one by one those that a
/// GSO packet stands for. `flow` is that of the packet, then as before. A packet that does not get the option is as it came.
#[inline(never)]
pub(super) fn insert<V: Stack>(
    packet: &mut Packet<'_, V>,
    flow: &mut Flow<V>,
    option: ClientOption,
    mtu: u32,
) -> Result<(), NotInserted> {
    let segment = segment_of(packet, flow).ok_or(NotInserted::NoSegment)?;
    if packet.is_list() {
        return Err(NotInserted::IsBurst);
    }
    if !pull(packet, &segment) {
        return Err(NotInserted::Memory);
    }
    let headers = segment.headers_len();
    let gso_size = packet.gso_size();
    let limits = Limits {
        longest: match gso_size {
            Some(size) => headers.saturating_add(size),
            None => segment.header.total_len,
        },
        mtu: mtu as usize,
        is_taken_apart: gso_size.is_some(),
    };
    let insertion = match Insertion::plan(&segment, packet.bytes(), option, limits) {
        Ok(Ok(insertion)) => insertion,
        Ok(Err(NoRoom::Length)) if gso_size.is_some() && fits(limits, option) => {
            return Err(NotInserted::IsBurst);
        }
        Ok(Err(reason)) => return Err(NotInserted::NoRoom(reason)),
        Err(_) => return Err(NotInserted::NoSegment),
    };
    let grown = packet
        .grow(insertion.growth(), headers, |bytes| {
            insertion.put(&segment, bytes)
        })
        .ok_or(NotInserted::Memory)?;
    flow.header = grown.header;
    flow.transport.header = TransportHeader::Tcp(grown.tcp);
    Ok(())
}

/// Whether the longest of the packets that one stands for has room for the option.
fn fits(limits: Limits, option: ClientOption) -> bool {
    limits.longest.saturating_add(option.len()) <= limits.mtu
}

/// The kind of the option.
pub(super) fn kind(director: &Director) -> Kind {
    u8::try_from(director.toa_kind.get())
        .ok()
        .and_then(Kind::new)
        .unwrap_or(Kind::DEFAULT)
}

/// What the service of a connection counts.
fn counters(conn: &Conn) -> &ToaCounters {
    conn.dest().shared().toa_counters()
}

/// The control bits of a segment; none of what is no segment.
#[inline(always)]
fn flags_of<V: Stack>(flow: &Flow<V>) -> TcpFlags {
    match flow.transport.header {
        TransportHeader::Tcp(tcp) => tcp.flags,
        TransportHeader::Udp(_) | TransportHeader::Sctp(_) => TcpFlags::default(),
    }
}

/// Whether a segment has no options but those that most have.
#[inline(always)]
fn is_usual<V: Stack>(packet: &Packet<'_, V>, flow: &Flow<V>) -> bool {
    match flow.transport.header {
        TransportHeader::Tcp(tcp) => toa::is_usual(flow.header.header_len, &tcp, packet.bytes()),
        TransportHeader::Udp(_) | TransportHeader::Sctp(_) => true,
    }
}

/// Whether a packet of the client goes on as others do: its real server knows the client, or is told of none.
#[inline(always)]
pub(super) fn is_over_with<V: Stack>(packet: &Packet<'_, V>, flow: &Flow<V>, toa: &Toa) -> bool {
    toa.stage().is_over() && is_usual(packet, flow) && !flags_of(flow).syn
}

/// Whether a packet of the client that may be fast has nothing that has to be taken out.
#[inline(always)]
pub(super) fn may_be_fast<V: Stack>(
    director: &Director,
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> bool {
    is_usual(packet, &flow) || is_clean(director, packet, flow, conn)
}

/// As [`may_be_fast`], of one with unusual options: others pay nothing for it. What is scattered is for the slow path.
#[inline(never)]
fn is_clean<V: Stack>(
    director: &Director,
    packet: &Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> bool {
    if conn.toa().is_none() {
        return true;
    }
    let Some(segment) = segment_of(packet, &flow) else {
        return true;
    };
    toa::is_clean(&segment, packet.bytes(), kind(director)) == Ok(true)
}

/// Sends a packet of a connection by NAT past the stack, if nothing speaks against it; that its server takes requests is known. Its
/// headers are read once more: packets of others pay nothing for it.
#[inline(never)]
pub(super) fn fast_by_nat<V: Stack>(
    director: &Director,
    net: &Net,
    guard: &rcu::Guard,
    packet: Packet<'_, V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let context = Context::new(director, net, guard, HookPoint::PreRouting);
    match parse::usual(&packet) {
        Some(flow) if may_be_fast(director, &packet, flow, conn) => {
            fast::translated(context, packet, flow, conn)
        }
        _ => fast::left(director, packet, Path::Header),
    }
}

/// Sends a packet of a connection by NAT to the real server.
#[inline(never)]
pub(super) fn send_by_nat<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
) -> Verdict {
    match conn.toa() {
        Some(toa) if !is_over_with(&packet, flow, toa) => send(context, packet, flow, conn, toa),
        _ => nat::send(context, packet, *flow, conn),
    }
}

/// Sends a packet of the client to the real server: with the option, if it is to have it, and without those that a client must
/// not get through.
#[inline(never)]
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
    toa: &Toa,
) -> Verdict {
    if packet.is_gso() && is_to_be_taken_apart(context, &packet, flow, conn, toa) {
        return send_apart(context, packet, conn, toa);
    }
    send_one(context, packet, *flow, conn, toa)
}

/// Whether a packet stands for several that have to be looked at one by one: those of a list have headers of their own, and with
/// the option a burst may be longer than packets can tell. A real server on this host gets it as it is.
#[cold]
#[inline(never)]
fn is_to_be_taken_apart<V: Stack>(
    context: Context<'_>,
    packet: &Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
    toa: &Toa,
) -> bool {
    let longest = V::MAX_TOTAL_LEN as usize;
    let len = flow.header.total_len;
    let grows_too_long = || len <= longest && len.saturating_add(option_len(conn)) > longest;
    // The options of those in a list are the same.
    let is_concerned = if packet.is_list() {
        !is_over_with(packet, flow, toa)
    } else {
        !toa.stage().is_over() && grows_too_long()
    };
    is_concerned
        && matches!(context.point, HookPoint::LocalIn)
        && (is_of_other_version::<V>(conn) || !egress::is_local::<V>(context, conn))
}

/// Whether the real server has an address of another version than the client's packets.
fn is_of_other_version<V: Stack>(conn: &Object<Conn>) -> bool {
    V::addr(conn.real_server().addr).is_none()
}

/// Sends what a packet stands for, one by one.
#[cold]
#[inline(never)]
fn send_apart<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    conn: &Object<Conn>,
    toa: &Toa,
) -> Verdict {
    let segments = match packet.segments_as_routed() {
        Ok(segments) => segments,
        Err(verdict) => return verdict,
    };
    segments.send_each(|segment| match parse::usual(&segment) {
        Some(flow) => send_one(context, segment, flow, conn, toa),
        None => segment.discard(),
    })
}

#[inline(never)]
fn send_one<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
    toa: &Toa,
) -> Verdict {
    let changes_version = is_of_other_version::<V>(conn);
    if !changes_version && track::request(context, &mut packet, conn).is_none() {
        return packet.discard();
    }
    match clean(context, &mut packet, &flow) {
        Some(true) => counters(conn).taken_out.count(),
        Some(false) => {}
        None => return packet.discard(),
    }
    let Some(carries) = note_client(&packet, &flow, conn, toa) else {
        return packet.discard();
    };
    let rewrite = Rewrite {
        source: conn.peer(),
        destination: conn.real_server(),
    };
    // What becomes of one with the option tells nothing of those that follow.
    let of = toa.stage().is_over();
    let option = carries.then(|| ClientOption::new(kind(context.director), conn.client()));
    if changes_version {
        return families::send(context, packet, &flow, conn, of, option, rewrite);
    }
    let of = of.then_some(conn);
    nat::send_told(context, packet, flow, conn, of, option, rewrite)
}

/// Takes note of a segment of the client, whose headers are in the linear part. Returns whether it is to carry the option.
fn note_client<V: Stack>(
    packet: &Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
    toa: &Toa,
) -> Option<bool> {
    let segment = segment_of(packet, flow)?;
    let flags = segment.tcp.flags;
    let acknowledgment = segment.acknowledgment(packet.bytes()).ok()?;
    let carries = toa.note_client(flags, acknowledgment);
    if flags.syn && (conn.confirmed_route() != 0 || conn.reply_route() != 0) {
        // The answer is not to go by unseen.
        conn.forget_routes();
    }
    Some(carries)
}

/// Takes out of a segment of the client what it must not get through. Returns whether there was anything; none when memory is short,
/// or it is one of several that would have to be taken apart.
pub(super) fn clean<V: Stack>(
    context: Context<'_>,
    packet: &mut Packet<'_, V>,
    flow: &Flow<V>,
) -> Option<bool> {
    if is_usual(packet, flow) {
        return Some(false);
    }
    let segment = segment_of(packet, flow)?;
    if !pull(packet, &segment) {
        return None;
    }
    let kind = kind(context.director);
    if toa::is_clean(&segment, packet.bytes(), kind).ok()? {
        return Some(false);
    }
    if packet.is_list() {
        return None;
    }
    toa::take_out(&segment, packet.writable(segment.headers_len())?, kind).ok()?;
    packet.forget_device_checksum();
    Some(true)
}

/// Has a packet carry an option, if there is one for it, and it has room: its way takes packets of `mtu` bytes. Returns the
/// flow of the packet as it is then; none when memory is short: the client sends it again.
#[inline(always)]
pub(super) fn tell<V: Stack>(
    packet: &mut Packet<'_, V>,
    flow: Flow<V>,
    conn: &Object<Conn>,
    option: Option<ClientOption>,
    mtu: u32,
) -> Option<Flow<V>> {
    match option {
        Some(option) => tell_by(packet, flow, conn, option, mtu),
        None => Some(flow),
    }
}

#[inline(never)]
fn tell_by<V: Stack>(
    packet: &mut Packet<'_, V>,
    mut flow: Flow<V>,
    conn: &Object<Conn>,
    option: ClientOption,
    mtu: u32,
) -> Option<Flow<V>> {
    match insert(packet, &mut flow, option, mtu) {
        Ok(()) => counters(conn).inserted.count(),
        Err(NotInserted::NoRoom(_) | NotInserted::IsBurst) => counters(conn).no_room.count(),
        Err(NotInserted::Memory | NotInserted::NoSegment) => return None,
    }
    Some(flow)
}

/// Bytes of the option of a connection.
fn option_len(conn: &Object<Conn>) -> usize {
    toa::len_of(conn.client().addr)
}

/// Takes note of a segment of the real server, and has the client leave room for the option. Returns whether later ones may be
/// fast; none when memory is short.
#[inline(always)]
pub(super) fn note_reply<V: Stack>(
    packet: &mut Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
) -> Option<bool> {
    match conn.toa() {
        Some(toa) if !toa.stage().knows_server() || flags_of(flow).syn => {
            note_server(packet, flow, conn, toa)
        }
        _ => Some(true),
    }
}

#[inline(never)]
fn note_server<V: Stack>(
    packet: &mut Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
    toa: &Toa,
) -> Option<bool> {
    let segment = segment_of(packet, flow)?;
    let flags = segment.tcp.flags;
    if flags.syn && flags.ack {
        lower_mss(packet, &segment, option_len(conn))?;
    }
    let sequence = segment.sequence(packet.bytes()).ok()?;
    toa.note_server(flags, sequence, !segment.payload().is_empty());
    Some(toa.stage().knows_server())
}

/// Has the client send segments that have room for so many bytes. None when memory is short.
fn lower_mss<V: Stack>(packet: &mut Packet<'_, V>, segment: &Segment<V>, by: usize) -> Option<()> {
    if !pull(packet, segment) {
        return None;
    }
    let by = u16::try_from(by).ok()?;
    if toa::lowers_mss(segment, packet.bytes(), by).ok()? {
        let bytes = packet.writable(segment.headers_len())?;
        toa::lower_mss(segment, bytes, by).ok()?;
        packet.forget_device_checksum();
    }
    Some(())
}

/// Makes a reply of a connection by NAT come from the service, and lets it go on to the client.
#[inline(never)]
pub(super) fn reply_by_nat<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    match note_reply(&mut packet, flow, &conn) {
        Some(may_be_fast) => {
            let of = may_be_fast.then_some(conn);
            reply::translate_as_it_is(context, packet, flow, conn, of)
        }
        None => packet.discard(),
    }
}

/// As [`correct_error`], of an error whose bytes are not writable yet. None when memory is short.
#[cold]
#[inline(never)]
pub(super) fn correct_packet<V: Stack>(
    packet: &mut Packet<'_, V>,
    error: &IcmpError<V>,
    conn: &Object<Conn>,
) -> Option<()> {
    if conn.toa().is_none_or(|toa| toa.stage().is_over()) {
        return Some(());
    }
    let checksum = error.checksum_state(packet);
    let bytes = packet.writable(error.icmp.writable_len)?;
    correct_error(bytes, &error.icmp, conn, checksum).ok()?;
    // It is of what has just changed.
    packet.forget_device_checksum();
    Some(())
}

/// Has the client, whom an error of the path behind the director tells of an MTU, leave room for the option. Where that cannot be no
/// more packets carry it. `bytes` are those of the error.
#[cold]
#[inline(never)]
pub(super) fn correct_error<V: Stack>(
    bytes: &mut [u8],
    error: &icmp::Error<V>,
    conn: &Object<Conn>,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    let Some(toa) = conn.toa().filter(|toa| !toa.stage().is_over()) else {
        return Ok(());
    };
    let by = option_len(conn) as u32;
    if !lower_mtu(bytes, error, by, WithoutRoom::Keep, checksum)? {
        toa.stop();
    }
    Ok(())
}
