// SPDX-License-Identifier: GPL-2.0-only

//! A SYN with the ports of a connection that is there: its client wants another one, once that is over.

use crate::{
    conn::Conn,
    kapi::{
        net::Stack,
        sync::RcuRef, //
    },
    logic::{
        removal::Removal,
        state::{
            Direction,
            Reuse, //
        },
    },
};

use super::{
    parse::Flow,
    request,
    Context, //
};

/// Whether a packet of a connection is to begin another one, with a server that is chosen for it.
#[inline(always)]
pub(super) fn wants_another<V: Stack>(
    context: Context<'_>,
    flow: Flow<V>,
    conn: &RcuRef<'_, Conn>,
) -> bool {
    let header = flow.transport.header;
    header.says_it_begins() && header.may_begin() && gives_way(context, flow, conn)
}

/// Whether a connection gives way to a new one: as its server gets none any more, and connections of
/// removed servers end (`expire_nodest_conn`), or as `conn_reuse_mode` says.
#[cold]
#[inline(never)]
fn gives_way<V: Stack>(context: Context<'_>, flow: Flow<V>, conn: &Conn) -> bool {
    let dest = conn.dest();
    if dest.is_quiescent() && dest.shared().removal() != Removal::Keep {
        return true;
    }
    let sees_replies = request::direction(context, flow, conn) == Direction::Original;
    let mode = context.director.settings.conn_reuse_mode.get();
    Reuse::new(mode).gives_way(conn.state(), sees_replies)
}
