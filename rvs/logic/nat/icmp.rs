// SPDX-License-Identifier: GPL-2.0-only

//! Translation of ICMP errors (RFC 5508 section 4.2).
//!
//! The embedded packet went the other way than the error that reports it: an error that goes *to* a
//! client's or a server's endpoint speaks of a packet that came *from* it.

use super::{
    replace_port,
    target,
    ChecksumState,
    End, //
};
use crate::logic::{
    addr::Endpoint,
    csum::Delta,
    packet::{
        icmp,
        ip::Version,
        put_word_at,
        word_at,
        ParseError, //
    },
    protocol::Protocol, //
};

/// Gives one end of an ICMP error, and the opposite end of the packet embedded in it, the address
/// and port `to`.
///
/// * [`End::Destination`]: an error about a reply of the virtual service, on its way to the real
///   server `to`.
/// * [`End::Source`]: an error about a request that was sent to a real server, on its way to the
///   client, who knows only the virtual service `to`.
///
/// `error` is what [`icmp::parse`] made of `packet`. The checksums of both IP headers, of the
/// message and, where it was not cut off, of the embedded segment are updated. `checksum` is what the
/// message's holds: one that the device makes is left to it, but for the pseudo header that belongs to it with
/// IPv6.
pub fn rewrite_icmp_error<V: Version>(
    packet: &mut [u8],
    error: &icmp::Error<V>,
    end: End,
    to: Endpoint,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    let addr = target::<V>(packet, to)?;
    if packet.len() < error.writable_len {
        return Err(ParseError::Short(error.writable_len));
    }

    // Every changed word of the embedded packet, its checksums among them, changes the checksum of
    // the message. All stand at even offsets, as header lengths are multiples of four.
    let mut message = Delta::new();

    let embedded = packet
        .get_mut(error.embedded_offset..)
        .ok_or(ParseError::Short(error.writable_len))?;
    let old_checksum = V::checksum(embedded)?;
    let addresses = V::replace_addr(embedded, end.opposite(), addr)?;
    message = message.and(addresses);
    if let (Some(old), Some(new)) = (old_checksum, V::checksum(embedded)?) {
        message = message.word(old, new);
    }

    let transport = packet
        .get_mut(error.transport_offset..)
        .ok_or(ParseError::Short(error.writable_len))?;
    let ports = replace_port(transport, end.opposite(), to.port)?;
    message = message.and(ports);

    if let Some(offset) = error.transport_checksum_offset {
        let old = word_at(packet, offset)?;
        let delta = addresses.and(ports);
        let new = match error.tuple.protocol {
            Protocol::Tcp => delta.apply(old),
            Protocol::Udp => delta.apply_udp(old),
        };
        put_word_at(packet, offset, new)?;
        message = message.word(old, new);
    }

    let pseudo_header = V::replace_addr(packet, end, addr)?;
    let offset = error.icmp_offset.saturating_add(icmp::CHECKSUM_OFFSET);
    let old = word_at(packet, offset)?;
    let new = match (checksum, V::ICMP_HAS_PSEUDO_HEADER) {
        (ChecksumState::Complete, true) => message.and(pseudo_header).apply(old),
        (ChecksumState::Complete, false) => message.apply(old),
        (ChecksumState::Partial, true) => pseudo_header.apply_partial(old),
        (ChecksumState::Partial, false) => old,
    };
    put_word_at(packet, offset, new)
}
