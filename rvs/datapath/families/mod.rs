// SPDX-License-Identifier: GPL-2.0-only

//! Full NAT from one version of IP to the other: clients of one have real servers of the other. Packets change their version where
//! they get their new ends (RFC 7915), each way.
//!
//! The segments of either end are not made smaller: each counts the headers of its own version, so that what the client of IPv6
//! announces fits behind a header of IPv4, and what does not fit on the way back the path MTU tells.

mod fast;
mod passage;
mod translation;

pub(super) use fast::send as send_fast;

use crate::{
    conn::Conn,
    kapi::{
        net::{
            Packet,
            Route,
            RouteRef,
            Stack,
            Verdict, //
        },
        rcu_table::Side,
        sync::{
            Object,
            RcuRef, //
        },
    },
    logic::{
        nat::Rewrite,
        toa::ClientOption, //
    },
};

use self::{
    passage::{
        before_translation,
        Crossing,
        Passage, //
    },
    translation::{
        of_error,
        translate,
        translate_error,
        Failure, //
    },
};

use super::{
    egress::Way,
    parse::{
        Flow,
        IcmpError, //
    },
    reply,
    toa,
    Context,
    Path, //
};

/// Sends a packet of the client to the real server, which has an address of the other version: with an option, if it has room for one
/// that it is to carry. It is about the connection, and may be `of` it.
#[inline(never)]
pub(super) fn send<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
    of: bool,
    option: Option<ClientOption>,
    rewrite: Rewrite,
) -> Verdict {
    let crossing = Crossing {
        side: Side::Original,
        rewrite,
        is_of: of,
    };
    cross::<V, V::Other>(context, packet, flow, conn, crossing, option, |_| {})
}

/// Sends a packet of a real server to a client that has an address of the other version. It is about the connection, and may be `of` it.
#[inline(never)]
pub(super) fn reply<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: RcuRef<'_, Conn>,
    of: bool,
    rewrite: Rewrite,
) -> Verdict {
    let crossing = Crossing {
        side: Side::Reply,
        rewrite,
        is_of: of,
    };
    let account = |packet: &Packet<'_, V>| {
        context.director.paths.count(Path::Slow);
        let header = flow.transport.header;
        reply::note_answer(context, header, conn);
        reply::account(context, packet.len(), header, conn);
    };
    cross::<V, V::Other>(context, packet, flow, &conn, crossing, None, account)
}

/// Sends a packet of a connection to the end of the other version, with an option if there is one for it, and accounts for it once its
/// way is known.
#[inline(always)]
fn cross<V: Stack, O: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: &Flow<V>,
    conn: &Object<Conn>,
    crossing: Crossing,
    option: Option<ClientOption>,
    account: impl FnOnce(&Packet<'_, V>),
) -> Verdict {
    let found = passage::find::<V, O>(context, packet, flow.header, conn, crossing);
    let (packet, passage) = match found {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    account(&packet);
    let Passage { way, form, .. } = passage;
    let mtu = before_translation::<V, O>(way.route.mtu(), flow.header);
    each(packet, &way.route, |mut packet| {
        let Some(flow) = toa::tell(&mut packet, *flow, conn, option, mtu) else {
            return packet.discard();
        };
        let changed = translate(packet, &flow, &way.route, form, crossing.rewrite);
        go(context, changed, way, || passage.note(conn))
    })
}

/// Sends an error from one side, about a packet to there, to the end that has sent it, which has an address of the other version.
#[inline(never)]
pub(super) fn error<V: Stack>(
    context: Context<'_>,
    mut packet: Packet<'_, V>,
    error: &IcmpError<V>,
    conn: &Object<Conn>,
    side: Side,
    rewrite: Rewrite,
) -> Verdict {
    if side == Side::Reply && toa::correct_packet(&mut packet, error, conn).is_none() {
        return packet.discard();
    }
    let (packet, translation) = match of_error::<V, V::Other>(packet, error) {
        Ok(read) => read,
        Err(verdict) => return verdict,
    };
    let crossing = Crossing {
        side,
        rewrite,
        is_of: false,
    };
    match passage::find::<V, V::Other>(context, packet, error.header, conn, crossing) {
        Ok((packet, passage)) => {
            let Passage { way, form, .. } = passage;
            let changed = translate_error(packet, error, &translation, &way.route, form, rewrite);
            go(context, changed, way, || {})
        }
        Err(verdict) => verdict,
    }
}

/// Sends a packet, or each of those that it stands for where they do not share one header, by `send`.
fn each<'a, V: Stack, O: Stack>(
    packet: Packet<'a, V>,
    route: &Route<O>,
    mut send: impl FnMut(Packet<'a, V>) -> Verdict,
) -> Verdict {
    if !packet.is_burst_of_tunnel() {
        return send(packet);
    }
    match packet.segments(route) {
        Ok(segments) => segments.send_each(send),
        Err(verdict) => verdict,
    }
}

/// Sends a packet that has been translated, and notes it when the packet has passed all hooks.
fn go<'g, V: Stack, O: Stack>(
    context: Context<'g>,
    packet: Result<Packet<'_, O>, Failure<'_, V>>,
    way: Way<'g, O>,
    note: impl FnOnce(),
) -> Verdict {
    let send = |packet: Packet<'_, O>, route: RouteRef<'g, O>| packet.send(route, context.guard);
    match packet {
        Ok(packet) => way.send_noting(context, packet, send, note),
        Err(failure) => failure.verdict(),
    }
}
