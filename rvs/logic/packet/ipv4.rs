// SPDX-License-Identifier: GPL-2.0-only

//! The IPv4 header (RFC 791 section 3.1).

use core::net::Ipv4Addr;

use super::{
    chunk_at,
    put_word_at,
    Malformed,
    ParseError, //
};
use crate::logic::{
    csum,
    tuple::AddrPair, //
};

/// Bytes of a header without options.
pub const MIN_HEADER_LEN: usize = 20;

/// Bytes of the longest packet, with its header.
pub const MAX_TOTAL_LEN: u32 = 65535;

/// Where the length of the whole packet stands.
pub const TOTAL_LEN_OFFSET: usize = 2;

/// Where the header checksum stands.
pub const CHECKSUM_OFFSET: usize = 10;

/// Where the source address stands.
pub const SRC_OFFSET: usize = 12;

/// Where the destination address stands.
pub const DST_OFFSET: usize = 16;

/// Which part of a datagram a packet holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fragment {
    /// All of it.
    None,
    /// The beginning, with the transport header.
    First,
    /// A part without the transport header.
    Later,
}

/// A header whose version and lengths have been checked. Its checksum has not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Bytes of this header with its options, 20 to 60: where the payload begins.
    pub header_len: usize,
    /// Bytes of the whole packet, not below `header_len`.
    pub total_len: usize,
    /// IANA number of the payload's protocol.
    pub protocol: u8,
    /// Source address.
    pub src: Ipv4Addr,
    /// Destination address.
    pub dst: Ipv4Addr,
    /// Time to live.
    pub ttl: u8,
    /// Type of service: DSCP and ECN (RFC 2474, RFC 3168).
    pub tos: u8,
    /// Which part of a datagram this is.
    pub fragment: Fragment,
    /// Whether routers must not fragment the packet.
    pub dont_fragment: bool,
}

impl Header {
    /// Source and destination address.
    #[inline]
    pub const fn addrs(&self) -> AddrPair {
        AddrPair::V4 {
            src: self.src,
            dst: self.dst,
        }
    }

    /// Bytes that follow the header.
    #[inline]
    pub const fn payload_len(&self) -> usize {
        self.total_len.saturating_sub(self.header_len)
    }
}

/// Reads the field of DSCP and ECN, if there is one.
#[inline]
pub fn tos(bytes: &[u8]) -> Option<u8> {
    bytes.get(1).copied()
}

/// Protocol, source and destination of a header, unchecked.
#[inline(always)]
pub fn peek(header: &[u8; MIN_HEADER_LEN]) -> (u8, Ipv4Addr, Ipv4Addr) {
    let [_, _, _, _, _, _, _, _, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = *header;
    (
        protocol,
        Ipv4Addr::new(s0, s1, s2, s3),
        Ipv4Addr::new(d0, d1, d2, d3),
    )
}

/// Reads the IPv4 header at the beginning of `bytes`.
#[inline]
pub fn parse(bytes: &[u8]) -> Result<Header, ParseError> {
    parse_with_len(bytes, 0)
}

/// Reads the IPv4 header at the beginning of `bytes`, of a packet of `packet_len` bytes.
///
/// A generic-segmentation packet above 65535 bytes has the total length 0 (`iph_totlen` in
/// `linux/ip.h`): the length the caller knows then takes its place. It is not used otherwise.
#[inline]
pub fn parse_with_len(bytes: &[u8], packet_len: usize) -> Result<Header, ParseError> {
    let fixed: &[u8; MIN_HEADER_LEN] = chunk_at(bytes, 0)?;
    let [version_ihl, tos, len0, len1, _, _, frag0, frag1, ttl, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] =
        *fixed;

    if version_ihl >> 4 != 4 {
        return Err(ParseError::Malformed(Malformed::Version));
    }
    let header_len = usize::from(version_ihl & 0x0f) * 4;
    if header_len < MIN_HEADER_LEN {
        return Err(ParseError::Malformed(Malformed::HeaderLength));
    }
    let total_len = match u16::from_be_bytes([len0, len1]) {
        0 => packet_len,
        len => usize::from(len),
    };
    if total_len < header_len {
        return Err(ParseError::Malformed(Malformed::TotalLength));
    }
    if bytes.len() < header_len {
        return Err(ParseError::Short(header_len));
    }

    let flags_and_offset = u16::from_be_bytes([frag0, frag1]);
    Ok(Header {
        header_len,
        total_len,
        protocol,
        src: Ipv4Addr::new(s0, s1, s2, s3),
        dst: Ipv4Addr::new(d0, d1, d2, d3),
        ttl,
        tos,
        fragment: fragment(flags_and_offset),
        dont_fragment: flags_and_offset & DONT_FRAGMENT != 0,
    })
}

/// Gives the header of `header_len` bytes at the beginning of `bytes` its checksum, whatever it had before.
///
/// Of a header with options the kernel changes some where it receives it (`ip_options_compile()`): it adds its address to a
/// recorded route, and blanks what follows the end of the list. The checksum is left to who sends the packet on.
pub fn complete_checksum(bytes: &mut [u8], header_len: usize) -> Result<(), ParseError> {
    let header = bytes
        .get_mut(..header_len)
        .ok_or(ParseError::Short(header_len))?;
    put_word_at(header, CHECKSUM_OFFSET, 0)?;
    let checksum = csum::of(&[header]);
    put_word_at(header, CHECKSUM_OFFSET, checksum)
}

/// The flag by which routers must not fragment, in the word of flags and fragment offset.
pub(super) const DONT_FRAGMENT: u16 = 1 << 14;
const MORE_FRAGMENTS: u16 = 1 << 13;
const OFFSET: u16 = (1 << 13) - 1;

#[inline]
const fn fragment(flags_and_offset: u16) -> Fragment {
    if flags_and_offset & (MORE_FRAGMENTS | OFFSET) == 0 {
        Fragment::None
    } else if flags_and_offset & OFFSET == 0 {
        Fragment::First
    } else {
        Fragment::Later
    }
}
