// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors: their parser, and their translation, outside and inside.

use rvs_logic::logic::{
    nat::{
        rewrite_icmp_error,
        ChecksumState,
        End, //
    },
    packet::{
        icmp,
        ip::V4,
        ipv4,
        ParseError, //
    }, //
};

use crate::input::{
    checksum,
    step_by_step,
    Input, //
};

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let (to, state) = (input.endpoint(), input.checksum_state());
    let end = if input.flag() {
        End::Source
    } else {
        End::Destination
    };
    let bytes = input.rest();
    let _ = step_by_step(bytes, later_fragment);
    let Ok(error) = step_by_step(bytes, parse) else {
        return;
    };
    let header = ipv4::parse(bytes).expect("it was read already");
    assert!(error.writable_len <= bytes.len());
    assert!(
        error.writable_len <= header.total_len,
        "beyond the end of the packet"
    );
    assert_eq!(error.icmp_offset, header.header_len);
    assert_eq!(error.embedded_offset, header.header_len + 8);
    assert!(error.transport_offset >= error.embedded_offset + 20);
    assert!(error
        .transport_checksum_offset
        .is_none_or(|at| at + 2 <= error.writable_len));

    let mut changed = bytes.to_vec();
    if rewrite_icmp_error(&mut changed, &error, end, to, state).is_err() {
        assert_eq!(changed, bytes, "what fails changes nothing");
        return;
    }
    assert_eq!(changed[error.writable_len..], bytes[error.writable_len..]);
    let again = parse(&changed).expect("it is still an error");
    let other = error.tuple.reversed();
    // Inside stands the packet that the other side knows.
    let expected = match end {
        End::Source => (error.tuple.src(), to),
        End::Destination => (to, other.src()),
    };
    assert_eq!((again.tuple.src(), again.tuple.dst()), expected);
    let outer = ..header.header_len;
    assert_eq!(checksum(&bytes[outer]) == 0, checksum(&changed[outer]) == 0);
    let inner = error.embedded_offset..error.transport_offset;
    assert_eq!(
        checksum(&bytes[inner.clone()]) == 0,
        checksum(&changed[inner]) == 0
    );
    if state == ChecksumState::Complete && bytes.len() >= header.total_len {
        let message = error.icmp_offset..header.total_len;
        assert_eq!(
            checksum(&bytes[message.clone()]) == 0,
            checksum(&changed[message]) == 0
        );
    }
}

fn parse(bytes: &[u8]) -> Result<icmp::Error<V4>, ParseError> {
    icmp::parse(&ipv4::parse(bytes)?, bytes)
}

fn later_fragment(bytes: &[u8]) -> Result<ipv4::Header, ParseError> {
    icmp::parse_later_fragment(&ipv4::parse(bytes)?, bytes)
}
