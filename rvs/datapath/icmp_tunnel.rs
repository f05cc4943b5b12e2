// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about packets in tunnels: routers and real servers send them to the director, which has wrapped the
//! packets up. The client gets one about the packet it knows (RFC 2003 section 4).

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
        sync::RcuRef, //
    },
    logic::{
        packet::{
            icmp::Message,
            ip::Header,
            tunnel_error::TunnelError, //
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
    Context, //
};

/// Takes an error that came to this host. Those about tunnels that are none of ours are the stack's.
pub(super) fn take<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    error: &TunnelError<V>,
) -> Verdict {
    match find(context, error) {
        Some(conn) => about(context, packet, header, error, conn),
        None => packet.accept(),
    }
}

/// Takes an error about a datagram that came to this host, which may be one of a tunnel. Another one is about what a client
/// or a real server has sent.
pub(super) fn take_udp<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    error: &IcmpError<V>,
) -> Verdict {
    if let Some(of_tunnel) = parse::tunnel_in_udp(&mut packet, error) {
        if let Some(conn) = find(context, &of_tunnel) {
            return about(context, packet, error.header, &of_tunnel, conn);
        }
    }
    icmp::translate(context, packet, error)
}

/// Finds the connection for which this host may have sent the packet that the error is about.
fn find<'g, V: Stack>(context: Context<'g>, error: &TunnelError<V>) -> Option<RcuRef<'g, Conn>> {
    match context
        .director
        .connections
        .find(context.guard, error.tuple)
    {
        Ok((conn, Side::Original)) if is_tunnel_of(&conn, error) => Some(conn),
        _ => None,
    }
}

fn about<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    header: Header<V>,
    error: &TunnelError<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    // The client gets a new one, with a right checksum.
    if !packet.icmp_checksum_is_right(header.header_len) {
        return packet.discard();
    }
    let info = match error.mtu() {
        None => error.rest,
        Some(mtu) => {
            packet.learn_path_mtu(error.outer_offset, mtu);
            if !error.inner.dont_fragment {
                // From now on the director sends fragments.
                return packet.discard();
            }
            inner_mtu(context, error, &conn, mtu)
        }
    };
    tell_client(packet, error, &conn, info)
}

/// Whether the error is about a packet that this host may have sent for the connection.
fn is_tunnel_of<V: Stack>(conn: &Conn, error: &TunnelError<V>) -> bool {
    let tunnel = conn.dest().tunnel();
    matches!(conn.forward(), Forward::Tun)
        && conn.real_server().addr == error.exit.into()
        && (tunnel.kind(), tunnel.port()) == (error.kind, error.port)
}

/// The largest packet of the client that goes through the tunnel now. The kernel may have learnt something else than
/// `mtu`: it does not believe in very small ones.
fn inner_mtu<V: Stack>(
    context: Context<'_>,
    error: &TunnelError<V>,
    conn: &RcuRef<'_, Conn>,
    mtu: u32,
) -> u32 {
    let target = Target::EndOf(conn.dest().tunnel());
    let route = egress::get::<V>(context, conn.dest(), error.exit, target);
    let mtu = route.map_or(mtu, |route| route.mtu());
    mtu.saturating_sub(error.headers_len() as u32)
        .max(V::MIN_MTU)
}

/// Sends the error on to the client, in the name of the service.
fn tell_client<V: Stack>(
    mut packet: Packet<'_, V>,
    error: &TunnelError<V>,
    conn: &RcuRef<'_, Conn>,
    info: u32,
) -> Verdict {
    if !packet.unwrap_embedded(error.inner_offset, error.inner.header_len) {
        return packet.discard();
    }
    let dest = conn.dest();
    dest.count_reply(packet.len());
    Dest::note_activity(dest);
    let number = V::error_number(error.error_type);
    packet.refuse_with(Message::new(number, error.code, info))
}
