// SPDX-License-Identifier: GPL-2.0-only

//! The time to live of a forwarded packet (RFC 1812 section 5.3.1).

use super::{
    csum,
    packet::{
        chunk_at_mut,
        ipv4,
        ParseError, //
    }, //
};

/// Takes one off the time to live of the IPv4 header at the beginning of `header`, and brings the
/// header checksum up to date.
///
/// Returns what is left. `None`: the packet must not be forwarded and is unchanged; its sender is
/// to be told by an ICMP "time exceeded".
#[inline(always)]
pub fn decrement_ttl(header: &mut [u8]) -> Result<Option<u8>, ParseError> {
    let header: &mut [u8; ipv4::MIN_HEADER_LEN] = chunk_at_mut(header, 0)?;
    let [_, _, _, _, _, _, _, _, ttl, _, check0, check1, ..] = header;
    if *ttl <= 1 {
        return Ok(None);
    }
    *ttl = ttl.wrapping_sub(1);
    // It is the high byte of its word.
    [*check0, *check1] = csum::after_decrement([*check0, *check1], [1, 0]);
    Ok(Some(*ttl))
}
