// SPDX-License-Identifier: GPL-2.0-only

//! Packets and ICMP errors of either version of IP, which etherparse builds from nothing, and what they are to become.

// Each test program uses its own part.
#![allow(dead_code)]

use etherparse::{
    Icmpv4Header,
    Icmpv4Type,
    Icmpv6Header,
    Icmpv6Type,
    IpNumber,
    Ipv4Header,
    Ipv6FlowLabel,
    Ipv6Header,
    TcpHeader,
    UdpHeader, //
};
use proptest::prelude::*;
use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    nat::{
        family::Translation,
        Rewrite, //
    },
    packet::ip::{
        Version,
        V4,
        V6, //
    },
};

/// What is behind a header: the ports, what it is, and its data.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) ports: (u16, u16),
    pub(crate) kind: Kind,
    pub(crate) data: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind {
    Tcp,
    Udp,
    UdpWithoutChecksum,
}

/// What a header says besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub(crate) ttl: u8,
    pub(crate) tos: u8,
    pub(crate) dont_fragment: bool,
    pub(crate) identification: u16,
}

/// How etherparse builds packets of a version.
pub(crate) trait Built: Version {
    fn header(
        fields: Fields,
        protocol: u8,
        src: Self::Addr,
        dst: Self::Addr,
        payload: &[u8],
    ) -> Vec<u8>;
    fn tcp(tcp: &TcpHeader, src: Self::Addr, dst: Self::Addr, data: &[u8]) -> u16;
    fn udp(ports: (u16, u16), src: Self::Addr, dst: Self::Addr, data: &[u8]) -> UdpHeader;
    fn icmp(kind: (u8, u8), rest: u32, src: Self::Addr, dst: Self::Addr, payload: &[u8])
        -> Vec<u8>;
}

impl Built for V4 {
    fn header(
        fields: Fields,
        protocol: u8,
        src: Self::Addr,
        dst: Self::Addr,
        payload: &[u8],
    ) -> Vec<u8> {
        let (len, number) = (payload.len() as u16, IpNumber(protocol));
        let mut ip = Ipv4Header::new(len, fields.ttl, number, src.octets(), dst.octets()).unwrap();
        ip.dscp = (fields.tos >> 2).try_into().unwrap();
        ip.ecn = (fields.tos & 3).try_into().unwrap();
        ip.dont_fragment = fields.dont_fragment;
        ip.identification = fields.identification;
        ip.header_checksum = ip.calc_header_checksum();
        ip.to_bytes().to_vec()
    }

    fn tcp(tcp: &TcpHeader, src: Self::Addr, dst: Self::Addr, data: &[u8]) -> u16 {
        tcp.calc_checksum_ipv4_raw(src.octets(), dst.octets(), data)
            .unwrap()
    }

    fn udp(ports: (u16, u16), src: Self::Addr, dst: Self::Addr, data: &[u8]) -> UdpHeader {
        let mut udp = UdpHeader::without_ipv4_checksum(ports.0, ports.1, data.len()).unwrap();
        udp.checksum = udp
            .calc_checksum_ipv4_raw(src.octets(), dst.octets(), data)
            .unwrap();
        udp
    }

    fn icmp(kind: (u8, u8), rest: u32, _: Self::Addr, _: Self::Addr, payload: &[u8]) -> Vec<u8> {
        let icmp_type = Icmpv4Type::Unknown {
            type_u8: kind.0,
            code_u8: kind.1,
            bytes5to8: rest.to_be_bytes(),
        };
        Icmpv4Header::with_checksum(icmp_type, payload)
            .to_bytes()
            .to_vec()
    }
}

impl Built for V6 {
    fn header(
        fields: Fields,
        protocol: u8,
        src: Self::Addr,
        dst: Self::Addr,
        payload: &[u8],
    ) -> Vec<u8> {
        Ipv6Header {
            traffic_class: fields.tos,
            flow_label: Ipv6FlowLabel::ZERO,
            payload_length: payload.len() as u16,
            next_header: IpNumber(protocol),
            hop_limit: fields.ttl,
            source: src.octets(),
            destination: dst.octets(),
        }
        .to_bytes()
        .to_vec()
    }

    fn tcp(tcp: &TcpHeader, src: Self::Addr, dst: Self::Addr, data: &[u8]) -> u16 {
        tcp.calc_checksum_ipv6_raw(src.octets(), dst.octets(), data)
            .unwrap()
    }

    fn udp(ports: (u16, u16), src: Self::Addr, dst: Self::Addr, data: &[u8]) -> UdpHeader {
        let mut udp = UdpHeader::without_ipv4_checksum(ports.0, ports.1, data.len()).unwrap();
        udp.checksum = udp
            .calc_checksum_ipv6_raw(src.octets(), dst.octets(), data)
            .unwrap();
        udp
    }

    fn icmp(
        kind: (u8, u8),
        rest: u32,
        src: Self::Addr,
        dst: Self::Addr,
        payload: &[u8],
    ) -> Vec<u8> {
        let icmp_type = Icmpv6Type::Unknown {
            type_u8: kind.0,
            code_u8: kind.1,
            bytes5to8: rest.to_be_bytes(),
        };
        let header = Icmpv6Header::with_checksum(icmp_type, src.octets(), dst.octets(), payload);
        header.unwrap().to_bytes().to_vec()
    }
}

pub(crate) fn packet<V: Built>(
    fields: Fields,
    src: V::Addr,
    dst: V::Addr,
    segment: &Segment,
) -> Vec<u8> {
    let (src_port, dst_port) = segment.ports;
    let (protocol, header) = match segment.kind {
        Kind::Tcp => {
            let mut tcp = TcpHeader::new(src_port, dst_port, 0x1234_5678, 512);
            tcp.ack = true;
            tcp.checksum = V::tcp(&tcp, src, dst, &segment.data);
            (6, tcp.to_bytes().to_vec())
        }
        Kind::Udp => {
            let udp = V::udp(segment.ports, src, dst, &segment.data);
            (17, udp.to_bytes().to_vec())
        }
        Kind::UdpWithoutChecksum => {
            let udp = UdpHeader::without_ipv4_checksum(src_port, dst_port, segment.data.len());
            (17, udp.unwrap().to_bytes().to_vec())
        }
    };
    let payload = [header, segment.data.clone()].concat();
    let header = V::header(fields, protocol, src, dst, &payload);
    [header, payload].concat()
}

/// An error about a packet, of which it has the first bytes.
pub(crate) fn error<V: Built>(
    fields: Fields,
    (src, dst): (V::Addr, V::Addr),
    kind: (u8, u8),
    rest: u32,
    quoted: &[u8],
) -> Vec<u8> {
    let message = [V::icmp(kind, rest, src, dst, quoted), quoted.to_vec()].concat();
    let header = V::header(fields, V::ICMP, src, dst, &message);
    [header, message].concat()
}

/// What stands in it is a packet's by itself.
pub(crate) fn end(addr: impl Into<Addr>, port: u16) -> Endpoint {
    Endpoint::new(addr.into(), port)
}

pub(crate) fn fields() -> impl Strategy<Value = Fields> {
    (2u8.., any::<u8>(), any::<bool>(), any::<u16>()).prop_map(
        |(ttl, tos, dont_fragment, identification)| Fields {
            ttl,
            tos,
            dont_fragment,
            identification,
        },
    )
}

pub(crate) fn segment() -> impl Strategy<Value = Segment> {
    let kinds = prop::sample::select(vec![Kind::Tcp, Kind::Udp, Kind::UdpWithoutChecksum]);
    let data = prop::collection::vec(any::<u8>(), 0..1500);
    (any::<(u16, u16)>(), kinds, data).prop_map(|(ports, kind, data)| Segment { ports, kind, data })
}

pub(crate) type Addrs<V> = (<V as Version>::Addr, <V as Version>::Addr);

pub(crate) const PLAIN: Fields = Fields {
    ttl: 64,
    tos: 0,
    dont_fragment: true,
    identification: 0,
};

pub(crate) const V4_ADDRS: Addrs<V4> = (
    std::net::Ipv4Addr::new(10, 0, 0, 21),
    std::net::Ipv4Addr::new(10, 1, 0, 11),
);

pub(crate) const V6_ADDRS: Addrs<V6> = (
    std::net::Ipv6Addr::new(0x2001, 0xdb8, 3, 0, 0, 0, 0, 0x10),
    std::net::Ipv6Addr::new(0x2001, 0xdb8, 0x100, 0, 0, 0, 0, 1),
);

pub(crate) fn datagram(len: usize) -> Segment {
    Segment {
        ports: (40000, 7000),
        kind: Kind::Udp,
        data: vec![0x42; len],
    }
}

pub(crate) fn to_v4() -> Translation {
    Translation {
        rewrite: Rewrite {
            source: end(V4_ADDRS.0, 10000),
            destination: end(V4_ADDRS.1, 7005),
        },
        hops: 1,
        dont_fragment: true,
        identification: 0,
    }
}

pub(crate) fn to_v6() -> Translation {
    Translation {
        rewrite: Rewrite {
            source: end(V6_ADDRS.1, 7000),
            destination: end(V6_ADDRS.0, 40000),
        },
        ..to_v4()
    }
}
