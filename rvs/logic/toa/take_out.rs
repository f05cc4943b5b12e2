// SPDX-License-Identifier: GPL-2.0-only

//! Options that a client must not get through.
//!
//! They are overwritten, not removed: the packet keeps its length, nothing moves, no memory is needed, and so there is no
//! packet of which it could fail. What room they have had is there for [`super::Insertion`] where it needs it.

use super::{
    options::{
        self,
        Entry, //
    },
    Kind, //
};
use crate::logic::{
    csum::{
        self,
        Delta, //
    },
    nat::Segment,
    packet::{
        chunk_at,
        ip::Version,
        tcp,
        ParseError, //
    },
};

/// TCP Fast Open (RFC 7413 section 4.1.1).
const FAST_OPEN: u8 = 34;
/// As it was before it had a kind (RFC 7413 appendix B, RFC 6994): an experiment, with a number of two bytes.
const EXPERIMENT: u8 = 254;
const FAST_OPEN_EXPERIMENT: [u8; 2] = [0xf9, 0x89];

/// A timestamp alone, as it stands where it is aligned (RFC 7323 appendix A), and the bytes of the whole list then. No
/// [`Kind`] is that of a timestamp.
const TIMESTAMP: [u8; 4] = [1, 1, 8, 10];
const TIMESTAMP_LEN: usize = 12;
/// Those of the header.
const WITH_TIMESTAMP: usize = tcp::MIN_HEADER_LEN + TIMESTAMP_LEN;

/// What must not be there.
#[derive(Clone, Copy)]
struct Unwanted {
    kind: Kind,
    fast_open: bool,
}

impl Unwanted {
    fn of<V: Version>(segment: &Segment<V>, kind: Kind) -> Self {
        Self {
            kind,
            fast_open: segment.tcp.flags.syn,
        }
    }

    #[inline]
    fn is(self, kind: u8, option: &[u8]) -> bool {
        if kind == self.kind.number() {
            return true;
        }
        self.fast_open
            && match kind {
                FAST_OPEN => true,
                EXPERIMENT => option
                    .get(2..)
                    .is_some_and(|body| body.starts_with(&FAST_OPEN_EXPERIMENT)),
                _ => false,
            }
    }

    /// What `entry` of the list has to be overwritten by, if so.
    #[inline]
    fn replacement(self, list: &[u8], entry: &Entry) -> Option<u8> {
        match entry {
            Entry::Nothing(_) => None,
            Entry::Option(kind, range) => {
                let option = list.get(range.clone()).unwrap_or_default();
                self.is(*kind, option).then_some(options::NOTHING)
            }
            // Whoever reads on there must not find anything.
            Entry::Rest(range) => {
                let rest = list.get(range.clone()).unwrap_or_default();
                rest.iter()
                    .any(|byte| *byte != options::END)
                    .then_some(options::END)
            }
        }
    }
}

/// Whether a segment has no options, or those that most have: a timestamp alone, where it is aligned. Of any other one
/// [`is_clean`] tells.
#[inline(always)]
pub fn is_usual(ip_header_len: usize, tcp: &tcp::Header, packet: &[u8]) -> bool {
    let options = ip_header_len.saturating_add(tcp::MIN_HEADER_LEN);
    match tcp.header_len {
        tcp::MIN_HEADER_LEN => true,
        WITH_TIMESTAMP => chunk_at(packet, options).is_ok_and(|begin| *begin == TIMESTAMP),
        _ => false,
    }
}

/// Whether a segment of a client has nothing that [`take_out`] would overwrite.
#[inline]
pub fn is_clean<V: Version>(
    segment: &Segment<V>,
    packet: &[u8],
    kind: Kind,
) -> Result<bool, ParseError> {
    let list = options::of(segment, packet)?;
    // What most segments have.
    if list.is_empty() || (list.len() == TIMESTAMP_LEN && list.starts_with(&TIMESTAMP)) {
        return Ok(true);
    }
    Ok(is_clean_list(Unwanted::of(segment, kind), list))
}

#[inline(never)]
fn is_clean_list(unwanted: Unwanted, list: &[u8]) -> bool {
    let mut at = 0;
    while let Some(entry) = options::entry(list, at) {
        if unwanted.replacement(list, &entry).is_some() {
            return false;
        }
        at = entry.end();
    }
    true
}

/// Overwrites all options of this kind, whatever their length, in a SYN those of TCP Fast Open as well, and what stands where
/// no receiver should read: behind the end of the list, or from an option on whose length cannot be. Returns whether there
/// was anything.
#[inline(never)]
pub fn take_out<V: Version>(
    segment: &Segment<V>,
    packet: &mut [u8],
    kind: Kind,
) -> Result<bool, ParseError> {
    let unwanted = Unwanted::of(segment, kind);
    let header = options::header(segment, packet)?;
    let needed = ParseError::Short(segment.headers_len());
    let (_, list) = header
        .split_at_mut_checked(tcp::MIN_HEADER_LEN)
        .ok_or(needed)?;
    let old = csum::sum(list);
    let mut was_there = false;
    let mut at = 0;
    while let Some(entry) = options::entry(list, at) {
        let end = entry.end();
        if let Some(replacement) = unwanted.replacement(list, &entry) {
            was_there = true;
            if let Some(bytes) = list.get_mut(at..end) {
                bytes.fill(replacement);
            }
        }
        at = end;
    }
    if was_there {
        let delta = Delta::new().word(old, csum::sum(list));
        segment.update(header, delta, Delta::new())?;
    }
    Ok(was_there)
}
