// SPDX-License-Identifier: GPL-2.0-only

//! The UDP header (RFC 768).

use super::{
    Malformed,
    ParseError,
    Segment, //
};

/// Bytes of the header.
pub const HEADER_LEN: usize = 8;

/// Where the checksum stands in the header.
pub const CHECKSUM_OFFSET: usize = 6;

/// A UDP header, but for its ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Bytes of header and data.
    pub len: u16,
}

/// Reads the UDP header of `segment`.
#[inline(always)]
pub fn parse(segment: Segment, bytes: &[u8]) -> Result<Header, ParseError> {
    let fixed: &[u8; HEADER_LEN] = segment.header(bytes)?;
    let [_, _, _, _, len0, len1, ..] = *fixed;

    let len = u16::from_be_bytes([len0, len1]);
    if usize::from(len) < HEADER_LEN || (segment.whole && usize::from(len) > segment.len()) {
        return Err(ParseError::Malformed(Malformed::UdpLength));
    }
    Ok(Header { len })
}
