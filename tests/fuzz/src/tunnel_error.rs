// SPDX-License-Identifier: GPL-2.0-only

//! The parser of ICMP errors about packets in tunnels.

use rvs_logic::logic::{
    packet::{
        icmp,
        ip::V4,
        ipv4,
        tunnel_error::{
            self,
            TunnelError, //
        },
        ParseError, //
    },
    tunnel::Kind,
};

use crate::input::step_by_step;

pub(crate) fn any_bytes(bytes: &[u8]) {
    let Ok(error) = step_by_step(bytes, parse) else {
        return;
    };
    let header = ipv4::parse(bytes).expect("it was read already");
    assert_eq!(error.outer_offset, header.header_len + 8);
    assert!(error.inner_offset >= error.outer_offset + 20);
    let outer_len = usize::from(bytes[error.outer_offset] & 15) * 4;
    let ports = error.inner_offset + error.inner.header_len;
    assert!(ports + 4 <= bytes.len() && ports + 4 <= header.total_len);
    assert_eq!(error.tuple.src_port.to_be_bytes(), bytes[ports..ports + 2]);
    assert!(error.mtu().is_none_or(|mtu| mtu <= 0xffff));
    // No packet is both an error about a tunnel and one about what is in no tunnel, but where the tunnel is in UDP.
    assert!(error.kind == Kind::Gue || icmp::parse(&header, bytes).is_err());
    let between = match error.kind {
        Kind::Ipip => 0..=0,
        Kind::Gre => 4..=8,
        Kind::Gue => 12..=12 + 31 * 4,
    };
    assert!(between.contains(&(error.headers_len() - outer_len)));
}

fn parse(bytes: &[u8]) -> Result<TunnelError<V4>, ParseError> {
    tunnel_error::parse(&ipv4::parse(bytes)?, bytes)
}
