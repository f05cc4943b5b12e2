// SPDX-License-Identifier: GPL-2.0-only

//! Streams of TCP in which text is replaced by one of another length.

use core::ops::Range;

use super::ChecksumState;

use crate::logic::{
    csum::{
        self,
        Delta, //
    },
    packet::{
        chunk_at,
        chunk_at_mut,
        ip::{
            Header,
            Version, //
        },
        put_word_at,
        tcp,
        word_at,
        Malformed,
        ParseError, //
    },
    sequence::Shift,
};

const SEQUENCE_OFFSET: usize = 4;
const ACKNOWLEDGMENT_OFFSET: usize = 8;

/// Kinds of options (RFC 9293 section 3.1, RFC 2018 section 3).
const END: u8 = 0;
const NOTHING: u8 = 1;
const SACK: u8 = 5;

/// A segment in a packet.
#[derive(Clone, Copy, Debug)]
pub struct Segment<V: Version> {
    /// Its IP header.
    pub header: Header<V>,
    /// Its TCP header.
    pub tcp: tcp::Header,
    /// What its checksum holds.
    pub checksum: ChecksumState,
}

impl<V: Version> Segment<V> {
    /// The number of the first byte of its payload, or of its SYN.
    pub fn sequence(&self, packet: &[u8]) -> Result<u32, ParseError> {
        let offset = self.header.header_len.saturating_add(SEQUENCE_OFFSET);
        chunk_at(packet, offset).map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// The number of the next byte of the other direction that its sender waits for, where it says so.
    pub fn acknowledgment(&self, packet: &[u8]) -> Result<u32, ParseError> {
        let offset = self.header.header_len.saturating_add(ACKNOWLEDGMENT_OFFSET);
        chunk_at(packet, offset).map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// Where its payload is in the packet.
    pub fn payload(&self) -> Range<usize> {
        let begin = self.header.header_len.saturating_add(self.tcp.header_len);
        begin.min(self.header.total_len)..self.header.total_len
    }

    /// Bytes up to the end of its TCP header.
    pub fn headers_len(&self) -> usize {
        self.payload().start
    }

    /// Moves its numbers: its own ones `forth`, and those of the other direction, which it acknowledges, `back`. The
    /// packet has to have its headers; nothing changes when it has not.
    pub fn renumber(
        &self,
        packet: &mut [u8],
        forth: &Shift,
        back: &Shift,
    ) -> Result<(), ParseError> {
        let len = self.headers_len();
        let headers = packet.get_mut(..len).ok_or(ParseError::Short(len))?;
        let segment = headers
            .get_mut(self.header.header_len..)
            .filter(|segment| segment.len() >= tcp::MIN_HEADER_LEN)
            .ok_or(ParseError::Malformed(Malformed::DataOffset))?;
        let mut delta = replace(segment, SEQUENCE_OFFSET, |number| forth.forth(number))?;
        if self.tcp.flags.ack {
            delta = delta
                .and(replace(segment, ACKNOWLEDGMENT_OFFSET, |number| {
                    back.back(number)
                })?)
                .and(renumber_blocks(segment, back)?);
        }
        self.update(segment, delta, Delta::new())
    }

    /// Puts `text` in the place of what stands in `place` of the payload. `packet` has room behind the end of the
    /// packet for what it gets longer by, and has it whole. Returns its new length. Nothing changes on failure.
    pub fn replace_text(
        &self,
        packet: &mut [u8],
        place: Range<usize>,
        text: &[u8],
    ) -> Result<usize, ParseError> {
        let malformed = ParseError::Malformed(Malformed::TotalLength);
        let payload = self.payload();
        let old_end = payload.end;
        let begin = payload.start.checked_add(place.start).ok_or(malformed)?;
        let end = payload.start.checked_add(place.end).ok_or(malformed)?;
        let least = self.header.header_len.saturating_add(tcp::MIN_HEADER_LEN);
        if begin > end || end > old_end || payload.start < least {
            return Err(malformed);
        }
        let text_end = begin.checked_add(text.len()).ok_or(malformed)?;
        let new_end = old_end
            .wrapping_sub(end)
            .checked_add(text_end)
            .filter(|len| *len <= usize::from(u16::MAX))
            .ok_or(malformed)?;
        let needed = old_end.max(new_end);
        let packet = packet.get_mut(..needed).ok_or(ParseError::Short(needed))?;

        // From an even offset of the segment on, which begins at a multiple of four.
        let from = begin & !1;
        let old_sum = csum::sum(packet.get(from..old_end).unwrap_or_default());
        packet.copy_within(end..old_end, text_end);
        if let Some(place) = packet.get_mut(begin..text_end) {
            place.copy_from_slice(text);
        }
        let new_sum = csum::sum(packet.get(from..new_end).unwrap_or_default());

        let segment_len = |end: usize| end.wrapping_sub(self.header.header_len) as u16;
        let pseudo_header = Delta::new().word(segment_len(old_end), segment_len(new_end));
        let (header, segment) = packet
            .split_at_mut_checked(self.header.header_len)
            .ok_or(malformed)?;
        self.update(segment, Delta::new().word(old_sum, new_sum), pseudo_header)?;
        V::set_total_len(header, new_end as u16)?;
        Ok(new_end)
    }

    /// Brings the checksum up to date for what has changed in the segment and in its pseudo header.
    pub(in crate::logic) fn update(
        &self,
        segment: &mut [u8],
        in_segment: Delta,
        in_pseudo_header: Delta,
    ) -> Result<(), ParseError> {
        let old = word_at(segment, tcp::CHECKSUM_OFFSET)?;
        let new = match self.checksum {
            ChecksumState::Complete => in_segment.and(in_pseudo_header).apply(old),
            ChecksumState::Partial => in_pseudo_header.apply_partial(old),
        };
        put_word_at(segment, tcp::CHECKSUM_OFFSET, new)
    }
}

/// Replaces a number of four bytes, wherever it stands.
fn replace(
    segment: &mut [u8],
    offset: usize,
    change: impl FnOnce(u32) -> u32,
) -> Result<Delta, ParseError> {
    let place: &mut [u8; 4] = chunk_at_mut(segment, offset)?;
    let old = u32::from_be_bytes(*place);
    let new = change(old);
    *place = new.to_be_bytes();
    // At an odd offset each byte is in the other half of its word (RFC 1071 section 2B).
    let turned = |number: u32| {
        if offset & 1 == 0 {
            number
        } else {
            number.rotate_left(8)
        }
    };
    Ok(Delta::new().double_word(turned(old), turned(new)))
}

/// Moves both ends of each block of selective acknowledgments.
fn renumber_blocks(segment: &mut [u8], back: &Shift) -> Result<Delta, ParseError> {
    let mut delta = Delta::new();
    let mut at = tcp::MIN_HEADER_LEN;
    while let Some(kind) = segment.get(at).copied() {
        match kind {
            END => break,
            NOTHING => {
                at = at.saturating_add(1);
                continue;
            }
            _ => {}
        }
        let len = usize::from(segment.get(at.saturating_add(1)).copied().unwrap_or(0));
        let end = at.saturating_add(len);
        if len < 2 || end > segment.len() {
            break;
        }
        if kind == SACK {
            let mut number = at.saturating_add(2);
            while number.saturating_add(4) <= end {
                delta = delta.and(replace(segment, number, |number| back.back(number))?);
                number = number.saturating_add(4);
            }
        }
        at = end;
    }
    Ok(delta)
}
