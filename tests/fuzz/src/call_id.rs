// SPDX-License-Identifier: GPL-2.0-only

//! The Call-ID of a message of SIP: what is found is one by the grammar of RFC 3261, in the header, and one that was put there
//! is found.

use rvs_logic::logic::sip::{
    call_id,
    MAX_CALL_ID, //
};

use crate::input::Input;

pub(crate) fn any_bytes(data: &[u8]) {
    found(data);
    put(&mut Input::new(data));
}

fn found(message: &[u8]) {
    let Some(id) = call_id(message) else {
        return;
    };
    assert!((1..=MAX_CALL_ID).contains(&id.len()));
    assert!(id.split('@').count() <= 2);
    assert!(id.split('@').all(is_word), "{id}");
    let begin = id.as_ptr() as usize - message.as_ptr() as usize;
    assert_eq!(&message[begin..begin + id.len()], id.as_bytes());
    let before = with_line_feeds(&message[..begin]);
    assert!(before.contains('\n'), "the first line is no field");
    assert!(!before.contains("\n\n"), "the header was over");
    let name = before
        .trim_end()
        .strip_suffix(':')
        .expect("a colon is before");
    let name = name.trim_end().rsplit('\n').next().unwrap_or_default();
    let is_name = |other: &str| name.eq_ignore_ascii_case(other);
    assert!(is_name("Call-ID") || is_name("i"), "{name:?}");
    let behind = with_line_feeds(&message[begin + id.len()..]);
    assert!(behind.trim_start_matches([' ', '\t']).starts_with('\n'));
    // Of less of the message nobody reads another one.
    for len in 0..message.len() {
        if let Some(other) = call_id(&message[..len]) {
            assert_eq!(other, id);
        }
    }
}

/// A text of the same bytes, with one kind of ends of lines (RFC 2543 section 6.6).
fn with_line_feeds(bytes: &[u8]) -> String {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn is_word(text: &str) -> bool {
    let others = "-.!%*_+`'~()<>:\\\"/[]?{}";
    let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || others.contains(letter);
    !text.is_empty() && text.chars().all(is_of_word)
}

/// A message with other fields, and one that names the call.
fn put(input: &mut Input<'_>) {
    let shape = input.byte();
    let line_end = ["\r\n", "\n", "\r"][usize::from(shape & 3) % 3];
    let name = ["Call-ID", "i", "CALL-id", "I"][usize::from(shape >> 2 & 3)];
    let blanks = ["", " ", "\t ", "  "][usize::from(shape >> 4 & 3)];
    let fields = usize::from(shape >> 6);
    let id_len = usize::from(input.byte()) + 1;
    let letters: Vec<u8> = input
        .rest()
        .iter()
        .map(|byte| b"abcdefghijklmnopqrstuvwxyz0123456789.-"[usize::from(*byte) % 38])
        .collect();
    let letters = String::from_utf8(letters).expect("of ASCII");
    let id = &letters[..id_len.min(letters.len())];
    let mut message = format!("INVITE sip:{letters} SIP/2.0{line_end}");
    for number in 0..fields {
        message += &format!("x{letters}: {number}{line_end}");
    }
    message += &format!("{name}{blanks}:{blanks}{id}{blanks}{line_end}");
    let expected = (1..=MAX_CALL_ID).contains(&id.len()).then_some(id);
    assert_eq!(call_id(message.as_bytes()), expected);
    // What is behind it does not count, nor is a body looked at.
    message += &format!("Call-ID: other{line_end}{line_end}i: body{line_end}");
    assert_eq!(call_id(message.as_bytes()), expected);
}
