// SPDX-License-Identifier: GPL-2.0-only

//! The headers of Generic UDP Encapsulation, that of UDP included.
//!
//! Sources: draft-ietf-intarea-gue section 3 (version 0 of the header), draft-herbert-remotecsumoffload (remote checksum
//! offload), `include/net/gue.h` (where Linux has flag and field of that: in the private ones).

use super::{
    chunk_at,
    ip::Version,
    put_word_at,
    udp,
    ParseError, //
};

/// Bytes of a header of GUE without fields.
const BASE_LEN: usize = 4;

/// Bytes of the private flags, and of the field of remote checksum offload.
const REMOTE_CHECKSUM_LEN: usize = 8;

/// The standard flag that says that there are private ones.
const PRIVATE_FLAGS: u16 = 1;

/// The upper half of the private flags, with that of remote checksum offload.
const REMOTE_CHECKSUM: u16 = 1 << 15;

/// A checksum that the end of the tunnel is to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RemoteChecksum {
    /// Where what it covers begins, from the beginning of the packet in the tunnel on.
    pub start: u16,
    /// Where it stands.
    pub field: u16,
}

/// Bytes of the headers.
#[inline]
pub const fn header_len(has_remote_checksum: bool) -> usize {
    let base = udp::HEADER_LEN + BASE_LEN;
    if has_remote_checksum {
        base + REMOTE_CHECKSUM_LEN
    } else {
        base
    }
}

/// Writes the headers of a packet of the version `I` that has `inner_len` bytes. The checksum of UDP is 0 still; the
/// length is where it does not fit, as in that of a packet that stands for several.
pub fn write<I: Version>(
    bytes: &mut [u8],
    inner_len: usize,
    src_port: u16,
    dst_port: u16,
    remote: Option<RemoteChecksum>,
) -> Result<(), ParseError> {
    let len = inner_len.saturating_add(header_len(remote.is_some()));
    put_word_at(bytes, 0, src_port)?;
    put_word_at(bytes, 2, dst_port)?;
    put_word_at(bytes, 4, u16::try_from(len).unwrap_or(0))?;
    put_word_at(bytes, 6, 0)?;

    // Version and control bit are 0, as are the words of fields.
    let words = if remote.is_some() {
        (REMOTE_CHECKSUM_LEN / 4) as u8
    } else {
        0
    };
    put_word_at(bytes, 8, u16::from_be_bytes([words, I::AS_PAYLOAD]))?;
    let Some(remote) = remote else {
        return put_word_at(bytes, 10, 0);
    };
    put_word_at(bytes, 10, PRIVATE_FLAGS)?;
    put_word_at(bytes, 12, REMOTE_CHECKSUM)?;
    put_word_at(bytes, 14, 0)?;
    put_word_at(bytes, 16, remote.start)?;
    put_word_at(bytes, 18, remote.field)
}

/// Reads the headers at `offset`: how many bytes they have, and to which port they are. Fields are passed over.
///
/// [`ParseError::Unsupported`] is another version, a control message, and anything but a packet of the version `I`.
pub fn parse<I: Version>(bytes: &[u8], offset: usize) -> Result<(usize, u16), ParseError> {
    let [_, _, d0, d1, _, _, _, _, first, payload, _, _]: [u8; udp::HEADER_LEN + BASE_LEN] =
        *chunk_at(bytes, offset)?;
    if first >> 5 != 0 || payload != I::AS_PAYLOAD {
        return Err(ParseError::Unsupported);
    }
    let fields = usize::from(first & 0x1f) * 4;
    let len = header_len(false).saturating_add(fields);
    Ok((len, u16::from_be_bytes([d0, d1])))
}
