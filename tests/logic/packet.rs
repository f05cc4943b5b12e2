// SPDX-License-Identifier: GPL-2.0-only

//! Parsers: sound packets are read as they were built, a part of one asks for more, and what lies
//! about itself is refused.

mod support;

use std::net::Ipv4Addr;

use proptest::prelude::*;
use rvs_logic::logic::{
    packet::{
        icmp,
        ip::{
            Version,
            V4, //
        },
        ipv4,
        sctp,
        transport,
        Malformed,
        ParseError,
        Transport,
        TransportHeader, //
    },
    protocol::Protocol,
    tuple::Tuple, //
};
use support::{
    endpoint,
    icmp_error,
    packet,
    with_more,
    Packet,
    Segment, //
};

fn parse(bytes: &[u8]) -> Result<(ipv4::Header, Transport), ParseError> {
    let header = ipv4::parse(bytes)?;
    Ok((header, transport(&header, bytes)?))
}

/// By the short way: there is one for TCP and UDP, and one for SCTP.
fn at_once(bytes: &[u8], len: impl Fn() -> usize) -> Option<(ipv4::Header, Transport)> {
    let most = V4::usual(bytes, &len);
    let few = V4::usual_of_few(bytes, &len);
    assert!(most.is_none() || few.is_none());
    most.or(few)
}

fn parse_icmp(bytes: &[u8]) -> Result<icmp::Error<V4>, ParseError> {
    icmp::parse(&ipv4::parse(bytes)?, bytes)
}

fn tuple(packet: &Packet) -> Tuple {
    Tuple::new(
        endpoint(packet.src),
        endpoint(packet.dst),
        packet.protocol(),
    )
    .unwrap()
}

/// A plain packet to be damaged.
fn plain(protocol: Protocol) -> Vec<u8> {
    Packet {
        src: (Ipv4Addr::new(192, 0, 2, 1), 1024),
        dst: (Ipv4Addr::new(198, 51, 100, 2), 80),
        ttl: 64,
        tos: 0,
        ip_options: 0,
        segment: match protocol {
            Protocol::Tcp => Segment::Tcp {
                flags: [false, true, false, false],
                options: 0,
            },
            Protocol::Udp => Segment::Udp {
                with_checksum: true,
            },
            Protocol::Sctp => Segment::Sctp { chunk: 0 },
        },
        payload: vec![0; 4],
    }
    .build()
}

fn damaged(protocol: Protocol, damage: &[(usize, u8)]) -> Result<Transport, ParseError> {
    let mut bytes = plain(protocol);
    for (offset, value) in damage {
        bytes[*offset] = *value;
    }
    parse(&bytes).map(|(_, transport)| transport)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever checksum a header has, it gets the one that etherparse gave it.
    #[test]
    fn a_header_gets_its_checksum(packet in packet(), wrong: [u8; 2]) {
        let right = packet.build();
        let mut bytes = right.clone();
        bytes[10..12].copy_from_slice(&wrong);
        ipv4::complete_checksum(&mut bytes, packet.ip_header_len()).unwrap();
        prop_assert_eq!(bytes, right);
    }


    // As a burst of more than 65535 bytes comes to the parser (`iph_totlen` in `linux/ip.h`).
    #[test]
    fn a_packet_without_total_length_is_as_long_as_the_caller_knows(
        packet in packet(),
        more in 65536usize..500_000,
    ) {
        let mut bytes = packet.build();
        bytes[2..4].fill(0);
        let header = ipv4::parse_with_len(&bytes, more).unwrap();
        prop_assert_eq!(header.total_len, more);
        let whole = transport(&header, &bytes).ok().map(|transport| (header, transport));
        prop_assert_eq!(at_once(&bytes, || more), whole.filter(|_| packet.ip_options == 0));
        prop_assert_eq!(at_once(&bytes, || 0), None);
    }

    #[test]
    fn a_sound_packet_is_read_as_it_was_built(packet in packet()) {
        let bytes = packet.build();
        let (header, transport) = parse(&bytes).unwrap();
        prop_assert_eq!(header.header_len, 20 + packet.ip_options);
        prop_assert_eq!(header.total_len, bytes.len());
        prop_assert_eq!(header.ttl, packet.ttl);
        prop_assert_eq!(header.tos, packet.tos);
        prop_assert_eq!(header.fragment, ipv4::Fragment::None);
        prop_assert_eq!(transport.tuple(header.addrs()), tuple(&packet));
        prop_assert_eq!(transport.dst(header.addrs()), endpoint(packet.dst));
        let plain = (packet.ip_options == 0).then_some((header, transport));
        prop_assert_eq!(at_once(&bytes, || 0), plain);
        match (&packet.segment, transport.header) {
            (Segment::Tcp { flags, options }, TransportHeader::Tcp(tcp)) => {
                prop_assert_eq!(tcp.header_len, 20 + options);
                let read = tcp.flags;
                prop_assert_eq!([read.fin, read.syn, read.rst, read.ack], *flags);
            }
            (Segment::Udp { .. }, TransportHeader::Udp(udp)) => {
                prop_assert_eq!(usize::from(udp.len), 8 + packet.payload.len());
            }
            // Which chunk is which event: `sctp.rs`.
            (Segment::Sctp { chunk }, TransportHeader::Sctp(event)) => {
                prop_assert_eq!(event == sctp::Event::Init, *chunk == 1);
                prop_assert_eq!(event == sctp::Event::Abort, *chunk == 6);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn a_part_of_a_packet_asks_for_the_rest_of_its_headers(packet in packet(), first in 0..120usize) {
        let bytes = packet.build();
        let (result, needed) = with_more(&bytes, first, parse);
        prop_assert_eq!(result, parse(&bytes));
        let headers = packet.ip_header_len() + match packet.protocol() {
            Protocol::Tcp => 20,
            Protocol::Udp => 8,
            Protocol::Sctp => 16,
        };
        prop_assert_eq!(needed, headers.max(first.min(bytes.len())));

        // The IP header is all there when it was read, with its options.
        let (header, needed) = with_more(&bytes, first, ipv4::parse);
        prop_assert_eq!(header, ipv4::parse(&bytes));
        prop_assert!(needed >= packet.ip_header_len());
    }

    #[test]
    fn an_icmp_error_is_read_as_it_was_built(
        packet in packet(),
        router: u32,
        kind in prop_oneof![Just(3u8), Just(4), Just(11)],
        code: u8,
        first in 0..200usize,
        cut: prop::sample::Index,
    ) {
        let embedded = packet.build();
        let least = packet.ip_header_len() + 8;
        let embedded = &embedded[..least + cut.index(embedded.len() - least + 1)];
        let bytes = icmp_error(Ipv4Addr::from(router), packet.src.0, (kind, code), 0, embedded);
        let (error, _) = with_more(&bytes, first, parse_icmp);
        let error = error.unwrap();
        prop_assert_eq!(error.tuple, tuple(&packet));
        prop_assert_eq!(Some(error.error_type), icmp::Type::from_number(kind));
        prop_assert_eq!(error.code, code);
        prop_assert_eq!(&bytes[error.embedded_offset..], embedded);
        let checksum = packet.ip_header_len() + match packet.protocol() {
            Protocol::Tcp => 16,
            Protocol::Udp => 6,
            Protocol::Sctp => 8,
        };
        let len = if packet.protocol() == Protocol::Sctp { 4 } else { 2 };
        let present = embedded.len() >= checksum + len;
        let expected = present.then_some(error.embedded_offset + checksum);
        prop_assert_eq!(error.transport_checksum_offset, expected);
    }

    #[test]
    fn a_cut_embedded_packet_without_ports_is_malformed(packet in packet(), cut: prop::sample::Index) {
        let embedded = packet.build();
        let embedded = &embedded[..cut.index(packet.ip_header_len() + 8)];
        let bytes = icmp_error(Ipv4Addr::LOCALHOST, packet.src.0, (3, 3), 0, embedded);
        let (result, _) = with_more(&bytes, 0, parse_icmp);
        prop_assert_eq!(result, Err(ParseError::Malformed(Malformed::Truncated)));
    }

    #[test]
    fn no_bytes_can_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        lead in prop_oneof![Just(None), (5u8..16).prop_map(Some)],
        protocol in prop_oneof![Just(1u8), Just(6), Just(17), Just(132)],
        embedded_protocol in prop_oneof![Just(6u8), Just(17), Just(132)],
    ) {
        // Half of the time the bytes are made to look like IPv4, to get further.
        let mut bytes = bytes;
        if let Some(words) = lead {
            let embedded = usize::from(words) * 4 + 8;
            for (offset, value) in [
                (0, 0x40 | words), (6, 0), (7, 0), (9, protocol),
                (embedded, 0x45), (embedded + 6, 0), (embedded + 9, embedded_protocol),
            ] {
                if let Some(byte) = bytes.get_mut(offset) {
                    *byte = value;
                }
            }
        }
        if let Some(read) = at_once(&bytes, || 0) {
            prop_assert_eq!(parse(&bytes), Ok(read));
        }
        if let Ok((header, _)) = parse(&bytes) {
            prop_assert!(header.header_len + 8 <= header.total_len);
            prop_assert!(header.header_len + 8 <= bytes.len());
        }
        if let Ok(error) = parse_icmp(&bytes) {
            prop_assert!(error.transport_offset + 8 <= error.writable_len);
            prop_assert!(error.writable_len <= bytes.len());
        }
    }
}

#[test]
fn an_error_about_a_later_fragment_tells_of_its_addresses() {
    let from = Ipv4Addr::new(192, 0, 2, 1);
    let router = Ipv4Addr::new(10, 0, 0, 11);
    for protocol in Protocol::ALL {
        let mut embedded = plain(protocol);
        let whole = icmp_error(router, from, (3, 4), 0, &embedded);
        let header = ipv4::parse(&whole).unwrap();
        let unsupported = Err(ParseError::Unsupported);
        assert_eq!(icmp::parse_later_fragment(&header, &whole), unsupported);
        // The offset, in words of eight bytes.
        embedded[6..8].copy_from_slice(&185u16.to_be_bytes());
        let later = icmp_error(router, from, (3, 4), 0, &embedded);
        let header = ipv4::parse(&later).unwrap();
        let fragment = icmp::parse_later_fragment(&header, &later).unwrap();
        assert_eq!(fragment.src, from);
        assert_eq!(fragment.dst, Ipv4Addr::new(198, 51, 100, 2));
        assert_eq!(parse_icmp(&later), Err(ParseError::Unsupported));
        // No other protocol is of any concern.
        let mut other = later.clone();
        other[20 + 8 + 9] = 1;
        assert_eq!(icmp::parse_later_fragment(&header, &other), unsupported);
    }
}

#[test]
fn lying_ip_headers_are_malformed() {
    use Malformed::*;
    for (damage, reason) in [
        ((0, 0x65), Version),
        ((0, 0x44), HeaderLength),
        ((0, 0x40), HeaderLength),
        ((3, 19), TotalLength),
    ] {
        let result = damaged(Protocol::Tcp, &[damage]);
        assert_eq!(result, Err(ParseError::Malformed(reason)), "{damage:?}");
    }
    // The packet ends in its transport header.
    for (protocol, total_len) in [(Protocol::Tcp, 39), (Protocol::Udp, 27)] {
        let result = damaged(protocol, &[(3, total_len)]);
        assert_eq!(result, Err(ParseError::Malformed(Truncated)));
    }
}

#[test]
fn lying_transport_headers_are_malformed() {
    let tcp = |data_offset: u8| damaged(Protocol::Tcp, &[(32, data_offset << 4)]);
    assert_eq!(tcp(4), Err(ParseError::Malformed(Malformed::DataOffset)));
    assert!(tcp(5).is_ok());
    // The segment has 24 bytes.
    assert!(tcp(6).is_ok());
    assert_eq!(tcp(7), Err(ParseError::Malformed(Malformed::DataOffset)));

    let udp = |len| damaged(Protocol::Udp, &[(25, len)]);
    assert_eq!(udp(0), Err(ParseError::Malformed(Malformed::UdpLength)));
    assert_eq!(udp(7), Err(ParseError::Malformed(Malformed::UdpLength)));
    // The datagram has 12 bytes; behind a shorter one is padding.
    assert!(udp(8).is_ok());
    assert!(udp(12).is_ok());
    assert_eq!(udp(13), Err(ParseError::Malformed(Malformed::UdpLength)));
}

#[test]
fn only_the_first_fragment_has_ports() {
    let fragment = |flags, offset| damaged(Protocol::Udp, &[(6, flags), (7, offset), (25, 200)]);
    // The UDP length is that of the whole datagram.
    assert!(fragment(0x20, 0).is_ok());
    assert_eq!(fragment(0x20, 1), Err(ParseError::Unsupported));
    assert_eq!(fragment(0x00, 1), Err(ParseError::Unsupported));

    let mut bytes = plain(Protocol::Udp);
    bytes[6] = 0x40;
    let (header, _) = parse(&bytes).unwrap();
    assert!(header.dont_fragment);
    assert_eq!(header.fragment, ipv4::Fragment::None);
}

#[test]
fn other_protocols_are_left_alone() {
    assert_eq!(
        damaged(Protocol::Udp, &[(9, 47)]),
        Err(ParseError::Unsupported)
    );
    let embedded = plain(Protocol::Udp);
    for kind in [0, 5, 8, 12, 13] {
        let bytes = icmp_error(
            Ipv4Addr::LOCALHOST,
            Ipv4Addr::LOCALHOST,
            (kind, 0),
            0,
            &embedded,
        );
        assert_eq!(parse_icmp(&bytes), Err(ParseError::Unsupported), "{kind}");
    }
}

#[test]
fn an_error_about_a_later_fragment_has_no_flow() {
    let mut embedded = plain(Protocol::Udp);
    embedded[7] = 1;
    let bytes = icmp_error(
        Ipv4Addr::LOCALHOST,
        Ipv4Addr::LOCALHOST,
        (11, 1),
        0,
        &embedded,
    );
    assert_eq!(parse_icmp(&bytes), Err(ParseError::Unsupported));
}

#[test]
fn an_extension_is_not_taken_for_a_checksum() {
    // 32 bytes of a TCP packet that says it has 28, and 20 bytes of something else (RFC 4884).
    let mut embedded = plain(Protocol::Tcp);
    embedded[2..4].copy_from_slice(&28u16.to_be_bytes());
    embedded.extend([0x20; 20]);
    let bytes = icmp_error(
        Ipv4Addr::LOCALHOST,
        Ipv4Addr::LOCALHOST,
        (3, 4),
        0,
        &embedded,
    );
    let error = parse_icmp(&bytes).unwrap();
    assert_eq!(error.transport_checksum_offset, None);
}

#[test]
fn a_total_length_of_zero_means_the_length_the_caller_knows() {
    let mut bytes = plain(Protocol::Tcp);
    bytes[2..4].fill(0);
    assert_eq!(
        ipv4::parse(&bytes),
        Err(ParseError::Malformed(Malformed::TotalLength))
    );
    let header = ipv4::parse_with_len(&bytes, 100_000).unwrap();
    assert_eq!(header.total_len, 100_000);
    assert_eq!(header.payload_len(), 99_980);

    let bytes = plain(Protocol::Tcp);
    let header = ipv4::parse_with_len(&bytes, 100_000).unwrap();
    assert_eq!(header.total_len, bytes.len());
}
