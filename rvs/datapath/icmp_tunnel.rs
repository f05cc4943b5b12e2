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

use super::Context;

/// Takes an error that came to this host. Those about tunnels that are none of ours are the stack's.
pub(super) fn take<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    header: Header<V>,
    error: &TunnelError<V>,
) -> Verdict {
    let connections = &context.director.connections;
    let conn = match connections.find(context.guard, error.tuple) {
        Ok((conn, Side::Original)) if is_tunnel_of(&conn, error) => conn,
        _ => return packet.accept(),
    };
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
    matches!(conn.forward(), Forward::Tun) && conn.real_server().addr == error.exit.into()
}

/// The largest packet of the client that goes through the tunnel now. The kernel may have learnt something else than
/// `mtu`: it does not believe in very small ones.
fn inner_mtu<V: Stack>(
    context: Context<'_>,
    error: &TunnelError<V>,
    conn: &RcuRef<'_, Conn>,
    mtu: u32,
) -> u32 {
    let cache = conn.dest().route();
    let route = cache.get::<V>(context.guard, context.net, error.exit, Target::Destination);
    let mtu = route.map_or(mtu, |route| route.mtu());
    mtu.saturating_sub(V::MIN_HEADER_LEN as u32).max(V::MIN_MTU)
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
