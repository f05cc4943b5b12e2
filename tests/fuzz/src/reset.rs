// SPDX-License-Identifier: GPL-2.0-only

//! Resets that are made of a segment: right packets, whatever the segment was.

use rvs_logic::logic::{
    packet::{
        ip::{
            Header,
            V4,
            V6, //
        },
        reset,
        transport,
        TransportHeader, //
    },
    protocol::Protocol,
};

use crate::layout::{
    header_is_right,
    is_right,
    Layout, //
};

pub(crate) fn any_bytes(bytes: &[u8]) {
    of::<V4>(bytes);
    of::<V6>(bytes);
}

fn of<V: Layout>(bytes: &[u8]) {
    let Ok(header) = V::parse(bytes, 0) else {
        return;
    };
    if header.protocol != Protocol::Tcp.number() {
        return;
    }
    if let Ok(answer) = reset::answer(&header, bytes) {
        assert_eq!(answer.bytes().len(), V::MIN_HEADER_LEN + 20);
        is_reset(answer.bytes(), &header, true);
    }
    if transport(&header, bytes).is_err() {
        return;
    }
    let mut changed = bytes.to_vec();
    reset::turn_into(&header, &mut changed).expect("the segment has its header");
    let len = header.header_len + 20;
    assert_eq!(changed[len..], bytes[len..]);
    is_reset(&changed[..len], &header, false);
}

fn is_reset<V: Layout>(packet: &[u8], of: &Header<V>, is_answer: bool) {
    let header = V::parse(packet, 0).expect("it is a packet");
    assert_eq!(header.total_len, packet.len());
    assert!(header_is_right::<V>(&packet[..header.header_len]));
    let segment = header.header_len..packet.len();
    assert_eq!(segment.len(), 20);
    assert!(is_right::<V>(packet, segment, header.protocol));
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
