// SPDX-License-Identifier: GPL-2.0-only

//! Translation of ICMP errors (RFC 5508 section 4.2).
//!
//! The embedded packet went the other way than the error that reports it: an error that goes *to* a
//! client's or a server's endpoint speaks of a packet that came *from* it.

use super::{
    from_port_to_end,
    replace_port,
    target,
    ChecksumState,
    End, //
};
use crate::logic::{
    addr::Endpoint,
    crc32c,
    csum::Delta,
    packet::{
        chunk_at_mut,
        icmp,
        ip::{
            Fragment,
            Version, //
        },
        put_word_at,
        word_at,
        ParseError, //
    },
    protocol::ChecksumKind, //
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
    let old_port = word_at(transport, end.opposite().port_offset())?;
    let ports = if error.has_ports {
        replace_port(transport, end.opposite(), to.port)?
    } else {
        Delta::new()
    };
    message = message.and(ports);

    if let Some(offset) = error.transport_checksum_offset {
        let delta = addresses.and(ports);
        let change = match error.tuple.protocol.checksum_kind() {
            ChecksumKind::Internet => replace(packet, offset, |old| delta.apply(old))?,
            ChecksumKind::InternetOrNone => replace(packet, offset, |old| delta.apply_udp(old))?,
            ChecksumKind::Crc32c => {
                let to_end = quoted_to_end(error, end.opposite());
                replace_crc(packet, offset, |old| match to_end {
                    Some(to_end) => crc32c::after_change(old, old_port, to.port, to_end),
                    None => old,
                })?
            }
        };
        message = message.and(change);
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

/// What an ICMP error tells where no packet can be so small that it is not too large for the MTU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WithoutRoom {
    /// The least MTU that each link takes, or what it told if that is less.
    TellLeast,
    /// What it told.
    Keep,
}

/// Makes the MTU that an ICMP error tells of `by` bytes smaller, if it tells of one: the packet that was too large was so much longer
/// than its sender knows. Where that is smaller than each link takes it tells what `without_room` says. Returns whether there is room.
///
/// `error` and `checksum` are those of [`rewrite_icmp_error`].
pub fn lower_mtu<V: Version>(
    packet: &mut [u8],
    error: &icmp::Error<V>,
    by: u32,
    without_room: WithoutRoom,
    checksum: ChecksumState,
) -> Result<bool, ParseError> {
    let Some(mtu) = error.mtu(packet)? else {
        return Ok(true);
    };
    let room = mtu.checked_sub(by).filter(|lower| *lower >= V::MIN_MTU);
    let lower = match (room, without_room) {
        (Some(lower), _) => lower,
        (None, WithoutRoom::TellLeast) => V::MIN_MTU.min(mtu),
        (None, WithoutRoom::Keep) => mtu,
    };
    if lower != mtu {
        tell_mtu(packet, error, mtu.wrapping_sub(lower), checksum)?;
    }
    Ok(room.is_some())
}

/// Has an error tell of an MTU that is `by` bytes smaller. The rest of the word is nobody's, or that of extensions (RFC 4884): it stays.
fn tell_mtu<V: Version>(
    packet: &mut [u8],
    error: &icmp::Error<V>,
    by: u32,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    let rest = error.icmp_offset.saturating_add(icmp::REST_OFFSET);
    let field: &mut [u8; 4] = chunk_at_mut(packet, rest)?;
    let old = u32::from_be_bytes(*field);
    let new = old.wrapping_sub(by);
    *field = new.to_be_bytes();
    if let ChecksumState::Complete = checksum {
        let offset = error.icmp_offset.saturating_add(icmp::CHECKSUM_OFFSET);
        let delta = Delta::new().double_word(old, new);
        replace(packet, offset, |old| delta.apply(old))?;
    }
    Ok(())
}

/// Replaces a checksum. Returns what changes by that in the message.
fn replace(
    packet: &mut [u8],
    offset: usize,
    change: impl FnOnce(u16) -> u16,
) -> Result<Delta, ParseError> {
    let old = word_at(packet, offset)?;
    let new = change(old);
    put_word_at(packet, offset, new)?;
    Ok(Delta::new().word(old, new))
}

/// As [`replace`], of a CRC32c.
fn replace_crc(
    packet: &mut [u8],
    offset: usize,
    change: impl FnOnce([u8; 4]) -> [u8; 4],
) -> Result<Delta, ParseError> {
    let field: &mut [u8; 4] = chunk_at_mut(packet, offset)?;
    let (old, new) = (*field, change(*field));
    *field = new;
    let (old, new) = (u32::from_be_bytes(old), u32::from_be_bytes(new));
    Ok(Delta::new().double_word(old, new))
}

/// How many bytes the quoted SCTP packet has from a port on. None where that is not known: of a fragment nobody
/// tells what the whole packet was.
fn quoted_to_end<V: Version>(error: &icmp::Error<V>, end: End) -> Option<u16> {
    match error.embedded.fragment {
        Fragment::None => from_port_to_end(end, error.embedded.payload_len()).ok(),
        Fragment::First | Fragment::Later => None,
    }
}
