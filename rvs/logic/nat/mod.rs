// SPDX-License-Identifier: GPL-2.0-only

//! Network address and port translation: one end of a packet is given another address and port.
//!
//! Every checksum is updated incrementally, so that a packet that arrives damaged leaves damaged
//! and is refused by its receiver (RFC 3022 section 4.2). The functions change nothing when they
//! fail. They trust that the packet was parsed by [`super::packet`]; if it was not, they may write
//! nonsense into it, but nowhere else.

use core::net::Ipv4Addr;

use super::{
    addr::{
        Addr,
        Endpoint, //
    },
    csum::Delta,
    packet::{
        chunk_at_mut,
        ipv4,
        put_word_at,
        tcp,
        udp,
        word_at,
        Malformed,
        ParseError, //
    },
    protocol::Protocol, //
};

mod icmp;
mod stream;

pub use self::{
    icmp::rewrite_icmp_error,
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

    #[inline]
    const fn ipv4_offset(self) -> usize {
        match self {
            Self::Source => ipv4::SRC_OFFSET,
            Self::Destination => ipv4::DST_OFFSET,
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
    /// The sum of the pseudo header: the device adds the rest (`CHECKSUM_PARTIAL`).
    Partial,
}

/// Makes the packet come from `to`.
///
/// `packet` begins with its IP header of `header_len` bytes, followed by a header of `protocol`.
/// [`ParseError::Unsupported`] when `to` is not of the family of the packet.
#[inline(always)]
pub fn rewrite_source(
    packet: &mut [u8],
    header_len: usize,
    protocol: Protocol,
    to: Endpoint,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    rewrite(packet, header_len, protocol, End::Source, to, checksum)
}

/// Makes the packet go to `to`; otherwise as [`rewrite_source`].
#[inline(always)]
pub fn rewrite_destination(
    packet: &mut [u8],
    header_len: usize,
    protocol: Protocol,
    to: Endpoint,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    rewrite(packet, header_len, protocol, End::Destination, to, checksum)
}

/// Gives one end of the packet the address and port `to`; see [`rewrite_source`].
#[inline(always)]
pub fn rewrite(
    packet: &mut [u8],
    header_len: usize,
    protocol: Protocol,
    end: End,
    to: Endpoint,
    checksum: ChecksumState,
) -> Result<(), ParseError> {
    let addr = ipv4_target(packet, to)?;
    let transport_len = match protocol {
        Protocol::Tcp => tcp::MIN_HEADER_LEN,
        Protocol::Udp => udp::HEADER_LEN,
    };
    let needed = header_len.saturating_add(transport_len);
    if packet.len() < needed {
        return Err(ParseError::Short(needed));
    }
    let (header, segment) = packet
        .split_at_mut_checked(header_len)
        .ok_or(ParseError::Short(needed))?;

    let addresses = replace_ipv4(header, end, addr)?;
    match protocol {
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

/// The IPv4 address of `to`, if `packet` is one that can carry it.
#[inline(always)]
fn ipv4_target(packet: &[u8], to: Endpoint) -> Result<Ipv4Addr, ParseError> {
    match (packet.first().map(|first| first >> 4), to.addr) {
        (Some(4), Addr::V4(addr)) => Ok(addr),
        (Some(_), Addr::V4(_) | Addr::V6(_)) => Err(ParseError::Unsupported),
        (None, _) => Err(ParseError::Short(ipv4::MIN_HEADER_LEN)),
    }
}

/// Replaces one address in the IPv4 header and brings the header checksum up to date.
#[inline(always)]
fn replace_ipv4(header: &mut [u8], end: End, new: Ipv4Addr) -> Result<Delta, ParseError> {
    let header: &mut [u8; ipv4::MIN_HEADER_LEN] = header
        .first_chunk_mut()
        .ok_or(ParseError::Malformed(Malformed::HeaderLength))?;
    let field: &mut [u8; 4] = chunk_at_mut(header, end.ipv4_offset())?;
    let delta = Delta::new().ipv4(Ipv4Addr::from(*field), new);
    *field = new.octets();
    let checksum = word_at(header, ipv4::CHECKSUM_OFFSET)?;
    put_word_at(header, ipv4::CHECKSUM_OFFSET, delta.apply(checksum))?;
    Ok(delta)
}

/// Replaces one port at the beginning of a transport header.
#[inline(always)]
fn replace_port(segment: &mut [u8], end: End, new: u16) -> Result<Delta, ParseError> {
    let old = word_at(segment, end.port_offset())?;
    put_word_at(segment, end.port_offset(), new)?;
    Ok(Delta::new().word(old, new))
}
