// SPDX-License-Identifier: GPL-2.0-only

//! Packets of connections whose real server was removed from its service.
//!
//! Where both ends of a TCP connection are to know that it is over, a segment of either tells the
//! sequence numbers. Its sender gets a RST from who it was sent to, the segment itself becomes one to the
//! other end, and goes the way that segments do, through the firewall and with the same translation. It
//! is as if the receiver had reset the connection, and the sender, too. When an end doubts it, as the
//! segment was not the next one it expected, its challenge (RFC 5961 section 3.2) is another segment, and is
//! answered alike.

use crate::{
    conn::Conn,
    kapi::{
        net::{
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
        packet::{
            reset,
            tcp,
            TransportHeader, //
        },
        removal::Answer, //
    },
};

use super::{
    hooks,
    parse::Flow,
    request,
    Context, //
};

/// Takes a packet of the client, which comes back if it is to go on to the real server.
#[cold]
#[inline(never)]
pub(super) fn request<'a, V: Stack>(
    context: Context<'_>,
    packet: Packet<'a, V>,
    flow: Flow<V>,
    conn: RcuRef<'_, Conn>,
) -> Result<Packet<'a, V>, Verdict> {
    match answer(flow.transport.header, &conn) {
        Answer::Drop => Err(packet.discard()),
        Answer::Expire => Err(request::instead(context, packet, flow, conn)),
        Answer::Reset => Err(end(context, packet, flow)),
        Answer::Pass => Ok(packet),
    }
}

/// Whether a packet of the real server is to end the connection for both ends. Any other one goes on to the
/// client, as with IPVS: the server may have something left to say.
#[cold]
#[inline(never)]
pub(super) fn is_to_end(header: TransportHeader, conn: &Object<Conn>) -> bool {
    answer(header, conn) == Answer::Reset
}

/// What the service says is to be done with a packet.
fn answer(header: TransportHeader, conn: &Object<Conn>) -> Answer {
    conn.dest()
        .shared()
        .removal()
        .answer(conn.protocol(), header.may_begin(), header.is_reset())
}

/// Ends a connection for both ends, with a segment of one: it becomes a RST, and is taken once more. Where
/// memory is short the next segment is another occasion.
#[cold]
#[inline(never)]
pub(super) fn end<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    flow: Flow<V>,
) -> Verdict {
    if let Ok(segment) = reset::answer(&flow.header, packet.bytes()) {
        packet.send_about(segment.bytes());
    }
    let len = flow.header.header_len.saturating_add(tcp::MIN_HEADER_LEN);
    let turned = packet
        .cut(len)
        .and_then(|bytes| reset::turn_into(&flow.header, bytes).ok());
    match turned {
        Some(()) => hooks::once_more(context, packet),
        None => packet.discard(),
    }
}
