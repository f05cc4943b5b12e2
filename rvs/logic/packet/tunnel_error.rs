// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about packets in tunnels, of IP in IP, GRE or GUE: from a router on the way to a real server, or from that
//! host itself, to the director that has wrapped up a client's packet.
//!
//! Sources: RFC 2003 section 4 (what the entrance of a tunnel does with errors), RFC 1191 section 4 (the MTU in them).

use super::{
    gre,
    gue,
    icmp,
    ip::{
        Fragment,
        Header,
        Version, //
    },
    Malformed,
    ParseError, //
};
use crate::logic::{
    protocol::Protocol,
    tunnel::Kind,
    tuple::Tuple, //
};

/// An ICMP error about a packet in a tunnel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TunnelError<V: Version> {
    /// What is reported.
    pub error_type: V::ErrorType,
    /// The detail of the report.
    pub code: u8,
    /// The second word of the ICMP header.
    pub rest: u32,
    /// Where the header of the tunnel begins.
    pub outer_offset: usize,
    /// Where the tunnel ends.
    pub exit: V::Addr,
    /// What stands between the header of the tunnel and the packet.
    pub kind: Kind,
    /// The UDP port at the end of the tunnel, 0 where it is none in UDP.
    pub port: u16,
    /// Where the header of the packet in the tunnel begins.
    pub inner_offset: usize,
    /// The header of the packet in the tunnel. Its `total_len` is that of the packet before it was cut.
    pub inner: Header<V>,
    /// The tuple of the packet in the tunnel.
    pub tuple: Tuple,
}

impl<V: Version> TunnelError<V> {
    /// Bytes of all headers of the tunnel.
    #[inline]
    pub const fn headers_len(&self) -> usize {
        self.inner_offset.saturating_sub(self.outer_offset)
    }

    /// The MTU of the link that the whole packet was too large for, if that is what is reported. Routers that do not
    /// know RFC 1191 say 0.
    #[inline]
    pub fn mtu(&self) -> Option<u32> {
        V::reported_mtu(self.error_type, self.code, self.rest)
    }
}

/// Reads the ICMP error in the packet that begins with `header`.
///
/// [`ParseError::Unsupported`] is any other ICMP message, a fragment, and an error about a packet that is no tunnel's,
/// is not the beginning of a tunnel's, or holds one that has no ports.
pub fn parse<V: Version>(header: &Header<V>, bytes: &[u8]) -> Result<TunnelError<V>, ParseError> {
    let message = icmp::error_header(header, bytes)?;
    let outer_offset = message.embedded_offset;
    let outer = icmp::embedded_header::<V>(header.total_len, outer_offset, bytes)?;
    if outer.fragment == Fragment::Later {
        return Err(ParseError::Unsupported);
    }
    let payload_offset = outer_offset.saturating_add(outer.header_len);
    let (kind, port, len) = within(header.total_len, bytes, |bytes| {
        between::<V>(outer.protocol, payload_offset, bytes)
    })?;
    let inner_offset = payload_offset.saturating_add(len);
    let inner = icmp::embedded_header::<V>(header.total_len, inner_offset, bytes)?;
    Ok(TunnelError {
        error_type: message.error_type,
        code: message.code,
        rest: message.rest,
        outer_offset,
        exit: outer.dst,
        kind,
        port,
        inner_offset,
        inner,
        tuple: icmp::embedded_tuple(header.total_len, &inner, inner_offset, bytes)?,
    })
}

/// Reads what stands at `offset`, between the header of a tunnel with a payload of `protocol` and the packet in it: the kind
/// of tunnel, the UDP port at its end, and how many bytes.
fn between<V: Version>(
    protocol: u8,
    offset: usize,
    bytes: &[u8],
) -> Result<(Kind, u16, usize), ParseError> {
    if protocol == V::AS_PAYLOAD {
        Ok((Kind::Ipip, 0, 0))
    } else if protocol == gre::PROTOCOL {
        let len = gre::parse::<V>(bytes, offset)?;
        Ok((Kind::Gre, 0, len))
    } else if protocol == Protocol::Udp.number() {
        let (len, port) = gue::parse::<V>(bytes, offset)?;
        Ok((Kind::Gue, port, len))
    } else {
        Err(ParseError::Unsupported)
    }
}

/// Reads something that must end within a packet of so many bytes, whether what is behind is there or not.
fn within<T>(
    total_len: usize,
    bytes: &[u8],
    read: impl FnOnce(&[u8]) -> Result<T, ParseError>,
) -> Result<T, ParseError> {
    let inside = bytes.get(..total_len).unwrap_or(bytes);
    match read(inside) {
        Err(ParseError::Short(needed)) if needed > total_len => {
            Err(ParseError::Malformed(Malformed::Truncated))
        }
        result => result,
    }
}
