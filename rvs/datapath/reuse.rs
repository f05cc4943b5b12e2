// SPDX-License-Identifier: GPL-2.0-only

//! A SYN with the ports of a connection that is there: its client wants another one, once that is over.

use crate::{
    conn::Conn,
    kapi::{
        net::Stack,
        sync::{
            Object,
            RcuRef, //
        },
    },
    logic::{
        packet::TransportHeader,
        protocol::Protocol,
        removal::Removal,
        state::{
            Direction,
            Reuse, //
        },
    },
};

use super::{
    request,
    Context, //
};

/// Whether a packet of a connection is to begin another one, with a server that is chosen for it.
#[inline(always)]
pub(super) fn wants_another<V: Stack>(
    context: Context<'_>,
    header: TransportHeader,
    conn: &RcuRef<'_, Conn>,
) -> bool {
    header.says_it_begins()
        && header.may_begin()
        && gives_way::<V>(context, header.protocol(), conn)
}

/// Whether a connection gives way to a new one: as its server gets none any more, and connections of
/// removed servers end (`expire_nodest_conn`), or as `conn_reuse_mode` says.
#[cold]
#[inline(never)]
fn gives_way<V: Stack>(context: Context<'_>, protocol: Protocol, conn: &Object<Conn>) -> bool {
    let dest = conn.dest();
    if dest.is_quiescent() && dest.shared().removal() != Removal::Keep {
        return true;
    }
    let sees_replies = request::direction::<V>(context, protocol, conn) == Direction::Original;
    let mode = context.director.settings.conn_reuse_mode.get();
    Reuse::new(mode).gives_way(conn.state(), sees_replies)
}
