// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about tunnels: read as they were built, however few bytes are there at first, and refused when cut or
//! about something else.

mod support;

use std::net::Ipv4Addr;

use etherparse::{
    IpNumber,
    Ipv4Header, //
};
use proptest::prelude::*;
use rvs_logic::logic::{
    packet::{
        icmp,
        ip::V4,
        ipv4,
        tunnel_error::{
            self,
            TunnelError, //
        },
        Malformed,
        ParseError, //
    },
    protocol::Protocol,
    tunnel::Kind,
    tuple::Tuple, //
};
use support::{
    endpoint,
    icmp_error,
    packet,
    with_more,
    Packet, //
};

const DIRECTOR: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 11);
const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 254);
/// What `support::icmp_error` writes into each error.
const MTU: u32 = 1500;

/// What stands between both headers in a tunnel, with its protocol and, where it has one, its port.
fn between() -> impl Strategy<Value = (Kind, u8, u16, Vec<u8>)> {
    let gre = |bytes: &[u8]| (Kind::Gre, 47, 0, bytes.to_vec());
    prop_oneof![
        Just((Kind::Ipip, 4, 0, Vec::new())),
        Just(gre(&[0, 0, 8, 0])),
        any::<[u8; 2]>().prop_map(move |[a, b]| gre(&[0x80, 0, 8, 0, a, b, 0, 0])),
        (1u16.., any::<u16>(), 0u8..32).prop_map(|(port, sum, words)| {
            let mut bytes = vec![0xc3, 0x50];
            bytes.extend(port.to_be_bytes());
            bytes.extend([0, 200]);
            bytes.extend(sum.to_be_bytes());
            bytes.extend([words, 4, 0, 1]);
            bytes.extend(vec![0x80; usize::from(words) * 4]);
            (Kind::Gue, 17, port, bytes)
        }),
    ]
}

/// An IP packet around another.
fn wrapped(inner: &[u8], protocol: IpNumber) -> Vec<u8> {
    let mut bytes = Vec::new();
    Ipv4Header::new(
        inner.len() as u16,
        62,
        protocol,
        DIRECTOR.octets(),
        SERVER.octets(),
    )
    .unwrap()
    .write(&mut bytes)
    .unwrap();
    bytes.extend(inner);
    bytes
}

fn error_about(kind: (u8, u8), embedded: &[u8]) -> Vec<u8> {
    icmp_error(ROUTER, DIRECTOR, kind, 0, embedded)
}

fn parse(bytes: &[u8]) -> Result<TunnelError<V4>, ParseError> {
    tunnel_error::parse(&ipv4::parse(bytes)?, bytes)
}

/// Bytes of the inner packet that an error needs: its header and the ports.
fn least(packet: &Packet) -> usize {
    packet.ip_header_len() + 8
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_error_is_read_as_it_was_built(
        packet in packet(),
        kind in prop_oneof![Just(3u8), Just(4), Just(11)],
        code: u8,
        between in between(),
        first in 0..200usize,
        cut: prop::sample::Index,
    ) {
        let inner = packet.build();
        let (tunnel, protocol, port, between) = between;
        let whole = wrapped(&[&between[..], &inner].concat(), IpNumber(protocol));
        let headers = 20 + between.len();
        let least = headers + least(&packet);
        let embedded = &whole[..least + cut.index(whole.len() - least + 1)];
        let bytes = error_about((kind, code), embedded);
        let (error, _) = with_more(&bytes, first, parse);
        let error = error.unwrap();
        prop_assert_eq!(Some(error.error_type), icmp::Type::from_number(kind));
        prop_assert_eq!(error.error_type.number(), kind);
        prop_assert_eq!(error.code, code);
        prop_assert_eq!(error.rest, MTU);
        prop_assert_eq!(error.mtu(), (kind == 3 && code == 4).then_some(MTU));
        prop_assert_eq!(error.exit, SERVER);
        prop_assert_eq!((error.kind, error.port), (tunnel, port));
        prop_assert_eq!(error.headers_len(), headers);
        prop_assert_eq!(&bytes[error.outer_offset..], embedded);
        prop_assert_eq!(&bytes[error.inner_offset..], &embedded[headers..]);
        prop_assert_eq!(error.inner, ipv4::parse(&inner).unwrap());
        let tuple = Tuple::new(endpoint(packet.src), endpoint(packet.dst), packet.protocol());
        prop_assert_eq!(Some(error.tuple), tuple);
    }

    #[test]
    fn an_error_that_is_cut_before_the_ports_is_malformed(
        packet in packet(),
        between in between(),
        cut: prop::sample::Index,
    ) {
        let (_, protocol, _, between) = between;
        let whole = wrapped(&[&between[..], &packet.build()].concat(), IpNumber(protocol));
        let least = 20 + between.len() + least(&packet);
        let bytes = error_about((3, 4), &whole[..cut.index(least)]);
        let (result, _) = with_more(&bytes, 0, parse);
        prop_assert_eq!(result, Err(ParseError::Malformed(Malformed::Truncated)));
    }

    #[test]
    fn an_error_about_anything_else_is_left_alone(packet in packet(), protocol: u8) {
        // Those of UDP and GRE are tunnels where what follows is.
        prop_assume!(![4, 17, 47].contains(&protocol));
        let inner = packet.build();
        let other = wrapped(&inner, IpNumber(protocol));
        prop_assert_eq!(parse(&error_about((3, 4), &other)), Err(ParseError::Unsupported));
        // Of a client's own packet, without a tunnel.
        if packet.protocol() == Protocol::Tcp {
            prop_assert_eq!(parse(&error_about((3, 4), &inner)), Err(ParseError::Unsupported));
        }
        // A tunnel in a tunnel.
        let twice = wrapped(&wrapped(&inner, IpNumber::IPV4), IpNumber::IPV4);
        prop_assert_eq!(parse(&error_about((3, 4), &twice)), Err(ParseError::Unsupported));
        // An echo is no error.
        let tunnel = wrapped(&inner, IpNumber::IPV4);
        prop_assert_eq!(parse(&error_about((8, 0), &tunnel)), Err(ParseError::Unsupported));
    }

    #[test]
    fn an_error_about_a_later_fragment_has_no_flow(packet in packet(), offset in 1u8..) {
        let mut tunnel = wrapped(&packet.build(), IpNumber::IPV4);
        tunnel[7] = offset;
        prop_assert_eq!(parse(&error_about((11, 1), &tunnel)), Err(ParseError::Unsupported));
        tunnel[7] = 0;
        tunnel[20 + 7] = offset;
        prop_assert_eq!(parse(&error_about((11, 1), &tunnel)), Err(ParseError::Unsupported));
    }

    #[test]
    fn ipv6_in_a_tunnel_is_left_alone(packet in packet()) {
        let inner = packet.build();
        for (protocol, between) in [
            (47, &[0, 0, 0x86, 0xdd][..]),
            (17, &[0xc3, 0x50, 0x17, 0xc0, 0, 200, 0, 0, 0, 41, 0, 0]),
        ] {
            let whole = wrapped(&[between, &inner].concat(), IpNumber(protocol));
            prop_assert_eq!(parse(&error_about((3, 4), &whole)), Err(ParseError::Unsupported));
        }
    }

    #[test]
    fn no_bytes_can_make_it_panic(
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        words in 5usize..16,
        outer_words in 5usize..16,
        protocol in prop::sample::select(vec![4u8, 17, 47]),
    ) {
        // Made to look like what is read, to get further.
        let outer = words * 4 + 8;
        let inner = outer + outer_words * 4;
        for (offset, value) in [
            (0, 0x40 | words as u8), (6, 0), (7, 0), (9, 1), (words * 4, 3),
            (outer, 0x40 | outer_words as u8), (outer + 6, 0), (outer + 7, 0), (outer + 9, protocol),
            (inner, 0x45), (inner + 6, 0), (inner + 7, 0), (inner + 9, 17),
        ] {
            if let Some(byte) = bytes.get_mut(offset) {
                *byte = value;
            }
        }
        if let Ok(error) = parse(&bytes) {
            prop_assert!(error.inner_offset + error.inner.header_len + 8 <= bytes.len());
        }
    }
}
