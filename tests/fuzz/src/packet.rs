// SPDX-License-Identifier: GPL-2.0-only

//! The parsers of packets of either version of IP that have ports: no bytes are read that there are not, what is read is
//! within its bounds, and the short way reads what the long one reads.

use rvs_logic::logic::packet::{
    ip::{
        Fragment,
        Header,
        V4,
        V6, //
    },
    transport,
    ParseError,
    Transport,
    TransportHeader, //
};

use crate::{
    input::step_by_step,
    layout::Layout, //
};

pub(crate) fn any_bytes(bytes: &[u8]) {
    of::<V4>(bytes);
    of::<V6>(bytes);
}

fn of<V: Layout>(bytes: &[u8]) {
    let full = step_by_step(bytes, |part| whole::<V>(part, bytes.len()));
    if let Ok((header, transport)) = full {
        holds(bytes, &header, &transport);
    }
    let short = V::usual(bytes, || bytes.len()).or(V::usual_of_few(bytes, || bytes.len()));
    if let Some(short) = short {
        assert_eq!(Ok(short), full, "the short way, and the long one");
    }
    // Whoever is asked for his ports only has the same ones.
    if let (Some(ports), Ok((_, transport))) = (V::peek_ports(bytes), full) {
        assert_eq!(ports, (transport.src_port, transport.dst_port));
    }
    if let (Some(fixed), Ok((header, _))) = (V::fixed(bytes), full) {
        let (protocol, src, dst) = V::peek(fixed);
        assert_eq!((src, dst), (header.src, header.dst));
        assert!(protocol == header.protocol || header.header_len > V::MIN_HEADER_LEN);
    }
}

fn whole<V: Layout>(bytes: &[u8], len: usize) -> Result<(Header<V>, Transport), ParseError> {
    let header = V::parse(bytes, len)?;
    Ok((header, transport(&header, bytes)?))
}

fn holds<V: Layout>(bytes: &[u8], header: &Header<V>, transport: &Transport) {
    let (lens, multiple) = V::HEADER_LENS;
    assert!(lens.contains(&header.header_len) && header.header_len.is_multiple_of(multiple));
    assert!(header.total_len >= header.header_len);
    assert_eq!(header.payload_len(), header.total_len - header.header_len);
    assert_eq!(Some(header.tos), V::tos(bytes));
    assert_eq!(header.ttl, bytes[V::TTL]);
    let (ports, least) = match transport.header {
        TransportHeader::Tcp(tcp) => {
            assert!((20..=60).contains(&tcp.header_len));
            (20, tcp.header_len)
        }
        TransportHeader::Udp(udp) => {
            assert!(udp.len >= 8);
            (8, usize::from(udp.len))
        }
        // With the header of a chunk.
        TransportHeader::Sctp(_) => (16, 16),
    };
    assert!(
        bytes.len() >= header.header_len + ports,
        "the fixed header was there"
    );
    if header.fragment == Fragment::None {
        assert!(
            least <= header.payload_len(),
            "a part is longer than all of it"
        );
    }
    let at = header.header_len;
    assert_eq!(transport.src_port.to_be_bytes(), bytes[at..at + 2]);
    assert_eq!(transport.dst_port.to_be_bytes(), bytes[at + 2..at + 4]);
}
