// SPDX-License-Identifier: GPL-2.0-only

//! Network address and port translation: one end of a packet is given another address and port, or both ends are.
//!
//! Every checksum is updated incrementally, so that a packet that arrives damaged leaves damaged
//! and is refused by its receiver (RFC 3022 section 4.2). The functions change nothing when they
//! fail. They trust that the packet was parsed by [`super::packet`]; if it was not, they may write
//! nonsense into it, but nowhere else.

use super::{
    addr::Endpoint,
    crc32c,
    csum::Delta,
    packet::{
        chunk_at_mut,
        ip::Version,
        put_word_at,
        sctp,
        tcp,
        udp,
        word_at,
        Malformed,
        ParseError, //
    },
    protocol::Protocol, //
};

mod both;
pub mod family;
mod icmp;
mod stream;

pub use self::{
    both::Rewrite,
    icmp::{
        lower_mtu,
        rewrite_icmp_error,
        WithoutRoom, //
    },
    stream::Segment, //
};

/// An end of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Where it comes from.
    Source,
    /// Where it goes to.
    Destination,
}

impl End {
    /// The other end.
    #[inline]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Source => Self::Destination,
            Self::Destination => Self::Source,
        }
    }

    // The same in every transport protocol that has ports.
    #[inline]
    const fn port_offset(self) -> usize {
        match self {
            Self::Source => 0,
            Self::Destination => 2,
        }
    }
}

/// What the transport checksum field of a packet holds (`ip_summed` in `linux/skbuff.h`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChecksumState {
    /// The checksum of the whole segment.
    Complete,
    /// The sum of the pseudo header, or nothing where there is none: the device adds the rest
    /// (`CHECKSUM_PARTIAL`).
    Partial,
}

/// Makes the packet come from `to`.
///
/// `packet` begins with its IP header of `header_len` bytes, followed by a header of `protocol`.
/// [`ParseError::Unsupported`] when `to` is not of the family of the packet.
#[inline(always)]
pub fn rewrite_source<V: Version>(
    packet: &mut [u8],
    header_len: usize,
    protocol: Protocol,
    to: Endpoint,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    rewrite::<V>(packet, header_len, protocol, End::Source, to, checksum)
}

/// Makes the packet go to `to`; otherwise as [`rewrite_source`].
#[inline(always)]
pub fn rewrite_destination<V: Version>(
    packet: &mut [u8],
    header_len: usize,
    protocol: Protocol,
    to: Endpoint,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    rewrite::<V>(packet, header_len, protocol, End::Destination, to, checksum)
}

/// Gives one end of the packet the address and port `to`; see [`rewrite_source`].
#[inline(always)]
pub fn rewrite<V: Version>(
    packet: &mut [u8],
    header_len: usize,
    protocol: Protocol,
    end: End,
    to: Endpoint,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    let addr = target::<V>(packet, to)?;
    let needed = header_len.saturating_add(protocol.header_len());
    if packet.len() < needed {
        return Err(ParseError::Short(needed));
    }
    let (header, segment) = packet
        .split_at_mut_checked(header_len)
        .ok_or(ParseError::Short(needed))?;

    if let Protocol::Sctp = protocol {
        return rewrite_sctp::<V>(header, segment, end, addr, to.port, checksum);
    }
    let addresses = V::replace_addr(header, end, addr)?;
    match protocol {
        // As above.
        Protocol::Sctp => Err(ParseError::Unsupported),
        Protocol::Tcp => {
            let segment: &mut [u8; tcp::MIN_HEADER_LEN] = chunk_at_mut(segment, 0)?;
            let ports = replace_port(segment, end, to.port)?;
            let old = word_at(segment, tcp::CHECKSUM_OFFSET)?;
            let new = match checksum {
                ChecksumState::Complete => addresses.and(ports).apply(old),
                ChecksumState::Partial => addresses.apply_partial(old),
            };
            put_word_at(segment, tcp::CHECKSUM_OFFSET, new)
        }
        Protocol::Udp => {
            let segment: &mut [u8; udp::HEADER_LEN] = chunk_at_mut(segment, 0)?;
            let ports = replace_port(segment, end, to.port)?;
            let old = word_at(segment, udp::CHECKSUM_OFFSET)?;
            let new = match checksum {
                ChecksumState::Complete => addresses.and(ports).apply_udp(old),
                ChecksumState::Partial => addresses.apply_partial(old),
            };
            put_word_at(segment, udp::CHECKSUM_OFFSET, new)
        }
    }
}

/// As [`rewrite`], of SCTP, whose checksum covers no address.
#[inline(never)]
fn rewrite_sctp<V: Version>(
    header: &mut [u8],
    segment: &mut [u8],
    end: End,
    addr: V::Addr,
    port: u16,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    let segment: &mut [u8; sctp::HEADER_LEN] = chunk_at_mut(segment, 0)?;
    let to_end = match checksum {
        ChecksumState::Complete => {
            let len = V::total_len(header)?.saturating_sub(header.len());
            Some(from_port_to_end(end, len)?)
        }
        ChecksumState::Partial => None,
    };
    V::replace_addr(header, end, addr)?;
    match to_end {
        Some(to_end) => replace_port_and_crc(segment, end, port, to_end),
        None => replace_port(segment, end, port).map(|_| ()),
    }
}

/// How many bytes an SCTP packet of `len` bytes has from a port on.
fn from_port_to_end(end: End, len: usize) -> Result<u16, ParseError> {
    len.checked_sub(end.port_offset())
        .and_then(|len| u16::try_from(len).ok())
        .ok_or(ParseError::Malformed(Malformed::TotalLength))
}

/// Replaces one port of an SCTP packet, which has so many bytes from it on, and brings its checksum up to date.
fn replace_port_and_crc(
    segment: &mut [u8],
    end: End,
    new: u16,
    to_end: u16,
) -> Result<(), ParseError> {
    let old = word_at(segment, end.port_offset())?;
    let field: &mut [u8; 4] = chunk_at_mut(segment, sctp::CHECKSUM_OFFSET)?;
    *field = crc32c::after_change(*field, old, new, to_end);
    put_word_at(segment, end.port_offset(), new)
}

/// The address of `to`, if `packet` is one that can carry it.
#[inline(always)]
fn target<V: Version>(packet: &[u8], to: Endpoint) -> Result<V::Addr, ParseError> {
    match (packet.first().map(|first| first >> 4), V::addr(to.addr)) {
        (Some(version), Some(addr)) if version == V::NUMBER => Ok(addr),
        (Some(_), _) => Err(ParseError::Unsupported),
        (None, _) => Err(ParseError::Short(V::MIN_HEADER_LEN)),
    }
}

/// Replaces one port at the beginning of a transport header.
#[inline(always)]
fn replace_port(segment: &mut [u8], end: End, new: u16) -> Result<Delta, ParseError> {
    let old = word_at(segment, end.port_offset())?;
    put_word_at(segment, end.port_offset(), new)?;
    Ok(Delta::new().word(old, new))
}
