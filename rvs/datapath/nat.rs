// SPDX-License-Identifier: GPL-2.0-only

//! Masquerading: sending a client's packet to the real server's address and port.

use core::net::Ipv4Addr;

use crate::{
    kapi::net::{
        HookPoint,
        Packet,
        Route,
        Verdict, //
    },
    logic::{
        addr::{
            Addr,
            Endpoint, //
        },
        nat::{
            self,
            ChecksumState, //
        },
        packet::ipv4,
        ttl, //
    },
};

use super::{
    parse::Flow,
    Context, //
};

/// ICMP types and codes that are sent here (RFC 792).
pub(super) mod icmp_type {
    pub(crate) const DEST_UNREACH: u8 = 3;
    pub(crate) const HOST_UNREACH: u8 = 1;
    pub(crate) const PORT_UNREACH: u8 = 3;
    pub(crate) const FRAG_NEEDED: u8 = 4;
    pub(crate) const TIME_EXCEEDED: u8 = 11;
    pub(crate) const EXC_TTL: u8 = 0;
}

/// Rewrites the destination of a packet and sends it there.
pub(super) fn send(context: Context<'_>, packet: Packet<'_>, flow: &Flow, to: Endpoint) -> Verdict {
    send_rewritten(
        context,
        packet,
        &flow.header,
        flow.headers_len(),
        to,
        |bytes, checksum| {
            nat::rewrite_destination(
                bytes,
                flow.header.header_len,
                flow.tuple.protocol,
                to,
                checksum,
            )
        },
    )
}

/// Sends a packet to a real server after `rewrite` has changed its first `headers_len` bytes.
pub(super) fn send_rewritten<E>(
    context: Context<'_>,
    mut packet: Packet<'_>,
    header: &ipv4::Header,
    headers_len: usize,
    to: Endpoint,
    rewrite: impl FnOnce(&mut [u8], ChecksumState) -> Result<(), E>,
) -> Verdict {
    let Addr::V4(destination) = to.addr else {
        return packet.discard();
    };
    let Ok(route) = Route::output(context.net, destination) else {
        return packet.refuse(icmp_type::DEST_UNREACH, icmp_type::HOST_UNREACH, 0);
    };

    let local = route.is_local();
    if local {
        if leads_to_loopback(context, header, destination) {
            return packet.discard();
        }
    } else {
        if header.ttl <= 1 {
            return packet.refuse(icmp_type::TIME_EXCEEDED, icmp_type::EXC_TTL, 0);
        }
        let mtu = route.mtu();
        if header.dont_fragment && !packet.fits(mtu) {
            return packet.refuse(icmp_type::DEST_UNREACH, icmp_type::FRAG_NEEDED, mtu);
        }
    }

    let checksum = checksum_state(&packet);
    let Some(bytes) = packet.writable(headers_len) else {
        return packet.discard();
    };
    if rewrite(bytes, checksum).is_err() {
        return packet.discard();
    }
    if !local && !matches!(ttl::decrement_ttl(bytes), Ok(Some(_))) {
        return packet.discard();
    }
    packet.forget_device_checksum();
    packet.set_balanced();
    if local {
        // The real server is on this host: the packet goes on to its socket.
        packet.accept()
    } else {
        packet.send(route)
    }
}

/// Tells the sender that nobody serves the port.
pub(super) fn unreachable(packet: Packet<'_>) -> Verdict {
    packet.refuse(icmp_type::DEST_UNREACH, icmp_type::PORT_UNREACH, 0)
}

/// What the checksum field of a packet holds.
pub(super) fn checksum_state(packet: &Packet<'_>) -> ChecksumState {
    if packet.checksum_is_partial() {
        ChecksumState::Partial
    } else {
        ChecksumState::Complete
    }
}

/// A stranger must not reach services that listen on the loopback address only.
fn leads_to_loopback(context: Context<'_>, header: &ipv4::Header, destination: Ipv4Addr) -> bool {
    matches!(context.point, HookPoint::LocalIn)
        && destination.is_loopback()
        && !header.src.is_loopback()
}
