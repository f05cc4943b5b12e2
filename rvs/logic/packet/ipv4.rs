// SPDX-License-Identifier: GPL-2.0-only

//! The IPv4 header (RFC 791 section 3.1).

use core::net::Ipv4Addr;

use super::{
    chunk_at,
    chunk_at_mut,
    icmp::{
        self,
        Message,
        Report, //
    },
    ip::{
        Translated,
        Version,
        V4, //
    },
    put_word_at,
    usual,
    word_at,
    Malformed,
    ParseError,
    Transport, //
};
use crate::logic::{
    addr::Addr,
    csum::{
        self,
        Delta, //
    },
    nat::{
        family,
        End, //
    },
    protocol::Protocol,
    tuple::AddrPair, //
};

pub use super::ip::Fragment;

/// Bytes of a header without options.
pub const MIN_HEADER_LEN: usize = 20;

/// Bytes of the longest packet, with its header.
pub const MAX_TOTAL_LEN: u32 = 65535;

/// Where the length of the whole packet stands.
pub const TOTAL_LEN_OFFSET: usize = 2;

/// Where the header checksum stands.
pub const CHECKSUM_OFFSET: usize = 10;

/// Where the source address stands.
pub const SRC_OFFSET: usize = 12;

/// Where the destination address stands.
pub const DST_OFFSET: usize = 16;

/// An IPv4 header: of 20 to 60 bytes, not below five words.
pub type Header = super::ip::Header<V4>;

/// Reads the field of DSCP and ECN, if there is one.
#[inline]
pub fn tos(bytes: &[u8]) -> Option<u8> {
    bytes.get(1).copied()
}

/// Protocol, source and destination of a header, unchecked.
#[inline(always)]
pub fn peek(header: &[u8; MIN_HEADER_LEN]) -> (u8, Ipv4Addr, Ipv4Addr) {
    let [_, _, _, _, _, _, _, _, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = *header;
    (
        protocol,
        Ipv4Addr::new(s0, s1, s2, s3),
        Ipv4Addr::new(d0, d1, d2, d3),
    )
}

/// Reads the IPv4 header at the beginning of `bytes`.
#[inline]
pub fn parse(bytes: &[u8]) -> Result<Header, ParseError> {
    parse_with_len(bytes, 0)
}

/// Reads the IPv4 header at the beginning of `bytes`, of a packet of `packet_len` bytes.
///
/// A generic-segmentation packet above 65535 bytes has the total length 0 (`iph_totlen` in
/// `linux/ip.h`): the length the caller knows then takes its place. It is not used otherwise.
#[inline]
pub fn parse_with_len(bytes: &[u8], packet_len: usize) -> Result<Header, ParseError> {
    let fixed: &[u8; MIN_HEADER_LEN] = chunk_at(bytes, 0)?;
    let [version_ihl, tos, len0, len1, _, _, frag0, frag1, ttl, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] =
        *fixed;

    if version_ihl >> 4 != V4::NUMBER {
        return Err(ParseError::Malformed(Malformed::Version));
    }
    let header_len = usize::from(version_ihl & 0x0f) * 4;
    if header_len < MIN_HEADER_LEN {
        return Err(ParseError::Malformed(Malformed::HeaderLength));
    }
    let total_len = match u16::from_be_bytes([len0, len1]) {
        0 => packet_len,
        len => usize::from(len),
    };
    if total_len < header_len {
        return Err(ParseError::Malformed(Malformed::TotalLength));
    }
    if bytes.len() < header_len {
        return Err(ParseError::Short(header_len));
    }

    let flags_and_offset = u16::from_be_bytes([frag0, frag1]);
    Ok(Header {
        header_len,
        total_len,
        protocol,
        src: Ipv4Addr::new(s0, s1, s2, s3),
        dst: Ipv4Addr::new(d0, d1, d2, d3),
        ttl,
        tos,
        fragment: fragment(flags_and_offset),
        dont_fragment: flags_and_offset & DONT_FRAGMENT != 0,
    })
}

/// Gives the header of `header_len` bytes at the beginning of `bytes` its checksum, whatever it had before.
///
/// Of a header with options the kernel changes some where it receives it (`ip_options_compile()`): it adds its address to a
/// recorded route, and blanks what follows the end of the list. The checksum is left to who sends the packet on.
pub fn complete_checksum(bytes: &mut [u8], header_len: usize) -> Result<(), ParseError> {
    let header = bytes
        .get_mut(..header_len)
        .ok_or(ParseError::Short(header_len))?;
    put_word_at(header, CHECKSUM_OFFSET, 0)?;
    let checksum = csum::of(&[header]);
    put_word_at(header, CHECKSUM_OFFSET, checksum)
}

/// The flag by which routers must not fragment, in the word of flags and fragment offset.
pub(super) const DONT_FRAGMENT: u16 = 1 << 14;
const MORE_FRAGMENTS: u16 = 1 << 13;
const OFFSET: u16 = (1 << 13) - 1;

#[inline]
const fn fragment(flags_and_offset: u16) -> Fragment {
    if flags_and_offset & (MORE_FRAGMENTS | OFFSET) == 0 {
        Fragment::None
    } else if flags_and_offset & OFFSET == 0 {
        Fragment::First
    } else {
        Fragment::Later
    }
}

/// Time to live of what is sent in the name of an end.
const TTL: u8 = 64;

impl Version for V4 {
    type Addr = Ipv4Addr;
    type Fixed = [u8; MIN_HEADER_LEN];
    type ErrorType = icmp::Type;

    const UNSPECIFIED: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
    const NUMBER: u8 = 4;
    const MIN_HEADER_LEN: usize = MIN_HEADER_LEN;
    const MAX_TOTAL_LEN: u32 = MAX_TOTAL_LEN;
    // RFC 791 section 3.2.
    const MIN_MTU: u32 = 68;
    const AS_PAYLOAD: u8 = 4;
    const ETHERNET_TYPE: u16 = 0x0800;
    const ICMP: u8 = icmp::PROTOCOL;
    const ICMP_HAS_PSEUDO_HEADER: bool = false;
    const HAS_CHECKSUM: bool = true;
    const ROUTERS_FRAGMENT: bool = true;
    const UDP_MAY_LACK_CHECKSUM: bool = true;
    const MAX_ERROR_LEN: usize = 576;
    const COLLECTED_BEFORE_DELIVERY: bool = true;

    #[inline(always)]
    fn addr(addr: Addr) -> Option<Ipv4Addr> {
        match addr {
            Addr::V4(addr) => Some(addr),
            Addr::V6(_) => None,
        }
    }

    #[inline(always)]
    fn is_loopback(addr: Ipv4Addr) -> bool {
        addr.is_loopback()
    }

    // The stack lets no other in by which nobody can be answered.
    #[inline(always)]
    fn stays_on_link(addr: Ipv4Addr) -> bool {
        addr.is_loopback()
    }

    #[inline(always)]
    fn pair(src: Ipv4Addr, dst: Ipv4Addr) -> AddrPair {
        AddrPair::V4 { src, dst }
    }

    #[inline(always)]
    fn addrs(pair: AddrPair) -> Option<(Ipv4Addr, Ipv4Addr)> {
        match pair {
            AddrPair::V4 { src, dst } => Some((src, dst)),
            AddrPair::V6 { .. } => None,
        }
    }

    #[inline(always)]
    fn peek(header: &Self::Fixed) -> (u8, Ipv4Addr, Ipv4Addr) {
        peek(header)
    }

    #[inline(always)]
    fn peek_ports(bytes: &[u8]) -> Option<(u16, u16)> {
        usual::peek_ports(bytes)
    }

    #[inline(always)]
    fn usual_of(
        bytes: &[u8],
        packet_len: impl FnOnce() -> usize,
        protocol: impl FnOnce(u8) -> Option<Protocol>,
    ) -> Option<(Header, Transport)> {
        usual::usual(bytes, packet_len, protocol)
    }

    #[inline]
    fn parse(bytes: &[u8], packet_len: usize) -> Result<Header, ParseError> {
        parse_with_len(bytes, packet_len)
    }

    #[inline]
    fn tos(bytes: &[u8]) -> Option<u8> {
        tos(bytes)
    }

    fn complete_checksum(bytes: &mut [u8], header_len: usize) -> Result<(), ParseError> {
        complete_checksum(bytes, header_len)
    }

    #[inline]
    fn checksum(bytes: &[u8]) -> Result<Option<u16>, ParseError> {
        word_at(bytes, CHECKSUM_OFFSET).map(Some)
    }

    #[inline(always)]
    fn replace_addr(bytes: &mut [u8], end: End, new: Ipv4Addr) -> Result<Delta, ParseError> {
        let header: &mut Self::Fixed = bytes
            .first_chunk_mut()
            .ok_or(ParseError::Malformed(Malformed::HeaderLength))?;
        let offset = match end {
            End::Source => SRC_OFFSET,
            End::Destination => DST_OFFSET,
        };
        let field: &mut [u8; 4] = chunk_at_mut(header, offset)?;
        let delta = Delta::new().ipv4(Ipv4Addr::from(*field), new);
        *field = new.octets();
        let checksum = word_at(header, CHECKSUM_OFFSET)?;
        put_word_at(header, CHECKSUM_OFFSET, delta.apply(checksum))?;
        Ok(delta)
    }

    #[inline(always)]
    fn replace_addrs(bytes: &mut [u8], src: Ipv4Addr, dst: Ipv4Addr) -> Result<Delta, ParseError> {
        let header: &mut Self::Fixed = bytes
            .first_chunk_mut()
            .ok_or(ParseError::Malformed(Malformed::HeaderLength))?;
        let mut delta = Delta::new();
        for (offset, new) in [(SRC_OFFSET, src), (DST_OFFSET, dst)] {
            let field: &mut [u8; 4] = chunk_at_mut(header, offset)?;
            delta = delta.ipv4(Ipv4Addr::from(*field), new);
            *field = new.octets();
        }
        let checksum = word_at(header, CHECKSUM_OFFSET)?;
        put_word_at(header, CHECKSUM_OFFSET, delta.apply(checksum))?;
        Ok(delta)
    }

    #[inline(always)]
    fn decrement_ttl(bytes: &mut [u8]) -> Result<Option<u8>, ParseError> {
        let header: &mut Self::Fixed = chunk_at_mut(bytes, 0)?;
        let [_, _, _, _, _, _, _, _, ttl, _, check0, check1, ..] = header;
        if *ttl <= 1 {
            return Ok(None);
        }
        *ttl = ttl.wrapping_sub(1);
        // It is the high byte of its word.
        [*check0, *check1] = csum::after_decrement([*check0, *check1], [1, 0]);
        Ok(Some(*ttl))
    }

    #[inline]
    fn error_type(number: u8) -> Option<icmp::Type> {
        icmp::Type::from_number(number)
    }

    #[inline]
    fn error_number(error_type: icmp::Type) -> u8 {
        error_type.number()
    }

    fn reported_mtu(error_type: icmp::Type, code: u8, rest: u32) -> Option<u32> {
        match (error_type, code) {
            // RFC 1191 section 4. Routers that do not know that say 0.
            (icmp::Type::DestinationUnreachable, icmp::FRAGMENTATION_NEEDED) => Some(rest & 0xffff),
            _ => None,
        }
    }

    fn is_of_the_way(_error_type: icmp::Type) -> bool {
        true
    }

    fn report(error_type: icmp::Type, code: u8) -> Option<Report> {
        match (error_type, code) {
            (icmp::Type::TimeExceeded, _) => Some(Report::TimeExceeded),
            (icmp::Type::DestinationUnreachable, icmp::PROTOCOL_UNREACHABLE)
            | (icmp::Type::DestinationUnreachable, icmp::PORT_UNREACHABLE) => {
                Some(Report::PortUnreachable)
            }
            // Network, host, or what is sent to it is prohibited; a precedence is too low.
            (icmp::Type::DestinationUnreachable, 9 | 10 | icmp::PROHIBITED | 15) => {
                Some(Report::Prohibited)
            }
            (icmp::Type::DestinationUnreachable, _) => Some(Report::HostUnreachable),
            (icmp::Type::SourceQuench, _) => None,
        }
    }

    fn message(report: Report) -> Message {
        let unreachable = icmp::Type::DestinationUnreachable.number();
        match report {
            Report::HostUnreachable => Message::new(unreachable, icmp::HOST_UNREACHABLE, 0),
            Report::PortUnreachable => Message::new(unreachable, icmp::PORT_UNREACHABLE, 0),
            Report::TooBig(mtu) => Message::new(unreachable, icmp::FRAGMENTATION_NEEDED, mtu),
            Report::TimeExceeded => Message::new(icmp::Type::TimeExceeded.number(), 0, 0),
            Report::Prohibited => Message::new(unreachable, icmp::PROHIBITED, 0),
        }
    }

    fn write(
        bytes: &mut [u8],
        src: Ipv4Addr,
        dst: Ipv4Addr,
        protocol: u8,
        payload_len: u16,
    ) -> Result<(), ParseError> {
        let header: &mut Self::Fixed = chunk_at_mut(bytes, 0)?;
        *header = [0; MIN_HEADER_LEN];
        *chunk_at_mut(header, 0)? = [0x45, 0];
        put_word_at(header, 2, payload_len.saturating_add(MIN_HEADER_LEN as u16))?;
        put_word_at(header, 6, DONT_FRAGMENT)?;
        *chunk_at_mut(header, 8)? = [TTL, protocol];
        *chunk_at_mut(header, SRC_OFFSET)? = src.octets();
        *chunk_at_mut(header, DST_OFFSET)? = dst.octets();
        Ok(())
    }

    #[inline(always)]
    fn write_translated(bytes: &mut [u8], header: &Translated<V4>) -> Result<(), ParseError> {
        let place: &mut Self::Fixed = chunk_at_mut(bytes, 0)?;
        let total_len = header.payload_len.saturating_add(MIN_HEADER_LEN);
        let [len0, len1] = u16::try_from(total_len).unwrap_or(0).to_be_bytes();
        let [id0, id1] = header.identification.to_be_bytes();
        let flags = if header.dont_fragment {
            DONT_FRAGMENT
        } else {
            0
        };
        let [flags0, flags1] = flags.to_be_bytes();
        let [s0, s1, s2, s3] = header.src.octets();
        let [d0, d1, d2, d3] = header.dst.octets();
        *place = [
            0x45,
            header.tos,
            len0,
            len1,
            id0,
            id1,
            flags0,
            flags1,
            header.ttl,
            header.protocol,
            0,
            0,
            s0,
            s1,
            s2,
            s3,
            d0,
            d1,
            d2,
            d3,
        ];
        let checksum = csum::of(&[place.as_slice()]);
        put_word_at(place, CHECKSUM_OFFSET, checksum)
    }

    fn translate_error(
        error_type: icmp::Type,
        code: u8,
        rest: u32,
        total_len: usize,
    ) -> Option<Message> {
        family::of_v4(error_type, code, rest, total_len)
    }

    fn quoted_len(error_type: icmp::Type, rest: u32) -> usize {
        match error_type {
            icmp::Type::DestinationUnreachable | icmp::Type::TimeExceeded => {
                ((rest >> 16) as usize & 0xff).saturating_mul(4)
            }
            icmp::Type::SourceQuench => 0,
        }
    }

    fn shorten(bytes: &mut [u8], header_len: usize, payload_len: u16) -> Result<(), ParseError> {
        let len = payload_len.saturating_add(header_len as u16);
        let fragment = word_at(bytes, 6)?;
        put_word_at(bytes, 2, len)?;
        put_word_at(bytes, 6, fragment & DONT_FRAGMENT)?;
        let [_, protocol]: [u8; 2] = *chunk_at(bytes, 8)?;
        *chunk_at_mut(bytes, 8)? = [TTL, protocol];
        Ok(())
    }

    #[inline]
    fn total_len(bytes: &[u8]) -> Result<usize, ParseError> {
        match word_at(bytes, TOTAL_LEN_OFFSET)? {
            0 => Err(ParseError::Unsupported),
            len => Ok(usize::from(len)),
        }
    }

    fn set_total_len(bytes: &mut [u8], total_len: u16) -> Result<(), ParseError> {
        let old = word_at(bytes, TOTAL_LEN_OFFSET)?;
        let checksum = word_at(bytes, CHECKSUM_OFFSET)?;
        put_word_at(bytes, TOTAL_LEN_OFFSET, total_len)?;
        let delta = Delta::new().word(old, total_len);
        put_word_at(bytes, CHECKSUM_OFFSET, delta.apply(checksum))
    }

    fn addr_bytes(bytes: &[u8]) -> Result<&[u8], ParseError> {
        chunk_at::<8>(bytes, SRC_OFFSET).map(<[u8; 8]>::as_slice)
    }
}
