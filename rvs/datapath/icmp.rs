// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about packets that were translated: they are translated the same way, inside and
//! outside, so that each end reads of the addresses it knows (RFC 5508 section 4.2).

use crate::{
    conn::Conn,
    kapi::{
        net::{
            HookPoint,
            Packet,
            Verdict, //
        },
        rcu_table::Side,
        sync::RcuRef, //
    },
    logic::{
        addr::Addr,
        nat::{
            rewrite_icmp_error,
            End, //
        },
        packet::ipv4,
    },
    svc::Forward,
};

use super::{
    direct,
    nat,
    parse::IcmpError,
    reply,
    tunnel,
    Context, //
};

/// Takes an error about a packet of a connection, from either side.
pub(super) fn translate(context: Context<'_>, packet: Packet<'_>, error: &IcmpError) -> Verdict {
    // The error goes against the direction of the packet it is about.
    let tuple = error.icmp.tuple.reversed();
    let connections = &context.director.connections;
    match connections.find(context.guard, tuple) {
        Ok((conn, Side::Original)) => to_real_server(context, packet, error, conn),
        Ok((conn, Side::Reply)) => to_client(context, packet, error, conn),
        Err(_) => packet.accept(),
    }
}

/// Takes an error about a fragment that has no ports. One to the client of a real server cannot be
/// translated, and tells the client of an address that it has never sent anything to. Nothing is lost:
/// others come about first fragments.
pub(super) fn about_fragment(
    context: Context<'_>,
    packet: Packet<'_>,
    fragment: &ipv4::Header,
) -> Verdict {
    let filter = &context.director.filter;
    match context.point {
        HookPoint::Forward if filter.may_be_server_addr(Addr::V4(fragment.dst)) => packet.discard(),
        _ => packet.accept(),
    }
}

/// An error from the client's side about a reply, sent to the service: the real server wants to
/// know, of a path with a smaller MTU for example.
fn to_real_server(
    context: Context<'_>,
    packet: Packet<'_>,
    error: &IcmpError,
    conn: RcuRef<'_, Conn>,
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
                &conn,
                None,
                |bytes| rewrite_icmp_error(bytes, &error.icmp, End::Destination, to, checksum),
            )
        }
        // The real server has the virtual address itself.
        Forward::Dr => direct::send(context, packet, error.header, &conn, None),
        Forward::Tun => tunnel::send(context, packet, error.header, &conn, None),
    }
}

/// An error from the real server's side about a request: the client knows only the service.
fn to_client(
    context: Context<'_>,
    mut packet: Packet<'_>,
    error: &IcmpError,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let (from, checksum) = (conn.service(), error.checksum_state(&packet));
    let Some(bytes) = packet.writable(error.icmp.writable_len) else {
        return packet.discard();
    };
    if rewrite_icmp_error(bytes, &error.icmp, End::Source, from, checksum).is_err() {
        return packet.discard();
    }
    packet.forget_device_checksum();
    reply::go_on(context, packet, error.header.dst, None)
}
