// SPDX-License-Identifier: GPL-2.0-only

//! The SCTP header and the chunks by which an association begins and ends (RFC 9260 section 3).

use super::{
    chunk_at,
    ParseError,
    Segment, //
};

/// Bytes of the common header.
pub const HEADER_LEN: usize = 12;

/// Where the checksum stands in the header (CRC32c, least significant byte first).
pub const CHECKSUM_OFFSET: usize = 8;

/// Bytes of the header of a chunk.
const CHUNK_HEADER_LEN: usize = 4;

/// Bytes up to the end of the header of the first chunk.
pub const FIRST_CHUNK_END: usize = HEADER_LEN + CHUNK_HEADER_LEN;

/// What a packet means to an association.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Event {
    /// Data, their acknowledgment, or anything that changes nothing.
    Data,
    /// An end wants to begin.
    Init,
    /// The other end answers with a cookie.
    InitAck,
    /// The cookie comes back.
    CookieEcho,
    /// It is the right one.
    CookieAck,
    /// An end wants to end.
    Shutdown,
    /// The other end agrees.
    ShutdownAck,
    /// It is over.
    ShutdownComplete,
    /// Something is wrong.
    Error,
    /// It is over at once.
    Abort,
}

impl Event {
    /// That of a chunk of this type.
    const fn of_chunk(chunk: u8) -> Self {
        match chunk {
            1 => Self::Init,
            2 => Self::InitAck,
            6 => Self::Abort,
            7 => Self::Shutdown,
            8 => Self::ShutdownAck,
            9 => Self::Error,
            10 => Self::CookieEcho,
            11 => Self::CookieAck,
            14 => Self::ShutdownComplete,
            _ => Self::Data,
        }
    }
}

/// Reads what the packet of `segment` means: what its first chunk does, unless that may be followed by an ABORT (as
/// IPVS does, `set_sctp_state()`).
// Apart, as most packets are of other protocols.
#[inline(never)]
pub fn parse(segment: Segment, bytes: &[u8]) -> Result<Event, ParseError> {
    let fixed: &[u8; FIRST_CHUNK_END] = segment.header(bytes)?;
    let [.., chunk, _, len0, len1] = *fixed;
    let event = Event::of_chunk(chunk);
    let len = usize::from(u16::from_be_bytes([len0, len1]));
    if !matches!(event, Event::CookieEcho | Event::CookieAck) || len < CHUNK_HEADER_LEN {
        return Ok(event);
    }
    // Chunks begin at multiples of four bytes.
    let second = HEADER_LEN.saturating_add(len).saturating_add(3) & !3;
    if segment.len() < second.saturating_add(CHUNK_HEADER_LEN) {
        return Ok(event);
    }
    let [second, ..] = *chunk_at::<CHUNK_HEADER_LEN>(bytes, segment.offset.saturating_add(second))?;
    Ok(match Event::of_chunk(second) {
        Event::Abort => Event::Abort,
        _ => event,
    })
}
