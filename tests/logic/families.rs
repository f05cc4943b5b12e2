// SPDX-License-Identifier: GPL-2.0-only

//! Packets and ICMP errors of one version of IP that become those of the other, compared with what etherparse builds of it
//! from nothing, and with the tables of RFC 7915 (sections 4.2 and 5.2), written down once more.

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
    addr::Endpoint,
    nat::{
        family::{
            of_v4,
            of_v6,
            Checksum,
            ErrorTranslation,
            Translation, //
        },
        ChecksumState,
        Rewrite, //
    },
    packet::{
        icmp::{
            self,
            Message,
            Type, //
        },
        ip::{
            Version,
            V4,
            V6, //
        },
        ipv6::ErrorType,
        transport,
        ParseError, //
    },
};

/// What is behind a header: the ports, what it is, and its data.
#[derive(Clone, Debug)]
struct Segment {
    ports: (u16, u16),
    kind: Kind,
    data: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Tcp,
    Udp,
    UdpWithoutChecksum,
}

/// What a header says besides.
#[derive(Clone, Copy, Debug)]
struct Fields {
    ttl: u8,
    tos: u8,
    dont_fragment: bool,
    identification: u16,
}

/// How etherparse builds packets of a version.
trait Built: Version {
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

fn packet<V: Built>(fields: Fields, src: V::Addr, dst: V::Addr, segment: &Segment) -> Vec<u8> {
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
fn error<V: Built>(
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

/// Has the header of a packet be replaced, as the module does in place.
fn translate<V: Version, O: Version>(
    bytes: &[u8],
    how: &Translation,
    checksum: ChecksumState,
) -> Result<(Checksum, Vec<u8>), ParseError> {
    let header = V::parse(bytes, bytes.len()).unwrap();
    let protocol = transport(&header, bytes).unwrap().protocol();
    let mut new = vec![0xa5; O::MIN_HEADER_LEN];
    new.extend(&bytes[header.header_len..]);
    let checksum = how.apply::<V, O>(&mut new, &header, protocol, checksum)?;
    Ok((checksum, new))
}

fn translate_error<V: Version, O: Version>(bytes: &[u8], how: &Translation) -> Option<Vec<u8>> {
    let header = V::parse(bytes, bytes.len()).unwrap();
    let parsed = icmp::parse(&header, bytes).unwrap();
    let translation = ErrorTranslation::of::<O>(bytes, &header, &parsed)?;
    let mut new = vec![0xa5; translation.replacement_len::<O>()];
    new.extend(&bytes[translation.replaced_len()..translation.old_len()]);
    translation.apply::<O>(&mut new, &header, how).unwrap();
    Some(new)
}

/// What stands in it is a packet's by itself.
fn end(addr: impl Into<rvs_logic::logic::addr::Addr>, port: u16) -> Endpoint {
    Endpoint::new(addr.into(), port)
}

fn fields() -> impl Strategy<Value = Fields> {
    (2u8.., any::<u8>(), any::<bool>(), any::<u16>()).prop_map(
        |(ttl, tos, dont_fragment, identification)| Fields {
            ttl,
            tos,
            dont_fragment,
            identification,
        },
    )
}

fn segment() -> impl Strategy<Value = Segment> {
    let kinds = prop::sample::select(vec![Kind::Tcp, Kind::Udp, Kind::UdpWithoutChecksum]);
    let data = prop::collection::vec(any::<u8>(), 0..1500);
    (any::<(u16, u16)>(), kinds, data).prop_map(|(ports, kind, data)| Segment { ports, kind, data })
}

type Addrs<V> = (<V as Version>::Addr, <V as Version>::Addr);

/// A packet between two ends becomes one between two others.
fn packet_becomes<V: Built, O: Built>(
    fields: Fields,
    before: Addrs<V>,
    after: Addrs<O>,
    segment: &Segment,
    ports: (u16, u16),
) -> Result<(), TestCaseError> {
    let bytes = packet::<V>(fields, before.0, before.1, segment);
    let how = Translation {
        rewrite: Rewrite {
            source: end(after.0, ports.0),
            destination: end(after.1, ports.1),
        },
        hops: 1,
        dont_fragment: fields.dont_fragment,
        identification: fields.identification,
    };
    let (checksum, new) = translate::<V, O>(&bytes, &how, ChecksumState::Complete).unwrap();
    let forwarded = Fields {
        ttl: fields.ttl - 1,
        ..fields
    };
    let translated = Segment {
        ports,
        ..segment.clone()
    };
    prop_assert_eq!(&new, &packet::<O>(forwarded, after.0, after.1, &translated));
    let is_missing = segment.kind == Kind::UdpWithoutChecksum && O::NUMBER == 6;
    prop_assert_eq!(checksum == Checksum::Missing, is_missing);

    // One that is left to the device holds the sum of the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1).
    let mut left = bytes.clone();
    let field = V::MIN_HEADER_LEN + if segment.kind == Kind::Tcp { 16 } else { 6 };
    let protocol = if segment.kind == Kind::Tcp { 6 } else { 17 };
    let payload_len = bytes.len() - V::MIN_HEADER_LEN;
    put(
        &mut left,
        field,
        pseudo_sum(V::addr_bytes(&bytes).unwrap(), payload_len, protocol),
    );
    let (checksum, new) = translate::<V, O>(&left, &how, ChecksumState::Partial).unwrap();
    let field = field - V::MIN_HEADER_LEN + O::MIN_HEADER_LEN;
    let expected = pseudo_sum(O::addr_bytes(&new).unwrap(), payload_len, protocol);
    prop_assert_eq!(u16::from_be_bytes([new[field], new[field + 1]]), expected);
    prop_assert_eq!(checksum, Checksum::Updated);
    Ok(())
}

fn put(bytes: &mut [u8], at: usize, word: u16) {
    bytes[at..at + 2].copy_from_slice(&word.to_be_bytes());
}

fn pseudo_sum(addrs: &[u8], len: usize, protocol: u8) -> u16 {
    let words = addrs
        .chunks(2)
        .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
    let mut sum = words.sum::<u32>() + len as u32 + u32::from(protocol);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// An error about a packet that was sent from `after` to `before`, as the names are in [`packet_becomes`].
fn error_becomes<V: Built, O: Built>(
    fields: Fields,
    before: Addrs<V>,
    after: Addrs<O>,
    segment: &Segment,
    ports: (u16, u16),
    kinds: ((u8, u8), (u8, u8)),
    longest: usize,
) -> Result<(), TestCaseError> {
    // It comes from a router.
    let reversed = |segment: &Segment, ports: (u16, u16)| Segment {
        ports: (ports.1, ports.0),
        ..segment.clone()
    };
    let quoted = packet::<V>(
        fields,
        before.1,
        before.0,
        &reversed(segment, segment.ports),
    );
    let bytes = error::<V>(fields, before, kinds.0, 0, &quoted);
    let how = Translation {
        rewrite: Rewrite {
            source: end(after.0, ports.0),
            destination: end(after.1, ports.1),
        },
        hops: 1,
        dont_fragment: fields.dont_fragment,
        identification: fields.identification,
    };
    let new = translate_error::<V, O>(&bytes, &how).unwrap();
    let about = Fields {
        identification: 0,
        dont_fragment: fields.dont_fragment || V::NUMBER == 6,
        ..fields
    };
    let quoted = packet::<O>(about, after.1, after.0, &reversed(segment, ports));
    let quoted = &quoted[..quoted.len().min(longest - O::MIN_HEADER_LEN - 8)];
    let forwarded = Fields {
        ttl: fields.ttl - 1,
        ..fields
    };
    prop_assert_eq!(new, error::<O>(forwarded, after, kinds.1, 0, quoted));
    Ok(())
}

proptest! {
    #[test]
    fn packets_of_ipv6_become_those_of_ipv4(
        fields in fields(),
        before in any::<(std::net::Ipv6Addr, std::net::Ipv6Addr)>(),
        after in any::<(std::net::Ipv4Addr, std::net::Ipv4Addr)>(),
        segment in segment(),
        ports in any::<(u16, u16)>(),
    ) {
        packet_becomes::<V6, V4>(fields, before, after, &segment, ports)?;
    }

    #[test]
    fn packets_of_ipv4_become_those_of_ipv6(
        fields in fields(),
        before in any::<(std::net::Ipv4Addr, std::net::Ipv4Addr)>(),
        after in any::<(std::net::Ipv6Addr, std::net::Ipv6Addr)>(),
        segment in segment(),
        ports in any::<(u16, u16)>(),
    ) {
        packet_becomes::<V4, V6>(fields, before, after, &segment, ports)?;
    }

    #[test]
    fn errors_of_ipv6_become_those_of_ipv4(
        fields in fields(),
        before in any::<(std::net::Ipv6Addr, std::net::Ipv6Addr)>(),
        after in any::<(std::net::Ipv4Addr, std::net::Ipv4Addr)>(),
        segment in segment(),
        ports in any::<(u16, u16)>(),
    ) {
        // RFC 1812 section 4.3.2.3.
        error_becomes::<V6, V4>(fields, before, after, &segment, ports, ((1, 4), (3, 3)), 576)?;
    }

    #[test]
    fn errors_of_ipv4_become_those_of_ipv6(
        fields in fields(),
        before in any::<(std::net::Ipv4Addr, std::net::Ipv4Addr)>(),
        after in any::<(std::net::Ipv6Addr, std::net::Ipv6Addr)>(),
        segment in segment(),
        ports in any::<(u16, u16)>(),
    ) {
        // RFC 4443 section 2.4.
        error_becomes::<V4, V6>(fields, before, after, &segment, ports, ((11, 1), (3, 1)), 1280)?;
    }
}

const PLAIN: Fields = Fields {
    ttl: 64,
    tos: 0,
    dont_fragment: true,
    identification: 0,
};

const V4_ADDRS: Addrs<V4> = (
    std::net::Ipv4Addr::new(10, 0, 0, 21),
    std::net::Ipv4Addr::new(10, 1, 0, 11),
);
const V6_ADDRS: Addrs<V6> = (
    std::net::Ipv6Addr::new(0x2001, 0xdb8, 3, 0, 0, 0, 0, 0x10),
    std::net::Ipv6Addr::new(0x2001, 0xdb8, 0x100, 0, 0, 0, 0, 1),
);

fn datagram(len: usize) -> Segment {
    Segment {
        ports: (40000, 7000),
        kind: Kind::Udp,
        data: vec![0x42; len],
    }
}

fn to_v4() -> Translation {
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

fn to_v6() -> Translation {
    Translation {
        rewrite: Rewrite {
            source: end(V6_ADDRS.1, 7000),
            destination: end(V6_ADDRS.0, 40000),
        },
        ..to_v4()
    }
}

#[test]
fn options_of_either_version_are_left_out() {
    let plain = packet::<V4>(PLAIN, V4_ADDRS.1, V4_ADDRS.0, &datagram(30));
    let mut with_options = plain.clone();
    with_options.splice(20..20, [1, 1, 1, 0]);
    with_options[0] = 0x46;
    with_options[3] += 4;
    let translate_v4 = |bytes| translate::<V4, V6>(bytes, &to_v6(), ChecksumState::Complete);
    assert_eq!(translate_v4(&with_options), translate_v4(&plain));

    let plain = packet::<V6>(PLAIN, V6_ADDRS.0, V6_ADDRS.1, &datagram(30));
    let mut with_options = plain.clone();
    // Hop-by-hop options, padding, before the datagram.
    with_options.splice(40..40, [17, 0, 1, 4, 0, 0, 0, 0]);
    with_options[6] = 0;
    with_options[5] += 8;
    let translate_v6 = |bytes| translate::<V6, V4>(bytes, &to_v4(), ChecksumState::Complete);
    assert_eq!(translate_v6(&with_options), translate_v6(&plain));
}

#[test]
fn what_is_left_of_a_segment_may_be_its_ports_in_an_error() {
    let segment = Segment {
        kind: Kind::Tcp,
        ..datagram(100)
    };
    let quoted = packet::<V4>(PLAIN, V4_ADDRS.0, V4_ADDRS.1, &segment);
    let bytes = error::<V4>(PLAIN, (V4_ADDRS.1, V4_ADDRS.0), (3, 3), 0, &quoted[..28]);
    let new = translate_error::<V4, V6>(&bytes, &to_v6()).unwrap();
    let ports = Segment {
        ports: (40000, 7000),
        ..segment
    };
    let quoted = packet::<V6>(PLAIN, V6_ADDRS.0, V6_ADDRS.1, &ports);
    let forwarded = Fields { ttl: 63, ..PLAIN };
    let expected = error::<V6>(
        forwarded,
        (V6_ADDRS.1, V6_ADDRS.0),
        (1, 4),
        0,
        &quoted[..48],
    );
    assert_eq!(new, expected);
}

#[test]
fn extensions_of_errors_are_left_out() {
    // RFC 4884: 128 bytes of the packet, by their number of words, and an object behind it.
    let quoted = packet::<V4>(PLAIN, V4_ADDRS.0, V4_ADDRS.1, &datagram(100));
    assert_eq!(quoted.len(), 128);
    let extension = [0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0, 0, 0];
    let body = [quoted.as_slice(), &extension].concat();
    let ends = (V4_ADDRS.1, V4_ADDRS.0);
    let bytes = error::<V4>(PLAIN, ends, (11, 0), 32 << 16, &body);
    let plain = error::<V4>(PLAIN, ends, (11, 0), 0, &quoted);
    let new = translate_error::<V4, V6>(&bytes, &to_v6());
    assert_eq!(new, translate_error::<V4, V6>(&plain, &to_v6()));

    // Of IPv6 by that of eight bytes.
    let quoted = packet::<V6>(PLAIN, V6_ADDRS.1, V6_ADDRS.0, &datagram(88));
    assert_eq!(quoted.len(), 136);
    let body = [quoted.as_slice(), &extension].concat();
    let bytes = error::<V6>(PLAIN, V6_ADDRS, (1, 0), 17 << 24, &body);
    let plain = error::<V6>(PLAIN, V6_ADDRS, (1, 0), 0, &quoted);
    let new = translate_error::<V6, V4>(&bytes, &to_v4());
    assert_eq!(new, translate_error::<V6, V4>(&plain, &to_v4()));
}

#[test]
fn errors_of_ipv4_have_these_names_in_ipv6() {
    let unreachable = |code| of_v4(Type::DestinationUnreachable, code, 0, 1500);
    let is = |kind: (u8, u8), rest| Some(Message::new(kind.0, kind.1, rest));
    for code in [0, 1, 5, 6, 7, 8, 11, 12] {
        assert_eq!(unreachable(code), is((1, 0), 0), "code {code}");
    }
    for code in [9, 10, 13, 15] {
        assert_eq!(unreachable(code), is((1, 1), 0), "code {code}");
    }
    assert_eq!(unreachable(2), is((4, 1), 6));
    assert_eq!(unreachable(3), is((1, 4), 0));
    for code in [14, 16, 255] {
        assert_eq!(unreachable(code), None, "code {code}");
    }
    for code in [0, 1] {
        assert_eq!(of_v4(Type::TimeExceeded, code, 0, 1500), is((3, code), 0));
    }
    assert_eq!(of_v4(Type::SourceQuench, 0, 0, 1500), None);

    let too_big = |mtu, len| of_v4(Type::DestinationUnreachable, 4, mtu, len);
    assert_eq!(too_big(1400, 1500), is((2, 0), 1420));
    // Above are 16 bits that mean nothing.
    assert_eq!(too_big(0x20_0578, 1500), is((2, 0), 1420));
    // No link of IPv6 has less.
    assert_eq!(too_big(576, 1500), is((2, 0), 1280));
    // Where the router tells none it is the next one that there is below the packet's length (RFC 1191 section 7.1).
    assert_eq!(too_big(0, 9000), is((2, 0), 8186));
    assert_eq!(too_big(0, 8166), is((2, 0), 4372));
    assert_eq!(too_big(0, 1500), is((2, 0), 1512));
    assert_eq!(too_big(0, 1492), is((2, 0), 1280));
    assert_eq!(too_big(0, 20), is((2, 0), 1280));
}

#[test]
fn errors_of_ipv6_have_these_names_in_ipv4() {
    let is = |kind: (u8, u8), rest| Some(Message::new(kind.0, kind.1, rest));
    let unreachable = |code| of_v6(ErrorType::DESTINATION_UNREACHABLE, code, 0);
    for code in [0, 2, 3] {
        assert_eq!(unreachable(code), is((3, 1), 0), "code {code}");
    }
    assert_eq!(unreachable(1), is((3, 10), 0));
    assert_eq!(unreachable(4), is((3, 3), 0));
    for code in [5, 6, 7, 255] {
        assert_eq!(unreachable(code), None, "code {code}");
    }
    for code in [0, 1] {
        assert_eq!(of_v6(ErrorType::TIME_EXCEEDED, code, 0), is((11, code), 0));
    }
    let too_big = |mtu| of_v6(ErrorType::PACKET_TOO_BIG, 0, mtu);
    assert_eq!(too_big(1400), is((3, 4), 1380));
    assert_eq!(too_big(1280), is((3, 4), 1260));
    assert_eq!(too_big(0), is((3, 4), 68));
    assert_eq!(too_big(u32::MAX), is((3, 4), 65535));
    let problem = |code, pointer| of_v6(ErrorType::PARAMETER_PROBLEM, code, pointer);
    assert_eq!(problem(1, 6), is((3, 2), 0));
    for code in [2, 3] {
        assert_eq!(problem(code, 40), None, "code {code}");
    }
    // RFC 7915 figure 6.
    let fields = [
        (0, 0),
        (1, 1),
        (4, 2),
        (5, 2),
        (6, 9),
        (7, 8),
        (8, 12),
        (23, 12),
        (24, 16),
        (39, 16),
    ];
    for (pointer, expected) in fields {
        assert_eq!(
            problem(0, pointer),
            is((12, 0), expected << 24),
            "at {pointer}"
        );
    }
    for pointer in [2, 3, 40, u32::MAX] {
        assert_eq!(problem(0, pointer), None, "at {pointer}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let bytes = packet::<V6>(PLAIN, V6_ADDRS.0, V6_ADDRS.1, &datagram(30));
    // Ends of the old version.
    let result = translate::<V6, V4>(&bytes, &to_v6(), ChecksumState::Complete);
    assert_eq!(result, Err(ParseError::Unsupported));
    // A datagram that says it is shorter than its packet, and has no checksum.
    let segment = Segment {
        kind: Kind::UdpWithoutChecksum,
        ..datagram(30)
    };
    let mut bytes = packet::<V4>(PLAIN, V4_ADDRS.1, V4_ADDRS.0, &segment);
    bytes[25] -= 1;
    let result = translate::<V4, V6>(&bytes, &to_v6(), ChecksumState::Complete);
    assert!(matches!(result, Err(ParseError::Malformed(_))));
}

#[test]
fn an_error_about_a_packet_too_long_for_the_other_version_is_refused() {
    let mut quoted = packet::<V6>(PLAIN, V6_ADDRS.1, V6_ADDRS.0, &datagram(30));
    // With a header of 20 bytes it is the longest of IPv4.
    for (payload_len, is_possible) in [(65515u16, true), (65516, false), (65535, false)] {
        quoted[4..6].copy_from_slice(&payload_len.to_be_bytes());
        let bytes = error::<V6>(PLAIN, V6_ADDRS, (1, 4), 0, &quoted);
        let new = translate_error::<V6, V4>(&bytes, &to_v4());
        assert_eq!(new.is_some(), is_possible, "{payload_len}");
    }
}
