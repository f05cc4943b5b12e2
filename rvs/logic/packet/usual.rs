// SPDX-License-Identifier: GPL-2.0-only

//! Packets as nearly all of them are: one look instead of the steps of the full parsers.

use core::net::Ipv4Addr;

use super::{
    chunk_at,
    ipv4::{
        Fragment,
        Header,
        DONT_FRAGMENT,
        MIN_HEADER_LEN, //
    },
    udp,
    word_at,
    Segment,
    Transport, //
};
use crate::logic::protocol::Protocol;

/// Version 4 and a header of five words.
const VERSION_AND_LENGTH: u8 = 0x45;

/// The shortest of such packets: UDP without data.
const SHORTEST: usize = MIN_HEADER_LEN + udp::HEADER_LEN;

/// Where flags and fragment offset stand, with time to live and protocol behind.
const KIND_OFFSET: usize = 6;

/// Where the addresses stand.
const SRC_OFFSET: usize = 12;
const DST_OFFSET: usize = 16;

/// What tells a packet that is not fragmented and its protocol, as one number: flags and fragment
/// offset but for "don't fragment", and the protocol.
const KIND: u32 = {
    let [f0, f1] = (!DONT_FRAGMENT).to_be_bytes();
    u32::from_ne_bytes([f0, f1, 0, 0xff])
};
const UNFRAGMENTED_TCP: u32 = u32::from_ne_bytes([0, 0, 0, Protocol::Tcp.number()]);
const UNFRAGMENTED_UDP: u32 = u32::from_ne_bytes([0, 0, 0, Protocol::Udp.number()]);

/// Source and destination port of a packet of TCP or UDP over IPv4 without IP options, not
/// fragmented, with its ports in `bytes`. `None` for every other packet, sound or not.
#[inline(always)]
pub(super) fn peek_ports(bytes: &[u8]) -> Option<(u16, u16)> {
    let fixed = bytes.first_chunk::<{ MIN_HEADER_LEN + 4 }>()?;
    // As a whole, of which the compiler makes one look, not one for each byte.
    let kind: &[u8; 4] = chunk_at(fixed, KIND_OFFSET).ok()?;
    let kind = u32::from_ne_bytes(*kind) & KIND;
    if fixed[0] != VERSION_AND_LENGTH || !(kind == UNFRAGMENTED_UDP || kind == UNFRAGMENTED_TCP) {
        return None;
    }
    let src = word_at(fixed, MIN_HEADER_LEN).ok()?;
    let dst = word_at(fixed, MIN_HEADER_LEN + 2).ok()?;
    Some((src, dst))
}

/// Reads a packet of a protocol that `protocol_of` knows over IPv4 without IP options, not fragmented, with its headers in
/// `bytes`. `None` for every other packet, sound or not: the full parsers tell what it is. What is
/// returned is what those would return. `packet_len` is asked as by [`super::ipv4::parse_with_len`].
#[inline(always)]
pub(super) fn usual(
    bytes: &[u8],
    packet_len: impl FnOnce() -> usize,
    protocol_of: impl FnOnce(u8) -> Option<Protocol>,
) -> Option<(Header, Transport)> {
    let fixed = bytes.first_chunk::<SHORTEST>()?;
    let [version_ihl, tos, len0, len1, _, _, _, _, ttl, protocol, ..] = *fixed;
    // Each as a whole, as above.
    let src: &[u8; 4] = chunk_at(fixed, SRC_OFFSET).ok()?;
    let dst: &[u8; 4] = chunk_at(fixed, DST_OFFSET).ok()?;
    let flags_and_offset = word_at(fixed, KIND_OFFSET).ok()?;
    if version_ihl != VERSION_AND_LENGTH || flags_and_offset & !DONT_FRAGMENT != 0 {
        return None;
    }
    let segment = Segment {
        offset: MIN_HEADER_LEN,
        end: match u16::from_be_bytes([len0, len1]) {
            0 => packet_len(),
            len => usize::from(len),
        },
        whole: true,
    };
    let transport = segment.transport(protocol_of(protocol)?, bytes).ok()?;
    let header = Header {
        header_len: MIN_HEADER_LEN,
        total_len: segment.end,
        protocol,
        src: Ipv4Addr::from(*src),
        dst: Ipv4Addr::from(*dst),
        ttl,
        tos,
        fragment: Fragment::None,
        dont_fragment: flags_and_offset & DONT_FRAGMENT != 0,
    };
    Some((header, transport))
}
