// SPDX-License-Identifier: GPL-2.0-only

//! Packets of IPsec between a client and a service. They have no ports, and follow the connection of the key exchange
//! between the same addresses, ISAKMP (`ip_vs_proto_ah_esp.c`). None begins one.

use crate::{
    conn::Conn,
    kapi::{
        net::{
            HookPoint,
            Packet,
            Stack,
            Verdict, //
        },
        rcu_table::Side,
        sync::RcuRef, //
    },
    logic::{
        nat::End,
        packet::{
            ip::Header,
            isakmp, //
        },
    },
    svc::Forward,
};

use super::{
    direct,
    nat,
    parse::Flow,
    reply,
    request,
    tunnel,
    Context,
    Path, //
};

/// Takes a packet that begins with this header.
#[cold]
#[inline(never)]
pub(super) fn take<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
) -> Verdict {
    let flow = Flow {
        header,
        transport: isakmp::transport(),
        vrf: context.vrf,
    };
    let connections = &context.director.connections;
    match (connections.find(context.guard, flow.tuple()), context.point) {
        (Ok((conn, Side::Reply)), _) => to_client(context, packet, flow, conn),
        (Ok((conn, Side::Original)), HookPoint::LocalIn | HookPoint::LocalOut) => {
            to_real_server(context, packet, flow, conn)
        }
        _ => packet.accept(),
    }
}

/// Sends a packet of the client to the real server. Nothing but an address is translated.
fn to_real_server<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    if !request::is_let_in(context, &mut packet) || !conn.dest().is_available() {
        return packet.discard();
    }
    context.director.paths.count(Path::Slow);
    let (header, transport) = (flow.header, flow.transport.header);
    let direction = request::direction::<V>(context, transport.protocol(), &conn);
    request::account(context, packet.len(), transport, conn, direction);
    match conn.forward() {
        Forward::Nat => {
            let Some(to) = V::addr(conn.real_server().addr) else {
                return packet.discard();
            };
            nat::send_rewritten(
                context,
                packet,
                header,
                V::MIN_HEADER_LEN,
                &conn,
                None,
                |bytes: &mut [u8]| V::replace_addr(bytes, End::Destination, to).map(|_| ()),
            )
        }
        Forward::Dr => direct::send(context, packet, header, &conn, None),
        Forward::Tun => tunnel::send(context, packet, header, &conn, None),
        // Its other end would have to be found without ports.
        Forward::Fullnat | Forward::Enat => packet.discard(),
    }
}

/// Makes a packet of the real server come from the service.
fn to_client<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Verdict {
    let Some(from) = V::addr(conn.service().addr) else {
        return packet.discard();
    };
    let is_rewritten = packet
        .writable(V::MIN_HEADER_LEN)
        .is_some_and(|bytes| V::replace_addr(bytes, End::Source, from).is_ok());
    if !is_rewritten {
        return packet.discard();
    }
    packet.forget_device_checksum();
    context.director.paths.count(Path::Slow);
    reply::account_answer(context, packet.len(), flow, conn);
    reply::go_on(context, packet, flow.header.dst, None)
}
