// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors of one version of IP that become those of the other, compared with what etherparse builds of them from nothing, and
//! with the tables of RFC 7915 (sections 4.2 and 5.2), written down once more.

#[path = "support/families.rs"]
mod host;

use host::{
    datagram,
    end,
    error,
    fields,
    packet,
    segment,
    to_v4,
    to_v6,
    Addrs,
    Built,
    Fields,
    Kind,
    Segment,
    PLAIN,
    V4_ADDRS,
    V6_ADDRS, //
};
use proptest::prelude::*;
use rvs_logic::logic::{
    nat::{
        family::{
            of_v4,
            of_v6,
            ErrorTranslation,
            Translation, //
        },
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
        ipv6::ErrorType, //
    },
};

fn translate_error<V: Version, O: Version>(bytes: &[u8], how: &Translation) -> Option<Vec<u8>> {
    let header = V::parse(bytes, bytes.len()).unwrap();
    let parsed = icmp::parse(&header, bytes).unwrap();
    let translation = ErrorTranslation::of::<O>(bytes, &header, &parsed)?;
    let mut new = vec![0xa5; translation.replacement_len::<O>()];
    new.extend(&bytes[translation.replaced_len()..translation.old_len()]);
    translation.apply::<O>(&mut new, &header, how).unwrap();
    Some(new)
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
