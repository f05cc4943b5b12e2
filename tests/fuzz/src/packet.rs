// SPDX-License-Identifier: GPL-2.0-only

//! The parsers of packets that are TCP or UDP: no bytes are read that there are not, what is read is within its bounds,
//! and the short way reads what the long one reads.

use rvs_logic::logic::packet::{
    ip::{
        Version,
        V4, //
    },
    ipv4::{
        self,
        Header, //
    },
    transport,
    ParseError,
    Transport,
    TransportHeader, //
};

use crate::input::step_by_step;

pub(crate) fn any_bytes(bytes: &[u8]) {
    let full = step_by_step(bytes, |part| whole(part, bytes.len()));
    if let Ok((header, transport)) = full {
        holds(bytes, &header, &transport);
    }
    let short = V4::usual(bytes, || bytes.len());
    if let Some(short) = short {
        assert_eq!(Ok(short), full, "the short way, and the long one");
    }
    // Whoever is asked for his ports only has the same ones.
    if let (Some(ports), Ok((_, transport))) = (V4::peek_ports(bytes), full) {
        assert_eq!(ports, (transport.src_port, transport.dst_port));
    }
}

fn whole(bytes: &[u8], len: usize) -> Result<(Header, Transport), ParseError> {
    let header = ipv4::parse_with_len(bytes, len)?;
    Ok((header, transport(&header, bytes)?))
}

fn holds(bytes: &[u8], header: &Header, transport: &Transport) {
    assert!((20..=60).contains(&header.header_len) && header.header_len & 3 == 0);
    assert!(header.total_len >= header.header_len);
    assert_eq!(header.payload_len(), header.total_len - header.header_len);
    let (ports, least) = match transport.header {
        TransportHeader::Tcp(tcp) => {
            assert!((20..=60).contains(&tcp.header_len));
            (20, tcp.header_len)
        }
        TransportHeader::Udp(udp) => {
            assert!(udp.len >= 8);
            (8, usize::from(udp.len))
        }
    };
    assert!(
        bytes.len() >= header.header_len + ports,
        "the fixed header was there"
    );
    if header.fragment == ipv4::Fragment::None {
        assert!(
            least <= header.payload_len(),
            "a part is longer than all of it"
        );
    }
    let at = header.header_len;
    assert_eq!(transport.src_port.to_be_bytes(), bytes[at..at + 2]);
    assert_eq!(transport.dst_port.to_be_bytes(), bytes[at + 2..at + 4]);
}
