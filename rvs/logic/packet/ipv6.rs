// SPDX-License-Identifier: GPL-2.0-only

//! The IPv6 header with its extension headers (RFC 8200), and the numbers of ICMPv6 (RFC 4443).

use core::net::Ipv6Addr;

use super::{
    chunk_at,
    chunk_at_mut,
    icmp::{
        Message,
        Report, //
    },
    ip::{
        Fragment,
        Translated,
        Version,
        V6, //
    },
    put_word_at,
    udp,
    word_at,
    Malformed,
    ParseError,
    Segment,
    Transport, //
};
use crate::logic::{
    addr::Addr,
    csum::Delta,
    nat::{
        family,
        End, //
    },
    protocol::Protocol,
    tuple::AddrPair, //
};

/// An IPv6 header with its extension headers: of 40 bytes or more.
pub type Header = super::ip::Header<V6>;

/// Bytes of a header without extension headers.
pub const MIN_HEADER_LEN: usize = 40;

/// Where the source address stands.
pub const SRC_OFFSET: usize = 8;

/// Where the destination address stands.
pub const DST_OFFSET: usize = 24;

/// Where the length of what follows the fixed header stands.
const PAYLOAD_LEN_OFFSET: usize = 4;

/// Where the number of the next header stands.
const NEXT_HEADER_OFFSET: usize = 6;

/// Where the hop limit stands.
const HOP_LIMIT_OFFSET: usize = 7;

/// The shortest packet of a flow: UDP without data.
const SHORTEST: usize = MIN_HEADER_LEN + udp::HEADER_LEN;

/// How many extension headers there are at most. Each has its place, one of them two (RFC 8200 section 4.1): who
/// sends more means no good.
const MAX_EXTENSION_HEADERS: usize = 8;

/// Hop limit of what is sent in the name of an end.
const HOP_LIMIT: u8 = 64;

/// IANA number of ICMPv6.
pub const ICMP: u8 = 58;

/// IANA numbers of extension headers.
mod next_header {
    pub(super) const HOP_BY_HOP: u8 = 0;
    pub(super) const ROUTING: u8 = 43;
    pub(super) const FRAGMENT: u8 = 44;
    pub(super) const DESTINATION: u8 = 60;
}

/// In the word of fragment offset and flag.
const MORE_FRAGMENTS: u16 = 1;
const FRAGMENT_OFFSET: u16 = !7;

/// The type of an ICMPv6 message that reports an error to the sender of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErrorType(u8);

impl ErrorType {
    /// Destination unreachable.
    pub const DESTINATION_UNREACHABLE: Self = Self(1);
    /// Packet too big.
    pub const PACKET_TOO_BIG: Self = Self(2);
    /// Time exceeded.
    pub const TIME_EXCEEDED: Self = Self(3);
    /// Parameter problem.
    pub const PARAMETER_PROBLEM: Self = Self(4);

    /// The number of the type.
    #[inline]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// From here on types tell no errors (RFC 4443 section 2.1).
    const INFORMATIONAL: u8 = 128;
}

/// Codes of "destination unreachable".
const PROHIBITED: u8 = 1;
const ADDRESS_UNREACHABLE: u8 = 3;
const PORT_UNREACHABLE: u8 = 4;

/// The code of "parameter problem" that says that nobody takes the payload.
const UNRECOGNIZED_NEXT_HEADER: u8 = 1;

/// What follows the fixed header.
struct Chain {
    /// Where the payload begins.
    end: usize,
    /// IANA number of its protocol.
    protocol: u8,
    fragment: Fragment,
}

/// Goes over the extension headers of a packet that has so many bytes, to the payload, as `ipv6_find_hdr()` does.
/// Behind a fragment header that is not of the first fragment there is no header.
///
/// [`ParseError::Unsupported`] is a packet that is to go on to another destination (RFC 8200 section 4.4): it is not
/// there yet, and its checksum is that of the last one.
fn extension_headers(bytes: &[u8], total_len: usize, first: u8) -> Result<Chain, ParseError> {
    let mut chain = Chain {
        end: MIN_HEADER_LEN,
        protocol: first,
        fragment: Fragment::None,
    };
    for _ in 0..=MAX_EXTENSION_HEADERS {
        let kind = chain.protocol;
        match kind {
            next_header::HOP_BY_HOP
            | next_header::ROUTING
            | next_header::FRAGMENT
            | next_header::DESTINATION => {}
            _ => return Ok(chain),
        }
        if total_len < chain.end.saturating_add(8) {
            return Err(ParseError::Malformed(Malformed::Truncated));
        }
        let [next, len, f0, left_or_f1, ..]: [u8; 8] = *chunk_at(bytes, chain.end)?;
        chain.protocol = next;
        let len = match kind {
            next_header::FRAGMENT => {
                chain.fragment = fragment(u16::from_be_bytes([f0, left_or_f1]));
                8
            }
            next_header::ROUTING if left_or_f1 != 0 => return Err(ParseError::Unsupported),
            _ => usize::from(len).saturating_add(1).saturating_mul(8),
        };
        chain.end = chain.end.saturating_add(len);
        if total_len < chain.end {
            return Err(ParseError::Malformed(Malformed::Truncated));
        }
        if chain.fragment == Fragment::Later {
            return Ok(chain);
        }
    }
    Err(ParseError::Unsupported)
}

const fn fragment(offset_and_flag: u16) -> Fragment {
    if offset_and_flag & (FRAGMENT_OFFSET | MORE_FRAGMENTS) == 0 {
        // RFC 6946: it is a packet by itself.
        Fragment::None
    } else if offset_and_flag & FRAGMENT_OFFSET == 0 {
        Fragment::First
    } else {
        Fragment::Later
    }
}

/// DSCP and ECN, on both sides of the border of the first two bytes.
#[inline(always)]
const fn traffic_class(first: u8, second: u8) -> u8 {
    first << 4 | second >> 4
}

#[inline(always)]
fn addr_at(fixed: &[u8], offset: usize) -> Option<Ipv6Addr> {
    let addr: &[u8; 16] = chunk_at(fixed, offset).ok()?;
    Some(Ipv6Addr::from(*addr))
}

impl Version for V6 {
    type Addr = Ipv6Addr;
    type Fixed = [u8; MIN_HEADER_LEN];
    type ErrorType = ErrorType;

    const UNSPECIFIED: Ipv6Addr = Ipv6Addr::UNSPECIFIED;
    const NUMBER: u8 = 6;
    const MIN_HEADER_LEN: usize = MIN_HEADER_LEN;
    const MAX_TOTAL_LEN: u32 = MIN_HEADER_LEN as u32 + 65535;
    // RFC 8200 section 5.
    const MIN_MTU: u32 = 1280;
    const AS_PAYLOAD: u8 = 41;
    const ETHERNET_TYPE: u16 = 0x86dd;
    const ICMP: u8 = ICMP;
    const ICMP_HAS_PSEUDO_HEADER: bool = true;
    const HAS_CHECKSUM: bool = false;
    const ROUTERS_FRAGMENT: bool = false;
    const UDP_MAY_LACK_CHECKSUM: bool = false;
    const MAX_ERROR_LEN: usize = 1280;
    const COLLECTED_BEFORE_DELIVERY: bool = false;

    #[inline(always)]
    fn addr(addr: Addr) -> Option<Ipv6Addr> {
        match addr {
            Addr::V6(addr) => Some(addr),
            Addr::V4(_) => None,
        }
    }

    #[inline(always)]
    fn is_loopback(addr: Ipv6Addr) -> bool {
        addr.is_loopback()
    }

    // RFC 4291 sections 2.5.2, 2.5.3 and 2.5.6.
    #[inline(always)]
    fn stays_on_link(addr: Ipv6Addr) -> bool {
        addr.is_unicast_link_local() || addr.is_unspecified() || addr.is_loopback()
    }

    #[inline(always)]
    fn pair(src: Ipv6Addr, dst: Ipv6Addr) -> AddrPair {
        AddrPair::V6 { src, dst }
    }

    #[inline(always)]
    fn addrs(pair: AddrPair) -> Option<(Ipv6Addr, Ipv6Addr)> {
        match pair {
            AddrPair::V6 { src, dst } => Some((src, dst)),
            AddrPair::V4 { .. } => None,
        }
    }

    #[inline(always)]
    fn peek(header: &Self::Fixed) -> (u8, Ipv6Addr, Ipv6Addr) {
        (
            header[NEXT_HEADER_OFFSET],
            addr_at(header, SRC_OFFSET).unwrap_or(Ipv6Addr::UNSPECIFIED),
            addr_at(header, DST_OFFSET).unwrap_or(Ipv6Addr::UNSPECIFIED),
        )
    }

    #[inline(always)]
    fn peek_ports(bytes: &[u8]) -> Option<(u16, u16)> {
        let fixed = bytes.first_chunk::<{ MIN_HEADER_LEN + 4 }>()?;
        if fixed[0] >> 4 != Self::NUMBER {
            return None;
        }
        Protocol::of_most(fixed[NEXT_HEADER_OFFSET])?;
        let src = word_at(fixed, MIN_HEADER_LEN).ok()?;
        let dst = word_at(fixed, MIN_HEADER_LEN + 2).ok()?;
        Some((src, dst))
    }

    #[inline(always)]
    fn usual_of(
        bytes: &[u8],
        packet_len: impl FnOnce() -> usize,
        protocol_of: impl FnOnce(u8) -> Option<Protocol>,
    ) -> Option<(Header, Transport)> {
        let fixed = bytes.first_chunk::<SHORTEST>()?;
        let [first, second, _, _, len0, len1, protocol, ttl, ..] = *fixed;
        if first >> 4 != Self::NUMBER {
            return None;
        }
        let segment = Segment {
            offset: MIN_HEADER_LEN,
            end: match u16::from_be_bytes([len0, len1]) {
                0 => packet_len(),
                len => usize::from(len).saturating_add(MIN_HEADER_LEN),
            },
            whole: true,
        };
        let transport = segment.transport(protocol_of(protocol)?, bytes).ok()?;
        let header = Header {
            header_len: MIN_HEADER_LEN,
            total_len: segment.end,
            protocol,
            src: addr_at(fixed, SRC_OFFSET)?,
            dst: addr_at(fixed, DST_OFFSET)?,
            ttl,
            tos: traffic_class(first, second),
            fragment: Fragment::None,
            dont_fragment: true,
        };
        Some((header, transport))
    }

    fn parse(bytes: &[u8], packet_len: usize) -> Result<Header, ParseError> {
        let fixed: &Self::Fixed = chunk_at(bytes, 0)?;
        let [first, second, _, _, len0, len1, next_header, ttl, ..] = *fixed;
        if first >> 4 != Self::NUMBER {
            return Err(ParseError::Malformed(Malformed::Version));
        }
        let total_len = match u16::from_be_bytes([len0, len1]) {
            0 => packet_len.max(MIN_HEADER_LEN),
            len => usize::from(len).saturating_add(MIN_HEADER_LEN),
        };
        let chain = extension_headers(bytes, total_len, next_header)?;
        let (_, src, dst) = Self::peek(fixed);
        Ok(Header {
            header_len: chain.end,
            total_len,
            protocol: chain.protocol,
            src,
            dst,
            ttl,
            tos: traffic_class(first, second),
            fragment: chain.fragment,
            dont_fragment: true,
        })
    }

    #[inline]
    fn tos(bytes: &[u8]) -> Option<u8> {
        let [first, second] = *bytes.first_chunk()?;
        Some(traffic_class(first, second))
    }

    fn complete_checksum(_bytes: &mut [u8], _header_len: usize) -> Result<(), ParseError> {
        Ok(())
    }

    #[inline]
    fn checksum(_bytes: &[u8]) -> Result<Option<u16>, ParseError> {
        Ok(None)
    }

    #[inline(always)]
    fn replace_addr(bytes: &mut [u8], end: End, new: Ipv6Addr) -> Result<Delta, ParseError> {
        let offset = match end {
            End::Source => SRC_OFFSET,
            End::Destination => DST_OFFSET,
        };
        let field: &mut [u8; 16] = chunk_at_mut(bytes, offset)?;
        let delta = Delta::new().ipv6(Ipv6Addr::from(*field), new);
        *field = new.octets();
        Ok(delta)
    }

    #[inline(always)]
    fn replace_addrs(bytes: &mut [u8], src: Ipv6Addr, dst: Ipv6Addr) -> Result<Delta, ParseError> {
        let header: &mut [u8; MIN_HEADER_LEN] = chunk_at_mut(bytes, 0)?;
        let mut delta = Delta::new();
        for (offset, new) in [(SRC_OFFSET, src), (DST_OFFSET, dst)] {
            let field: &mut [u8; 16] = chunk_at_mut(header, offset)?;
            delta = delta.ipv6(Ipv6Addr::from(*field), new);
            *field = new.octets();
        }
        Ok(delta)
    }

    #[inline(always)]
    fn decrement_ttl(bytes: &mut [u8]) -> Result<Option<u8>, ParseError> {
        let [ttl]: &mut [u8; 1] = chunk_at_mut(bytes, HOP_LIMIT_OFFSET)?;
        if *ttl <= 1 {
            return Ok(None);
        }
        *ttl = ttl.wrapping_sub(1);
        Ok(Some(*ttl))
    }

    #[inline]
    fn error_type(number: u8) -> Option<ErrorType> {
        (number < ErrorType::INFORMATIONAL).then_some(ErrorType(number))
    }

    #[inline]
    fn error_number(error_type: ErrorType) -> u8 {
        error_type.0
    }

    fn reported_mtu(error_type: ErrorType, _code: u8, rest: u32) -> Option<u32> {
        (error_type == ErrorType::PACKET_TOO_BIG).then_some(rest)
    }

    fn is_of_the_way(error_type: ErrorType) -> bool {
        matches!(
            error_type,
            ErrorType::DESTINATION_UNREACHABLE | ErrorType::TIME_EXCEEDED
        )
    }

    fn report(error_type: ErrorType, code: u8) -> Option<Report> {
        match (error_type, code) {
            (ErrorType::TIME_EXCEEDED, _) => Some(Report::TimeExceeded),
            (ErrorType::DESTINATION_UNREACHABLE, PROHIBITED) => Some(Report::Prohibited),
            (ErrorType::DESTINATION_UNREACHABLE, PORT_UNREACHABLE)
            | (ErrorType::PARAMETER_PROBLEM, UNRECOGNIZED_NEXT_HEADER) => {
                Some(Report::PortUnreachable)
            }
            (ErrorType::DESTINATION_UNREACHABLE, _) => Some(Report::HostUnreachable),
            _ => None,
        }
    }

    fn message(report: Report) -> Message {
        let unreachable = ErrorType::DESTINATION_UNREACHABLE.0;
        match report {
            Report::HostUnreachable => Message::new(unreachable, ADDRESS_UNREACHABLE, 0),
            Report::PortUnreachable => Message::new(unreachable, PORT_UNREACHABLE, 0),
            Report::TooBig(mtu) => Message::new(ErrorType::PACKET_TOO_BIG.0, 0, mtu),
            Report::TimeExceeded => Message::new(ErrorType::TIME_EXCEEDED.0, 0, 0),
            Report::Prohibited => Message::new(unreachable, PROHIBITED, 0),
        }
    }

    fn write(
        bytes: &mut [u8],
        src: Ipv6Addr,
        dst: Ipv6Addr,
        protocol: u8,
        payload_len: u16,
    ) -> Result<(), ParseError> {
        let header: &mut Self::Fixed = chunk_at_mut(bytes, 0)?;
        let [len0, len1] = payload_len.to_be_bytes();
        *chunk_at_mut(header, 0)? = [0x60, 0, 0, 0, len0, len1, protocol, HOP_LIMIT];
        *chunk_at_mut(header, SRC_OFFSET)? = src.octets();
        *chunk_at_mut(header, DST_OFFSET)? = dst.octets();
        Ok(())
    }

    #[inline(always)]
    fn write_translated(bytes: &mut [u8], header: &Translated<V6>) -> Result<(), ParseError> {
        let place: &mut Self::Fixed = chunk_at_mut(bytes, 0)?;
        let [len0, len1] = u16::try_from(header.payload_len).unwrap_or(0).to_be_bytes();
        let (first, second) = (0x60 | header.tos >> 4, header.tos << 4);
        *chunk_at_mut(place, 0)? = [first, second, 0, 0, len0, len1, header.protocol, header.ttl];
        *chunk_at_mut(place, SRC_OFFSET)? = header.src.octets();
        *chunk_at_mut(place, DST_OFFSET)? = header.dst.octets();
        Ok(())
    }

    fn translate_error(
        error_type: ErrorType,
        code: u8,
        rest: u32,
        _total_len: usize,
    ) -> Option<Message> {
        family::of_v6(error_type, code, rest)
    }

    fn quoted_len(error_type: ErrorType, rest: u32) -> usize {
        match error_type {
            ErrorType::DESTINATION_UNREACHABLE | ErrorType::TIME_EXCEEDED => {
                ((rest >> 24) as usize).saturating_mul(8)
            }
            _ => 0,
        }
    }

    fn shorten(bytes: &mut [u8], header_len: usize, payload_len: u16) -> Result<(), ParseError> {
        let extensions = header_len.saturating_sub(MIN_HEADER_LEN) as u16;
        let payload_len = payload_len.saturating_add(extensions);
        put_word_at(bytes, PAYLOAD_LEN_OFFSET, payload_len)?;
        *chunk_at_mut(bytes, HOP_LIMIT_OFFSET)? = [HOP_LIMIT];
        Ok(())
    }

    #[inline]
    fn total_len(bytes: &[u8]) -> Result<usize, ParseError> {
        match word_at(bytes, PAYLOAD_LEN_OFFSET)? {
            0 => Err(ParseError::Unsupported),
            len => Ok(usize::from(len).saturating_add(MIN_HEADER_LEN)),
        }
    }

    fn set_total_len(bytes: &mut [u8], total_len: u16) -> Result<(), ParseError> {
        let payload_len = total_len.saturating_sub(MIN_HEADER_LEN as u16);
        put_word_at(bytes, PAYLOAD_LEN_OFFSET, payload_len)
    }

    fn addr_bytes(bytes: &[u8]) -> Result<&[u8], ParseError> {
        chunk_at::<32>(bytes, SRC_OFFSET).map(<[u8; 32]>::as_slice)
    }
}
