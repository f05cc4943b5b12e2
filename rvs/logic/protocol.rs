// SPDX-License-Identifier: GPL-2.0-only

//! The transport protocols that are balanced.

use super::packet::{
    sctp,
    tcp,
    udp, //
};

/// A transport protocol. Match it exhaustively, so that the next one is not forgotten anywhere.
///
/// Each is its number in the IP header (IANA protocol numbers, `IPPROTO_*` in `linux/in.h`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Protocol {
    /// The Transmission Control Protocol (RFC 9293).
    Tcp = 6,
    /// The User Datagram Protocol (RFC 768).
    Udp = 17,
    /// The Stream Control Transmission Protocol (RFC 9260).
    Sctp = 132,
}

/// How a transport protocol makes its checksum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChecksumKind {
    /// The Internet checksum, which covers the addresses, too (RFC 1071).
    Internet,
    /// The same, and 0 where there is none (RFC 768).
    InternetOrNone,
    /// CRC32c, which covers no address (RFC 9260 appendix A).
    Crc32c,
}

impl ChecksumKind {
    /// Bytes of the field.
    #[inline(always)]
    pub const fn field_len(self) -> usize {
        match self {
            Self::Internet | Self::InternetOrNone => 2,
            Self::Crc32c => 4,
        }
    }
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// The number in the IP header.
    #[inline(always)]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The protocol that has `number` in the IP header; `None` when it is not balanced.
    #[inline(always)]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            6 => Some(Self::Tcp),
            17 => Some(Self::Udp),
            132 => Some(Self::Sctp),
            _ => None,
        }
    }

    /// As [`Protocol::from_number`], of TCP and UDP alone, of which most packets are: what is made for these shall not
    /// pay for others.
    #[inline(always)]
    pub const fn of_most(number: u8) -> Option<Self> {
        match number {
            6 => Some(Self::Tcp),
            17 => Some(Self::Udp),
            _ => None,
        }
    }

    /// As [`Protocol::from_number`], of the others.
    #[inline(always)]
    pub const fn of_few(number: u8) -> Option<Self> {
        match number {
            132 => Some(Self::Sctp),
            _ => None,
        }
    }

    /// Bytes of the header without options: those that a rewrite touches.
    #[inline(always)]
    pub const fn header_len(self) -> usize {
        match self {
            Self::Tcp => tcp::MIN_HEADER_LEN,
            Self::Udp => udp::HEADER_LEN,
            Self::Sctp => sctp::HEADER_LEN,
        }
    }

    /// Where the checksum stands in the header.
    #[inline(always)]
    pub const fn checksum_offset(self) -> usize {
        match self {
            Self::Tcp => tcp::CHECKSUM_OFFSET,
            Self::Udp => udp::CHECKSUM_OFFSET,
            Self::Sctp => sctp::CHECKSUM_OFFSET,
        }
    }

    /// How it is made.
    #[inline(always)]
    pub const fn checksum_kind(self) -> ChecksumKind {
        match self {
            Self::Tcp => ChecksumKind::Internet,
            Self::Udp => ChecksumKind::InternetOrNone,
            Self::Sctp => ChecksumKind::Crc32c,
        }
    }

    /// Whether packets say where a connection begins and ends; else each may be the first one.
    #[inline(always)]
    pub const fn has_states(self) -> bool {
        match self {
            Self::Tcp | Self::Sctp => true,
            Self::Udp => false,
        }
    }

    /// The upper-case name, as users write and read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}
