// SPDX-License-Identifier: GPL-2.0-only

//! What changes an IP header alone: the time to live, its length, the checksum of one with options, and what writes one.

use rvs_logic::logic::packet::{
    ip::{
        Fragment,
        V4,
        V6, //
    },
    ipv4, //
};

use crate::{
    input::{
        checksum,
        step_by_step, //
    },
    layout::{
        header_is_right,
        Layout, //
    }, //
};

pub(crate) fn any_bytes(bytes: &[u8]) {
    of::<V4>(bytes);
    of::<V6>(bytes);
    for len in [0, 20, 60, 61] {
        let mut any = bytes.to_vec();
        if ipv4::complete_checksum(&mut any, len).is_err() {
            assert_eq!(any, bytes, "what fails changes nothing");
        }
    }
}

fn of<V: Layout>(bytes: &[u8]) {
    loses_one::<V>(bytes);
    let Ok(header) = step_by_step(bytes, |bytes| V::parse(bytes, 0)) else {
        return;
    };
    // The bytes of an extension header are not needed to know where it ends.
    let header_len = header.header_len.min(bytes.len());
    let mut completed = bytes.to_vec();
    V::complete_checksum(&mut completed, header_len).expect("the header is there");
    assert!(header_is_right::<V>(&completed[..header_len]));
    completed[V::CHECKSUM].copy_from_slice(&bytes[V::CHECKSUM]);
    assert_eq!(completed, bytes, "nothing else changes");

    for total_len in [header.header_len, header.total_len, usize::from(u16::MAX)] {
        let mut changed = bytes.to_vec();
        let total_len = u16::try_from(total_len).unwrap_or(u16::MAX);
        V::set_total_len(&mut changed, total_len).expect("the header is there");
        assert_eq!(
            header_is_right::<V>(&bytes[..header_len]),
            header_is_right::<V>(&changed[..header_len])
        );
        // A length of 0 says that another one is meant.
        let again = V::parse(&changed, usize::from(total_len));
        let again = again.expect("it is still a header");
        assert_eq!(again.total_len, usize::from(total_len));
        assert_eq!((again.src, again.dst), (header.src, header.dst));
    }
    written::<V>(&header, bytes);
}

/// What is written is read again.
fn written<V: Layout>(header: &rvs_logic::logic::packet::ip::Header<V>, bytes: &[u8]) {
    let payload_len = bytes.len().min(1000) as u16;
    let protocol = 6;
    let mut packet = vec![0xa5; V::MIN_HEADER_LEN];
    V::write(&mut packet, header.src, header.dst, protocol, payload_len).expect("there is room");
    V::complete_checksum(&mut packet, V::MIN_HEADER_LEN).expect("there is room");
    assert!(header_is_right::<V>(&packet));
    let again = V::parse(&packet, 0).expect("it is a header");
    assert_eq!((again.src, again.dst), (header.src, header.dst));
    assert_eq!(again.payload_len(), usize::from(payload_len));
    assert_eq!((again.protocol, again.fragment), (6, Fragment::None));
    assert!(again.ttl > 1);
    let mut short = vec![0xa5; V::MIN_HEADER_LEN - 1];
    assert!(V::write(&mut short, header.src, header.dst, protocol, payload_len).is_err());
    assert!(
        short.iter().all(|byte| *byte == 0xa5),
        "what fails changes nothing"
    );
}

fn loses_one<V: Layout>(bytes: &[u8]) {
    let mut changed = bytes.to_vec();
    match V::decrement_ttl(&mut changed) {
        Err(_) => {
            assert!(bytes.len() < V::MIN_HEADER_LEN);
            assert_eq!(changed, bytes, "what fails changes nothing");
        }
        Ok(None) => {
            assert!(bytes[V::TTL] <= 1);
            assert_eq!(changed, bytes);
        }
        Ok(Some(ttl)) => {
            let less = bytes[V::TTL] - 1;
            assert_eq!((ttl, changed[V::TTL]), (less, less));
            // Right stays right, and wrong stays wrong.
            if !V::CHECKSUM.is_empty() {
                assert_eq!(checksum(&bytes[..20]) == 0, checksum(&changed[..20]) == 0);
            }
            changed[V::TTL] = bytes[V::TTL];
            changed[V::CHECKSUM].copy_from_slice(&bytes[V::CHECKSUM]);
            assert_eq!(changed, bytes, "nothing else changes");
        }
    }
}
