// SPDX-License-Identifier: GPL-2.0-only

//! Which call a message of SIP is of, as phones and proxies write it, and as nobody should.

use proptest::prelude::*;
use rvs_logic::logic::sip::{
    call_id,
    MAX_CALL_ID, //
};

fn message(fields: &str) -> String {
    format!("REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\n{fields}\r\nCSeq: 1 REGISTER\r\n\r\n")
}

fn found(fields: &str) -> Option<String> {
    call_id(message(fields).as_bytes()).map(str::to_owned)
}

#[test]
fn fields_as_they_are_written() {
    // RFC 3261 sections 7.3.1 and 20.8, RFC 4475 section 3.1.1.1.
    for fields in [
        "Call-ID: a84b4c76e66710@pc33.atlanta.com",
        "call-id:a84b4c76e66710@pc33.atlanta.com",
        "CALL-ID  :  a84b4c76e66710@pc33.atlanta.com",
        "Call-ID\t:\ta84b4c76e66710@pc33.atlanta.com",
        "Call-ID:\r\n a84b4c76e66710@pc33.atlanta.com",
        "i: a84b4c76e66710@pc33.atlanta.com",
        "I:a84b4c76e66710@pc33.atlanta.com",
        "Call-ID: a84b4c76e66710@pc33.atlanta.com ",
        "Subject: no\r\n Call-ID: other\r\nCall-ID: a84b4c76e66710@pc33.atlanta.com",
        "In-Reply-To: other\r\nCall-ID: a84b4c76e66710@pc33.atlanta.com\r\nCall-ID: second",
    ] {
        assert_eq!(
            found(fields).as_deref(),
            Some("a84b4c76e66710@pc33.atlanta.com"),
            "{fields}"
        );
    }
    assert_eq!(
        found("i: f81d4fae-7dec-11d0-a765-00a0c91e6bf6").as_deref(),
        Some("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
    );
    // Of `word` and nothing else (RFC 4475).
    let strange = "{\"~`%<>(:'+?_[].*-!/\\}@x";
    assert_eq!(
        found(&format!("Call-ID: {strange}")).as_deref(),
        Some(strange)
    );
    // CR or LF alone (RFC 2543).
    for end in ["\r", "\n"] {
        let text = message("Call-ID: one").replace("\r\n", end);
        assert_eq!(call_id(text.as_bytes()), Some("one"));
    }
}

#[test]
fn fields_that_are_none() {
    for fields in [
        "Subject: Call-ID: one",
        "Call-IDs: one",
        "Call-ID one",
        "Call-ID:",
        "Call-ID: @one",
        "Call-ID: one@",
        "Call-ID: one two",
        "Call-ID: one@two@three",
        "Call-ID: one;two",
        "Call-ID: on\u{e9}",
        "Info: one",
        "\r\nCall-ID: one",
    ] {
        assert_eq!(found(fields), None, "{fields}");
    }
    // The first line is none, what has no end may go on.
    assert_eq!(call_id(b"Call-ID: one\r\n\r\n"), None);
    assert_eq!(call_id(b"REGISTER\r\nCall-ID: one"), None);
    assert_eq!(call_id(b""), None);
}

#[test]
fn long_ones() {
    let longest = "x".repeat(MAX_CALL_ID);
    assert_eq!(found(&format!("Call-ID: {longest}")), Some(longest.clone()));
    assert_eq!(found(&format!("Call-ID: {longest}x")), None);
}

proptest! {
    #[test]
    fn whatever_comes_is_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Some(id) = call_id(&bytes) {
            prop_assert!(!id.is_empty() && id.len() <= MAX_CALL_ID);
            prop_assert!(bytes.windows(id.len()).any(|window| window == id.as_bytes()));
        }
    }

    /// With a byte changed, and with as many bytes as have come.
    #[test]
    fn damaged_messages(at in any::<prop::sample::Index>(), byte: u8, len in any::<prop::sample::Index>()) {
        let mut bytes = message("Max-Forwards: 70\r\nCall-ID: one@two").into_bytes();
        let whole = call_id(&bytes).map(str::to_owned);
        let short = &bytes[..len.index(bytes.len())];
        prop_assert!(call_id(short).is_none_or(|id| Some(id) == whole.as_deref()));
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Some(id) = call_id(&bytes) {
            prop_assert!(id.len() <= MAX_CALL_ID);
        }
    }
}
