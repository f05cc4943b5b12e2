// SPDX-License-Identifier: GPL-2.0-only

//! Packets built by etherparse, an independent implementation of the headers and their checksums, but for those of
//! SCTP, which it does not know.

// Each test program uses its own part.
#![allow(dead_code)]

use std::net::Ipv4Addr;

use etherparse::{
    IpNumber,
    Ipv4Header,
    Ipv4Options,
    TcpHeader,
    UdpHeader, //
};
use proptest::prelude::*;
use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    packet::ParseError,
    protocol::Protocol, //
};

/// A packet to be built.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) src: (Ipv4Addr, u16),
    pub(crate) dst: (Ipv4Addr, u16),
    pub(crate) ttl: u8,
    pub(crate) tos: u8,
    /// Bytes of IP options.
    pub(crate) ip_options: usize,
    pub(crate) segment: Segment,
    pub(crate) payload: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) enum Segment {
    Tcp {
        /// FIN, SYN, RST, ACK.
        flags: [bool; 4],
        /// Bytes of TCP options.
        options: usize,
    },
    Udp {
        with_checksum: bool,
    },
    /// The payload is that of one chunk.
    Sctp {
        chunk: u8,
    },
}

/// CRC32c, one bit at a time (RFC 3720 section 12.1), as SCTP has it in a packet (RFC 9260 appendix A).
pub(crate) fn crc32c(bytes: &[u8]) -> [u8; 4] {
    let mut register = u32::MAX;
    for byte in bytes {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            let polynomial = if register & 1 == 1 { 0x82f6_3b78 } else { 0 };
            register = (register >> 1) ^ polynomial;
        }
    }
    (!register).to_le_bytes()
}

impl Packet {
    pub(crate) fn protocol(&self) -> Protocol {
        match self.segment {
            Segment::Tcp { .. } => Protocol::Tcp,
            Segment::Udp { .. } => Protocol::Udp,
            Segment::Sctp { .. } => Protocol::Sctp,
        }
    }

    pub(crate) fn ip_header_len(&self) -> usize {
        20 + self.ip_options
    }

    /// The bytes of the packet, from the IP header on.
    pub(crate) fn build(&self) -> Vec<u8> {
        let (number, header_len) = match &self.segment {
            Segment::Tcp { options, .. } => (IpNumber::TCP, 20 + options),
            Segment::Udp { .. } => (IpNumber::UDP, 8),
            Segment::Sctp { .. } => (IpNumber::SCTP, 16),
        };
        let segment_len = header_len + self.payload.len();
        let mut ip = Ipv4Header::new(
            segment_len as u16,
            self.ttl,
            number,
            self.src.0.octets(),
            self.dst.0.octets(),
        )
        .unwrap();
        ip.dscp = (self.tos >> 2).try_into().unwrap();
        ip.ecn = (self.tos & 3).try_into().unwrap();
        // No-operation, as often as needed.
        ip.options = Ipv4Options::try_from(vec![1; self.ip_options].as_slice()).unwrap();
        ip.set_payload_len(segment_len).unwrap();
        ip.header_checksum = ip.calc_header_checksum();

        let mut bytes = ip.to_bytes().to_vec();
        match &self.segment {
            Segment::Tcp { flags, options } => {
                let mut tcp = TcpHeader::new(self.src.1, self.dst.1, 0x1234_5678, 512);
                [tcp.fin, tcp.syn, tcp.rst, tcp.ack] = *flags;
                tcp.set_options_raw(&vec![1; *options]).unwrap();
                tcp.checksum = tcp.calc_checksum_ipv4(&ip, &self.payload).unwrap();
                bytes.extend(tcp.to_bytes());
            }
            Segment::Udp { with_checksum } => {
                let (src, dst) = (self.src.1, self.dst.1);
                let udp = if *with_checksum {
                    UdpHeader::with_ipv4_checksum(src, dst, &ip, &self.payload).unwrap()
                } else {
                    UdpHeader::without_ipv4_checksum(src, dst, self.payload.len()).unwrap()
                };
                bytes.extend(udp.to_bytes());
            }
            Segment::Sctp { chunk } => {
                bytes.extend(self.src.1.to_be_bytes());
                bytes.extend(self.dst.1.to_be_bytes());
                bytes.extend(0x1234_5678u32.to_be_bytes());
                bytes.extend([0; 4]);
                bytes.extend([*chunk, 3]);
                bytes.extend((4 + self.payload.len() as u16).to_be_bytes());
            }
        }
        bytes.extend(&self.payload);
        if let Segment::Sctp { .. } = self.segment {
            let packet = self.ip_header_len();
            let crc = crc32c(&bytes[packet..]);
            bytes[packet + 8..packet + 12].copy_from_slice(&crc);
        }
        bytes
    }
}

pub(crate) fn endpoint((addr, port): (Ipv4Addr, u16)) -> Endpoint {
    Endpoint::new(Addr::V4(addr), port)
}

/// The address and port of one end.
pub(crate) fn end() -> impl Strategy<Value = (Ipv4Addr, u16)> {
    // Addresses and ports of all zeros and all ones come up too, which checksums stumble over.
    let addr = prop_oneof![4 => any::<u32>(), 1 => Just(0), 1 => Just(u32::MAX)];
    let port = prop_oneof![4 => any::<u16>(), 1 => Just(0), 1 => Just(u16::MAX)];
    (addr.prop_map(Ipv4Addr::from), port)
}

pub(crate) fn packet() -> impl Strategy<Value = Packet> {
    let segment = prop_oneof![
        (any::<[bool; 4]>(), 0..=10usize).prop_map(|(flags, words)| Segment::Tcp {
            flags,
            options: words * 4
        }),
        any::<bool>().prop_map(|with_checksum| Segment::Udp { with_checksum }),
        (0..15u8).prop_map(|chunk| Segment::Sctp { chunk }),
    ];
    // Mostly short, and at times beyond 256 bytes and 4096.
    let payload = prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..64),
        1 => prop::collection::vec(any::<u8>(), 200..600),
        1 => prop::collection::vec(any::<u8>(), 4000..9000),
    ];
    (
        end(),
        end(),
        any::<(u8, u8)>(),
        0..=10usize,
        segment,
        payload,
    )
        .prop_map(
            |(src, dst, (ttl, tos), option_words, segment, payload)| Packet {
                src,
                dst,
                ttl,
                tos,
                ip_options: option_words * 4,
                segment,
                payload,
            },
        )
}

/// An ICMP error from `src` to `dst` about the packet that begins with `embedded`.
pub(crate) fn icmp_error(
    src: Ipv4Addr,
    dst: Ipv4Addr,
    kind: (u8, u8),
    options: usize,
    embedded: &[u8],
) -> Vec<u8> {
    use etherparse::{
        Icmpv4Header,
        Icmpv4Type, //
    };
    let icmp_type = Icmpv4Type::Unknown {
        type_u8: kind.0,
        code_u8: kind.1,
        // The next-hop MTU of "fragmentation needed" (RFC 1191 section 4).
        bytes5to8: [0, 0, 0x05, 0xdc],
    };
    let icmp = Icmpv4Header::with_checksum(icmp_type, embedded);
    let mut ip = Ipv4Header::new(
        (8 + embedded.len()) as u16,
        64,
        IpNumber::ICMP,
        src.octets(),
        dst.octets(),
    )
    .unwrap();
    ip.options = Ipv4Options::try_from(vec![1; options].as_slice()).unwrap();
    ip.set_payload_len(8 + embedded.len()).unwrap();
    ip.header_checksum = ip.calc_header_checksum();

    let mut bytes = ip.to_bytes().to_vec();
    bytes.extend(icmp.to_bytes());
    bytes.extend(embedded);
    bytes
}

/// Reads `bytes` as a caller does who has few of them at first: with as many as were asked for.
/// Returns the result and how many were needed.
pub(crate) fn with_more<T>(
    bytes: &[u8],
    first: usize,
    parse: impl Fn(&[u8]) -> Result<T, ParseError>,
) -> (Result<T, ParseError>, usize) {
    let mut len = first.min(bytes.len());
    loop {
        match parse(&bytes[..len]) {
            Err(ParseError::Short(needed)) => {
                assert!(needed > len, "asked for {needed} bytes, having {len}");
                assert!(needed <= bytes.len(), "asked for more than the packet has");
                len = needed;
            }
            result => return (result, len),
        }
    }
}
