// SPDX-License-Identifier: GPL-2.0-only

//! IPv6: headers with extension headers are read as they were built, and what is rewritten equals what would have been
//! built for the new end.

mod support;

use std::{
    net::Ipv6Addr,
    vec::Vec, //
};

use rvs_logic::logic::{
    addr::Endpoint,
    nat::{
        lower_mtu,
        rewrite_destination,
        rewrite_icmp_error,
        rewrite_source,
        ChecksumState,
        End,
        Rewrite,
        WithoutRoom, //
    },
    packet::{
        icmp,
        ip::{
            Fragment,
            Version,
            V6, //
        },
        transport,
        Malformed,
        ParseError, //
    },
    protocol::Protocol,
};

const CLIENT: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x10);
const VIP: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 2, 0, 0, 0, 0, 1);
const SERVER: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0xffff, 0, 0x1234, 0x11);
const LOCAL: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 7, 0, 0x8000, 0, 0xff);
const ROUTER: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1);
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// The sum of RFC 1071, over the pseudo header of RFC 8200 section 8.1 and what follows: 0 where it holds its own.
fn checksum(src: Ipv6Addr, dst: Ipv6Addr, protocol: u8, upper: &[u8]) -> u16 {
    let mut bytes: Vec<u8> = [src.octets(), dst.octets()].concat();
    bytes.extend((upper.len() as u32).to_be_bytes());
    bytes.extend([0, 0, 0, protocol]);
    bytes.extend(upper);
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])))
        .sum();
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Gives an upper header its checksum, which stands at `offset`.
fn summed(
    src: Ipv6Addr,
    dst: Ipv6Addr,
    protocol: u8,
    mut upper: Vec<u8>,
    offset: usize,
) -> Vec<u8> {
    let sum = checksum(src, dst, protocol, &upper);
    upper[offset..offset + 2].copy_from_slice(&sum.to_be_bytes());
    upper
}

/// A packet; `extensions` are headers of these numbers with their bytes behind the first.
fn packet(
    src: Ipv6Addr,
    dst: Ipv6Addr,
    extensions: &[(u8, Vec<u8>)],
    protocol: u8,
    upper: &[u8],
) -> Vec<u8> {
    let mut numbers: Vec<u8> = extensions.iter().map(|(number, _)| *number).collect();
    numbers.push(protocol);
    let mut behind = Vec::new();
    for ((_, rest), next) in extensions.iter().zip(&numbers[1..]) {
        behind.push(*next);
        behind.extend(rest);
    }
    behind.extend(upper);
    let mut bytes = Vec::from([0x60, 0, 0, 0]);
    bytes.extend((behind.len() as u16).to_be_bytes());
    bytes.extend([numbers[0], 61]);
    bytes.extend(src.octets());
    bytes.extend(dst.octets());
    bytes.extend(behind);
    bytes
}

fn datagram(src: (Ipv6Addr, u16), dst: (Ipv6Addr, u16), payload: &[u8]) -> Vec<u8> {
    let mut upper = Vec::new();
    upper.extend(src.1.to_be_bytes());
    upper.extend(dst.1.to_be_bytes());
    upper.extend((8 + payload.len() as u16).to_be_bytes());
    upper.extend([0, 0]);
    upper.extend(payload);
    summed(src.0, dst.0, UDP, upper, 6)
}

fn udp(src: (Ipv6Addr, u16), dst: (Ipv6Addr, u16), extensions: &[(u8, Vec<u8>)]) -> Vec<u8> {
    packet(
        src.0,
        dst.0,
        extensions,
        UDP,
        &datagram(src, dst, b"payload"),
    )
}

/// Hop-by-hop and destination options of 8 bytes, a routing header of 24 that is done, and a fragment header of a whole
/// packet.
fn all_extensions() -> Vec<(u8, Vec<u8>)> {
    let mut routing = Vec::from([2, 0, 0]);
    routing.extend([0; 20]);
    Vec::from([
        (0, Vec::from([0, 1, 4, 0, 0, 0, 0])),
        (43, routing),
        (44, Vec::from([0, 0, 0, 1, 2, 3, 4])),
        (60, Vec::from([0, 1, 4, 0, 0, 0, 0])),
    ])
}

#[test]
fn plain_packets_are_read_at_once_as_in_steps() {
    let bytes = udp((CLIENT, 40000), (VIP, 53), &[]);
    let header = V6::parse(&bytes, 0).unwrap();
    let whole = transport(&header, &bytes).unwrap();
    assert_eq!(V6::usual(&bytes, || 0), Some((header, whole)));
    assert_eq!(V6::peek_ports(&bytes), Some((40000, 53)));
    assert_eq!((header.src, header.dst, header.ttl), (CLIENT, VIP, 61));
    assert_eq!((header.header_len, header.total_len), (40, bytes.len()));
}

#[test]
fn ports_are_behind_the_extension_headers() {
    let bytes = udp((CLIENT, 40000), (VIP, 53), &all_extensions());
    assert_eq!(V6::usual(&bytes, || 0), None);
    assert_eq!(V6::peek_ports(&bytes), None);
    let header = V6::parse(&bytes, 0).unwrap();
    assert_eq!(header.header_len, 40 + 8 + 24 + 8 + 8);
    assert_eq!((header.protocol, header.fragment), (UDP, Fragment::None));
    let read = transport(&header, &bytes).unwrap();
    assert_eq!((read.src_port, read.dst_port), (40000, 53));
    // However few bytes are there, the parser asks for those that it needs.
    for len in 0..header.header_len {
        match V6::parse(&bytes[..len], 0) {
            Err(ParseError::Short(needed)) => assert!(needed > len && needed <= header.header_len),
            result => assert_eq!(result, Ok(header), "{len}"),
        }
    }
}

#[test]
fn fragments_are_told_apart() {
    for (field, fragment) in [
        (0u16, Fragment::None),
        (1, Fragment::First),
        (8, Fragment::Later),
        (9, Fragment::Later),
    ] {
        let [high, low] = field.to_be_bytes();
        let extension = (44, Vec::from([0, high, low, 1, 2, 3, 4]));
        let bytes = udp((CLIENT, 40000), (VIP, 53), &[extension]);
        let header = V6::parse(&bytes, 0).unwrap();
        assert_eq!((header.fragment, header.header_len), (fragment, 48));
    }
}

#[test]
fn packets_on_their_way_and_endless_ones_are_not_read() {
    let mut way = all_extensions();
    way[1].1[2] = 1;
    let bytes = udp((CLIENT, 40000), (VIP, 53), &way);
    assert_eq!(V6::parse(&bytes, 0), Err(ParseError::Unsupported));
    let many: Vec<_> = (0..9).map(|_| way[0].clone()).collect();
    let bytes = udp((CLIENT, 40000), (VIP, 53), &many);
    assert_eq!(V6::parse(&bytes, 0), Err(ParseError::Unsupported));
    // A header that is longer than the packet.
    let bytes = packet(
        CLIENT,
        VIP,
        &[(60, Vec::from([200, 1, 4, 0, 0, 0, 0]))],
        UDP,
        &[0; 8],
    );
    let truncated = ParseError::Malformed(Malformed::Truncated);
    assert_eq!(V6::parse(&bytes, 0), Err(truncated));
}

#[test]
fn a_packet_for_another_end_is_the_one_built_for_it() {
    for extensions in [Vec::new(), all_extensions()] {
        let (client, vip, server) = ((CLIENT, 40000), (VIP, 53), (SERVER, 5353));
        let mut bytes = udp(client, vip, &extensions);
        let len = V6::parse(&bytes, 0).unwrap().header_len;
        let to = Endpoint::new(SERVER.into(), 5353);
        let complete = ChecksumState::Complete;
        rewrite_destination::<V6>(&mut bytes, len, Protocol::Udp, to, complete).unwrap();
        assert_eq!(bytes, udp(client, server, &extensions));

        let mut bytes = udp(server, client, &extensions);
        let from = Endpoint::new(VIP.into(), 53);
        rewrite_source::<V6>(&mut bytes, len, Protocol::Udp, from, complete).unwrap();
        assert_eq!(bytes, udp(vip, client, &extensions));
    }
}

#[test]
fn a_packet_for_two_other_ends_is_the_one_built_for_them() {
    for extensions in [Vec::new(), all_extensions()] {
        let (client, vip, local, server) =
            ((CLIENT, 40000), (VIP, 53), (LOCAL, 61234), (SERVER, 5353));
        let endpoint = |(addr, port): (Ipv6Addr, u16)| Endpoint::new(addr.into(), port);
        let rewrite = |src, dst| Rewrite {
            source: endpoint(src),
            destination: endpoint(dst),
        };
        let complete = ChecksumState::Complete;
        let mut bytes = udp(client, vip, &extensions);
        let len = V6::parse(&bytes, 0).unwrap().header_len;
        let result = rewrite(local, server).apply::<V6>(&mut bytes, len, Protocol::Udp, complete);
        assert_eq!(result, Ok(()));
        assert_eq!(bytes, udp(local, server, &extensions));

        let mut bytes = sctp(server, local, &extensions);
        let result = rewrite(vip, client).apply::<V6>(&mut bytes, len, Protocol::Sctp, complete);
        assert_eq!(result, Ok(()));
        assert_eq!(bytes, sctp(vip, client, &extensions));

        // About a request that was translated, from a router before the server, to the client.
        let mut bytes = too_big(ROUTER, LOCAL, &udp(local, server, &extensions));
        let error = icmp::parse(&V6::parse(&bytes, 0).unwrap(), &bytes).unwrap();
        let result = rewrite(vip, client).apply_to_error(&mut bytes, &error, complete);
        assert_eq!(result, Ok(()));
        assert_eq!(bytes, too_big(VIP, CLIENT, &udp(client, vip, &extensions)));
    }
}

/// An SCTP packet with one chunk.
fn sctp(src: (Ipv6Addr, u16), dst: (Ipv6Addr, u16), extensions: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut upper = Vec::from(src.1.to_be_bytes());
    upper.extend(dst.1.to_be_bytes());
    upper.extend([1, 2, 3, 4, 0, 0, 0, 0, 0, 3, 0, 24]);
    upper.extend(0..20);
    let crc = support::crc32c(&upper);
    upper[8..12].copy_from_slice(&crc);
    packet(src.0, dst.0, extensions, 132, &upper)
}

/// Of SCTP the checksum covers no address, and a port changes it by how far it is from the end, whatever headers
/// there are before.
#[test]
fn an_sctp_packet_for_another_end_is_the_one_built_for_it() {
    for extensions in [Vec::new(), all_extensions()] {
        let (client, vip, server) = ((CLIENT, 40000), (VIP, 53), (SERVER, 5353));
        let mut bytes = sctp(client, vip, &extensions);
        let len = V6::parse(&bytes, 0).unwrap().header_len;
        let to = Endpoint::new(SERVER.into(), 5353);
        for checksum in [ChecksumState::Complete, ChecksumState::Partial] {
            let result = rewrite_destination::<V6>(&mut bytes, len, Protocol::Sctp, to, checksum);
            assert_eq!(result, Ok(()));
            assert_eq!(bytes, sctp(client, server, &extensions));
        }
        let mut bytes = sctp(server, client, &extensions);
        let from = Endpoint::new(VIP.into(), 53);
        let complete = ChecksumState::Complete;
        rewrite_source::<V6>(&mut bytes, len, Protocol::Sctp, from, complete).unwrap();
        assert_eq!(bytes, sctp(vip, client, &extensions));
    }
}

/// "Packet too big" about another packet.
fn too_big(src: Ipv6Addr, dst: Ipv6Addr, about: &[u8]) -> Vec<u8> {
    too_big_for(1300, src, dst, about)
}

fn too_big_for(mtu: u32, src: Ipv6Addr, dst: Ipv6Addr, about: &[u8]) -> Vec<u8> {
    let mut upper = Vec::from([2, 0, 0, 0]);
    upper.extend(mtu.to_be_bytes());
    upper.extend(about);
    packet(src, dst, &[], ICMPV6, &summed(src, dst, ICMPV6, upper, 2))
}

#[test]
fn an_error_for_another_end_is_the_one_built_for_it() {
    let (client, vip, server) = ((CLIENT, 40000), (VIP, 53), (SERVER, 5353));
    for extensions in [Vec::new(), all_extensions()] {
        // From a router, about a request that was translated, to the client.
        let mut bytes = too_big(SERVER, CLIENT, &udp(client, server, &extensions));
        let header = V6::parse(&bytes, 0).unwrap();
        let error = icmp::parse(&header, &bytes).unwrap();
        assert_eq!(
            V6::reported_mtu(error.error_type, error.code, 1300),
            Some(1300)
        );
        let from = Endpoint::new(VIP.into(), 53);
        rewrite_icmp_error(
            &mut bytes,
            &error,
            End::Source,
            from,
            ChecksumState::Complete,
        )
        .unwrap();
        assert_eq!(bytes, too_big(VIP, CLIENT, &udp(client, vip, &extensions)));

        // From a router of the client's, about a reply, to the server.
        let mut bytes = too_big(ROUTER, VIP, &udp(vip, client, &extensions));
        let header = V6::parse(&bytes, 0).unwrap();
        let error = icmp::parse(&header, &bytes).unwrap();
        let to = Endpoint::new(SERVER.into(), 5353);
        rewrite_icmp_error(
            &mut bytes,
            &error,
            End::Destination,
            to,
            ChecksumState::Complete,
        )
        .unwrap();
        assert_eq!(
            bytes,
            too_big(ROUTER, SERVER, &udp(server, client, &extensions))
        );
    }
}

#[test]
fn an_error_tells_of_a_smaller_mtu() {
    let about = udp((CLIENT, 40000), (SERVER, 5353), &[]);
    for (told, expected) in [
        (1500, 1480),
        (1300, 1280),
        (1290, 1280),
        (1280, 1280),
        (1000, 1000),
    ] {
        let mut bytes = too_big_for(told, ROUTER, CLIENT, &about);
        let error = icmp::parse(&V6::parse(&bytes, 0).unwrap(), &bytes).unwrap();
        assert_eq!(error.mtu(&bytes), Ok(Some(told)));
        let (least, checksum) = (WithoutRoom::TellLeast, ChecksumState::Complete);
        lower_mtu(&mut bytes, &error, 20, least, checksum).unwrap();
        assert_eq!(bytes, too_big_for(expected, ROUTER, CLIENT, &about));
    }
}

#[test]
fn echo_requests_are_no_errors() {
    let upper = summed(
        CLIENT,
        VIP,
        ICMPV6,
        Vec::from([128, 0, 0, 0, 0, 0, 0, 1]),
        2,
    );
    let bytes = packet(CLIENT, VIP, &[], ICMPV6, &upper);
    let header = V6::parse(&bytes, 0).unwrap();
    assert_eq!(icmp::parse(&header, &bytes), Err(ParseError::Unsupported));
}

#[test]
fn the_last_hop_is_not_taken_away() {
    let mut bytes = udp((CLIENT, 40000), (VIP, 53), &[]);
    for left in (1..61).rev() {
        assert_eq!(V6::decrement_ttl(&mut bytes), Ok(Some(left)));
    }
    let before = bytes.clone();
    assert_eq!(V6::decrement_ttl(&mut bytes), Ok(None));
    assert_eq!(bytes, before);
}
