// SPDX-License-Identifier: GPL-2.0-only

//! Reading packets that nobody has checked yet.
//!
//! Every parser takes the bytes from the network header on. They may end before the packet does,
//! as the linear part of a socket buffer may: [`ParseError::Short`] then tells how many are needed,
//! and the caller makes them available and asks again. Offsets count from the network header.

use super::{
    addr::Endpoint,
    protocol::Protocol,
    tuple::{
        AddrPair,
        Tuple, //
    }, //
};

pub mod gre;
pub mod gue;
pub mod icmp;
pub mod ip;
pub mod ipv4;
pub mod ipv6;
pub mod isakmp;
pub mod reset;
pub mod sctp;
pub mod tcp;
pub mod tunnel_error;
pub mod udp;

mod transport_header;
mod usual;

pub use self::transport_header::TransportHeader;

use self::ip::{
    Fragment,
    Header,
    Version, //
};

/// Why a packet could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParseError {
    /// The packet may be sound, but this many bytes from the network header on are needed to tell.
    Short(usize),
    /// The packet contradicts itself or a rule of its protocol.
    Malformed(Malformed),
    /// The packet may be sound, but is of no kind that is balanced: another transport protocol,
    /// another ICMP type, or a fragment that does not hold the ports.
    Unsupported,
}

/// The rule that a malformed packet breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// The IP version is not that of the header (RFC 791 section 3.1).
    Version,
    /// The IPv4 header length is below five words (RFC 791 section 3.1).
    HeaderLength,
    /// The IPv4 total length is below the header length (RFC 791 section 3.1).
    TotalLength,
    /// The packet ends inside the transport header.
    Truncated,
    /// The TCP data offset is below five words or beyond the segment (RFC 9293 section 3.1).
    DataOffset,
    /// The UDP length is below eight bytes or beyond the packet (RFC 768).
    UdpLength,
}

/// What a packet has behind its IP header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transport {
    /// Source port, in host byte order.
    pub src_port: u16,
    /// Destination port, in host byte order.
    pub dst_port: u16,
    /// What else there is, which depends on the protocol.
    pub header: TransportHeader,
}

impl Transport {
    /// The protocol of the header.
    #[inline]
    pub const fn protocol(&self) -> Protocol {
        self.header.protocol()
    }

    /// The tuple of a packet with this header and these addresses.
    #[inline]
    pub const fn tuple(&self, addrs: AddrPair) -> Tuple {
        Tuple {
            addrs,
            src_port: self.src_port,
            dst_port: self.dst_port,
            protocol: self.protocol(),
            vrf: 0,
        }
    }

    /// Where the packet goes to.
    #[inline]
    pub const fn dst(&self, addrs: AddrPair) -> Endpoint {
        Endpoint::new(addrs.dst(), self.dst_port)
    }
}

/// Reads the transport header of the packet that begins with `header`.
///
/// The first fragment of a packet is read, but its length is not held against the transport header,
/// which speaks of the whole packet; a later fragment is [`ParseError::Unsupported`].
#[inline]
pub fn transport<V: Version>(header: &Header<V>, bytes: &[u8]) -> Result<Transport, ParseError> {
    let whole = match header.fragment {
        Fragment::None => true,
        Fragment::First => false,
        Fragment::Later => return Err(ParseError::Unsupported),
    };
    let segment = Segment {
        offset: header.header_len,
        end: header.total_len,
        whole,
    };
    match Protocol::from_number(header.protocol) {
        Some(protocol) => segment.transport(protocol, bytes),
        None => Err(ParseError::Unsupported),
    }
}

/// The part of a packet that belongs to the transport protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Where the transport header begins.
    pub offset: usize,
    /// Where the packet ends.
    pub end: usize,
    /// Whether the packet is not fragmented, so that the segment ends with it.
    pub whole: bool,
}

impl Segment {
    /// Length of the segment as far as it is in this packet.
    #[inline]
    pub const fn len(&self) -> usize {
        self.end.saturating_sub(self.offset)
    }

    /// Whether the packet ends before its transport header.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads the transport header.
    #[inline(always)]
    fn transport(self, protocol: Protocol, bytes: &[u8]) -> Result<Transport, ParseError> {
        let header = TransportHeader::parse(protocol, self, bytes)?;
        // The ports are at the same place in each of them.
        let ports: &[u8; 4] = chunk_at(bytes, self.offset)?;
        Ok(Transport {
            src_port: word_at(ports, 0)?,
            dst_port: word_at(ports, 2)?,
            header,
        })
    }

    /// The first `SIZE` bytes of the segment.
    #[inline]
    pub(crate) fn header<'a, const SIZE: usize>(
        &self,
        bytes: &'a [u8],
    ) -> Result<&'a [u8; SIZE], ParseError> {
        if self.len() < SIZE {
            return Err(ParseError::Malformed(Malformed::Truncated));
        }
        chunk_at(bytes, self.offset)
    }
}

/// The `SIZE` bytes at `offset`.
#[inline]
pub(crate) fn chunk_at<const SIZE: usize>(
    bytes: &[u8],
    offset: usize,
) -> Result<&[u8; SIZE], ParseError> {
    bytes
        .get(offset..)
        .and_then(<[u8]>::first_chunk)
        .ok_or(ParseError::Short(offset.saturating_add(SIZE)))
}

/// The `SIZE` bytes at `offset`, to be changed.
#[inline]
pub(crate) fn chunk_at_mut<const SIZE: usize>(
    bytes: &mut [u8],
    offset: usize,
) -> Result<&mut [u8; SIZE], ParseError> {
    bytes
        .get_mut(offset..)
        .and_then(<[u8]>::first_chunk_mut)
        .ok_or(ParseError::Short(offset.saturating_add(SIZE)))
}

/// The 16-bit word in network byte order at `offset`.
#[inline]
pub(crate) fn word_at(bytes: &[u8], offset: usize) -> Result<u16, ParseError> {
    chunk_at(bytes, offset).map(|word| u16::from_be_bytes(*word))
}

/// Puts `word` at `offset`, in network byte order.
#[inline]
pub(crate) fn put_word_at(bytes: &mut [u8], offset: usize, word: u16) -> Result<(), ParseError> {
    chunk_at_mut(bytes, offset).map(|bytes| *bytes = word.to_be_bytes())
}
