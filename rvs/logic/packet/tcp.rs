// SPDX-License-Identifier: GPL-2.0-only

//! The TCP header (RFC 9293 section 3.1).

use super::{
    Malformed,
    ParseError,
    Segment, //
};

/// Bytes of a header without options.
pub const MIN_HEADER_LEN: usize = 20;

/// Where the checksum stands in the header.
pub const CHECKSUM_OFFSET: usize = 16;

/// The control bits that move a connection from one state to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TcpFlags {
    /// Synchronize sequence numbers.
    pub syn: bool,
    /// The acknowledgment field is significant.
    pub ack: bool,
    /// No more data from the sender.
    pub fin: bool,
    /// Reset the connection.
    pub rst: bool,
}

/// What of a TCP header concerns a layer-4 load balancer, but for its ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Bytes of the header with its options, 20 to 60.
    pub header_len: usize,
    /// The control bits.
    pub flags: TcpFlags,
}

/// Reads the TCP header of `segment`.
#[inline(always)]
pub fn parse(segment: Segment, bytes: &[u8]) -> Result<Header, ParseError> {
    let fixed: &[u8; MIN_HEADER_LEN] = segment.header(bytes)?;
    let [_, _, _, _, _, _, _, _, _, _, _, _, data_offset, flags, ..] = *fixed;

    let header_len = usize::from(data_offset >> 4) * 4;
    if header_len < MIN_HEADER_LEN || (segment.whole && header_len > segment.len()) {
        return Err(ParseError::Malformed(Malformed::DataOffset));
    }
    Ok(Header {
        header_len,
        flags: TcpFlags {
            fin: flags & 0x01 != 0,
            syn: flags & 0x02 != 0,
            rst: flags & 0x04 != 0,
            ack: flags & 0x10 != 0,
        },
    })
}

/// Whether a header may be that of a first segment: SYN alone of the flags that matter. Where the bytes
/// are of something else the answer means nothing.
#[inline(always)]
pub fn may_begin(header: &[u8]) -> bool {
    header.get(13).is_some_and(|flags| flags & 0x17 == 0x02)
}
