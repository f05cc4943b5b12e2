// SPDX-License-Identifier: GPL-2.0-only

//! The rewriting of an end: nothing but that end and checksums changes, right checksums stay right, what fails
//! changes nothing, and what is rewritten back is as it was. That of both ends at once does what two of these do.

use rvs_logic::logic::{
    addr::Endpoint,
    nat::{
        rewrite_destination,
        rewrite_source,
        ChecksumState,
        Rewrite, //
    },
    packet::{
        ip::{
            Header,
            V4,
            V6, //
        },
        transport, //
    },
    protocol::Protocol, //
};

use crate::{
    input::Input,
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
    let (to, state, is_source) = (input.endpoint(), input.checksum_state(), input.flag());
    let any_len = usize::from(input.byte());
    let bytes = input.rest();
    of::<V4>(bytes, any_len, to, state, is_source);
    of::<V6>(bytes, any_len, to, state, is_source);
    let both = Rewrite {
        source: input.endpoint_beside(to),
        destination: to,
    };
    both_ends::<V4>(bytes, any_len, both, state);
    both_ends::<V6>(bytes, any_len, both, state);
}

fn both_ends<V: Layout>(bytes: &[u8], any_len: usize, both: Rewrite, state: ChecksumState) {
    let parsed = V::parse(bytes, 0).map(|header| header.header_len);
    for (protocol, header_len) in Protocol::ALL
        .into_iter()
        .flat_map(|protocol| [any_len, parsed.unwrap_or(any_len)].map(|len| (protocol, len)))
    {
        let mut changed = bytes.to_vec();
        let result = both.apply::<V>(&mut changed, header_len, protocol, state);
        let source = rewrite::<V>(bytes, header_len, protocol, both.source, state, true);
        let in_two_steps = source.and_then(|bytes| {
            rewrite::<V>(&bytes, header_len, protocol, both.destination, state, false)
        });
        match in_two_steps {
            Some(expected) if result.is_ok() => assert_eq!(changed, expected),
            Some(_) => panic!("one pass fails where two do not"),
            None => {
                assert!(result.is_err());
                assert_eq!(changed, bytes, "what fails changes nothing");
            }
        }
    }
}

fn of<V: Layout>(
    bytes: &[u8],
    any_len: usize,
    to: Endpoint,
    state: ChecksumState,
    is_source: bool,
) {
    // As it never is, with a length and a protocol that nobody has read from the packet.
    for protocol in Protocol::ALL {
        rewrite::<V>(bytes, any_len, protocol, to, state, is_source);
    }
    let Ok(header) = V::parse(bytes, 0) else {
        return;
    };
    let Ok(parsed) = transport(&header, bytes) else {
        return;
    };
    let (protocol, header_len) = (parsed.protocol(), header.header_len);
    let Some(changed) = rewrite::<V>(bytes, header_len, protocol, to, state, is_source) else {
        return;
    };
    let after = V::parse(&changed, 0).expect("it is still a packet");
    let after_transport = transport(&after, &changed).expect("it is still a segment");
    let ends = |header: &Header<V>, src_port: u16, dst_port: u16| {
        [
            Endpoint::new(header.src.into(), src_port),
            Endpoint::new(header.dst.into(), dst_port),
        ]
    };
    let before = ends(&header, parsed.src_port, parsed.dst_port);
    let ends = ends(&after, after_transport.src_port, after_transport.dst_port);
    assert_eq!(ends[usize::from(!is_source)], to);
    assert_eq!(ends[usize::from(is_source)], before[usize::from(is_source)]);
    assert_eq!(
        header_is_right::<V>(&bytes[..header_len]),
        header_is_right::<V>(&changed[..header_len])
    );
    if state == ChecksumState::Complete {
        same_right(bytes, &changed, &header, protocol);
    }
    let was = before[usize::from(!is_source)];
    let back = rewrite::<V>(&changed, header_len, protocol, was, state, is_source);
    let mut checksums = vec![header_len + protocol.checksum_offset()];
    if !V::CHECKSUM.is_empty() {
        checksums.push(V::CHECKSUM.start);
    }
    assert!(same_but_zeros(
        &back.expect("it is a packet"),
        bytes,
        &checksums
    ));
}

/// Rewrites, and returns what came of it, if anything did.
fn rewrite<V: Layout>(
    bytes: &[u8],
    header_len: usize,
    protocol: Protocol,
    to: Endpoint,
    state: ChecksumState,
    is_source: bool,
) -> Option<Vec<u8>> {
    let mut changed = bytes.to_vec();
    let rewrite = if is_source {
        rewrite_source::<V>
    } else {
        rewrite_destination::<V>
    };
    if rewrite(&mut changed, header_len, protocol, to, state).is_err() {
        assert_eq!(changed, bytes, "what fails changes nothing");
        return None;
    }
    // Of the IP header its checksum and an address, of the other one a port and the checksum.
    let address = if is_source { V::SRC } else { V::DST };
    let port = header_len + if is_source { 0 } else { 2 };
    let check = header_len + protocol.checksum_offset();
    let check = check..check + protocol.checksum_kind().field_len();
    for (at, (old, new)) in bytes.iter().zip(&changed).enumerate() {
        let may_change = V::CHECKSUM.contains(&at)
            || address.contains(&at)
            || (port..port + 2).contains(&at)
            || check.contains(&at);
        assert!(old == new || may_change, "byte {at} is not part of it");
    }
    Some(changed)
}

/// Whether the checksum of the segment is as right, or wrong, as it was. An absent one stays so.
fn same_right<V: Layout>(bytes: &[u8], changed: &[u8], header: &Header<V>, protocol: Protocol) {
    // That of a fragment, or of a packet whose end is not here, cannot be told.
    let Some(end) = whole_end(header, bytes) else {
        return;
    };
    let start = header.header_len;
    if protocol == Protocol::Udp {
        let check = start + 6..start + 8;
        if bytes[check.clone()] == [0, 0] {
            assert_eq!(changed[check], [0, 0]);
            return;
        }
        assert_ne!(changed[check], [0, 0], "a computed checksum is not absent");
    }
    assert_eq!(
        is_right::<V>(bytes, start..end, header.protocol),
        is_right::<V>(changed, start..end, header.protocol)
    );
}
