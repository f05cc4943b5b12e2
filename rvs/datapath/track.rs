// SPDX-License-Identifier: GPL-2.0-only

//! Connection tracking of balanced flows, where it is wanted (`net.ipv4.vs.conntrack`): what the firewall knows of
//! them is right, and rules by state and translations beside this one work.
//!
//! Their packets are never fast: they are to pass what tracks them.

use crate::{
    conn::Conn,
    director::Director,
    kapi::{
        net::{
            Packet,
            Stack,
            Tracking, //
        },
        sync::Object,
    },
    logic::sequence::Shift,
    svc::Forward, //
};

use super::Context;

/// What becomes of the entries of packets that are balanced in this namespace.
#[inline(always)]
pub(super) fn tracking(context: Context<'_>) -> Tracking {
    if is_wanted(context) {
        Tracking::GoesOn
    } else {
        Tracking::Ends
    }
}

/// Whether connection tracking is to know of balanced flows.
#[inline(always)]
pub(super) fn is_wanted(context: Context<'_>) -> bool {
    is_wanted_by(context.director)
}

/// As [`is_wanted`], where no more is at hand.
#[inline(always)]
pub(super) fn is_wanted_by(director: &Director) -> bool {
    director.connections.conntrack.is_on()
}

/// Has connection tracking know where replies to a client's packet come from. None when it knows of another real
/// server: that was of a connection that is over, and the client's next attempt finds nothing of it.
#[inline(always)]
pub(super) fn request<V: Stack>(
    context: Context<'_>,
    packet: &mut Packet<'_, V>,
    conn: &Object<Conn>,
) -> Option<()> {
    if !is_wanted(context) || !matches!(conn.forward(), Forward::Nat | Forward::Fullnat) {
        return Some(());
    }
    if packet.track_to(conn.real_server()) {
        if let Some(lease) = conn.lease() {
            packet.track_from(lease.local());
        }
        return Some(());
    }
    context.director.connections.end_tracked(conn);
    None
}

/// Has connection tracking know where the client's answer to a reply is sent to, if the reply is the first that it
/// sees of the flow.
#[inline(always)]
pub(super) fn reply<V: Stack>(
    context: Context<'_>,
    packet: &mut Packet<'_, V>,
    conn: &Object<Conn>,
) {
    if is_wanted(context) {
        if conn.lease().is_some() {
            packet.track_to(conn.client());
        }
        packet.track_from(conn.service());
    }
}

/// Has the entry of a new flow have room for numbers that will be moved.
#[inline]
pub(super) fn numbers_may_move<V: Stack>(context: Context<'_>, packet: &mut Packet<'_, V>) {
    if is_wanted(context) {
        packet.let_numbers_move();
    }
}

/// Has connection tracking know how the numbers of a packet's direction are moved: the other end acknowledges what its sender
/// never said.
#[inline]
pub(super) fn numbers_move<V: Stack>(
    context: Context<'_>,
    packet: &mut Packet<'_, V>,
    shift: &Shift,
) {
    if is_wanted(context) && !shift.is_none() {
        packet.tell_moved(shift.in_numbers_of_receiver());
    }
}
