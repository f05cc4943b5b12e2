// SPDX-License-Identifier: GPL-2.0-only

//! A SYN with the ports of a connection that is there: its client wants another one, once that is over.

use crate::{
    conn::Conn,
    kapi::sync::RcuRef,
    logic::{
        packet::TransportHeader,
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
    schedule,
    Context, //
};

/// Whether a packet of a connection is to begin another one, with a server that is chosen for it.
#[inline(always)]
pub(super) fn wants_another(context: Context<'_>, flow: Flow, conn: &RcuRef<'_, Conn>) -> bool {
    match flow.transport.header {
        TransportHeader::Tcp(header) => {
            header.flags.syn && schedule::may_begin(flow) && gives_way(context, flow, conn)
        }
        TransportHeader::Udp(_) => false,
    }
}

/// Whether a connection gives way to a new one: as its server gets none any more, and connections of
/// removed servers end (`expire_nodest_conn`), or as `conn_reuse_mode` says.
#[cold]
#[inline(never)]
fn gives_way(context: Context<'_>, flow: Flow, conn: &Conn) -> bool {
    let dest = conn.dest();
    if dest.is_quiescent() && dest.shared().removal() != Removal::Keep {
        return true;
    }
    let sees_replies = request::direction(context, flow, conn) == Direction::Original;
    let mode = context.director.settings.conn_reuse_mode.get();
    Reuse::new(mode).gives_way(conn.state(), sees_replies)
}
