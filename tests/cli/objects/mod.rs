// SPDX-License-Identifier: GPL-2.0-only

//! Services and servers that a [`Kernel`] tells of.

#![allow(dead_code)]

use crate::kernel::attribute;
use crate::kernel::nest;
use crate::kernel::number;
use crate::kernel::string;
use crate::kernel::Kernel;
use crate::run::run;
use netlink_packet_core::DefaultNla;

pub(crate) const SERVICE_GET: u8 = 5;
pub(crate) const DEST_GET: u8 = 9;
pub(crate) const INFO_GET: u8 = 1;
pub(crate) const STATS_GET: u8 = 11;
pub(crate) const TIMEOUTS_GET: u8 = 13;

/// A number in as few bytes as the kernel sends it in.
pub(crate) fn uint(kind: u16, value: u64) -> DefaultNla {
    // The kernel sends a YNL uint in 4 bytes when it fits.
    match u32::try_from(value) {
        Ok(short) => number(kind, short),
        Err(_) => attribute(kind, &value.to_ne_bytes()),
    }
}

/// Counters, from the attribute 2 of the nest on.
pub(crate) fn stats<const N: usize>(kind: u16, counters: [u64; N]) -> DefaultNla {
    let counters: Vec<_> = (2..)
        .zip(counters)
        .map(|(kind, value)| uint(kind, value))
        .collect();
    nest(kind, &counters)
}

/// What names the web service.
pub(crate) fn web_key() -> Vec<DefaultNla> {
    vec![
        number(1, 6),
        attribute(2, &[192, 0, 2, 1]),
        attribute(4, &80u16.to_be_bytes()),
    ]
}

/// What names that of names.
pub(crate) fn dns_key() -> Vec<DefaultNla> {
    let address = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    vec![
        number(1, 17),
        attribute(3, &address),
        attribute(4, &53u16.to_be_bytes()),
    ]
}

/// The web service.
pub(crate) fn web() -> Vec<DefaultNla> {
    let mut attributes = web_key();
    attributes.extend([
        string(5, "wrr"),
        number(6, 0),
        number(7, 2),
        stats(8, [12, 30, 20, 5_000_000_000, 18_446_744_073_709_551_615]),
        number(10, 1),
    ]);
    attributes
}

/// That of names.
pub(crate) fn dns() -> Vec<DefaultNla> {
    let mut attributes = dns_key();
    // An attribute of a newer module is passed over.
    attributes.extend([
        string(5, "rr"),
        number(7, 0),
        stats(8, [0; 5]),
        number(10, 0),
        number(99, 1),
    ]);
    attributes
}

/// The servers of the web service.
pub(crate) fn servers() -> Vec<Vec<DefaultNla>> {
    let first = vec![
        nest(1, &web_key()),
        attribute(2, &[10, 0, 0, 2]),
        attribute(4, &8080u16.to_be_bytes()),
        number(5, 2),
        number(6, 0),
        number(7, 1),
        number(8, 5),
        stats(9, [6, 10, 9, 5_000_000_000, 700]),
        number(10, 6),
        number(11, 0),
        number(12, 1),
        number(13, 4),
    ];
    let second = vec![
        nest(1, &web_key()),
        attribute(2, &[10, 0, 0, 113]),
        attribute(4, &80u16.to_be_bytes()),
        number(5, 0),
        number(6, 1),
        number(7, 0),
        number(8, 0),
        stats(9, [0; 5]),
        number(10, 0),
        number(11, 0),
        number(12, 0),
        number(13, 0),
    ];
    vec![first, second]
}

/// What `info-get` is answered.
pub(crate) fn info() -> Vec<DefaultNla> {
    vec![
        string(1, "0.1.0"),
        number(2, 2),
        number(3, 6),
        number(4, 64),
        number(5, 1000),
        number(6, 7),
    ]
}

/// The web service by another key.
pub(crate) fn web_by(key: &[DefaultNla]) -> Vec<DefaultNla> {
    let mut attributes = web();
    attributes.splice(0..3, key.to_vec());
    attributes
}

/// Checks what a command line prints, to the byte.
#[track_caller]
pub(crate) fn prints(line: &str, kernel: Kernel, expected: &str) {
    let outcome = run(line, kernel);
    assert_eq!(outcome.err, "");
    assert_eq!(outcome.out, expected);
    assert_eq!(outcome.code, 0);
}
