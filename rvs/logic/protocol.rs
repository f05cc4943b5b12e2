// SPDX-License-Identifier: GPL-2.0-only

//! The transport protocols that are balanced.

use super::packet::{
    tcp,
    udp, //
};

/// A transport protocol. Match it exhaustively, so that the next one is not forgotten anywhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Protocol {
    /// The Transmission Control Protocol (RFC 9293).
    Tcp,
    /// The User Datagram Protocol (RFC 768).
    Udp,
}

impl Protocol {
    /// The number in the IP header (IANA protocol numbers, `IPPROTO_*` in `linux/in.h`).
    #[inline]
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }

    /// The protocol that has `number` in the IP header; `None` when it is not balanced.
    #[inline]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            6 => Some(Self::Tcp),
            17 => Some(Self::Udp),
            _ => None,
        }
    }

    /// Bytes of the header without options: those that a rewrite touches.
    #[inline(always)]
    pub const fn header_len(self) -> usize {
        match self {
            Self::Tcp => tcp::MIN_HEADER_LEN,
            Self::Udp => udp::HEADER_LEN,
        }
    }

    /// Where the checksum stands in the header.
    #[inline(always)]
    pub const fn checksum_offset(self) -> usize {
        match self {
            Self::Tcp => tcp::CHECKSUM_OFFSET,
            Self::Udp => udp::CHECKSUM_OFFSET,
        }
    }

    /// Whether packets say where a connection begins and ends; else each may be the first one.
    #[inline(always)]
    pub const fn has_states(self) -> bool {
        match self {
            Self::Tcp => true,
            Self::Udp => false,
        }
    }

    /// The upper-case name, as users write and read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}
