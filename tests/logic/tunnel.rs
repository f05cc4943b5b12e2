// SPDX-License-Identifier: GPL-2.0-only

//! Tunnels: which there are, and their headers as RFC 2784 and the draft of GUE have them, written by hand.

use proptest::prelude::*;
use rvs_logic::logic::{
    packet::{
        gre,
        gue::{
            self,
            RemoteChecksum, //
        },
        ip::{
            Version,
            V4,
            V6, //
        },
        ParseError, //
    },
    tunnel::{
        Checksum,
        Kind,
        Refusal,
        Tunnel,
        TunnelChange, //
    },
};

const KINDS: [Kind; 3] = [Kind::Ipip, Kind::Gre, Kind::Gue];
const CHECKSUMS: [Checksum; 3] = [Checksum::None, Checksum::Full, Checksum::Remote];

/// The header of GRE without a checksum: no bits, version 0, IPv4 (RFC 2784 sections 2.1 to 2.6).
const GRE: [u8; 4] = [0, 0, 0x08, 0x00];
/// With one, and the reserved word behind it.
const GRE_CHECKSUM: [u8; 8] = [0x80, 0, 0x08, 0x00, 0, 0, 0, 0];

/// UDP from 50000 to 6080 with 112 bytes, then GUE: version 0, data, no fields, protocol 4 (draft section 3.1).
#[rustfmt::skip]
const GUE: [u8; 12] = [
    0xc3, 0x50, 0x17, 0xc0, 0, 112, 0, 0,
    0, 4, 0, 0,
];
/// The same with two words of fields: private flags, of which the first is that of remote checksum offload, and where
/// the checksum begins, at byte 20, and stands, at byte 36.
#[rustfmt::skip]
const GUE_REMOTE: [u8; 20] = [
    0xc3, 0x50, 0x17, 0xc0, 0, 120, 0, 0,
    2, 4, 0, 1,
    0x80, 0, 0, 0,
    0, 20, 0, 36,
];

fn new(kind: Kind, checksum: Checksum, port: u16) -> Tunnel {
    Tunnel::new(kind, checksum, port).expect("there is one")
}

#[test]
fn only_gue_has_a_port_and_needs_it() {
    for kind in [Kind::Ipip, Kind::Gre] {
        assert_eq!(Tunnel::new(kind, Checksum::None, 6080), Err(Refusal::Port));
    }
    for checksum in CHECKSUMS {
        assert_eq!(Tunnel::new(Kind::Gue, checksum, 0), Err(Refusal::NoPort));
    }
}

#[test]
fn each_kind_has_checksums_of_its_own() {
    let taken = |kind, port| CHECKSUMS.map(|checksum| Tunnel::new(kind, checksum, port).is_ok());
    assert_eq!(taken(Kind::Ipip, 0), [true, false, false]);
    assert_eq!(taken(Kind::Gre, 0), [true, true, false]);
    assert_eq!(taken(Kind::Gue, 1), [true, true, true]);
    assert_eq!(
        Tunnel::new(Kind::Gre, Checksum::Remote, 0),
        Err(Refusal::Checksum)
    );
}

#[test]
fn ip_in_ip_is_what_nothing_was_said_of() {
    assert_eq!(Tunnel::default(), Tunnel::IPIP);
    assert_eq!(Tunnel::IPIP, new(Kind::Ipip, Checksum::None, 0));
    assert!(Tunnel::IPIP.is_ipip());
    assert!(!new(Kind::Gre, Checksum::None, 0).is_ipip());
}

#[test]
fn headers_have_as_many_bytes_as_are_written() {
    for left in [false, true] {
        let len = |tunnel: Tunnel| tunnel.header_len(left);
        assert_eq!(len(Tunnel::IPIP), 0);
        assert_eq!(len(new(Kind::Gre, Checksum::None, 0)), GRE.len());
        assert_eq!(len(new(Kind::Gre, Checksum::Full, 0)), GRE_CHECKSUM.len());
        assert_eq!(len(new(Kind::Gue, Checksum::None, 1)), GUE.len());
        assert_eq!(len(new(Kind::Gue, Checksum::Full, 1)), GUE.len());
        let remote = if left { GUE_REMOTE.len() } else { GUE.len() };
        assert_eq!(len(new(Kind::Gue, Checksum::Remote, 1)), remote);
    }
}

#[test]
fn a_change_leaves_what_it_does_not_name() {
    let gue = new(Kind::Gue, Checksum::Full, 6080);
    let change = |change| gue.changed(&change);
    assert_eq!(change(TunnelChange::default()), Ok(gue));
    let port = TunnelChange {
        port: Some(1),
        ..TunnelChange::default()
    };
    assert_eq!(change(port), Ok(new(Kind::Gue, Checksum::Full, 1)));
    let checksum = TunnelChange {
        checksum: Some(Checksum::Remote),
        ..TunnelChange::default()
    };
    assert_eq!(change(checksum), Ok(new(Kind::Gue, Checksum::Remote, 6080)));
    let same_kind = TunnelChange {
        kind: Some(Kind::Gue),
        ..TunnelChange::default()
    };
    assert_eq!(change(same_kind), Ok(gue));
}

#[test]
fn another_kind_begins_with_nothing() {
    let to = |kind| TunnelChange {
        kind: Some(kind),
        ..TunnelChange::default()
    };
    let gue = new(Kind::Gue, Checksum::Full, 6080);
    assert_eq!(gue.changed(&to(Kind::Ipip)), Ok(Tunnel::IPIP));
    let gre = new(Kind::Gre, Checksum::None, 0);
    assert_eq!(gue.changed(&to(Kind::Gre)), Ok(gre));
    assert_eq!(gre.changed(&to(Kind::Gue)), Err(Refusal::NoPort));
    let port = TunnelChange {
        port: Some(6080),
        ..TunnelChange::default()
    };
    assert_eq!(gre.changed(&port), Err(Refusal::Port));
}

#[test]
fn gre_is_written_as_the_rfc_has_it() {
    let mut bytes = [0xff; 8];
    gre::write::<V4>(&mut bytes[..4], false).unwrap();
    assert_eq!(bytes[..4], GRE);
    gre::write::<V4>(&mut bytes, true).unwrap();
    assert_eq!(bytes, GRE_CHECKSUM);
    gre::write::<V6>(&mut bytes[..4], false).unwrap();
    assert_eq!(bytes[..4], [0, 0, 0x86, 0xdd]);
    assert!(gre::write::<V4>(&mut bytes[..7], true).is_err());
}

#[test]
fn gue_is_written_as_the_draft_has_it() {
    let mut bytes = [0xff; 20];
    gue::write::<V4>(&mut bytes[..12], 100, 50000, 6080, None).unwrap();
    assert_eq!(bytes[..12], GUE);
    let remote = Some(RemoteChecksum {
        start: 20,
        field: 36,
    });
    gue::write::<V4>(&mut bytes, 100, 50000, 6080, remote).unwrap();
    assert_eq!(bytes, GUE_REMOTE);
    gue::write::<V6>(&mut bytes[..12], 100, 50000, 6080, None).unwrap();
    assert_eq!(bytes[9], 41);
    assert!(gue::write::<V4>(&mut bytes[..19], 100, 50000, 6080, remote).is_err());
}

#[test]
fn a_length_that_does_not_fit_is_none() {
    let mut bytes = [0xff; 12];
    let mut len_of = |inner_len| {
        gue::write::<V4>(&mut bytes, inner_len, 50000, 6080, None).unwrap();
        [bytes[4], bytes[5]]
    };
    assert_eq!(len_of(65535 - 12), [0xff, 0xff]);
    assert_eq!(len_of(65535 - 11), [0, 0]);
    assert_eq!(len_of(usize::MAX), [0, 0]);
}

#[test]
fn headers_are_read() {
    assert_eq!(gre::parse::<V4>(&GRE, 0), Ok(4));
    assert_eq!(gre::parse::<V4>(&GRE_CHECKSUM, 0), Ok(8));
    assert_eq!(gue::parse::<V4>(&GUE, 0), Ok((12, 6080)));
    assert_eq!(gue::parse::<V4>(&GUE_REMOTE, 0), Ok((20, 6080)));
    assert_eq!(gre::parse::<V4>(&GRE[..3], 0), Err(ParseError::Short(4)));
    assert_eq!(gue::parse::<V4>(&GUE[..11], 0), Err(ParseError::Short(12)));
}

#[test]
fn headers_that_tunnels_to_real_servers_have_not_are_left_alone() {
    // A key and a sequence number (RFC 2890), routing (RFC 1701), version 1 (RFC 2637), Ethernet in GRE.
    for first in [
        [0x20, 0],
        [0x10, 0],
        [0xa0, 0],
        [0x40, 0],
        [0, 1],
        [0x04, 0],
    ] {
        let bytes = [first[0], first[1], 0x08, 0];
        assert_eq!(gre::parse::<V4>(&bytes, 0), Err(ParseError::Unsupported));
    }
    assert_eq!(
        gre::parse::<V4>(&[0, 0, 0x65, 0x58], 0),
        Err(ParseError::Unsupported)
    );
    // Version 1, which is IP right behind UDP, a control message, TCP in GUE.
    for (at, value) in [(8, 0x45), (8, 0x40), (8, 0x20), (9, 6)] {
        let mut bytes = GUE;
        bytes[at] = value;
        assert_eq!(gue::parse::<V4>(&bytes, 0), Err(ParseError::Unsupported));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tunnel_is_what_it_was_made_of(
        kind in prop::sample::select(KINDS.to_vec()),
        checksum in prop::sample::select(CHECKSUMS.to_vec()),
        port: u16,
    ) {
        if let Ok(tunnel) = Tunnel::new(kind, checksum, port) {
            prop_assert_eq!((tunnel.kind(), tunnel.checksum(), tunnel.port()), (kind, checksum, port));
            prop_assert_eq!(Tunnel::from_u32(tunnel.to_u32()), tunnel);
            prop_assert_eq!(tunnel.changed(&TunnelChange::from(tunnel)), Ok(tunnel));
            prop_assert_eq!(Tunnel::IPIP.changed(&TunnelChange::from(tunnel)), Ok(tunnel));
        }
    }

    #[test]
    fn what_is_written_is_read(
        has_checksum: bool,
        remote in prop::option::of((0u16.., 0u16..)),
        ports in (0u16.., 0u16..),
        inner_len in 0usize..70000,
    ) {
        let remote = remote.map(|(start, field)| RemoteChecksum { start, field });
        written_is_read::<V4, V6>(has_checksum, remote, ports, inner_len)?;
        written_is_read::<V6, V4>(has_checksum, remote, ports, inner_len)?;
    }
}

/// Headers of packets of one version are read as they were written, and as none of another one.
fn written_is_read<I: Version, Other: Version>(
    has_checksum: bool,
    remote: Option<RemoteChecksum>,
    ports: (u16, u16),
    inner_len: usize,
) -> Result<(), TestCaseError> {
    let mut bytes = [0; 20];
    gre::write::<I>(&mut bytes, has_checksum).unwrap();
    let len = gre::header_len(has_checksum);
    prop_assert_eq!(gre::parse::<I>(&bytes, 0), Ok(len));
    prop_assert_eq!(gre::parse::<Other>(&bytes, 0), Err(ParseError::Unsupported));
    gue::write::<I>(&mut bytes, inner_len, ports.0, ports.1, remote).unwrap();
    let len = gue::header_len(remote.is_some());
    prop_assert_eq!(gue::parse::<I>(&bytes, 0), Ok((len, ports.1)));
    prop_assert_eq!(gue::parse::<Other>(&bytes, 0), Err(ParseError::Unsupported));
    Ok(())
}
