// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about packets that were translated: they are translated the same way, inside and
//! outside, so that each end reads of the addresses it knows (RFC 5508 section 4.2).

use crate::{
    conn::{
        Conn,
        HashedTuple, //
    },
    kapi::{
        net::{
            HookPoint,
            Packet,
            Stack,
            Verdict, //
        },
        rcu_table::Side,
        sync::{
            Object,
            RcuRef, //
        },
        time, //
    },
    logic::{
        nat::{
            rewrite_icmp_error,
            End, //
        },
        packet::{
            ip::Header,
            Transport,
            TransportHeader, //
        },
        tuple::Tuple,
    },
    svc::Forward,
};

use super::{
    direct,
    enat,
    fullnat,
    nat,
    parse::{
        Flow,
        IcmpError, //
    },
    reply,
    schedule::{
        self,
        Scheduled, //
    },
    toa,
    tunnel,
    Context, //
};

/// Takes an error about a packet of a connection, from either side.
pub(super) fn translate<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    error: &IcmpError<V>,
) -> Verdict {
    // The error goes against the direction of the packet it is about.
    let tuple = error.icmp.tuple.reversed();
    let connections = &context.director.connections;
    match connections.find(context.guard, tuple) {
        Ok((conn, Side::Original)) => to_real_server(context, packet, error, &conn),
        Ok((conn, Side::Reply)) => to_client(context, packet, error, conn),
        // Of IPsec none begins a connection.
        Err(tuple) if error.icmp.has_ports && context.director.settings.schedule_icmp.is_on() => {
            schedule(context, packet, error, &tuple)
        }
        Err(_) => packet.accept(),
    }
}

/// Takes an error about what a service may have sent to a client by way of another director: a server is
/// chosen for it as for the client's first packet. One that no server gets is dropped, as errors are not
/// answered.
#[cold]
#[inline(never)]
fn schedule<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    error: &IcmpError<V>,
    tuple: &HashedTuple<'_>,
) -> Verdict {
    let Some(flow) = first_packet(error, tuple.key()) else {
        return packet.accept();
    };
    match schedule::connection(context, &mut packet, &flow, tuple) {
        Scheduled::NotOurs => packet.accept(),
        Scheduled::To(conn) => to_real_server(context, packet, error, &conn),
        Scheduled::Once(dest, port) => {
            let conn = Conn::of_one_packet(tuple.key(), dest.clone(), port, time::jiffies32());
            to_real_server(context, packet, error, &conn)
        }
        Scheduled::NoServer
        | Scheduled::Refused(_)
        | Scheduled::PortTaken
        | Scheduled::NoLocal
        | Scheduled::Failed => packet.discard(),
    }
}

/// What the client's first packet would be, with the time to live of the error.
fn first_packet<V: Stack>(error: &IcmpError<V>, tuple: &Tuple) -> Option<Flow<V>> {
    let (src, dst) = V::addrs(tuple.addrs)?;
    Some(Flow {
        header: Header {
            protocol: tuple.protocol.number(),
            src,
            dst,
            ..error.header
        },
        transport: Transport {
            src_port: tuple.src_port,
            dst_port: tuple.dst_port,
            header: TransportHeader::first(tuple.protocol),
        },
        vrf: tuple.vrf,
    })
}

/// Takes an error about a fragment that has no ports. One to the client of a real server cannot be
/// translated, and tells the client of an address that it has never sent anything to. Nothing is lost:
/// others come about first fragments.
pub(super) fn about_fragment<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    fragment: &Header<V>,
) -> Verdict {
    let filter = &context.director.filter;
    match context.point {
        HookPoint::Forward if filter.may_be_server_addr(fragment.dst.into()) => packet.discard(),
        _ => packet.accept(),
    }
}

/// An error from the client's side about a reply, sent to the service: the real server wants to
/// know, of a path with a smaller MTU for example.
fn to_real_server<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    error: &IcmpError<V>,
    conn: &Object<Conn>,
) -> Verdict {
    let to = conn.real_server();
    match conn.forward() {
        Forward::Nat => {
            let checksum = error.checksum_state(&packet);
            nat::send_rewritten(
                context,
                packet,
                error.header,
                error.icmp.writable_len,
                conn,
                None,
                |bytes: &mut [u8]| {
                    rewrite_icmp_error(bytes, &error.icmp, End::Destination, to, checksum)
                },
            )
        }
        // The real server has the virtual address itself.
        Forward::Dr => direct::send(context, packet, error.header, conn, None),
        Forward::Tun => tunnel::send(context, packet, error.header, conn, None),
        Forward::Fullnat | Forward::Enat => {
            fullnat::error_to_real_server(context, packet, error, conn)
        }
    }
}

/// An error from the real server's side about a request: the client knows only the service.
fn to_client<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    error: &IcmpError<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    match conn.forward() {
        Forward::Fullnat => return fullnat::error_to_client(context, packet, error, conn),
        Forward::Enat => return enat::error_to_client(context, packet, error, conn),
        Forward::Nat | Forward::Dr | Forward::Tun => {}
    }
    let (from, checksum) = (conn.service(), error.checksum_state(&packet));
    let Some(bytes) = packet.writable(error.icmp.writable_len) else {
        return packet.discard();
    };
    let translated = rewrite_icmp_error(bytes, &error.icmp, End::Source, from, checksum)
        .and_then(|()| toa::correct_error(bytes, &error.icmp, &conn, checksum));
    if translated.is_err() {
        return packet.discard();
    }
    packet.forget_device_checksum();
    reply::go_on(context, packet, error.header.dst, None)
}
