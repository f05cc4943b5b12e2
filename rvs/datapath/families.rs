// SPDX-License-Identifier: GPL-2.0-only

//! Full NAT from one version of IP to the other: clients of one have real servers of the other. Packets change their version where
//! they get their new ends (RFC 7915), each way.
//!
//! The segments of either end are not made smaller: each counts the headers of its own version, so that what the client of IPv6
//! announces fits behind a header of IPv4, and what does not fit on the way back the path MTU tells.

use kernel::sync::rcu;

use crate::{
    conn::{
        Conn,
        RouteNumber, //
    },
    director::Director,
    kapi::{
        net::{
            Exchange,
            HookPoint,
            Net,
            NextHop,
            Packet,
            Route,
            RouteRef,
            Stack,
            Tracking,
            Verdict, //
        },
        sync::{
            Object,
            RcuRef, //
        },
    },
    logic::{
        nat::{
            family::{
                Checksum,
                ErrorTranslation,
                Translation, //
            },
            Rewrite, //
        },
        packet::{
            icmp::Report,
            ip::Header,
            ParseError, //
        },
        toa::ClientOption,
    },
};

use super::{
    egress::{
        self,
        Way, //
    },
    fast,
    fullnat,
    nat,
    parse::{
        self,
        Flow,
        IcmpError, //
    },
    reply,
    toa,
    Context,
    Path, //
};

/// Bytes of the header that a fragment of IPv6 has besides (RFC 8200 section 4.5).
const FRAGMENT_HEADER: u32 = 8;

/// How a packet leaves as one of the version `O`.
#[derive(Clone, Copy)]
struct Passage<'g, O: Stack> {
    way: Way<'g, O>,
    form: Form,
}

/// What a packet becomes, but for its ends.
#[derive(Clone, Copy)]
struct Form {
    /// Whether it loses one of its time to live.
    is_forwarded: bool,
    /// Whether routers must not fragment it, where they do otherwise.
    dont_fragment: bool,
    /// The size of the largest fragment that it leaves in, 0 when it leaves whole.
    largest_fragment: u32,
}

/// Why a packet has not become another one.
enum Failure<'a, V: Stack> {
    /// Memory is short, and it is as good as before.
    Memory(Packet<'a, V>),
    /// It cannot be one, and has ended.
    Ended(Verdict),
}

impl<V: Stack> Failure<'_, V> {
    fn verdict(self) -> Verdict {
        match self {
            Self::Memory(packet) => packet.discard(),
            Self::Ended(verdict) => verdict,
        }
    }
}

/// Sends a packet of the client to the real server, which has an address of the other version: with an option, if it has room for one
/// that it is to carry. It is about the connection, and may be `of` it.
#[inline(never)]
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
    option: Option<ClientOption>,
    rewrite: Rewrite,
) -> Verdict {
    match way_to_real_server::<V, V::Other>(context, packet, flow.header, conn) {
        Ok((packet, passage)) => {
            let confirmed = passage.way.confirmed_by(context, &packet, of);
            let Passage { way, form } = passage;
            let mtu = before_translation::<V, V::Other>(way.route.mtu(), flow.header);
            each(packet, passage, |mut packet| {
                let Some(flow) = toa::tell(&mut packet, *flow, conn, option, mtu) else {
                    return packet.discard();
                };
                let changed = translate(packet, &flow, &way.route, form, rewrite);
                go(context, changed, way, || {
                    if let Some(conn) = confirmed {
                        conn.confirm_route(way.route.number());
                    }
                })
            })
        }
        Err(verdict) => verdict,
    }
}

/// Sends an error from the client's side about a reply to a real server that has an address of the other version.
#[inline(never)]
pub(super) fn error_to_real_server<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    error: &IcmpError<V>,
    conn: &Object<Conn>,
    rewrite: Rewrite,
) -> Verdict {
    let (packet, translation) = match of_error::<V, V::Other>(packet, error) {
        Ok(read) => read,
        Err(verdict) => return verdict,
    };
    match way_to_real_server::<V, V::Other>(context, packet, error.header, conn) {
        Ok((packet, passage)) => {
            let Passage { way, form } = passage;
            let changed = translate_error(packet, error, &translation, &way.route, form, rewrite);
            go(context, changed, way, || {})
        }
        Err(verdict) => verdict,
    }
}

/// Finds the way to the real server of a connection for a packet. The verdict of one that cannot go there is its end; its
/// sender has been told.
fn way_to_real_server<'a, 'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: Packet<'a, V>,
    header: Header<V>,
    conn: &Object<Conn>,
) -> Result<(Packet<'a, V>, Passage<'g, O>), Verdict> {
    let Some(server) = O::addr(conn.real_server().addr) else {
        return Err(packet.discard());
    };
    let found = egress::get::<O>(context, conn.dest(), server, nat::METHOD.target);
    let Ok(route) = found else {
        return Err(packet.refuse(Report::HostUnreachable));
    };
    if route.is_local() && nat::leads_to_loopback(context, header, conn) {
        return Err(packet.discard());
    }
    along(context, packet, header, route, server)
}

/// Sends a packet of a real server to a client that has an address of the other version. It is about the connection, and may be `of` it.
#[inline(never)]
pub(super) fn reply<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: RcuRef<'_, Conn>,
    of: bool,
    rewrite: Rewrite,
) -> Verdict {
    let found = way_to_client::<V, V::Other>(context, packet, flow.header, conn, of);
    let (packet, passage, confirmed) = match found {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    context.director.paths.count(Path::Slow);
    let header = flow.transport.header;
    reply::note_answer(context, header, conn);
    reply::account(context, packet.len(), header, conn);
    let Passage { way, form } = passage;
    each(packet, passage, |packet| {
        let changed = translate(packet, flow, &way.route, form, rewrite);
        go(context, changed, way, || {
            if confirmed != 0 {
                conn.set_reply_route(confirmed);
            }
        })
    })
}

/// Sends an error from the real server's side about a request to a client that has an address of the other version.
#[inline(never)]
pub(super) fn error_to_client<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    error: &IcmpError<V>,
    conn: RcuRef<'_, Conn>,
    rewrite: Rewrite,
) -> Verdict {
    if toa::correct_packet(&mut packet, error, &conn).is_none() {
        return packet.discard();
    }
    let (packet, translation) = match of_error::<V, V::Other>(packet, error) {
        Ok(read) => read,
        Err(verdict) => return verdict,
    };
    match way_to_client::<V, V::Other>(context, packet, error.header, conn, false) {
        Ok((packet, passage, _)) => {
            let Passage { way, form } = passage;
            let changed = translate_error(packet, error, &translation, &way.route, form, rewrite);
            go(context, changed, way, || {})
        }
        Err(verdict) => verdict,
    }
}

/// Finds the way to the client of a connection for a packet, which is about that and may be `of` it. Returns the number of the route, too,
/// if later packets may be fast once this one has passed all hooks, else 0.
fn way_to_client<'a, 'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: Packet<'a, V>,
    header: Header<V>,
    conn: RcuRef<'g, Conn>,
    of: bool,
) -> Result<(Packet<'a, V>, Passage<'g, O>, RouteNumber), Verdict> {
    let (source, client) = (conn.service().addr, conn.client().addr);
    let (Some(source), Some(client)) = (O::addr(source), O::addr(client)) else {
        return Err(packet.discard());
    };
    let (number, route) = match fullnat::known_route(context, conn) {
        Some(route) => (0, route),
        None => match fullnat::look_up(context, source, client) {
            Some(found) => found,
            None => return Err(packet.refuse(Report::HostUnreachable)),
        },
    };
    let (packet, passage) = along(context, packet, header, route, client)?;
    let may_be_learned = number != 0
        && of
        && !context.net.forwards_by_policy::<O>()
        && fullnat::may_be_learned(context, &packet, header);
    Ok((packet, passage, if may_be_learned { number } else { 0 }))
}

/// Finds the way along a route to `destination` for a packet. The verdict of one that cannot go there is its end; its sender has been
/// told.
fn along<'a, 'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: Packet<'a, V>,
    header: Header<V>,
    route: RouteRef<'g, O>,
    destination: O::Addr,
) -> Result<(Packet<'a, V>, Passage<'g, O>), Verdict> {
    let is_forwarded = !route.is_local();
    if is_forwarded && V::stays_on_link(header.src) {
        return Err(packet.discard());
    }
    if is_forwarded && header.ttl <= 1 {
        return Err(packet.refuse(Report::TimeExceeded));
    }
    let mtu = before_translation::<V, O>(route.mtu(), header);
    let most = before_translation::<V, O>(O::MAX_TOTAL_LEN, header);
    let fits = packet.fits(mtu);
    if !fits && !packet.is_gso() && packet.len() > most as usize {
        return Err(packet.refuse(Report::TooBig(most)));
    }
    let (may_leave, dont_fragment, largest_fragment) = if V::ROUTERS_FRAGMENT {
        in_fragments_of_smallest::<V, O>(&packet, header, fits)
    } else {
        as_fragments_of_routers::<V, O>(&packet, fits)
    };
    if is_forwarded && !may_leave {
        return Err(packet.refuse(Report::TooBig(mtu.max(V::MIN_MTU))));
    }
    let is_plain = is_forwarded && fits && largest_fragment == 0;
    let way = Way::along(context, route, destination, is_plain);
    let form = Form {
        // What this host sends itself is not forwarded.
        is_forwarded: is_forwarded && !matches!(context.point, HookPoint::LocalOut),
        dont_fragment,
        largest_fragment,
    };
    Ok((packet, Passage { way, form }))
}

/// How long a packet with this header is that becomes one of so many bytes.
fn before_translation<V: Stack, O: Stack>(len: u32, header: Header<V>) -> u32 {
    let headers = header.header_len as u32;
    len.saturating_add(headers)
        .saturating_sub(O::MIN_HEADER_LEN as u32)
}

/// A packet of IPv4 becomes one of IPv6, which routers do not fragment. One that they might have fragmented leaves in fragments of what
/// every link takes, if it is larger than that, as one does that has come in fragments (RFC 7915 section 4).
fn in_fragments_of_smallest<V: Stack, O: Stack>(
    packet: &Packet<'_, V>,
    header: Header<V>,
    fits: bool,
) -> (bool, bool, u32) {
    let smallest = before_translation::<V, O>(O::MIN_MTU, header);
    let is_to_be = packet.was_fragmented() || !header.dont_fragment && !packet.fits(smallest);
    let largest_fragment = if is_to_be { O::MIN_MTU } else { 0 };
    (is_to_be || fits, true, largest_fragment)
}

/// A packet of IPv6 becomes one of IPv4, which routers may fragment if it is so small that the client would make it no smaller, or has come
/// in fragments: none of those gets larger (RFC 7915 section 5).
fn as_fragments_of_routers<V: Stack, O: Stack>(
    packet: &Packet<'_, V>,
    fits: bool,
) -> (bool, bool, u32) {
    let largest_before = packet.largest_fragment();
    let may_be = largest_before != 0 || packet.fits(V::MIN_MTU);
    let headers = V::MIN_HEADER_LEN as u32 + FRAGMENT_HEADER;
    let largest_fragment = match largest_before {
        0 => 0,
        len => len
            .saturating_add(O::MIN_HEADER_LEN as u32)
            .saturating_sub(headers)
            .max(O::MIN_MTU),
    };
    (may_be || fits, !may_be, largest_fragment)
}

/// Sends a packet, or each of those that it stands for where they do not share one header, by `send`.
fn each<'a, V: Stack, O: Stack>(
    packet: Packet<'a, V>,
    passage: Passage<'_, O>,
    mut send: impl FnMut(Packet<'a, V>) -> Verdict,
) -> Verdict {
    if !packet.is_burst_of_tunnel() {
        return send(packet);
    }
    match packet.segments(&passage.way.route) {
        Ok(segments) => segments.send_each(send),
        Err(verdict) => verdict,
    }
}

/// Sends a packet that has been translated, and notes it when the packet has passed all hooks.
fn go<'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: Result<Packet<'_, O>, Failure<'_, V>>,
    way: Way<'g, O>,
    note: impl FnOnce(),
) -> Verdict {
    let send = |packet: Packet<'_, O>, route: RouteRef<'g, O>| packet.send(route, context.guard);
    match packet {
        Ok(packet) => way.send_noting(context, packet, send, note),
        Err(failure) => failure.verdict(),
    }
}

/// Makes a packet of a flow, which leaves along `route`, one of the other version with other ends.
#[inline(always)]
fn translate<'a, V: Stack, O: Stack>(
    packet: Packet<'a, V>,
    flow: &Flow<V>,
    route: &Route<O>,
    form: Form,
    rewrite: Rewrite,
) -> Result<Packet<'a, O>, Failure<'a, V>> {
    let protocol = flow.transport.protocol();
    let exchange = Exchange {
        old: flow.header.header_len,
        new: O::MIN_HEADER_LEN,
        kept: protocol.header_len(),
    };
    let checksum = flow.checksum_state(&packet);
    let how = how::<V, O>(&packet, form, rewrite, protocol.number());
    // It may be one of those that the packet of the flow stood for.
    let header = Header {
        total_len: packet.len(),
        ..flow.header
    };
    exchanged(packet, route, form, exchange, |bytes| {
        how.apply::<V, O>(bytes, &header, protocol, checksum)
    })
}

/// Reads what an error becomes in the other version, and leaves no more of it than becomes a part of that. The verdict is that of
/// one that says nothing there, or is damaged.
fn of_error<'a, V: Stack, O: Stack>(
    mut packet: Packet<'a, V>,
    error: &IcmpError<V>,
) -> Result<(Packet<'a, V>, ErrorTranslation<V>), Verdict> {
    // Its checksum is made anew.
    if !packet.icmp_checksum_is_right(error.icmp.icmp_offset) {
        return Err(packet.discard());
    }
    let read = ErrorTranslation::of::<O>(packet.bytes(), &error.header, &error.icmp);
    match read {
        Some(translation) if packet.cut(translation.old_len()).is_some() => {
            Ok((packet, translation))
        }
        _ => Err(packet.discard()),
    }
}

/// Makes an error one of the other version with other ends, as [`translate`].
fn translate_error<'a, V: Stack, O: Stack>(
    packet: Packet<'a, V>,
    error: &IcmpError<V>,
    translation: &ErrorTranslation<V>,
    route: &Route<O>,
    form: Form,
    rewrite: Rewrite,
) -> Result<Packet<'a, O>, Failure<'a, V>> {
    let exchange = Exchange {
        old: translation.replaced_len(),
        new: translation.replacement_len::<O>(),
        kept: translation.kept_len(),
    };
    let how = how::<V, O>(&packet, form, rewrite, O::ICMP);
    exchanged(packet, route, form, exchange, |bytes| {
        translation.apply::<O>(bytes, &error.header, &how)?;
        Ok(Checksum::Updated)
    })
}

/// What a packet of `protocol` gets.
#[inline(always)]
fn how<V: Stack, O: Stack>(
    packet: &Packet<'_, V>,
    form: Form,
    rewrite: Rewrite,
    protocol: u8,
) -> Translation {
    let (source, destination) = (rewrite.source.addr, rewrite.destination.addr);
    let identification = match (O::addr(source), O::addr(destination)) {
        (Some(source), Some(destination)) if !form.dont_fragment => {
            packet.identification::<O>((source, destination), protocol)
        }
        _ => 0,
    };
    Translation {
        rewrite,
        hops: form.is_forwarded.into(),
        dont_fragment: form.dont_fragment,
        identification,
    }
}

/// Has `write` exchange the headers of a packet. It is balanced then, and of no connection that is tracked: that would be one of the
/// version before.
#[inline(always)]
fn exchanged<'a, V: Stack, O: Stack>(
    mut packet: Packet<'a, V>,
    route: &Route<O>,
    form: Form,
    exchange: Exchange,
    write: impl FnOnce(&mut [u8]) -> Result<Checksum, ParseError>,
) -> Result<Packet<'a, O>, Failure<'a, V>> {
    packet.forget_device_checksum();
    let exchangeable = packet
        .make_exchangeable(route, exchange)
        .map_err(Failure::Memory)?;
    let mut packet = exchangeable
        .exchange::<O, _>(form.largest_fragment, write)
        .map_err(Failure::Ended)?;
    packet.set_balanced(Tracking::Ends);
    Ok(packet)
}

/// Sends a client's packet past the stack to a real server of the other version, if nothing speaks against it; that the server takes
/// requests is known. Its headers are read once more: packets of one version pay nothing for it.
#[inline(never)]
pub(super) fn fast_to_real_server<V: Stack>(
    director: &Director,
    net: &Net,
    guard: &rcu::Guard,
    packet: Packet<'_, V>,
    conn: RcuRef<'_, Conn>,
    rewrite: Rewrite,
) -> Verdict {
    let context = Context::new(director, net, guard, HookPoint::PreRouting);
    let Some(flow) = parse::usual(&packet) else {
        return fast::left(director, packet, Path::Header);
    };
    if !toa::may_be_fast(director, &packet, flow, conn) {
        return fast::left(director, packet, Path::Header);
    }
    let target = nat::METHOD.target;
    let mtu = |mtu| before_translation::<V, V::Other>(mtu, flow.header);
    let way = fast::way_within::<V, V::Other>(context, &packet, flow, conn, target, mtu);
    let (route, next_hop) = match way {
        Ok(way) => way,
        Err(reason) => return fast::left(director, packet, reason),
    };
    let len = packet.len();
    match fast_translated(packet, &flow, route, rewrite) {
        Ok(packet) => {
            fast::account(context, len, flow, conn);
            fast::sent(context, packet, next_hop)
        }
        Err(left) => left.verdict(director),
    }
}

/// Sends a packet of a real server past the stack to a client of the other version, if nothing speaks against it, as
/// [`fast_to_real_server`].
#[inline(never)]
pub(super) fn fast_to_client<V: Stack>(
    director: &Director,
    net: &Net,
    guard: &rcu::Guard,
    packet: Packet<'_, V>,
    conn: RcuRef<'_, Conn>,
    rewrite: Rewrite,
) -> Verdict {
    let context = Context::new(director, net, guard, HookPoint::PreRouting);
    let Some(flow) = parse::usual(&packet) else {
        return fast::left(director, packet, Path::Header);
    };
    let way = fast_way_to_client::<V, V::Other>(context, &packet, &flow, conn, rewrite);
    let (route, next_hop) = match way {
        Ok(way) => way,
        Err(reason) => return fast::left(director, packet, reason),
    };
    let len = packet.len();
    match fast_translated(packet, &flow, route, rewrite) {
        Ok(packet) => {
            reply::account(context, len, flow.transport.header, conn);
            fast::sent(context, packet, next_hop)
        }
        Err(left) => left.verdict(director),
    }
}

/// Finds the way of a real server's packet to the client, or tells why the slow path has to do it.
#[inline(always)]
fn fast_way_to_client<'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: &Packet<'_, V>,
    flow: &Flow<V>,
    conn: RcuRef<'g, Conn>,
    rewrite: Rewrite,
) -> Result<(RouteRef<'g, O>, NextHop<'g, O>), Path> {
    fast::check_replies(&conn)?;
    let route = fullnat::known_route::<O>(context, conn)
        .ok_or_else(|| fast::unlearned::<O>(context.director, context.net))?;
    let mtu = before_translation::<V, O>(route.mtu(), flow.header);
    fast::check_passage(packet, *flow, mtu)?;
    let client = O::addr(rewrite.destination.addr).ok_or(Path::Route)?;
    let next_hop = NextHop::find(context.guard, route.get(), client).ok_or(Path::Neighbour)?;
    Ok((route, next_hop))
}

/// A packet that is not fast: for this reason, or it has ended.
enum Left<'a, V: Stack> {
    For(Path, Packet<'a, V>),
    Ended(Verdict),
}

impl<V: Stack> Left<'_, V> {
    fn verdict(self, director: &Director) -> Verdict {
        match self {
            Self::For(reason, packet) => fast::left(director, packet, reason),
            Self::Ended(verdict) => verdict,
        }
    }
}

/// Makes a packet that fits the route one of the other version with other ends, unless the stack has to make several of it.
#[inline(always)]
fn fast_translated<'a, V: Stack, O: Stack>(
    packet: Packet<'a, V>,
    flow: &Flow<V>,
    route: RouteRef<'_, O>,
    rewrite: Rewrite,
) -> Result<Packet<'a, O>, Left<'a, V>> {
    if packet.is_burst_of_tunnel() {
        return Err(Left::For(Path::Header, packet));
    }
    let (_, dont_fragment, largest_fragment) = if V::ROUTERS_FRAGMENT {
        in_fragments_of_smallest::<V, O>(&packet, flow.header, true)
    } else {
        as_fragments_of_routers::<V, O>(&packet, true)
    };
    if largest_fragment != 0 {
        return Err(Left::For(Path::TooBig, packet));
    }
    let form = Form {
        is_forwarded: true,
        dont_fragment,
        largest_fragment,
    };
    translate(packet, flow, &route, form, rewrite).map_err(|failure| match failure {
        Failure::Memory(packet) => Left::For(Path::Memory, packet),
        Failure::Ended(verdict) => Left::Ended(verdict),
    })
}
