// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about tunnels of either version of IP, with a packet of either in them: they are read as they were built, and
//! told in the terms of the version inside.

use rvs_logic::logic::{
    packet::{
        icmp::Message,
        ip::{
            Version,
            V4,
            V6, //
        },
        tunnel_error::{
            self,
            TunnelError, //
        },
        ParseError,
    },
    protocol::Protocol,
    tunnel::Kind,
};

const UDP: u8 = 17;

/// Addresses of each version.
trait Site: Version {
    const DIRECTOR: Self::Addr;
    const SERVER: Self::Addr;
    const CLIENT: Self::Addr;
    const VIP: Self::Addr;
}

impl Site for V4 {
    const DIRECTOR: Self::Addr = Self::Addr::new(10, 0, 0, 1);
    const SERVER: Self::Addr = Self::Addr::new(10, 1, 0, 11);
    const CLIENT: Self::Addr = Self::Addr::new(203, 0, 113, 10);
    const VIP: Self::Addr = Self::Addr::new(10, 0, 0, 100);
}

impl Site for V6 {
    const DIRECTOR: Self::Addr = Self::Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
    const SERVER: Self::Addr = Self::Addr::new(0xfd01, 0, 0, 0, 0, 0, 0, 0x11);
    const CLIENT: Self::Addr = Self::Addr::new(0x2001, 0xdb8, 3, 0, 0, 0, 0, 0x10);
    const VIP: Self::Addr = Self::Addr::new(0xfd00, 0, 0, 0, 0, 0, 1, 0);
}

fn packet<V: Version>(src: V::Addr, dst: V::Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; V::MIN_HEADER_LEN];
    V::write(&mut bytes, src, dst, protocol, payload.len() as u16).unwrap();
    bytes.extend(payload);
    bytes
}

/// From port 40000 to 7000.
const DATAGRAM: [u8; 12] = [0x9c, 0x40, 0x1b, 0x58, 0, 12, 0, 0, b'd', b'a', b't', b'a'];

/// An error of the director's router about a tunnel's packet: its type and code, its second word, and what stands between both
/// headers behind the protocol of that.
fn error<O: Site, I: Site>(kind: (u8, u8), rest: u32, protocol: u8, between: &[u8]) -> Vec<u8> {
    let inner = packet::<I>(I::CLIENT, I::VIP, UDP, &DATAGRAM);
    let tunnel = packet::<O>(
        O::DIRECTOR,
        O::SERVER,
        protocol,
        &[between, &inner].concat(),
    );
    let mut message = vec![kind.0, kind.1, 0, 0];
    message.extend(rest.to_be_bytes());
    message.extend(tunnel);
    packet::<O>(O::SERVER, O::DIRECTOR, O::ICMP, &message)
}

fn parse<O: Version, I: Version>(bytes: &[u8]) -> Result<TunnelError<O, I>, ParseError> {
    tunnel_error::parse(&O::parse(bytes, 0)?, bytes)
}

fn is_read_as_it_was_built<O: Site, I: Site>(payload: u8, ethernet_type: [u8; 2]) {
    let [e0, e1] = ethernet_type;
    let gue = [0xc3, 0x50, 0x17, 0xc0, 0, 99, 0, 0, 0, payload, 0, 0];
    let tunnels: [(Kind, u8, u16, &[u8]); 4] = [
        (Kind::Ipip, payload, 0, &[]),
        (Kind::Gre, 47, 0, &[0, 0, e0, e1]),
        (Kind::Gre, 47, 0, &[0x80, 0, e0, e1, 1, 2, 0, 0]),
        (Kind::Gue, 17, 6080, &gue),
    ];
    for (kind, protocol, port, between) in tunnels {
        let bytes = error::<O, I>((1, 0), 0, protocol, between);
        // The type is one of either version.
        let bytes = match O::NUMBER {
            4 => error::<O, I>((3, 1), 0, protocol, between),
            _ => bytes,
        };
        let found = parse::<O, I>(&bytes).unwrap();
        assert_eq!((found.kind, found.port), (kind, port));
        assert_eq!(found.exit, O::SERVER);
        assert_eq!(found.headers_len(), O::MIN_HEADER_LEN + between.len());
        assert_eq!(found.inner.src, I::CLIENT);
        assert_eq!(found.tuple.protocol, Protocol::Udp);
        assert_eq!(
            (found.tuple.src().addr, found.tuple.src().port),
            (I::CLIENT.into(), 40000)
        );
        assert_eq!(
            (found.tuple.dst().addr, found.tuple.dst().port),
            (I::VIP.into(), 7000)
        );
    }
}

#[test]
fn each_version_in_each_is_read_as_it_was_built() {
    is_read_as_it_was_built::<V4, V4>(4, [0x08, 0x00]);
    is_read_as_it_was_built::<V4, V6>(41, [0x86, 0xdd]);
    is_read_as_it_was_built::<V6, V4>(4, [0x08, 0x00]);
    is_read_as_it_was_built::<V6, V6>(41, [0x86, 0xdd]);
}

#[test]
fn what_is_of_the_other_version_is_left_alone() {
    let unsupported = ParseError::Unsupported;
    let of_v6 = error::<V4, V6>((3, 1), 0, 41, &[]);
    assert_eq!(parse::<V4, V4>(&of_v6), Err(unsupported));
    let of_v4 = error::<V6, V4>((1, 0), 0, 4, &[]);
    assert_eq!(parse::<V6, V6>(&of_v4), Err(unsupported));
    let in_gre = error::<V6, V4>((1, 0), 0, 47, &[0, 0, 0x08, 0x00]);
    assert_eq!(parse::<V6, V6>(&in_gre), Err(unsupported));
}

/// Type, code and second word of what the client is told of an error.
fn told<O: Site, I: Site>(kind: (u8, u8), rest: u32) -> Option<Message> {
    let payload = match I::NUMBER {
        4 => 4,
        _ => 41,
    };
    parse::<O, I>(&error::<O, I>(kind, rest, payload, &[]))
        .unwrap()
        .message()
}

#[test]
fn errors_of_ipv6_are_told_in_terms_of_ipv4() {
    // RFC 7915 section 5.2, but for what is prohibited: there is a code for it since RFC 1812.
    for (from, to) in [
        ((1, 0), (3, 1)),
        ((1, 1), (3, 13)),
        ((1, 2), (3, 1)),
        ((1, 3), (3, 1)),
        ((1, 4), (3, 3)),
        ((3, 0), (11, 0)),
        // That the end of the tunnel does not know it. What the client sends it does not have to change.
        ((4, 1), (3, 3)),
    ] {
        let message = told::<V6, V4>(from, 40).unwrap();
        assert_eq!(
            (message.number, message.code, message.rest),
            (to.0, to.1, 0),
            "{from:?}"
        );
    }
    // Of a field in the outer header.
    assert_eq!(told::<V6, V4>((4, 0), 4), None);
    assert_eq!(told::<V6, V6>((4, 0), 4), None);
}

#[test]
fn errors_of_ipv4_are_told_in_terms_of_ipv6() {
    // RFC 7915 section 4.2, where each that says "no route" or "not reachable" is "address unreachable" here.
    for (from, to) in [
        ((3, 0), (1, 3)),
        ((3, 1), (1, 3)),
        ((3, 3), (1, 4)),
        ((3, 9), (1, 1)),
        ((3, 10), (1, 1)),
        ((3, 13), (1, 1)),
        ((3, 15), (1, 1)),
        ((11, 0), (3, 0)),
    ] {
        let message = told::<V4, V6>(from, 0).unwrap();
        assert_eq!(
            (message.number, message.code, message.rest),
            (to.0, to.1, 0),
            "{from:?}"
        );
    }
    // Source quench.
    assert_eq!(told::<V4, V6>((4, 0), 0), None);
}

#[test]
fn errors_of_the_same_version_are_told_as_they_are() {
    for (kind, rest) in [((3, 0), 0), ((3, 13), 7), ((4, 0), 0), ((11, 0), 0)] {
        let message = told::<V4, V4>(kind, rest).unwrap();
        assert_eq!(
            (message.number, message.code, message.rest),
            (kind.0, kind.1, rest)
        );
    }
    for kind in [(1, 0), (1, 1), (1, 5), (3, 0)] {
        let message = told::<V6, V6>(kind, 0).unwrap();
        assert_eq!(
            (message.number, message.code, message.rest),
            (kind.0, kind.1, 0)
        );
    }
    // Its pointer is one into the outer header.
    let message = told::<V6, V6>((4, 1), 6).unwrap();
    assert_eq!((message.number, message.code, message.rest), (1, 4, 0));
}

#[test]
fn an_error_about_the_size_has_the_mtu() {
    let of_v6 = parse::<V6, V4>(&error::<V6, V4>((2, 0), 1400, 4, &[])).unwrap();
    assert_eq!(of_v6.mtu(), Some(1400));
    let of_v4 = parse::<V4, V6>(&error::<V4, V6>((3, 4), 1400, 41, &[])).unwrap();
    assert_eq!(of_v4.mtu(), Some(1400));
    // 52 bytes.
    assert!(of_v4.is_of_the_smallest());
}
