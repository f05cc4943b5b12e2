// SPDX-License-Identifier: GPL-2.0-only

//! Headers read and rewritten.

use std::net::Ipv4Addr;

use rvs_logic::logic::{
    nat::{
        rewrite_destination,
        ChecksumState, //
    },
    packet::{
        ip::{
            Version, //
            V4,
        },
        ipv4,
        transport, //
    },
    protocol::Protocol,
};

use crate::{
    service::endpoint,
    Operation, //
};

/// A UDP packet of 60 bytes with all checksums zero: the work does not depend on them.
fn packet() -> [u8; 60] {
    let mut packet = [0; 60];
    packet[..20].copy_from_slice(&[
        0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 64, 0, 1, 192, 0, 2, 100,
    ]);
    packet[20..28].copy_from_slice(&[0x9c, 0x40, 0, 80, 0, 40, 0x12, 0x34]);
    packet
}

pub(crate) fn operations() -> Vec<Operation> {
    let whole = packet();
    let mut forwarded = packet();
    let mut translated = packet();
    let servers = [
        endpoint(Ipv4Addr::new(198, 18, 0, 10), 8080),
        endpoint(Ipv4Addr::new(198, 18, 0, 11), 8080),
    ];
    let mut turn = 0;
    vec![
        Operation::new("parse IPv4 and UDP", move || {
            let packet = std::hint::black_box(&whole);
            let header = ipv4::parse(packet).expect("a whole header");
            transport(&header, packet).expect("a whole header")
        }),
        Operation::new("NAT rewrite", move || {
            turn ^= 1;
            let server = servers[turn];
            let packet = std::hint::black_box(&mut translated);
            rewrite_destination::<V4>(packet, 20, Protocol::Udp, server, ChecksumState::Complete)
        }),
        Operation::new("TTL", move || {
            let packet = std::hint::black_box(&mut forwarded);
            packet[8] = 64;
            V4::decrement_ttl(packet)
        }),
    ]
}
