// SPDX-License-Identifier: GPL-2.0-only

//! The rewriting of an end: nothing but that end and checksums changes, right checksums stay right, and what fails
//! changes nothing.

use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    nat::{
        rewrite_destination,
        rewrite_source,
        ChecksumState, //
    },
    packet::{
        ip::V4,
        ipv4,
        transport, //
    },
    protocol::Protocol, //
};

use crate::input::{
    checksum,
    Input, //
};

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let (to, state, is_source) = (input.endpoint(), input.checksum_state(), input.flag());
    let any_len = usize::from(input.byte());
    let bytes = input.rest();
    // As it never is, with a length and a protocol that nobody has read from the packet.
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        rewrite(bytes, any_len, protocol, to, state, is_source);
    }
    let Ok(header) = ipv4::parse(bytes) else {
        return;
    };
    let Ok(parsed) = transport(&header, bytes) else {
        return;
    };
    let protocol = parsed.protocol();
    let Some(changed) = rewrite(bytes, header.header_len, protocol, to, state, is_source) else {
        return;
    };
    let after = ipv4::parse(&changed).expect("it is still a packet");
    let after_transport = transport(&after, &changed).expect("it is still a segment");
    let ends = [
        (Addr::V4(after.src), after_transport.src_port),
        (Addr::V4(after.dst), after_transport.dst_port),
    ];
    let expected = (to.addr, to.port);
    assert_eq!(ends[usize::from(!is_source)], expected);
    let before = [
        (Addr::V4(header.src), parsed.src_port),
        (Addr::V4(header.dst), parsed.dst_port),
    ];
    assert_eq!(ends[usize::from(is_source)], before[usize::from(is_source)]);
    let header_len = header.header_len;
    assert_eq!(
        checksum(&bytes[..header_len]) == 0,
        checksum(&changed[..header_len]) == 0
    );
    if state == ChecksumState::Complete {
        same_right(bytes, &changed, &header, protocol);
    }
}

/// Rewrites, and returns what came of it, if anything did.
fn rewrite(
    bytes: &[u8],
    header_len: usize,
    protocol: Protocol,
    to: Endpoint,
    state: ChecksumState,
    is_source: bool,
) -> Option<Vec<u8>> {
    let mut changed = bytes.to_vec();
    let rewrite = if is_source {
        rewrite_source::<V4>
    } else {
        rewrite_destination::<V4>
    };
    if rewrite(&mut changed, header_len, protocol, to, state).is_err() {
        assert_eq!(changed, bytes, "what fails changes nothing");
        return None;
    }
    // Of the IP header its checksum and an address, of the other one a port and the checksum.
    let address = if is_source { 12..16 } else { 16..20 };
    let port = header_len + if is_source { 0 } else { 2 };
    let check = header_len + if protocol == Protocol::Tcp { 16 } else { 6 };
    for (at, (old, new)) in bytes.iter().zip(&changed).enumerate() {
        let may_change = (10..12).contains(&at)
            || address.contains(&at)
            || (port..port + 2).contains(&at)
            || (check..check + 2).contains(&at);
        assert!(old == new || may_change, "byte {at} is not part of it");
    }
    Some(changed)
}

/// Whether the checksum of the segment is as right, or wrong, as it was. An absent one stays so.
fn same_right(bytes: &[u8], changed: &[u8], header: &ipv4::Header, protocol: Protocol) {
    // That of a fragment, or of a packet whose end is not here, cannot be told.
    if header.fragment != ipv4::Fragment::None || bytes.len() < header.total_len {
        return;
    }
    let end = header.total_len;
    let start = header.header_len;
    if protocol == Protocol::Udp && bytes[start + 6..start + 8] == [0, 0] {
        assert_eq!(changed[start + 6..start + 8], [0, 0]);
        return;
    }
    let sum = |packet: &[u8]| {
        let mut all = packet[12..20].to_vec();
        all.extend([0, header.protocol]);
        all.extend(((end - start) as u16).to_be_bytes());
        all.extend(&packet[start..end]);
        checksum(&all)
    };
    assert_eq!(sum(bytes) == 0, sum(changed) == 0);
    if protocol == Protocol::Udp {
        assert_ne!(
            changed[start + 6..start + 8],
            [0, 0],
            "a computed checksum is not absent"
        );
    }
}
