// SPDX-License-Identifier: GPL-2.0-only

//! What the versions of IP have in common, and what each does its own way.
//!
//! Whoever touches the bytes of packets is generic over [`Version`], so that there is one of each step, and
//! none asks of what version a packet is.

use core::fmt::Debug;

use super::{
    icmp::{
        Message,
        Report, //
    },
    ParseError,
    Transport, //
};
use crate::logic::{
    addr::Addr,
    csum::Delta,
    nat::End,
    protocol::Protocol,
    tuple::AddrPair, //
};

/// IPv4 (RFC 791).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct V4;

/// IPv6 (RFC 8200).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct V6;

/// A version of IP.
pub trait Version: Copy + Eq + Debug + Send + Sync + 'static {
    /// Its addresses.
    type Addr: Copy + Eq + Debug + Into<Addr> + Send + Sync;
    /// The bytes of a header without options.
    type Fixed;
    /// Which ICMP messages report errors.
    type ErrorType: Copy + Eq + Debug;

    /// No address.
    const UNSPECIFIED: Self::Addr;
    /// The number of the version, as it stands in the header.
    const NUMBER: u8;
    /// Bytes of a header without options.
    const MIN_HEADER_LEN: usize;
    /// Bytes of the longest packet, with its header.
    const MAX_TOTAL_LEN: u32;
    /// The smallest MTU of a link.
    const MIN_MTU: u32;
    /// IANA number of a packet of this version as payload of another one.
    const AS_PAYLOAD: u8;
    /// Ethernet type of a packet of this version.
    const ETHERNET_TYPE: u16;
    /// IANA number of its ICMP.
    const ICMP: u8;
    /// Whether the checksum of that covers a pseudo header.
    const ICMP_HAS_PSEUDO_HEADER: bool;
    /// Whether the header has a checksum.
    const HAS_CHECKSUM: bool;
    /// Whether routers fragment what does not forbid it.
    const ROUTERS_FRAGMENT: bool;
    /// Whether datagrams may come without a checksum of UDP.
    const UDP_MAY_LACK_CHECKSUM: bool;
    /// Bytes of the longest ICMP error, with its header (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4).
    const MAX_ERROR_LEN: usize;
    /// Whether a host collects fragments before it asks whether a packet is to be delivered, rather than where the
    /// header of a fragment is looked at.
    const COLLECTED_BEFORE_DELIVERY: bool;

    /// The address, if it is one of this version.
    fn addr(addr: Addr) -> Option<Self::Addr>;

    /// Whether an address is one of the host's own to itself.
    fn is_loopback(addr: Self::Addr) -> bool;

    /// Whether no router lets a packet from an address out of its link, this host included.
    fn stays_on_link(addr: Self::Addr) -> bool;

    /// Both addresses of a packet.
    fn pair(src: Self::Addr, dst: Self::Addr) -> AddrPair;

    /// Source and destination, if they are of this version.
    fn addrs(pair: AddrPair) -> Option<(Self::Addr, Self::Addr)>;

    /// Protocol, source and destination of a header, unchecked. The protocol is that of what follows.
    fn peek(header: &Self::Fixed) -> (u8, Self::Addr, Self::Addr);

    /// Source and destination port of a packet of the usual form, with its ports in `bytes`; see
    /// [`Version::usual`]. `None` for every other packet, sound or not.
    fn peek_ports(bytes: &[u8]) -> Option<(u16, u16)>;

    /// Reads a packet of the usual form: of TCP or UDP, without IP options, not fragmented, with its headers
    /// in `bytes`. `None` for every other packet, sound or not: the full parsers tell what it is. What
    /// is returned is what those would return. `packet_len` is asked as by [`Version::parse`].
    #[inline(always)]
    fn usual(
        bytes: &[u8],
        packet_len: impl FnOnce() -> usize,
    ) -> Option<(Header<Self>, Transport)> {
        Self::usual_of(bytes, packet_len, Protocol::of_most)
    }

    /// As [`Version::usual`], of the protocols that fewer packets are of.
    #[inline(always)]
    fn usual_of_few(
        bytes: &[u8],
        packet_len: impl FnOnce() -> usize,
    ) -> Option<(Header<Self>, Transport)> {
        Self::usual_of(bytes, packet_len, Protocol::of_few)
    }

    /// As [`Version::usual`], of the protocols that `protocol` knows the numbers of.
    fn usual_of(
        bytes: &[u8],
        packet_len: impl FnOnce() -> usize,
        protocol: impl FnOnce(u8) -> Option<Protocol>,
    ) -> Option<(Header<Self>, Transport)>;

    /// Reads the header at the beginning of `bytes`, of a packet of `packet_len` bytes.
    ///
    /// A generic-segmentation packet above 65535 bytes says that its length is 0: the length the caller knows
    /// then takes its place. It is not used otherwise.
    fn parse(bytes: &[u8], packet_len: usize) -> Result<Header<Self>, ParseError>;

    /// Reads the field of DSCP and ECN, if there is one.
    fn tos(bytes: &[u8]) -> Option<u8>;

    /// Gives the header of `header_len` bytes at the beginning of `bytes` its checksum, whatever it had
    /// before.
    fn complete_checksum(bytes: &mut [u8], header_len: usize) -> Result<(), ParseError>;

    /// Reads the checksum of the header at the beginning of `bytes`, where it has one.
    fn checksum(bytes: &[u8]) -> Result<Option<u16>, ParseError>;

    /// Replaces one address in the header at the beginning of `bytes`, and brings its checksum up to date.
    /// Returns what changed in the pseudo header.
    fn replace_addr(bytes: &mut [u8], end: End, new: Self::Addr) -> Result<Delta, ParseError>;

    /// As [`Version::replace_addr`], both addresses at once.
    fn replace_addrs(
        bytes: &mut [u8],
        src: Self::Addr,
        dst: Self::Addr,
    ) -> Result<Delta, ParseError>;

    /// Takes one off the time to live (hop limit) of the header at the beginning of `bytes`, and brings its
    /// checksum up to date.
    ///
    /// Returns what is left. `None`: the packet must not be forwarded and is unchanged; its sender is
    /// to be told by an ICMP "time exceeded".
    fn decrement_ttl(bytes: &mut [u8]) -> Result<Option<u8>, ParseError>;

    /// The error of ICMP type `number`; `None` when it is no error, or not one that is relayed.
    fn error_type(number: u8) -> Option<Self::ErrorType>;

    /// The number of an ICMP type.
    fn error_number(error_type: Self::ErrorType) -> u8;

    /// The MTU of the link that the whole packet was too large for, if that is what an error reports.
    /// `rest` is the second word of its header.
    fn reported_mtu(error_type: Self::ErrorType, code: u8, rest: u32) -> Option<u32>;

    /// Whether an error tells of the way that a packet took, and of nothing in its header.
    fn is_of_the_way(error_type: Self::ErrorType) -> bool;

    /// What an error reports, but for that of the size, if it can be told in other terms (RFC 7915 sections 4.2 and 5.2).
    fn report(error_type: Self::ErrorType, code: u8) -> Option<Report>;

    /// The ICMP message that reports this.
    fn message(report: Report) -> Message;

    /// Writes a header without options at the beginning of `bytes`, of a whole packet of `protocol` with so many
    /// bytes behind it; all but its checksum.
    fn write(
        bytes: &mut [u8],
        src: Self::Addr,
        dst: Self::Addr,
        protocol: u8,
        payload_len: u16,
    ) -> Result<(), ParseError>;

    /// Writes a header without options at the beginning of `bytes`, of a packet that was one of the other version.
    fn write_translated(bytes: &mut [u8], header: &Translated<Self>) -> Result<(), ParseError>;

    /// What an error about a packet of `total_len` bytes is in the other version (RFC 7915 sections 4.2 and 5.2). None of what says
    /// nothing there. `rest` is the second word of its header.
    fn translate_error(
        error_type: Self::ErrorType,
        code: u8,
        rest: u32,
        total_len: usize,
    ) -> Option<Message>;

    /// The length of the packet within an error that extensions follow (RFC 4884 section 4); 0 where none do. `rest` is the
    /// second word of its header.
    fn quoted_len(error_type: Self::ErrorType, rest: u32) -> usize;

    /// Makes the header of `header_len` bytes that of a whole packet with so many bytes behind it, which has the
    /// time to live of a new one; all but its checksum.
    fn shorten(bytes: &mut [u8], header_len: usize, payload_len: u16) -> Result<(), ParseError>;

    /// The length of the whole packet that the header at the beginning of `bytes` tells.
    /// [`ParseError::Unsupported`] where it tells none, as of a packet that is longer than it can tell.
    fn total_len(bytes: &[u8]) -> Result<usize, ParseError>;

    /// Changes the length of the whole packet that the header at the beginning of `bytes` tells, and brings its
    /// checksum up to date.
    fn set_total_len(bytes: &mut [u8], total_len: u16) -> Result<(), ParseError>;

    /// The addresses of the header at the beginning of `bytes`, as the pseudo header has them.
    fn addr_bytes(bytes: &[u8]) -> Result<&[u8], ParseError>;
}

/// Which part of a datagram a packet holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fragment {
    /// All of it.
    None,
    /// The beginning, with the transport header.
    First,
    /// A part without the transport header.
    Later,
}

/// A header whose version and lengths have been checked. A checksum has not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header<V: Version> {
    /// Bytes of this header with its options or extension headers: where the payload begins.
    pub header_len: usize,
    /// Bytes of the whole packet, not below `header_len`.
    pub total_len: usize,
    /// IANA number of the payload's protocol.
    pub protocol: u8,
    /// Source address.
    pub src: V::Addr,
    /// Destination address.
    pub dst: V::Addr,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Type of service, or traffic class: DSCP and ECN (RFC 2474, RFC 3168).
    pub tos: u8,
    /// Which part of a datagram this is.
    pub fragment: Fragment,
    /// Whether routers must not fragment the packet.
    pub dont_fragment: bool,
}

impl<V: Version> Header<V> {
    /// Source and destination address.
    #[inline]
    pub fn addrs(&self) -> AddrPair {
        V::pair(self.src, self.dst)
    }

    /// Bytes that follow the header.
    #[inline]
    pub const fn payload_len(&self) -> usize {
        self.total_len.saturating_sub(self.header_len)
    }
}

/// What a header says of a packet that was one of the other version (RFC 7915 sections 4.1 and 5.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Translated<V: Version> {
    /// Source address.
    pub src: V::Addr,
    /// Destination address.
    pub dst: V::Addr,
    /// IANA number of the payload's protocol.
    pub protocol: u8,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// Bytes that follow the header. Of a packet that stands for several they may be more than the header can tell.
    pub payload_len: usize,
    /// Whether routers must not fragment the packet, where they do otherwise.
    pub dont_fragment: bool,
    /// What tells its fragments from those of others, where routers make some.
    pub identification: u16,
}
