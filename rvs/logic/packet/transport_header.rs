// SPDX-License-Identifier: GPL-2.0-only

//! What steps want to know of a transport header, whichever protocol it is of: the one place that tells
//! protocols apart, besides that of their states.

use super::{
    sctp,
    tcp::{
        self,
        TcpFlags, //
    },
    udp,
    ParseError,
    Segment, //
};
use crate::logic::protocol::Protocol;

/// A transport header but for its ports.
// With a tag of its own: one hidden among the flags of TCP would have to be picked out at each step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TransportHeader {
    /// Of a TCP segment.
    Tcp(tcp::Header),
    /// Of a UDP datagram.
    Udp(udp::Header),
    /// Of an SCTP packet: what its chunks mean.
    Sctp(sctp::Event),
}

impl TransportHeader {
    /// Reads the header of a segment.
    #[inline(always)]
    pub(super) fn parse(
        protocol: Protocol,
        segment: Segment,
        bytes: &[u8],
    ) -> Result<Self, ParseError> {
        Ok(match protocol {
            Protocol::Tcp => Self::Tcp(tcp::parse(segment, bytes)?),
            Protocol::Udp => Self::Udp(udp::parse(segment, bytes)?),
            Protocol::Sctp => Self::Sctp(sctp::parse(segment, bytes)?),
        })
    }

    /// What begins a connection of a protocol.
    pub const fn first(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Tcp => Self::Tcp(tcp::Header {
                header_len: tcp::MIN_HEADER_LEN,
                flags: TcpFlags {
                    syn: true,
                    ack: false,
                    fin: false,
                    rst: false,
                },
            }),
            Protocol::Udp => Self::Udp(udp::Header {
                len: udp::HEADER_LEN as u16,
            }),
            Protocol::Sctp => Self::Sctp(sctp::Event::Init),
        }
    }

    /// The protocol.
    #[inline(always)]
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Tcp(_) => Protocol::Tcp,
            Self::Udp(_) => Protocol::Udp,
            Self::Sctp(_) => Protocol::Sctp,
        }
    }

    /// Whether it may begin a connection: every datagram, of SCTP an INIT, and of TCP a SYN without RST.
    /// One with ACK answers, and begins nothing; with IPVS it does (`tcp_conn_schedule()`).
    #[inline(always)]
    pub const fn may_begin(&self) -> bool {
        match self {
            Self::Tcp(header) => {
                let flags = header.flags;
                flags.syn && !flags.ack && !flags.rst
            }
            Self::Udp(_) => true,
            Self::Sctp(event) => matches!(event, sctp::Event::Init),
        }
    }

    /// Whether it may be of a connection that another director has known, though it does not begin
    /// one: any segment but a RST (`sloppy_tcp`), any packet of SCTP but an ABORT (`sloppy_sctp`).
    #[inline]
    pub const fn may_go_on(&self) -> bool {
        match self {
            Self::Tcp(header) => !header.flags.rst,
            Self::Udp(_) => false,
            Self::Sctp(event) => !matches!(event, sctp::Event::Abort),
        }
    }

    /// Whether it says that it begins a connection, where the ports have one.
    #[inline(always)]
    pub const fn says_it_begins(&self) -> bool {
        match self {
            Self::Tcp(header) => header.flags.syn,
            Self::Udp(_) => false,
            Self::Sctp(event) => matches!(event, sctp::Event::Init),
        }
    }

    /// Whether it says that there is no connection.
    #[inline]
    pub const fn is_reset(&self) -> bool {
        match self {
            Self::Tcp(header) => header.flags.rst,
            Self::Udp(_) => false,
            Self::Sctp(event) => matches!(event, sctp::Event::Abort),
        }
    }
}
