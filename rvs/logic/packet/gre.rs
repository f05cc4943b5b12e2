// SPDX-License-Identifier: GPL-2.0-only

//! The header of Generic Routing Encapsulation.
//!
//! Sources: RFC 2784 section 2 (the header), RFC 2890 (key and sequence number, which tunnels to real servers have not).

use super::{
    chunk_at,
    ip::Version,
    put_word_at,
    ParseError, //
};

/// IANA number of GRE in the IP header.
pub const PROTOCOL: u8 = 47;

/// Bytes of a header without a checksum.
pub const MIN_HEADER_LEN: usize = 4;

/// The bit that says that there is a checksum, and the reserved word behind it.
const CHECKSUM: u16 = 1 << 15;

/// Bytes of a header.
#[inline]
pub const fn header_len(has_checksum: bool) -> usize {
    if has_checksum {
        MIN_HEADER_LEN + 4
    } else {
        MIN_HEADER_LEN
    }
}

/// Writes the header of a packet of the version `I`. Its checksum, where it has one, is 0 still.
pub fn write<I: Version>(bytes: &mut [u8], has_checksum: bool) -> Result<(), ParseError> {
    put_word_at(bytes, 0, if has_checksum { CHECKSUM } else { 0 })?;
    put_word_at(bytes, 2, I::ETHERNET_TYPE)?;
    if has_checksum {
        put_word_at(bytes, 4, 0)?;
        put_word_at(bytes, 6, 0)?;
    }
    Ok(())
}

/// Reads the header at `offset`, and returns how many bytes it has.
///
/// [`ParseError::Unsupported`] is one with more than a checksum, and one of anything but a packet of the version `I`.
pub fn parse<I: Version>(bytes: &[u8], offset: usize) -> Result<usize, ParseError> {
    let [f0, f1, p0, p1]: [u8; MIN_HEADER_LEN] = *chunk_at(bytes, offset)?;
    let has_checksum = match u16::from_be_bytes([f0, f1]) {
        0 => false,
        CHECKSUM => true,
        _ => return Err(ParseError::Unsupported),
    };
    if u16::from_be_bytes([p0, p1]) != I::ETHERNET_TYPE {
        return Err(ParseError::Unsupported);
    }
    Ok(header_len(has_checksum))
}
