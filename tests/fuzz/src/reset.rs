// SPDX-License-Identifier: GPL-2.0-only

//! Resets that are made of a segment: right packets, whatever the segment was.

use rvs_logic::logic::{
    packet::{
        ipv4,
        reset,
        transport,
        TransportHeader, //
    },
    protocol::Protocol,
};

use crate::input::checksum;

pub(crate) fn any_bytes(bytes: &[u8]) {
    let Ok(header) = ipv4::parse(bytes) else {
        return;
    };
    if header.protocol != Protocol::Tcp.number() {
        return;
    }
    if let Ok(answer) = reset::answer(&header, bytes) {
        is_reset(answer.bytes(), &header, true);
    }
    let mut changed = bytes.to_vec();
    match reset::turn_into(&header, &mut changed) {
        Err(_) => assert!(bytes.len() < header.header_len + 20),
        Ok(()) => {
            let len = header.header_len + 20;
            assert_eq!(changed[len..], bytes[len..]);
            is_reset(&changed[..len], &header, false);
        }
    }
}

fn is_reset(packet: &[u8], of: &ipv4::Header, is_answer: bool) {
    let header = ipv4::parse(packet).expect("it is a packet");
    assert_eq!(header.total_len, packet.len());
    assert_eq!(checksum(&packet[..header.header_len]), 0);
    let segment = &packet[header.header_len..];
    let mut all = packet[12..20].to_vec();
    all.extend([0, header.protocol, 0, 20]);
    all.extend(segment);
    assert_eq!(checksum(&all), 0);
    let ends = if is_answer {
        (of.dst, of.src)
    } else {
        (of.src, of.dst)
    };
    assert_eq!((header.src, header.dst), ends);
    let transport = transport(&header, packet).expect("it is a segment");
    let TransportHeader::Tcp(tcp) = transport.header else {
        panic!("it is one of TCP");
    };
    assert!(tcp.flags.rst && !tcp.flags.syn && !tcp.flags.fin && tcp.header_len == 20);
}
