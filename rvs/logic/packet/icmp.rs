// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors, with the beginning of the packet they complain about.
//!
//! Sources: RFC 792 and RFC 4443 (the messages), RFC 1812 section 4.3.2.3 (how much of the packet they
//! hold), RFC 5508 section 4 (which a NAT relays). Those of IPv6 have the same form.

use super::{
    chunk_at,
    ip::{
        Fragment,
        Header,
        Version, //
    },
    isakmp,
    Malformed,
    ParseError, //
};
use crate::logic::{
    protocol::Protocol,
    tuple::Tuple, //
};

/// IANA number of ICMP in the IPv4 header.
pub const PROTOCOL: u8 = 1;

/// Bytes before the embedded packet.
pub const HEADER_LEN: usize = 8;

/// Where the checksum stands in the header.
pub const CHECKSUM_OFFSET: usize = 2;

/// Where the second word of the header stands, which tells an MTU.
pub const REST_OFFSET: usize = 4;

/// Codes of "destination unreachable".
pub const HOST_UNREACHABLE: u8 = 1;
/// As above.
pub const PROTOCOL_UNREACHABLE: u8 = 2;
/// As above.
pub const PORT_UNREACHABLE: u8 = 3;
/// As above; the second word of the header tells a path MTU.
pub const FRAGMENTATION_NEEDED: u8 = 4;
/// As above (RFC 1812 section 5.2.7.1).
pub const PROHIBITED: u8 = 13;

/// What the sender of a packet is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {
    /// The host cannot be reached.
    HostUnreachable,
    /// Nobody serves the port.
    PortUnreachable,
    /// The packet does not fit into this MTU, and may not be fragmented.
    TooBig(u32),
    /// The packet may not be forwarded once more.
    TimeExceeded,
    /// The way is forbidden.
    Prohibited,
}

/// What a message says before the packet that it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// The type.
    pub number: u8,
    /// The detail.
    pub code: u8,
    /// The second word of the header, such as the MTU.
    pub rest: u32,
}

impl Message {
    /// The message of this type and code with this second word.
    #[inline]
    pub const fn new(number: u8, code: u8, rest: u32) -> Self {
        Self { number, code, rest }
    }
}

/// Bytes of the embedded transport header that every ICMP error has (RFC 792).
const EMBEDDED_TRANSPORT_LEN: usize = 8;

/// The type of an ICMP message of IPv4 that reports an error to the sender of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// Destination unreachable, type 3: its code 4 is "fragmentation needed".
    DestinationUnreachable,
    /// Source quench, type 4 (deprecated by RFC 6633).
    SourceQuench,
    /// Time exceeded, type 11.
    TimeExceeded,
}

impl Type {
    /// The number of the type.
    #[inline]
    pub const fn number(self) -> u8 {
        match self {
            Self::DestinationUnreachable => 3,
            Self::SourceQuench => 4,
            Self::TimeExceeded => 11,
        }
    }

    /// The error of type `number`; `None` when it is no error, or not one that is relayed.
    #[inline]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            3 => Some(Self::DestinationUnreachable),
            4 => Some(Self::SourceQuench),
            11 => Some(Self::TimeExceeded),
            _ => None,
        }
    }
}

/// An ICMP error that can be assigned to a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error<V: Version> {
    /// What is reported.
    pub error_type: V::ErrorType,
    /// The detail of the report.
    pub code: u8,
    /// Where the ICMP header begins.
    pub icmp_offset: usize,
    /// Where the embedded IP header begins.
    pub embedded_offset: usize,
    /// The embedded IP header. Its `total_len` is that of the packet before it was cut.
    pub embedded: Header<V>,
    /// Where the embedded transport header begins.
    pub transport_offset: usize,
    /// Where the embedded transport checksum stands, if it is not cut off.
    pub transport_checksum_offset: Option<usize>,
    /// The tuple of the embedded packet, in the direction in which that packet went; of one of IPsec that of its
    /// key exchange.
    pub tuple: Tuple,
    /// Whether the embedded packet has the ports of the tuple.
    pub has_ports: bool,
    /// The bytes from the network header on that a rewrite may touch.
    pub writable_len: usize,
}

impl<V: Version> Error<V> {
    /// The MTU of the link that the embedded packet was too large for, if that is what is reported in `packet`. Routers that do not
    /// know better tell 0.
    pub fn mtu(&self, packet: &[u8]) -> Result<Option<u32>, ParseError> {
        let rest = self.icmp_offset.saturating_add(REST_OFFSET);
        let rest = u32::from_be_bytes(*chunk_at(packet, rest)?);
        Ok(V::reported_mtu(self.error_type, self.code, rest))
    }
}

/// The header of an ICMP error.
pub(super) struct ErrorHeader<V: Version> {
    pub(super) error_type: V::ErrorType,
    pub(super) code: u8,
    /// The second word.
    pub(super) rest: u32,
    /// Where the header begins.
    pub(super) icmp_offset: usize,
    /// Where the embedded packet begins.
    pub(super) embedded_offset: usize,
}

/// Reads the ICMP error in the packet that begins with `header`.
///
/// [`ParseError::Unsupported`] is any other ICMP message, a fragment, and an error about a packet
/// that has no ports and is none of IPsec.
pub fn parse<V: Version>(header: &Header<V>, bytes: &[u8]) -> Result<Error<V>, ParseError> {
    let ErrorHeader {
        error_type,
        code,
        icmp_offset,
        embedded_offset,
        ..
    } = error_header(header, bytes)?;
    let embedded = embedded_header::<V>(header.total_len, embedded_offset, bytes)?;
    let tuple = embedded_tuple(header.total_len, &embedded, embedded_offset, bytes)?;
    let transport_offset = embedded_offset.saturating_add(embedded.header_len);
    let ports_end = transport_offset.saturating_add(EMBEDDED_TRANSPORT_LEN);

    let checksum_offset = transport_offset.saturating_add(tuple.protocol.checksum_offset());
    let checksum_end = checksum_offset.saturating_add(tuple.protocol.checksum_kind().field_len());
    // Routers may append extensions (RFC 4884): what lies behind the end of the embedded packet is
    // not its checksum.
    let embedded_end = embedded_offset.saturating_add(embedded.total_len);
    let has_ports = !isakmp::is_followed_by(embedded.protocol);
    let has_checksum =
        has_ports && checksum_end <= header.total_len && checksum_end <= embedded_end;
    let writable_len = if has_checksum {
        ports_end.max(checksum_end)
    } else {
        ports_end
    };
    if bytes.len() < writable_len {
        return Err(ParseError::Short(writable_len));
    }

    Ok(Error {
        error_type,
        code,
        icmp_offset,
        embedded_offset,
        embedded,
        transport_offset,
        transport_checksum_offset: has_checksum.then_some(checksum_offset),
        tuple,
        has_ports,
        writable_len,
    })
}

/// Reads the IP header of the later fragment that the ICMP error in the packet that begins with `header` is about.
///
/// It holds no ports, so that no flow can be told. [`ParseError::Unsupported`] is an error about anything else than a
/// later fragment of TCP, UDP or SCTP, and what [`parse`] does not support otherwise.
pub fn parse_later_fragment<V: Version>(
    header: &Header<V>,
    bytes: &[u8],
) -> Result<Header<V>, ParseError> {
    let message = error_header(header, bytes)?;
    let embedded = embedded_header::<V>(header.total_len, message.embedded_offset, bytes)?;
    match (embedded.fragment, Protocol::from_number(embedded.protocol)) {
        (Fragment::Later, Some(_)) => Ok(embedded),
        _ => Err(ParseError::Unsupported),
    }
}

/// Reads the header of the ICMP error in the packet that begins with `header`.
pub(super) fn error_header<V: Version>(
    header: &Header<V>,
    bytes: &[u8],
) -> Result<ErrorHeader<V>, ParseError> {
    // The checksum covers the whole message, so that a part cannot be rewritten.
    if header.protocol != V::ICMP || header.fragment != Fragment::None {
        return Err(ParseError::Unsupported);
    }
    if header.payload_len() < HEADER_LEN {
        return Err(ParseError::Malformed(Malformed::Truncated));
    }
    let icmp_offset = header.header_len;
    let [number, code, _, _, r0, r1, r2, r3]: [u8; HEADER_LEN] = *chunk_at(bytes, icmp_offset)?;
    Ok(ErrorHeader {
        error_type: V::error_type(number).ok_or(ParseError::Unsupported)?,
        code,
        rest: u32::from_be_bytes([r0, r1, r2, r3]),
        icmp_offset,
        embedded_offset: icmp_offset.saturating_add(HEADER_LEN),
    })
}

/// Reads the ports of the embedded packet that begins with `embedded` at `offset`, within a packet of `len`
/// bytes, and returns its tuple. Of one of IPsec it is that of its key exchange.
pub(super) fn embedded_tuple<V: Version>(
    len: usize,
    embedded: &Header<V>,
    offset: usize,
    bytes: &[u8],
) -> Result<Tuple, ParseError> {
    let is_of_ipsec = isakmp::is_followed_by(embedded.protocol);
    let protocol = match Protocol::from_number(embedded.protocol) {
        Some(protocol) => protocol,
        None if is_of_ipsec => Protocol::Udp,
        None => return Err(ParseError::Unsupported),
    };
    if embedded.fragment == Fragment::Later {
        return Err(ParseError::Unsupported);
    }
    if embedded.payload_len() < EMBEDDED_TRANSPORT_LEN {
        return Err(ParseError::Malformed(Malformed::TotalLength));
    }
    let transport_offset = offset.saturating_add(embedded.header_len);
    if len < transport_offset.saturating_add(EMBEDDED_TRANSPORT_LEN) {
        return Err(ParseError::Malformed(Malformed::Truncated));
    }
    let [s0, s1, d0, d1, ..]: [u8; EMBEDDED_TRANSPORT_LEN] = *chunk_at(bytes, transport_offset)?;
    if is_of_ipsec {
        return Ok(isakmp::tuple(embedded.addrs()));
    }
    Ok(Tuple {
        addrs: embedded.addrs(),
        src_port: u16::from_be_bytes([s0, s1]),
        dst_port: u16::from_be_bytes([d0, d1]),
        protocol,
        vrf: 0,
    })
}

/// Reads the IP header at `offset`, which must end within a packet of `len` bytes.
pub(super) fn embedded_header<V: Version>(
    len: usize,
    offset: usize,
    bytes: &[u8],
) -> Result<Header<V>, ParseError> {
    let least = offset.saturating_add(V::MIN_HEADER_LEN);
    if len < least {
        return Err(ParseError::Malformed(Malformed::Truncated));
    }
    // Whatever lies behind the end of the packet is not read, whether it is there or not.
    let end = len.min(bytes.len());
    let embedded = bytes.get(offset..end).ok_or(ParseError::Short(least))?;
    let is_cut_off = |needed: usize| len < offset.saturating_add(needed);
    match V::parse(embedded, 0) {
        Ok(header) if is_cut_off(header.header_len) => {
            Err(ParseError::Malformed(Malformed::Truncated))
        }
        Err(ParseError::Short(needed)) if is_cut_off(needed) => {
            Err(ParseError::Malformed(Malformed::Truncated))
        }
        Err(ParseError::Short(needed)) => Err(ParseError::Short(offset.saturating_add(needed))),
        result => result,
    }
}
