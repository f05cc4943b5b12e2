// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about IP in IP packets: from a router on the way to a real server, or from that host itself, to the
//! director that has wrapped up a client's packet.
//!
//! Sources: RFC 2003 section 4 (what the entrance of a tunnel does with errors), RFC 1191 section 4 (the MTU in them).

use core::net::Ipv4Addr;

use super::{
    icmp,
    ipv4,
    ParseError, //
};
use crate::logic::tuple::Tuple;

/// IANA number of IPv4 as payload of IPv4 (RFC 2003).
const IPIP: u8 = 4;

/// The code of "destination unreachable" that tells a path MTU.
const FRAGMENTATION_NEEDED: u8 = 4;

/// An ICMP error about a packet in a tunnel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TunnelError {
    /// What is reported.
    pub error_type: icmp::Type,
    /// The detail of the report.
    pub code: u8,
    /// The second word of the ICMP header.
    pub rest: u32,
    /// Where the header of the tunnel begins.
    pub outer_offset: usize,
    /// Where the tunnel ends.
    pub exit: Ipv4Addr,
    /// Where the header of the packet in the tunnel begins.
    pub inner_offset: usize,
    /// The header of the packet in the tunnel. Its `total_len` is that of the packet before it was cut.
    pub inner: ipv4::Header,
    /// The tuple of the packet in the tunnel.
    pub tuple: Tuple,
}

impl TunnelError {
    /// The MTU of the link that the whole packet was too large for, if that is what is reported. Routers that do not
    /// know RFC 1191 say 0.
    #[inline]
    pub const fn mtu(&self) -> Option<u32> {
        match (self.error_type, self.code) {
            (icmp::Type::DestinationUnreachable, FRAGMENTATION_NEEDED) => Some(self.rest & 0xffff),
            _ => None,
        }
    }
}

/// Reads the ICMP error in the packet that begins with `header`.
///
/// [`ParseError::Unsupported`] is any other ICMP message, a fragment, and an error about a packet that is no tunnel's,
/// is not the beginning of a tunnel's, or holds one that has no ports.
pub fn parse(header: &ipv4::Header, bytes: &[u8]) -> Result<TunnelError, ParseError> {
    let message = icmp::message(header, bytes)?;
    let outer_offset = message.embedded_offset;
    let outer = icmp::embedded_header(header, outer_offset, bytes)?;
    if outer.protocol != IPIP || outer.fragment == ipv4::Fragment::Later {
        return Err(ParseError::Unsupported);
    }
    let inner_offset = outer_offset.saturating_add(outer.header_len);
    let inner = icmp::embedded_header(header, inner_offset, bytes)?;
    Ok(TunnelError {
        error_type: message.error_type,
        code: message.code,
        rest: message.rest,
        outer_offset,
        exit: outer.dst,
        inner_offset,
        inner,
        tuple: icmp::embedded_tuple(header, &inner, inner_offset, bytes)?,
    })
}
