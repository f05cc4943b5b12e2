// SPDX-License-Identifier: GPL-2.0-only

//! Packets of one version of IP that become those of the other, compared with what etherparse builds of it from nothing.

#[path = "support/families.rs"]
mod host;

use host::{
    datagram,
    end,
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
            Checksum,
            Translation, //
        },
        ChecksumState,
        Rewrite, //
    },
    packet::{
        ip::{
            Version,
            V4,
            V6, //
        },
        transport,
        ParseError, //
    },
};

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
