// SPDX-License-Identifier: GPL-2.0-only

//! The time to live of a forwarded packet (RFC 1812 section 5.3.1).

use super::{
    csum::Delta,
    packet::{
        chunk_at_mut,
        ipv4,
        put_word_at,
        word_at,
        ParseError, //
    }, //
};

/// Where time to live and protocol stand, which share a word of the checksum.
const TTL_OFFSET: usize = 8;

/// Takes one off the time to live of the IPv4 header at the beginning of `header`, and brings the
/// header checksum up to date.
///
/// Returns what is left. `None`: the packet must not be forwarded and is unchanged; its sender is
/// to be told by an ICMP "time exceeded".
#[inline(always)]
pub fn decrement_ttl(header: &mut [u8]) -> Result<Option<u8>, ParseError> {
    let header: &mut [u8; ipv4::MIN_HEADER_LEN] = chunk_at_mut(header, 0)?;
    let old = word_at(header, TTL_OFFSET)?;
    let [ttl, protocol] = old.to_be_bytes();
    if ttl <= 1 {
        return Ok(None);
    }
    let left = ttl.wrapping_sub(1);
    let new = u16::from_be_bytes([left, protocol]);
    let checksum = word_at(header, ipv4::CHECKSUM_OFFSET)?;
    put_word_at(header, TTL_OFFSET, new)?;
    put_word_at(
        header,
        ipv4::CHECKSUM_OFFSET,
        Delta::new().word(old, new).apply(checksum),
    )?;
    Ok(Some(left))
}
