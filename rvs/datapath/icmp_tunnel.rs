// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about packets in tunnels: routers and real servers send them to the director, which has wrapped the
//! packets up. The client gets one about the packet it knows, in the terms of its own version of IP (RFC 2003 section 4,
//! RFC 2473 section 8).

use crate::{
    conn::Conn,
    kapi::{
        net::{
            Packet,
            Stack,
            Target,
            Verdict, //
        },
        rcu_table::Side,
        sync::{
            Object,
            RcuRef, //
        },
    },
    logic::{
        packet::{
            icmp::{
                Message,
                Report, //
            },
            ip::Header,
            tunnel_error::{
                AboutTunnel,
                TunnelError, //
            }, //
        }, //
    },
    svc::{
        Dest,
        Forward, //
    },
};

use super::{
    egress,
    icmp,
    parse::{
        self,
        IcmpError, //
    },
    tunnel,
    Context, //
};

/// Takes an error that came to this host. Those about tunnels that are none of ours are the stack's.
pub(super) fn take<O: Stack>(
    context: Context<'_>,
    packet: Packet<'_, O>,
    header: Header<O>,
    about: &AboutTunnel<O>,
) -> Verdict {
    match taken(context, packet, header, about) {
        Ok(verdict) => verdict,
        Err(packet) => packet.accept(),
    }
}

/// Takes an error about a datagram that came to this host, which may be one of a tunnel. Another one is about what a client
/// or a real server has sent.
pub(super) fn take_udp<O: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, O>,
    error: &IcmpError<O>,
) -> Verdict {
    if let Some(about) = parse::tunnel_in_udp(&mut packet, error) {
        match taken(context, packet, error.header, &about) {
            Ok(verdict) => return verdict,
            Err(same) => packet = same,
        }
    }
    icmp::translate(context, packet, error)
}

/// Takes an error about a tunnel of ours; any other is returned.
fn taken<'a, O: Stack>(
    context: Context<'_>,
    packet: Packet<'a, O>,
    header: Header<O>,
    about: &AboutTunnel<O>,
) -> Result<Verdict, Packet<'a, O>> {
    match about {
        AboutTunnel::OfV4(error) => taken_of(context, packet, header, error),
        AboutTunnel::OfV6(error) => taken_of(context, packet, header, error),
    }
}

fn taken_of<'a, O: Stack, I: Stack>(
    context: Context<'_>,
    packet: Packet<'a, O>,
    header: Header<O>,
    error: &TunnelError<O, I>,
) -> Result<Verdict, Packet<'a, O>> {
    match find(context, error) {
        Some(conn) => Ok(pass_on(context, packet, header, error, conn)),
        None => Err(packet),
    }
}

/// Finds the connection for which this host may have sent the packet that the error is about.
fn find<'g, O: Stack, I: Stack>(
    context: Context<'g>,
    error: &TunnelError<O, I>,
) -> Option<RcuRef<'g, Conn>> {
    match context
        .director
        .connections
        .find(context.guard, error.tuple)
    {
        Ok((conn, Side::Original)) if is_tunnel_of(&conn, error) => Some(conn),
        _ => None,
    }
}

fn pass_on<O: Stack, I: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, O>,
    header: Header<O>,
    error: &TunnelError<O, I>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    // The client gets a new one, with a right checksum.
    if !packet.icmp_checksum_is_right(header.header_len) {
        return packet.discard();
    }
    let message = match error.mtu() {
        None => error.message(),
        Some(mtu) => {
            packet.learn_path_mtu(error.outer_offset, mtu);
            may_send_less(context, error)
                .then(|| I::message(Report::TooBig(inner_mtu(context, error, &conn, mtu))))
        }
    };
    match message {
        Some(message) => tell_client(packet, error, &conn, message),
        None => packet.discard(),
    }
}

/// Whether the sender of a packet that was too large has to send smaller ones; otherwise the director sends fragments from
/// now on.
fn may_send_less<O: Stack, I: Stack>(context: Context<'_>, error: &TunnelError<O, I>) -> bool {
    if I::ROUTERS_FRAGMENT {
        error.inner.dont_fragment && tunnel::discovers_mtu(context)
    } else {
        !error.is_of_the_smallest()
    }
}

/// Whether the error is about a packet that this host may have sent for the connection.
fn is_tunnel_of<O: Stack, I: Stack>(conn: &Object<Conn>, error: &TunnelError<O, I>) -> bool {
    let tunnel = conn.dest().tunnel();
    matches!(conn.forward(), Forward::Tun)
        && conn.real_server().addr == error.exit.into()
        && (tunnel.kind(), tunnel.port()) == (error.kind, error.port)
}

/// The largest packet of the client that goes through the tunnel now. The kernel may have learnt something else than
/// `mtu`: it does not believe in very small ones.
fn inner_mtu<O: Stack, I: Stack>(
    context: Context<'_>,
    error: &TunnelError<O, I>,
    conn: &RcuRef<'_, Conn>,
    mtu: u32,
) -> u32 {
    let target = Target::EndOf(conn.dest().tunnel());
    let route = egress::get::<O>(context, conn.dest(), error.exit, target);
    let mtu = route.map_or(mtu, |route| route.mtu());
    mtu.saturating_sub(error.headers_len() as u32)
        .max(I::MIN_MTU)
}

/// Sends a message on to the client, in the name of the service.
fn tell_client<O: Stack, I: Stack>(
    packet: Packet<'_, O>,
    error: &TunnelError<O, I>,
    conn: &RcuRef<'_, Conn>,
    message: Message,
) -> Verdict {
    let embedded = packet.into_embedded::<I>(error.inner_offset, error.inner.header_len);
    let packet = match embedded {
        Ok(packet) => packet,
        Err(verdict) => return verdict,
    };
    let dest = conn.dest();
    dest.count_reply(packet.len());
    Dest::note_activity(dest);
    packet.refuse_with(message)
}
