// SPDX-License-Identifier: GPL-2.0-only

//! The parser of ICMP errors about packets in tunnels.

use rvs_logic::logic::{
    packet::{
        icmp,
        ip::{
            V4,
            V6, //
        },
        tunnel_error::{
            self,
            TunnelError, //
        },
        ParseError, //
    },
    tunnel::Kind,
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
    let Ok(error) = step_by_step(bytes, parse::<V>) else {
        return;
    };
    let header = V::parse(bytes, 0).expect("it was read already");
    assert_eq!(error.outer_offset, header.header_len + 8);
    let outer = V::parse(&bytes[error.outer_offset..], 0).expect("it was read already");
    assert_eq!(outer.dst, error.exit);
    assert!(error.inner_offset >= error.outer_offset + outer.header_len);
    let ports = error.inner_offset + error.inner.header_len;
    assert!(ports + 4 <= bytes.len() && ports + 4 <= header.total_len);
    let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    // Packets of IPsec have none, and follow their key exchange.
    let expected = match error.inner.protocol {
        50 | 51 => (500, 500),
        _ => (word(ports), word(ports + 2)),
    };
    assert_eq!((error.tuple.src_port, error.tuple.dst_port), expected);
    // No packet is both an error about a tunnel and one about what is in no tunnel, but where the tunnel is in UDP.
    assert!(error.kind == Kind::Gue || icmp::parse(&header, bytes).is_err());
    let between = match error.kind {
        Kind::Ipip => 0..=0,
        Kind::Gre => 4..=8,
        Kind::Gue => 12..=12 + 31 * 4,
    };
    assert!(between.contains(&(error.headers_len() - outer.header_len)));
}

fn parse<V: Layout>(bytes: &[u8]) -> Result<TunnelError<V>, ParseError> {
    tunnel_error::parse(&V::parse(bytes, 0)?, bytes)
}
