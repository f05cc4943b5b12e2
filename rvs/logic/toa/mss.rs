// SPDX-License-Identifier: GPL-2.0-only

//! The largest segment that an end takes (RFC 9293 section 3.7.1), made smaller by what is added to segments on their way.

use super::options::{
    self,
    Entry, //
};
use crate::logic::{
    csum::Delta,
    nat::Segment,
    packet::{
        chunk_at_mut,
        ip::Version,
        tcp,
        word_at,
        ParseError, //
    },
};

const KIND: u8 = 2;
const LEN: usize = 4;

/// No end is told less: packets of such segments have room on every link, and Linux sends no smaller ones (`TCP_MIN_MSS` in
/// `net/tcp.h`).
const LEAST: u16 = 88;

/// What is told in the place of `told`.
const fn lowered(told: u16, by: u16) -> u16 {
    let lower = told.saturating_sub(by);
    if lower >= LEAST {
        lower
    } else if told < LEAST {
        told
    } else {
        LEAST
    }
}

/// Where the next number is, from the entry at `at` on.
fn next(list: &[u8], mut at: usize) -> Option<usize> {
    while let Some(entry) = options::entry(list, at) {
        match &entry {
            Entry::Option(KIND, range) if range.len() == LEN => return Some(range.start),
            _ => at = entry.end(),
        }
    }
    None
}

/// Whether a segment tells of a size that [`lower_mss`] would make smaller: only SYNs do.
pub fn lowers_mss<V: Version>(
    segment: &Segment<V>,
    packet: &[u8],
    by: u16,
) -> Result<bool, ParseError> {
    let list = options::of(segment, packet)?;
    if !segment.tcp.flags.syn {
        return Ok(false);
    }
    let mut at = 0;
    while let Some(found) = next(list, at) {
        let told = word_at(list, found.saturating_add(2))?;
        if lowered(told, by) != told {
            return Ok(true);
        }
        at = found.saturating_add(LEN);
    }
    Ok(false)
}

/// Makes the size that a SYN tells of smaller by so many bytes, as often as it tells of one. A SYN without gets none: the
/// packets of who does not know a size have room (RFC 9293 section 3.7.1: 536 or 1220 bytes).
pub fn lower_mss<V: Version>(
    segment: &Segment<V>,
    packet: &mut [u8],
    by: u16,
) -> Result<(), ParseError> {
    let header = options::header(segment, packet)?;
    if !segment.tcp.flags.syn {
        return Ok(());
    }
    let needed = ParseError::Short(segment.headers_len());
    let (_, list) = header
        .split_at_mut_checked(tcp::MIN_HEADER_LEN)
        .ok_or(needed)?;
    let mut delta = Delta::new();
    let mut has_changed = false;
    let mut at = 0;
    while let Some(found) = next(list, at) {
        let offset = found.saturating_add(2);
        let field: &mut [u8; 2] = chunk_at_mut(list, offset)?;
        let old = u16::from_be_bytes(*field);
        let new = lowered(old, by);
        *field = new.to_be_bytes();
        has_changed |= new != old;
        // At an odd offset each byte is in the other half of its word (RFC 1071 section 2B).
        delta = if offset % 2 == 0 {
            delta.word(old, new)
        } else {
            delta.word(old.swap_bytes(), new.swap_bytes())
        };
        at = found.saturating_add(LEN);
    }
    // A checksum may be either form of zero (RFC 1624 section 3): that of a segment that stays as it is stays, too.
    if has_changed {
        segment.update(header, delta, Delta::new())?;
    }
    Ok(())
}
