// SPDX-License-Identifier: GPL-2.0-only

//! ENAT: the real server gets each packet from the virtual address, with a port of the pool, and with the client in an option of TCP.
//! Its own half (`rvs-toa enat`, docs/enat.md) gives its stack the packet as from the client, and has replies go to the client straight.
//!
//! What a real server sends to the director shows that it lacks its half: both ends hear of it.

use kernel::sync::rcu;

use crate::{
    conn::Conn,
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
            WithoutRoom, //
        },
        packet::{
            icmp::Report,
            ip::{
                Header,
                Version,
                V6, //
            },
            reset,
            TransportHeader, //
        },
        toa::{
            self as option,
            ClientOption,
            Insertion,
            Limits, //
        },
    },
    svc::{
        Dest,
        Forward, //
    },
};

use super::{
    egress::{
        self,
        Egress,
        Method, //
    },
    fast,
    fullnat,
    nat,
    parse::{
        self,
        Flow,
        IcmpError, //
    },
    removed,
    request,
    toa::{
        self,
        NotInserted, //
    },
    Context,
    Path, //
};

/// Bytes of the longest header of TCP.
const MAX_TCP_LEN: usize = 60;

/// Bytes of the longest headers of a segment without IP options and extension headers.
const MAX_HEADERS_LEN: usize = V6::MIN_HEADER_LEN + MAX_TCP_LEN;

/// Whether the first packet of a connection cannot tell the server's half of the client: that reads no IP options and extension
/// headers.
#[inline(always)]
pub(super) fn lacks_room<V: Stack>(
    context: Context<'_>,
    packet: &mut Packet<'_, V>,
    flow: &Flow<V>,
) -> bool {
    match flow.transport.header {
        TransportHeader::Tcp(tcp)
            if tcp.header_len > MAX_TCP_LEN - option_len::<V>()
                || flow.header.header_len != V::MIN_HEADER_LEN =>
        {
            is_full(context, packet, flow)
        }
        _ => false,
    }
}

/// Bytes of the option for clients of a version of IP.
#[inline(always)]
const fn option_len<V: Version>() -> usize {
    if V::ROUTERS_FRAGMENT {
        option::LEN_V4
    } else {
        option::LEN_V6
    }
}

/// Whether it has none once what must not get through is taken out, and what is padding. The packet stays as it is.
#[cold]
#[inline(never)]
fn is_full<V: Stack>(context: Context<'_>, packet: &mut Packet<'_, V>, flow: &Flow<V>) -> bool {
    if flow.header.header_len != V::MIN_HEADER_LEN {
        return true;
    }
    let Some(segment) = toa::segment_of(packet, flow) else {
        return true;
    };
    let len = segment.headers_len();
    let mut copy = [0; MAX_HEADERS_LEN];
    let (Some(copy), true) = (copy.get_mut(..len), toa::pull(packet, &segment)) else {
        return true;
    };
    let Some(bytes) = packet.bytes().get(..len) else {
        return true;
    };
    copy.copy_from_slice(bytes);
    let kind = toa::kind(context.director);
    let option = ClientOption::new(kind, flow.tuple().src());
    let any_len = Limits {
        longest: 0,
        mtu: usize::MAX,
        is_taken_apart: true,
    };
    option::take_out(&segment, copy, kind).is_err()
        || !matches!(Insertion::plan(&segment, copy, option, any_len), Ok(Ok(_)))
}

/// By which method a connection goes to a server of ENAT: by full NAT where its first packet cannot tell of the client. The server's
/// half leaves such packets as they are.
#[cold]
#[inline(never)]
pub(super) fn forward_to(context: Context<'_>, dest: &Dest) -> Forward {
    if context.lacks_room {
        dest.shared().count_without_room();
        Forward::Fullnat
    } else {
        Forward::Enat
    }
}

/// Whether a connection goes to a server of ENAT by full NAT, as [`forward_to`] has said.
#[inline(always)]
pub(super) fn is_without_option(conn: &Object<Conn>) -> bool {
    conn.dest().forward() == Forward::Enat
}

/// Sends a packet of such a connection to the real server: what it says itself the server's half would believe.
#[cold]
#[inline(never)]
pub(super) fn send_without_option<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
) -> Verdict {
    match toa::clean(context, &mut packet, flow) {
        Some(_) => fullnat::send(context, packet, flow, conn),
        None => packet.discard(),
    }
}

/// How much longer a packet gets on its way. One of the smallest that each link has to take is not refused for that: it goes without
/// the option, and the server's half remembers its client.
#[inline(always)]
fn method<V: Stack>(packet: &Packet<'_, V>) -> Method {
    let overhead = if packet.fits(V::MIN_MTU) {
        0
    } else {
        option_len::<V>() as u32
    };
    Method {
        overhead,
        ..nat::METHOD
    }
}

/// Sends a packet of the client to the real server.
#[inline(never)]
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
) -> Verdict {
    let Some(rewrite) = fullnat::to_real_server(conn) else {
        return packet.discard();
    };
    // The server's half reads no fragments.
    let header = Header {
        dont_fragment: true,
        ..flow.header
    };
    let method = method(&packet);
    let (mut packet, way) = match egress::route(context, packet, header, conn, method) {
        Ok((packet, Egress::Remote(way))) => (packet, way),
        Ok((packet, Egress::Local)) => return refuse_here(packet, flow, conn),
        Err(verdict) => return verdict,
    };
    let mtu = way.route.mtu();
    if packet.was_fragmented() && !packet.leaves_whole() {
        let mtu = mtu.saturating_sub(method.overhead);
        return packet.refuse(Report::TooBig(mtu.max(V::MIN_MTU)));
    }
    // While the packet still says where it came from.
    let confirmed = way.confirmed_by(context, &packet, Some(conn));
    let mut flow = *flow;
    // Connection tracking sees no reply.
    let changed = tell_client(context, &mut packet, &mut flow, conn, mtu)
        .and_then(|()| fullnat::prepare(&mut packet, &flow, rewrite));
    if changed.is_none() {
        return packet.discard();
    }
    way.send_confirming(context, packet, confirmed, |packet, route| {
        packet.send(route, context.guard)
    })
}

/// Answers a packet to a real server on this host, which has no half: such packets pass no device.
#[cold]
fn refuse_here<V: Stack>(packet: Packet<'_, V>, flow: &Flow<V>, conn: &Object<Conn>) -> Verdict {
    conn.dest().count_without_half();
    if !flow.transport.header.is_reset() {
        if let Ok(segment) = reset::answer(&flow.header, packet.bytes()) {
            packet.send_about(segment.bytes());
        }
    }
    packet.discard()
}

/// Puts the client into a packet whose way takes `mtu` bytes, instead of what it says itself. One without room goes without: the
/// server's half remembers the client. None when memory is short; the packet may have lost what it said itself.
fn tell_client<V: Stack>(
    context: Context<'_>,
    packet: &mut Packet<'_, V>,
    flow: &mut Flow<V>,
    conn: &Object<Conn>,
    mtu: u32,
) -> Option<()> {
    toa::clean(context, packet, flow)?;
    let option = ClientOption::new(toa::kind(context.director), conn.client());
    match toa::insert(packet, flow, option, mtu) {
        Ok(()) => Some(()),
        Err(NotInserted::NoRoom(_) | NotInserted::IsBurst) => {
            conn.dest().shared().count_without_room();
            Some(())
        }
        Err(NotInserted::Memory | NotInserted::NoSegment) => None,
    }
}

/// Takes what the real server sends to the director, which it does without its half: both ends get a RST, and what is one goes to the
/// client.
#[cold]
#[inline(never)]
pub(super) fn without_half<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if !request::is_let_in(context, &mut packet) {
        return packet.discard();
    }
    if flow.transport.header.is_reset() {
        conn.dest().count_without_half();
        return fullnat::reply(context, packet, *flow, conn);
    }
    removed::end(context, packet, *flow)
}

/// Sends an error about a request to the client, in terms of what that has sent.
#[cold]
#[inline(never)]
pub(super) fn error_to_client<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    error: &IcmpError<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if let Ok(Some(mtu)) = error.icmp.mtu(packet.bytes()) {
        if !packet.icmp_checksum_is_right(error.icmp.icmp_offset) {
            return packet.discard();
        }
        // Where the client cannot send smaller ones, they go without the option.
        packet.learn_path_mtu(error.icmp.embedded_offset, mtu);
        let checksum = error.checksum_state(&packet);
        let by = option_len::<V>() as u32;
        let at_least = WithoutRoom::TellLeast;
        let lowered = packet
            .writable(error.icmp.writable_len)
            .and_then(|bytes| lower_mtu(bytes, &error.icmp, by, at_least, checksum).ok());
        if lowered.is_none() {
            return packet.discard();
        }
        packet.forget_device_checksum();
    }
    fullnat::error_to_client(context, packet, error, conn)
}

/// Sends a packet of the client past the stack, if nothing speaks against it; that its server takes requests is known. Its headers are
/// read once more: packets by other methods pay nothing for it.
#[inline(never)]
pub(super) fn fast<V: Stack>(
    director: &Director,
    net: &Net,
    guard: &rcu::Guard,
    packet: Packet<'_, V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let context = Context::new(director, net, guard, HookPoint::PreRouting);
    match parse::usual(&packet) {
        Some(flow) => fast_to_real_server(context, packet, flow, conn),
        None => fast::left(director, packet, Path::Header),
    }
}

#[inline(always)]
fn fast_to_real_server<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    mut flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let way = fast::way::<V, V>(context, &packet, flow, conn, method(&packet));
    let (route, next_hop, rewrite) = match (way, fullnat::to_real_server(&conn)) {
        (Ok((route, next_hop)), Some(rewrite)) => (route, next_hop, rewrite),
        (Err(reason), _) => return fast::left(context.director, packet, reason),
        (Ok(_), None) => return fast::left(context.director, packet, Path::Route),
    };
    let len = packet.len();
    if tell_client(context, &mut packet, &mut flow, &conn, route.mtu()).is_none() {
        return fast::left(context.director, packet, Path::Memory);
    }
    // It has the option now, and would get it twice.
    if fullnat::prepare(&mut packet, &flow, rewrite).is_none() {
        return packet.discard();
    }
    fast::account(context, len, flow, conn);
    fast::sent(context, packet, next_hop)
}
