// SPDX-License-Identifier: GPL-2.0-only

//! The list of options of a TCP header (RFC 9293 section 3.1).

use core::ops::Range;

use crate::logic::{
    nat::Segment,
    packet::{
        ip::Version,
        tcp,
        Malformed,
        ParseError, //
    },
};

/// The end of the list.
pub(super) const END: u8 = 0;
/// Padding.
pub(super) const NOTHING: u8 = 1;

/// Bytes of the longest list.
pub(super) const MAX_LEN: usize = 40;

/// What stands somewhere in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    /// A byte of padding.
    Nothing(usize),
    /// An option of this kind.
    Option(u8, Range<usize>),
    /// What no receiver reads: what follows the end of the list, with the byte that says so, or an option that is longer
    /// than the rest of the list, or shorter than its own length. It reaches to the end.
    Rest(Range<usize>),
}

impl Entry {
    /// Where the next entry begins.
    pub(super) fn end(&self) -> usize {
        match self {
            Self::Nothing(at) => at.saturating_add(1),
            Self::Option(_, range) | Self::Rest(range) => range.end,
        }
    }
}

/// The entry that begins at `at`; `None` at the end of the list.
#[inline]
pub(super) fn entry(list: &[u8], at: usize) -> Option<Entry> {
    let (kind, behind) = list.get(at..)?.split_first()?;
    match (*kind, behind.first()) {
        (NOTHING, _) => Some(Entry::Nothing(at)),
        (kind, Some(len)) if kind != END => {
            let end = at.saturating_add(usize::from(*len));
            if *len < 2 || end > list.len() {
                return Some(Entry::Rest(at..list.len()));
            }
            Some(Entry::Option(kind, at..end))
        }
        _ => Some(Entry::Rest(at..list.len())),
    }
}

/// Where the options of a segment are in its packet.
#[inline]
pub(super) fn range<V: Version>(segment: &Segment<V>) -> Result<Range<usize>, ParseError> {
    let malformed = ParseError::Malformed(Malformed::DataOffset);
    let len = segment
        .tcp
        .header_len
        .checked_sub(tcp::MIN_HEADER_LEN)
        .filter(|len| *len <= MAX_LEN && len % 4 == 0)
        .ok_or(malformed)?;
    let begin = segment
        .header
        .header_len
        .checked_add(tcp::MIN_HEADER_LEN)
        .ok_or(malformed)?;
    let end = begin.checked_add(len).ok_or(malformed)?;
    Ok(begin..end)
}

/// The options of a segment.
#[inline]
pub(super) fn of<'a, V: Version>(
    segment: &Segment<V>,
    packet: &'a [u8],
) -> Result<&'a [u8], ParseError> {
    let range = range(segment)?;
    let needed = range.end;
    packet.get(range).ok_or(ParseError::Short(needed))
}

/// The TCP header of a segment up to the end of its options, to be changed.
#[inline]
pub(super) fn header<'a, V: Version>(
    segment: &Segment<V>,
    packet: &'a mut [u8],
) -> Result<&'a mut [u8], ParseError> {
    let end = range(segment)?.end;
    packet
        .get_mut(segment.header.header_len..end)
        .ok_or(ParseError::Short(end))
}
