// SPDX-License-Identifier: GPL-2.0-only

//! Translated packets must be, byte for byte, those that an independent implementation builds for
//! the new addresses and ports.

mod support;

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use proptest::prelude::*;
use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    csum,
    nat::{
        lower_mtu,
        rewrite,
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
            Version, //
            V4,
        },
        ipv4,
        ParseError, //
    },
    protocol::Protocol,
};
use support::{
    end,
    endpoint,
    icmp_error,
    packet,
    Packet, //
};

fn which_end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Source), Just(End::Destination)]
}

/// `packet` with another `end`.
fn moved(packet: &Packet, which: End, to: (Ipv4Addr, u16)) -> Packet {
    let mut packet = packet.clone();
    match which {
        End::Source => packet.src = to,
        End::Destination => packet.dst = to,
    }
    packet
}

fn checksum_offset(packet: &Packet) -> usize {
    packet.ip_header_len()
        + match packet.protocol() {
            Protocol::Tcp => 16,
            Protocol::Udp => 6,
            Protocol::Sctp => 8,
        }
}

fn checksum_len(packet: &Packet) -> usize {
    match packet.protocol() {
        Protocol::Tcp | Protocol::Udp => 2,
        Protocol::Sctp => 4,
    }
}

/// Puts into a packet what `CHECKSUM_PARTIAL` leaves: of SCTP it is not looked at.
fn leave_checksum(packet: &Packet, bytes: &mut [u8]) {
    let sum = match packet.protocol() {
        Protocol::Tcp | Protocol::Udp => pseudo_header_sum(packet).to_be_bytes().to_vec(),
        Protocol::Sctp => vec![0; 4],
    };
    bytes[checksum_offset(packet)..][..sum.len()].copy_from_slice(&sum);
}

/// The sum of the pseudo header (RFC 9293 section 3.1, RFC 768), which `CHECKSUM_PARTIAL` leaves.
fn pseudo_header_sum(packet: &Packet) -> u16 {
    let segment_len = packet.build().len() - packet.ip_header_len();
    let mut words = vec![u16::from(packet.protocol().number()), segment_len as u16];
    for addr in [packet.src.0, packet.dst.0] {
        let [a, b, c, d] = addr.octets();
        words.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
    }
    let mut sum: u32 = words.into_iter().map(u32::from).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equals_the_packet_built_for_the_new_end(packet in packet(), which in which_end(), to in end()) {
        let mut bytes = packet.build();
        let rewrite = match which {
            End::Source => rewrite_source::<V4>,
            End::Destination => rewrite_destination::<V4>,
        };
        let result = rewrite(
            &mut bytes,
            packet.ip_header_len(),
            packet.protocol(),
            endpoint(to),
            ChecksumState::Complete,
        );
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(bytes, moved(&packet, which, to).build());
    }

    #[test]
    fn there_and_back_restores_every_byte(
        packet in packet(),
        which in which_end(),
        to in end(),
        partial: bool,
    ) {
        let from = match which {
            End::Source => packet.src,
            End::Destination => packet.dst,
        };
        let checksum = if partial { ChecksumState::Partial } else { ChecksumState::Complete };
        let mut bytes = packet.build();
        if partial {
            leave_checksum(&packet, &mut bytes);
        }
        let before = bytes.clone();
        for to in [to, from] {
            let (len, protocol) = (packet.ip_header_len(), packet.protocol());
            prop_assert_eq!(rewrite::<V4>(&mut bytes, len, protocol, which, endpoint(to), checksum), Ok(()));
        }
        prop_assert_eq!(bytes, before);
    }

    #[test]
    fn a_partial_checksum_stays_the_sum_of_the_pseudo_header(
        packet in packet(),
        which in which_end(),
        to in end(),
    ) {
        let with_sum = |packet: &Packet| {
            let mut bytes = packet.build();
            leave_checksum(packet, &mut bytes);
            bytes
        };
        let mut bytes = with_sum(&packet);
        let (len, protocol) = (packet.ip_header_len(), packet.protocol());
        let result = rewrite::<V4>(&mut bytes, len, protocol, which, endpoint(to), ChecksumState::Partial);
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(bytes, with_sum(&moved(&packet, which, to)));
    }

    #[test]
    fn with_both_ends_equals_the_packet_built_for_them(
        packet in packet(),
        src in end(),
        dst in end(),
        partial: bool,
        damage: u8,
    ) {
        let build = |packet: &Packet| {
            let mut bytes = packet.build();
            if partial {
                leave_checksum(packet, &mut bytes);
            }
            // What came damaged leaves damaged.
            let last = bytes.len() - 1;
            if last >= checksum_offset(packet) + checksum_len(packet) {
                bytes[last] ^= damage;
            }
            bytes
        };
        let checksum = if partial { ChecksumState::Partial } else { ChecksumState::Complete };
        let (len, protocol) = (packet.ip_header_len(), packet.protocol());
        let mut bytes = build(&packet);
        let before = bytes.clone();
        let rewrite = |src, dst| Rewrite { source: endpoint(src), destination: endpoint(dst) };
        prop_assert_eq!(rewrite(src, dst).apply::<V4>(&mut bytes, len, protocol, checksum), Ok(()));
        prop_assert_eq!(&bytes, &build(&Packet { src, dst, ..packet.clone() }));

        let back = rewrite(packet.src, packet.dst).apply::<V4>(&mut bytes, len, protocol, checksum);
        prop_assert_eq!(back, Ok(()));
        prop_assert_eq!(bytes, before);
    }

    #[test]
    fn with_both_ends_an_icmp_error_equals_the_one_built_for_them(
        packet in packet(),
        src in end(),
        dst in end(),
        outer in (end(), end()),
        option_words in 0..=10usize,
        cut: prop::sample::Index,
    ) {
        let least = packet.ip_header_len() + 8;
        let build = |embedded: &Packet, src, dst| {
            let checksum = checksum_offset(embedded)..checksum_offset(embedded) + checksum_len(embedded);
            let embedded = embedded.build();
            let len = match least + cut.index(embedded.len() - least + 1) {
                len if checksum.contains(&len) => checksum.start,
                len => len,
            };
            icmp_error(src, dst, (3, 4), option_words * 4, &embedded[..len])
        };
        let mut bytes = build(&packet, outer.0.0, outer.1.0);
        let error = icmp::parse(&ipv4::parse(&bytes).unwrap(), &bytes).unwrap();
        let rewrite = Rewrite { source: endpoint(src), destination: endpoint(dst) };
        prop_assert_eq!(rewrite.apply_to_error(&mut bytes, &error, ChecksumState::Complete), Ok(()));
        // The packet inside went from where the error goes to.
        let embedded = Packet { src: dst, dst: src, ..packet.clone() };
        prop_assert_eq!(bytes, build(&embedded, src.0, dst.0));
    }

    #[test]
    fn with_both_ends_no_bytes_can_make_it_panic_or_change_by_halves(
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        header_len in prop_oneof![0..80usize, Just(usize::MAX)],
        src in end(),
        dst in end(),
        is_mixed: bool,
        protocol in prop::sample::select(Protocol::ALL.to_vec()),
    ) {
        let mut bytes = bytes;
        let before = bytes.clone();
        let destination = if is_mixed {
            Endpoint::new(Addr::V6(Ipv6Addr::LOCALHOST), dst.1)
        } else {
            endpoint(dst)
        };
        let rewrite = Rewrite { source: endpoint(src), destination };
        let result = rewrite.apply::<V4>(&mut bytes, header_len, protocol, ChecksumState::Complete);
        prop_assert!(result.is_ok() && !is_mixed || bytes == before);
        prop_assert_eq!(bytes.len(), before.len());
    }

    #[test]
    fn a_damaged_packet_stays_damaged(packet in packet(), which in which_end(), to in end(), damage in 1u8..) {
        let last = packet.build().len() - 1;
        prop_assume!(last >= checksum_offset(&packet) + checksum_len(&packet));
        let mut bytes = packet.build();
        bytes[last] ^= damage;
        let (len, protocol) = (packet.ip_header_len(), packet.protocol());
        let result = rewrite::<V4>(&mut bytes, len, protocol, which, endpoint(to), ChecksumState::Complete);
        prop_assert_eq!(result, Ok(()));
        // Only the damage differs: the checksum was not made to cover it.
        bytes[last] ^= damage;
        prop_assert_eq!(bytes, moved(&packet, which, to).build());
    }

    #[test]
    fn a_short_packet_is_refused_unchanged(packet in packet(), which in which_end(), to in end(), cut: prop::sample::Index) {
        let needed = packet.ip_header_len() + match packet.protocol() {
            Protocol::Tcp => 20,
            Protocol::Udp => 8,
            Protocol::Sctp => 12,
        };
        let mut bytes = packet.build();
        bytes.truncate(1 + cut.index(needed - 1));
        let before = bytes.clone();
        let (len, protocol) = (packet.ip_header_len(), packet.protocol());
        let result = rewrite::<V4>(&mut bytes, len, protocol, which, endpoint(to), ChecksumState::Complete);
        prop_assert_eq!(result, Err(ParseError::Short(needed)));
        prop_assert_eq!(bytes, before);
    }

    #[test]
    fn an_icmp_error_equals_the_one_built_for_the_new_end(
        packet in packet(),
        which in which_end(),
        to in end(),
        other in end(),
        kind in prop_oneof![(Just(3u8), 0..16u8), (Just(4u8), Just(0)), (Just(11u8), 0..2u8)],
        option_words in 0..=10usize,
        cut: prop::sample::Index,
    ) {
        // An error that goes to an endpoint is about a packet that came from it.
        let (opposite, from) = match which {
            End::Source => (End::Destination, packet.dst),
            End::Destination => (End::Source, packet.src),
        };
        let least = packet.ip_header_len() + 8;
        let build = |embedded: &Packet, addr: Ipv4Addr| {
            let checksum = checksum_offset(embedded)..checksum_offset(embedded) + checksum_len(embedded);
            let embedded = embedded.build();
            // A part of a checksum means nothing to anyone, and is left alone.
            let len = match least + cut.index(embedded.len() - least + 1) {
                len if checksum.contains(&len) => checksum.start,
                len => len,
            };
            let embedded = &embedded[..len];
            match which {
                End::Source => icmp_error(addr, other.0, kind, option_words * 4, embedded),
                End::Destination => icmp_error(other.0, addr, kind, option_words * 4, embedded),
            }
        };
        let original = build(&packet, from.0);
        let mut bytes = original.clone();
        let header = ipv4::parse(&bytes).unwrap();
        let error = icmp::parse(&header, &bytes).unwrap();
        prop_assert_eq!(rewrite_icmp_error(&mut bytes, &error, which, endpoint(to), ChecksumState::Complete), Ok(()));
        prop_assert_eq!(&bytes, &build(&moved(&packet, opposite, to), to.0));

        let header = ipv4::parse(&bytes).unwrap();
        let error = icmp::parse(&header, &bytes).unwrap();
        prop_assert_eq!(rewrite_icmp_error(&mut bytes, &error, which, endpoint(from), ChecksumState::Complete), Ok(()));
        prop_assert_eq!(&bytes, &original);

        // A checksum that the device makes is of what it finds then.
        let checksum = header.header_len + 2..header.header_len + 4;
        bytes[checksum.clone()].fill(0);
        let error = icmp::parse(&header, &bytes).unwrap();
        prop_assert_eq!(rewrite_icmp_error(&mut bytes, &error, which, endpoint(to), ChecksumState::Partial), Ok(()));
        let mut expected = build(&moved(&packet, opposite, to), to.0);
        expected[checksum].fill(0);
        prop_assert_eq!(bytes, expected);
    }

    #[test]
    fn a_hop_takes_one_off_the_time_to_live(packet in packet()) {
        let mut bytes = packet.build();
        let before = bytes.clone();
        let result = V4::decrement_ttl(&mut bytes);
        if packet.ttl > 1 {
            let ttl = packet.ttl - 1;
            prop_assert_eq!(result, Ok(Some(ttl)));
            prop_assert_eq!(bytes, Packet { ttl, ..packet }.build());
        } else {
            prop_assert_eq!(result, Ok(None));
            prop_assert_eq!(bytes, before);
        }
    }

    #[test]
    fn no_bytes_can_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        header_len in prop_oneof![0..80usize, Just(usize::MAX)],
        which in which_end(),
        to in end(),
        protocol in prop::sample::select(Protocol::ALL.to_vec()),
    ) {
        let mut bytes = bytes;
        let len = bytes.len();
        let before = bytes.clone();
        let result = rewrite::<V4>(&mut bytes, header_len, protocol, which, endpoint(to), ChecksumState::Complete);
        prop_assert!(result.is_ok() || bytes == before);
        let _ = V4::decrement_ttl(&mut bytes);
        prop_assert_eq!(bytes.len(), len);
    }
}

#[test]
fn an_error_tells_of_a_smaller_mtu() {
    let quoted = Packet {
        src: ([192, 0, 2, 10].into(), 40000),
        dst: ([10, 0, 0, 11].into(), 80),
        ttl: 64,
        tos: 0,
        ip_options: 0,
        segment: support::Segment::Udp {
            with_checksum: true,
        },
        payload: vec![7; 12],
    }
    .build();
    let router: Ipv4Addr = [192, 0, 2, 77].into();
    let told = |kind, mtu: u16| {
        let mut bytes = icmp_error(router, [192, 0, 2, 10].into(), kind, 0, &quoted);
        bytes[26..28].copy_from_slice(&mtu.to_be_bytes());
        bytes[22..24].fill(0);
        let checksum = csum::of(&[&bytes[20..]]);
        bytes[22..24].copy_from_slice(&checksum.to_be_bytes());
        bytes
    };
    let lowered = |mut bytes: Vec<u8>, checksum| {
        let error = icmp::parse(&ipv4::parse(&bytes).unwrap(), &bytes).unwrap();
        lower_mtu(&mut bytes, &error, 8, WithoutRoom::TellLeast, checksum).unwrap();
        bytes
    };
    let too_big = (3, 4);
    for (before, after) in [(1500, 1492), (76, 68), (70, 68), (68, 68), (40, 40), (0, 0)] {
        assert_eq!(
            lowered(told(too_big, before), ChecksumState::Complete),
            told(too_big, after)
        );
    }
    // What stands there in others is no MTU.
    let unreachable = told((3, 3), 1500);
    assert_eq!(
        lowered(unreachable.clone(), ChecksumState::Complete),
        unreachable
    );
    // A checksum that the device makes is left to it.
    let mut expected = told(too_big, 1500);
    expected[26..28].copy_from_slice(&1492u16.to_be_bytes());
    assert_eq!(
        lowered(told(too_big, 1500), ChecksumState::Partial),
        expected
    );
}

/// Packets of IPsec have no ports: of one that is quoted nothing but an address changes.
#[test]
fn an_error_about_ipsec_follows_the_key_exchange() {
    let build = |client: [u8; 4], server: [u8; 4]| {
        // SPI and sequence number stand where others have ports, length and checksum.
        let mut quoted = Packet {
            src: (server.into(), 0x0102),
            dst: (client.into(), 0x0304),
            ttl: 64,
            tos: 0,
            ip_options: 0,
            segment: support::Segment::Udp {
                with_checksum: false,
            },
            payload: vec![7; 12],
        }
        .build();
        quoted[9] = 50;
        ipv4::complete_checksum(&mut quoted, 20).unwrap();
        icmp_error([192, 0, 2, 77].into(), server.into(), (3, 4), 0, &quoted)
    };
    let (client, service, server) = ([192, 0, 2, 10], [198, 51, 100, 1], [10, 0, 0, 11]);
    let mut bytes = build(client, service);
    let error = icmp::parse(&ipv4::parse(&bytes).unwrap(), &bytes).unwrap();
    assert!(!error.has_ports);
    assert_eq!(error.tuple.src(), endpoint((service.into(), 500)));
    assert_eq!(error.tuple.dst(), endpoint((client.into(), 500)));
    assert_eq!(error.tuple.protocol, Protocol::Udp);
    let (to, checksum) = (endpoint((server.into(), 500)), ChecksumState::Complete);
    assert_eq!(
        rewrite_icmp_error(&mut bytes, &error, End::Destination, to, checksum),
        Ok(())
    );
    assert_eq!(bytes, build(client, server));
}

#[test]
fn an_address_of_the_other_family_is_refused_unchanged() {
    let packet = Packet {
        src: (Ipv4Addr::new(192, 0, 2, 1), 1024),
        dst: (Ipv4Addr::new(192, 0, 2, 2), 80),
        ttl: 64,
        tos: 0,
        ip_options: 0,
        segment: support::Segment::Udp {
            with_checksum: true,
        },
        payload: vec![1, 2, 3],
    };
    let mut bytes = packet.build();
    let to = Endpoint::new(Addr::V6(Ipv6Addr::LOCALHOST), 80);
    let result =
        rewrite_destination::<V4>(&mut bytes, 20, Protocol::Udp, to, ChecksumState::Complete);
    assert_eq!(result, Err(ParseError::Unsupported));
    assert_eq!(bytes, packet.build());
}
