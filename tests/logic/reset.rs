// SPDX-License-Identifier: GPL-2.0-only

//! Resets are, byte for byte, the packets that RFC 9293 (section 3.10.7) asks for, as an independent
//! implementation builds them.

mod support;

use etherparse::{
    IpNumber,
    Ipv4Header,
    TcpHeader, //
};
use proptest::prelude::*;
use rvs_logic::logic::packet::{
    ipv4,
    reset, //
};
use support::{
    packet,
    Packet,
    Segment, //
};

const ACK: u32 = 0x9abc_def0;
const SEQUENCE: u32 = 0x1234_5678;

/// A RST with correct checksums.
fn rst(ip: &Ipv4Header, sequence: u32, acknowledgment: Option<u32>, ports: (u16, u16)) -> Vec<u8> {
    let mut tcp = TcpHeader::new(ports.0, ports.1, sequence, 0);
    tcp.rst = true;
    tcp.ack = acknowledgment.is_some();
    tcp.acknowledgment_number = acknowledgment.unwrap_or(0);
    tcp.checksum = tcp.calc_checksum_ipv4(ip, &[]).unwrap();
    let mut bytes = ip.to_bytes().to_vec();
    bytes.extend(tcp.to_bytes());
    bytes
}

/// The packet with an acknowledgment number, and its flags.
fn segment(packet: &Packet) -> Option<(Vec<u8>, [bool; 4])> {
    let Segment::Tcp { flags, .. } = packet.segment else {
        return None;
    };
    let mut bytes = packet.build();
    let at = packet.ip_header_len() + 8;
    bytes[at..at + 4].copy_from_slice(&ACK.to_be_bytes());
    Some((bytes, flags))
}

proptest! {
    #[test]
    fn the_sender_gets_one_that_it_believes(packet in packet()) {
        let Some((bytes, [fin, syn, _, ack])) = segment(&packet) else {
            return Ok(());
        };
        let header = ipv4::parse(&bytes).unwrap();
        let mut ip = Ipv4Header::new(20, 64, IpNumber::TCP, packet.dst.0.octets(), packet.src.0.octets()).unwrap();
        ip.dont_fragment = true;
        ip.header_checksum = ip.calc_header_checksum();
        let len = packet.payload.len() as u32 + u32::from(syn) + u32::from(fin);
        let (sequence, acknowledgment) = match ack {
            true => (ACK, None),
            false => (0, Some(SEQUENCE + len)),
        };
        let expected = rst(&ip, sequence, acknowledgment, (packet.dst.1, packet.src.1));
        let answer = reset::answer(&header, &bytes).unwrap();
        prop_assert_eq!(answer.bytes(), expected);
    }

    #[test]
    fn the_segment_becomes_one(packet in packet()) {
        let Some((bytes, [_, _, _, ack])) = segment(&packet) else {
            return Ok(());
        };
        let header = ipv4::parse(&bytes).unwrap();
        let mut cut = bytes[..packet.ip_header_len() + 20].to_vec();
        reset::turn_into(&header, &mut cut).unwrap();

        let (mut ip, _) = Ipv4Header::from_slice(&bytes).unwrap();
        ip.set_payload_len(20).unwrap();
        ip.time_to_live = 64;
        ip.header_checksum = ip.calc_header_checksum();
        let expected = rst(&ip, SEQUENCE, ack.then_some(ACK), (packet.src.1, packet.dst.1));
        prop_assert_eq!(cut, expected);
    }

    #[test]
    fn what_is_too_short_is_refused(packet in packet(), missing in 1..20usize) {
        let Some((bytes, _)) = segment(&packet) else {
            return Ok(());
        };
        let header = ipv4::parse(&bytes).unwrap();
        let mut cut = bytes[..packet.ip_header_len() + 20 - missing].to_vec();
        prop_assert!(reset::answer(&header, &cut).is_err());
        prop_assert!(reset::turn_into(&header, &mut cut).is_err());
    }
}
