// SPDX-License-Identifier: GPL-2.0-only

//! What changes an IP header alone: the time to live, and the checksum of one with options.

use rvs_logic::logic::packet::{
    ip::{
        Version,
        V4, //
    },
    ipv4, //
};

use crate::input::{
    checksum,
    step_by_step, //
};

pub(crate) fn any_bytes(bytes: &[u8]) {
    loses_one(bytes);
    let header = step_by_step(bytes, ipv4::parse);
    if let Ok(header) = header {
        let mut completed = bytes.to_vec();
        ipv4::complete_checksum(&mut completed, header.header_len).expect("the header is there");
        assert_eq!(checksum(&completed[..header.header_len]), 0);
        completed[10..12].copy_from_slice(&bytes[10..12]);
        assert_eq!(completed, bytes, "nothing else changes");
    }
    for len in [0, 20, 60, 61] {
        let mut any = bytes.to_vec();
        if ipv4::complete_checksum(&mut any, len).is_err() {
            assert_eq!(any, bytes, "what fails changes nothing");
        }
    }
}

fn loses_one(bytes: &[u8]) {
    let mut changed = bytes.to_vec();
    match V4::decrement_ttl(&mut changed) {
        Err(_) => assert!(bytes.len() < ipv4::MIN_HEADER_LEN),
        Ok(None) => {
            assert!(bytes[8] <= 1);
            assert_eq!(changed, bytes);
        }
        Ok(Some(ttl)) => {
            assert_eq!((ttl, changed[8]), (bytes[8] - 1, bytes[8] - 1));
            // Right stays right, and wrong stays wrong.
            assert_eq!(checksum(&bytes[..20]) == 0, checksum(&changed[..20]) == 0);
            changed[8] = bytes[8];
            changed[10..12].copy_from_slice(&bytes[10..12]);
            assert_eq!(changed, bytes, "nothing else changes");
        }
    }
}
