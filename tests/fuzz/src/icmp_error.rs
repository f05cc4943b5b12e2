// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors of either version of IP: their parser, and their translation, outside and inside.

use std::ops::Range;

use rvs_logic::logic::{
    addr::Endpoint,
    nat::{
        lower_mtu,
        rewrite_icmp_error,
        ChecksumState,
        End,
        Rewrite,
        WithoutRoom, //
    },
    packet::{
        icmp,
        ip::{
            Fragment,
            Header,
            V4,
            V6, //
        },
        ParseError, //
    },
    protocol::Protocol, //
};

use crate::{
    input::{
        checksum,
        step_by_step,
        Input, //
    },
    layout::{
        header_is_right,
        is_right,
        same_but_zeros,
        whole_end,
        Layout, //
    }, //
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
    of::<V4>(bytes, to, state, end);
    of::<V6>(bytes, to, state, end);
    smaller_mtu::<V4>(bytes, to.port.into(), state);
    smaller_mtu::<V6>(bytes, to.port.into(), state);
    let both = Rewrite {
        source: input.endpoint_beside(to),
        destination: to,
    };
    both_ends::<V4>(bytes, both, state);
    both_ends::<V6>(bytes, both, state);
}

/// The translation of both ends is that of one after the other, or none.
fn both_ends<V: Layout>(bytes: &[u8], both: Rewrite, state: ChecksumState) {
    let Ok(error) = parse::<V>(bytes) else {
        return;
    };
    let mut expected = bytes.to_vec();
    let steps = [
        (End::Source, both.source),
        (End::Destination, both.destination),
    ];
    let is_possible = steps
        .into_iter()
        .all(|(end, to)| rewrite_icmp_error(&mut expected, &error, end, to, state).is_ok());
    let mut changed = bytes.to_vec();
    let result = both.apply_to_error(&mut changed, &error, state);
    assert_eq!(result.is_ok(), is_possible);
    if is_possible {
        assert_eq!(changed, expected);
    } else {
        assert_eq!(changed, bytes, "what fails changes nothing");
    }
}

fn of<V: Layout>(bytes: &[u8], to: Endpoint, state: ChecksumState, end: End) {
    let _ = step_by_step(bytes, later_fragment::<V>);
    let Ok(error) = step_by_step(bytes, parse::<V>) else {
        return;
    };
    let header = V::parse(bytes, 0).expect("it was read already");
    assert!(error.writable_len <= bytes.len());
    assert!(
        error.writable_len <= header.total_len,
        "beyond the end of the packet"
    );
    assert_eq!(error.icmp_offset, header.header_len);
    assert_eq!(error.embedded_offset, header.header_len + 8);
    assert!(error.transport_offset >= error.embedded_offset + V::MIN_HEADER_LEN);
    assert!(error.transport_checksum_offset.is_none_or(|at| at
        + error.tuple.protocol.checksum_kind().field_len()
        <= error.writable_len));

    let mut changed = bytes.to_vec();
    if rewrite_icmp_error(&mut changed, &error, end, to, state).is_err() {
        assert_eq!(changed, bytes, "what fails changes nothing");
        return;
    }
    assert_eq!(changed[error.writable_len..], bytes[error.writable_len..]);
    let again = parse::<V>(&changed).expect("it is still an error");
    let other = error.tuple.reversed();
    // Packets of IPsec have no ports, and keep those of their key exchange.
    let to = Endpoint {
        port: if error.has_ports { to.port } else { 500 },
        ..to
    };
    // Inside stands the packet that the other side knows.
    let expected = match end {
        End::Source => (error.tuple.src(), to),
        End::Destination => (to, other.src()),
    };
    assert_eq!((again.tuple.src(), again.tuple.dst()), expected);
    assert_eq!(
        (again.error_type, again.code),
        (error.error_type, error.code)
    );
    same_right(bytes, &changed, &header, &error, state);
    back(bytes, &changed, &header, &error, end, state);
}

/// An error that tells of a smaller MTU says so, is as right as it was, and the same in all else.
fn smaller_mtu<V: Layout>(bytes: &[u8], by: u32, state: ChecksumState) {
    let Ok(error) = parse::<V>(bytes) else {
        return;
    };
    let header = V::parse(bytes, 0).expect("it was read already");
    let told = |packet: &[u8]| {
        let at = error.icmp_offset + 4;
        let word = packet[at..at + 4].try_into().expect("four bytes");
        V::reported_mtu(error.error_type, error.code, u32::from_be_bytes(word))
    };
    let lowered = |without_room| {
        let mut changed = bytes.to_vec();
        let has_room = lower_mtu(&mut changed, &error, by, without_room, state);
        (changed, !has_room.expect("it was read already"))
    };
    let (changed, is_over) = lowered(WithoutRoom::Keep);
    let (least, is_told) = lowered(WithoutRoom::TellLeast);
    assert_eq!(is_told, is_over);
    if is_over {
        let least_of = |mtu: u32| mtu.min(V::MIN_MTU);
        assert_eq!(told(&least), told(bytes).map(least_of));
    } else {
        assert_eq!(least, changed);
    }
    same_right(bytes, &least, &header, &error, state);
    match (told(bytes), told(&changed)) {
        (Some(_), _) if is_over => assert_eq!(changed, bytes),
        (Some(old), Some(new)) => {
            assert_eq!(new, old - by);
            assert!(new >= V::MIN_MTU);
        }
        (old, new) => assert_eq!((old, &changed[..], is_over), (new, bytes, false)),
    }
    let fields = error.icmp_offset + 2..error.icmp_offset + 8;
    for (at, (old, new)) in bytes.iter().zip(&changed).enumerate() {
        assert!(old == new || fields.contains(&at));
    }
    same_right(bytes, &changed, &header, &error, state);
}

fn inner<V: Layout>(error: &icmp::Error<V>) -> Range<usize> {
    error.embedded_offset..error.transport_offset
}

/// Each checksum is as right as it was.
fn same_right<V: Layout>(
    bytes: &[u8],
    changed: &[u8],
    header: &Header<V>,
    error: &icmp::Error<V>,
    state: ChecksumState,
) {
    for headers in [0..header.header_len, inner(error)] {
        assert_eq!(
            header_is_right::<V>(&bytes[headers.clone()]),
            header_is_right::<V>(&changed[headers])
        );
    }
    let Some(end) = whole_end(header, bytes) else {
        return;
    };
    if state == ChecksumState::Complete {
        let message = error.icmp_offset..end;
        let is_right = |packet: &[u8]| {
            if V::ICMP_HAS_PSEUDO_HEADER {
                is_right::<V>(packet, message.clone(), V::ICMP)
            } else {
                checksum(&packet[message.clone()]) == 0
            }
        };
        assert_eq!(is_right(bytes), is_right(changed));
    }
    // Of the quoted packet, where it was not cut.
    let embedded_end = error.embedded_offset + error.embedded.total_len;
    let Some(check) = error.transport_checksum_offset else {
        return;
    };
    let is_absent = error.tuple.protocol == Protocol::Udp && bytes[check..check + 2] == [0, 0];
    if embedded_end > end || error.embedded.fragment != Fragment::None || is_absent {
        return;
    }
    let is_right = |packet: &[u8]| {
        let packet = &packet[error.embedded_offset..embedded_end];
        let start = error.embedded.header_len;
        is_right::<V>(packet, start..packet.len(), error.embedded.protocol)
    };
    assert_eq!(is_right(bytes), is_right(changed));
}

/// What is translated back is as it was, where the error came from the end that it is about.
fn back<V: Layout>(
    bytes: &[u8],
    changed: &[u8],
    header: &Header<V>,
    error: &icmp::Error<V>,
    end: End,
    state: ChecksumState,
) {
    let (outer, was) = match end {
        End::Source => (header.src, error.tuple.dst()),
        End::Destination => (header.dst, error.tuple.src()),
    };
    if V::addr(was.addr) != Some(outer) {
        return;
    }
    let again = parse::<V>(changed).expect("it is still an error");
    let mut back = changed.to_vec();
    rewrite_icmp_error(&mut back, &again, end, was, state).expect("it is still an error");
    let mut checksums = vec![error.icmp_offset + 2];
    checksums.extend(error.transport_checksum_offset);
    if !V::CHECKSUM.is_empty() {
        checksums.push(V::CHECKSUM.start);
        checksums.push(error.embedded_offset + V::CHECKSUM.start);
    }
    assert!(same_but_zeros(&back, bytes, &checksums));
}

fn parse<V: Layout>(bytes: &[u8]) -> Result<icmp::Error<V>, ParseError> {
    icmp::parse(&V::parse(bytes, 0)?, bytes)
}

fn later_fragment<V: Layout>(bytes: &[u8]) -> Result<Header<V>, ParseError> {
    icmp::parse_later_fragment(&V::parse(bytes, 0)?, bytes)
}
