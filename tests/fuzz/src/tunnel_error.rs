// SPDX-License-Identifier: GPL-2.0-only

//! The parser of ICMP errors about packets in tunnels: each version of IP in each, and what clients are told of it.

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
    let about = [
        of::<V4, V4>(bytes),
        of::<V4, V6>(bytes),
        of::<V6, V4>(bytes),
        of::<V6, V6>(bytes),
    ];
    let read = about.iter().filter(|is_read| **is_read).count();
    assert!(read <= 1, "what is in a tunnel is of one version");
}

/// Of a packet of the version `I` in a tunnel of the version `O`. Returns whether it is one.
fn of<O: Layout, I: Layout>(bytes: &[u8]) -> bool {
    let Ok(error) = step_by_step(bytes, parse::<O, I>) else {
        return false;
    };
    holds(bytes, &error);
    told(&error);
    true
}

fn holds<O: Layout, I: Layout>(bytes: &[u8], error: &TunnelError<O, I>) {
    let header = O::parse(bytes, 0).expect("it was read already");
    assert_eq!(error.outer_offset, header.header_len + 8);
    let outer = O::parse(&bytes[error.outer_offset..], 0).expect("it was read already");
    assert_eq!(outer.dst, error.exit);
    assert!(error.inner_offset >= error.outer_offset + outer.header_len);
    let inner = I::parse(&bytes[error.inner_offset..], 0).expect("it was read already");
    assert_eq!((inner.src, inner.dst), (error.inner.src, error.inner.dst));
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

/// The client is told in its own terms, by an error of its version of IP.
fn told<O: Layout, I: Layout>(error: &TunnelError<O, I>) {
    if error.mtu().is_some() {
        return;
    }
    let Some(message) = error.message() else {
        return;
    };
    let errors: &[u8] = match I::NUMBER {
        4 => &[3, 4, 11, 12],
        _ => &[1, 3, 4],
    };
    assert!(errors.contains(&message.number), "{message:?}");
    let is_the_same = O::NUMBER == I::NUMBER && message.code == error.code;
    assert!(message.rest == 0 || is_the_same, "{message:?}");
}

fn parse<O: Layout, I: Layout>(bytes: &[u8]) -> Result<TunnelError<O, I>, ParseError> {
    tunnel_error::parse(&O::parse(bytes, 0)?, bytes)
}
