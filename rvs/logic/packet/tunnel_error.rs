// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about packets in tunnels, of IP in IP, GRE or GUE: from a router on the way to a real server, or from that
//! host itself, to the director that has wrapped up a client's packet.
//!
//! Sources: RFC 2003 section 4 and RFC 2473 section 8 (what the entrance of a tunnel does with errors), RFC 1191 section 4
//! (the MTU in them), RFC 7915 sections 4.2 and 5.2 (errors in the terms of the other version).

use super::{
    gre,
    gue,
    icmp::{
        self,
        Message, //
    },
    ip::{
        Fragment,
        Header,
        Version,
        V4,
        V6, //
    },
    Malformed,
    ParseError, //
};
use crate::logic::{
    protocol::Protocol,
    tunnel::Kind,
    tuple::Tuple, //
};

/// An ICMP error about a packet of the version `I` in a tunnel of the version `O`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TunnelError<O: Version, I: Version = O> {
    /// What is reported.
    pub error_type: O::ErrorType,
    /// The detail of the report.
    pub code: u8,
    /// The second word of the ICMP header.
    pub rest: u32,
    /// Where the header of the tunnel begins.
    pub outer_offset: usize,
    /// Where the tunnel ends.
    pub exit: O::Addr,
    /// What stands between the header of the tunnel and the packet.
    pub kind: Kind,
    /// The UDP port at the end of the tunnel, 0 where it is none in UDP.
    pub port: u16,
    /// Where the header of the packet in the tunnel begins.
    pub inner_offset: usize,
    /// The header of the packet in the tunnel. Its `total_len` is that of the packet before it was cut.
    pub inner: Header<I>,
    /// The tuple of the packet in the tunnel.
    pub tuple: Tuple,
}

/// An ICMP error about a tunnel of the version `O`, by the version of what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AboutTunnel<O: Version> {
    /// Of a packet of IPv4.
    OfV4(TunnelError<O, V4>),
    /// Of a packet of IPv6.
    OfV6(TunnelError<O, V6>),
}

impl<O: Version, I: Version> TunnelError<O, I> {
    /// Bytes of all headers of the tunnel.
    #[inline]
    pub const fn headers_len(&self) -> usize {
        self.inner_offset.saturating_sub(self.outer_offset)
    }

    /// The MTU of the link that the whole packet was too large for, if that is what is reported. Routers that do not
    /// know RFC 1191 say 0.
    #[inline]
    pub fn mtu(&self) -> Option<u32> {
        O::reported_mtu(self.error_type, self.code, self.rest)
    }

    /// Whether the packet is so small that no link need take it whole: what does not fit then is the tunnel's to
    /// fragment.
    #[inline]
    pub fn is_of_the_smallest(&self) -> bool {
        self.inner.total_len <= I::MIN_MTU as usize
    }

    /// What the sender of the packet is told, unless the error is about the size: as it is where that means the same
    /// to it, or in its own terms. None of what says nothing to it.
    pub fn message(&self) -> Option<Message> {
        if O::NUMBER == I::NUMBER && O::is_of_the_way(self.error_type) {
            let number = O::error_number(self.error_type);
            return Some(Message::new(number, self.code, self.rest));
        }
        O::report(self.error_type, self.code).map(I::message)
    }
}

/// Reads the ICMP error in the packet that begins with `header`.
///
/// [`ParseError::Unsupported`] is any other ICMP message, a fragment, and an error about a packet that is no tunnel's,
/// is not the beginning of a tunnel's, or holds one of another version, or one that has no ports.
pub fn parse<O: Version, I: Version>(
    header: &Header<O>,
    bytes: &[u8],
) -> Result<TunnelError<O, I>, ParseError> {
    let message = icmp::error_header(header, bytes)?;
    let outer_offset = message.embedded_offset;
    let outer = icmp::embedded_header::<O>(header.total_len, outer_offset, bytes)?;
    if outer.fragment == Fragment::Later {
        return Err(ParseError::Unsupported);
    }
    let payload_offset = outer_offset.saturating_add(outer.header_len);
    let (kind, port, len) = within(header.total_len, bytes, |bytes| {
        between::<I>(outer.protocol, payload_offset, bytes)
    })?;
    let inner_offset = payload_offset.saturating_add(len);
    let inner = icmp::embedded_header::<I>(header.total_len, inner_offset, bytes)?;
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
fn between<I: Version>(
    protocol: u8,
    offset: usize,
    bytes: &[u8],
) -> Result<(Kind, u16, usize), ParseError> {
    if protocol == I::AS_PAYLOAD {
        Ok((Kind::Ipip, 0, 0))
    } else if protocol == gre::PROTOCOL {
        let len = gre::parse::<I>(bytes, offset)?;
        Ok((Kind::Gre, 0, len))
    } else if protocol == Protocol::Udp.number() {
        let (len, port) = gue::parse::<I>(bytes, offset)?;
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
