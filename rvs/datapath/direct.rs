// SPDX-License-Identifier: GPL-2.0-only

//! Direct routing: a client's packet goes to the link layer address of the real server, which
//! answers the client itself.

use crate::{
    conn::Conn,
    kapi::{
        net::{
            Packet,
            Stack,
            Target,
            Tracking,
            Verdict, //
        },
        sync::Object,
    },
    logic::packet::ip::Header,
};

use super::{
    egress::{
        self,
        Method, //
    },
    Context, //
};

pub(super) const METHOD: Method = Method {
    target: Target::NextHop,
    overhead: 0,
};

/// Sends a packet, unchanged but for its time to live, to the real server. It is about the connection, and
/// may be `of` it.
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    header: Header<V>,
    conn: &Object<Conn>,
    of: Option<&Object<Conn>>,
) -> Verdict {
    egress::send_unchanged(context, packet, header, conn, of, METHOD)
}

/// Takes one off the time to live of a packet. None, and nothing changed, when memory is short.
#[inline(always)]
pub(super) fn prepare<V: Stack>(packet: &mut Packet<'_, V>) -> Option<()> {
    egress::pass_on(packet, Tracking::Ends)
}
