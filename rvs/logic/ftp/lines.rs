// SPDX-License-Identifier: GPL-2.0-only

//! Lines of a control connection.

/// Whole lines of a payload, each with where it begins, without its end. One that the payload does not end is
/// none.
pub(super) fn lines(payload: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut begin = 0usize;
    core::iter::from_fn(move || {
        let rest = payload.get(begin..)?;
        let len = rest.iter().position(|byte| *byte == b'\n')?;
        let line = rest.get(..len)?;
        let at = begin;
        begin = begin.checked_add(len)?.checked_add(1)?;
        Some((at, line.strip_suffix(b"\r").unwrap_or(line)))
    })
}

/// Lines that are replies by themselves. Of replies of several lines, which begin with a code and a hyphen and end
/// with the same code and a blank, there are none: what they have in their middle may be the name of a file
/// (RFC 959 section 4.2).
pub(super) fn single_replies(payload: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut open: Option<[u8; 3]> = None;
    lines(payload).filter(move |(_, line)| {
        let Some((code, rest)) = line.split_first_chunk::<3>() else {
            return false;
        };
        match (open, rest.first()) {
            (Some(begun), Some(b' ')) if begun == *code => {
                open = None;
                false
            }
            (Some(_), _) => false,
            (None, Some(b'-')) if code.iter().all(u8::is_ascii_digit) => {
                open = Some(*code);
                false
            }
            (None, _) => true,
        }
    })
}

/// What a line has behind its first word, if that is `word`, in letters of either case, and one blank or more.
pub(super) fn behind<'l>(line: &'l [u8], word: &[u8]) -> Option<(usize, &'l [u8])> {
    let (first, rest) = line.split_at_checked(word.len())?;
    if !first.eq_ignore_ascii_case(word) {
        return None;
    }
    let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
    if blanks == 0 {
        return None;
    }
    Some((word.len().checked_add(blanks)?, rest.get(blanks..)?))
}
