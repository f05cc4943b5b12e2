// SPDX-License-Identifier: GPL-2.0-only

//! Messages of SIP (RFC 3261): the header field that names a call.

/// Bytes of the longest Call-ID that is one here, as with IPVS (`IP_VS_PEDATA_MAXLEN`).
pub const MAX_CALL_ID: usize = 255;

/// The field, and its compact form (RFC 3261 section 7.3.3).
const NAME: &[u8] = b"Call-ID";
const COMPACT_NAME: &[u8] = b"i";

/// Finds the Call-ID of a message, of which `message` is the beginning. None where the field is not in it whole, or is not
/// what the grammar says.
pub fn call_id(message: &[u8]) -> Option<&str> {
    // The first line is no field.
    let mut rest = behind_line(message)?;
    loop {
        // What is behind an empty line is not of the header.
        if matches!(rest.first()?, b'\r' | b'\n') {
            return None;
        }
        if let Some(value) = value(rest) {
            return id(value);
        }
        rest = behind_line(rest)?;
    }
}

/// What is behind the end of a line: CR, LF or both (RFC 2543 section 6.6).
fn behind_line(text: &[u8]) -> Option<&[u8]> {
    let len = text.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
    let end = text.get(len..)?;
    end.strip_prefix(b"\r\n").or_else(|| end.get(1..))
}

/// What the field has behind its colon and blanks, if the line is of that field.
fn value(line: &[u8]) -> Option<&[u8]> {
    let behind = without(line, NAME).or_else(|| without(line, COMPACT_NAME))?;
    Some(behind_blanks(behind_blanks(behind).strip_prefix(b":")?))
}

/// What is behind a name in letters of either case.
fn without<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let (first, rest) = line.split_at_checked(name.len())?;
    first.eq_ignore_ascii_case(name).then_some(rest)
}

/// What is behind blanks, of which one may be at the beginning of the next line.
fn behind_blanks(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let skip = |text: &'_ [u8]| text.iter().take_while(|byte| is_blank(byte)).count();
    let rest = text.get(skip(text)..).unwrap_or_default();
    match behind_line(rest) {
        Some(next)
            if matches!(rest.first(), Some(b'\r' | b'\n'))
                && next.first().is_some_and(is_blank) =>
        {
            next.get(skip(next)..).unwrap_or_default()
        }
        _ => rest,
    }
}

/// The identifier at the beginning of a text, behind which the line ends: a word, or two with an at sign between.
fn id(text: &[u8]) -> Option<&str> {
    let first = word_len(text);
    let len = match text.get(first..)?.strip_prefix(b"@") {
        Some(rest) => match word_len(rest) {
            0 => return None,
            second => first.checked_add(1)?.checked_add(second)?,
        },
        None => first,
    };
    let (id, rest) = text.split_at_checked(len)?;
    let is_whole = matches!(behind_blanks(rest).first(), Some(b'\r' | b'\n'));
    if first == 0 || len > MAX_CALL_ID || !is_whole {
        return None;
    }
    // Words are of ASCII.
    core::str::from_utf8(id).ok()
}

fn word_len(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_of_word(**byte)).count()
}

/// `word` of the grammar (RFC 3261 section 25.1).
const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'!'
                | b'%'
                | b'*'
                | b'_'
                | b'+'
                | b'`'
                | b'\''
                | b'~'
                | b'('
                | b')'
                | b'<'
                | b'>'
                | b':'
                | b'\\'
                | b'"'
                | b'/'
                | b'['
                | b']'
                | b'?'
                | b'{'
                | b'}'
        )
}
