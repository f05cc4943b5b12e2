// SPDX-License-Identifier: GPL-2.0-only

//! The client's address as a TCP option (TOA), for real servers that get packets from an address of the director.
//!
//! There is no RFC. The option is 8 bytes long, or 20: kind, length, the client's port, its IPv4 or IPv6 address. It is
//! inserted in front of the client's own options, so that those keep their alignment.
//!
//! Each step trusts that the packet was parsed, as those of [`super::nat`] do, and is made of a question, which changes
//! nothing, and of the deed. A deed that fails has changed nothing either.
//!
//! 1. [`is_clean`], [`take_out`]: a client that sends options of this kind could pretend to be another one. Those of each of
//!    its packets are overwritten, whether the packet gets the option of the director or not. SYNs lose the option of TCP
//!    Fast Open, too: the server would have the connection before the option can be there.
//! 2. [`lowers_mss`], [`lower_mss`]: the server's SYN-ACK has the client leave room in the packets that it sends.
//! 3. [`Stage`], [`Insertion`]: which packets carry the option, how much longer each gets, whether it may, and the option.
//! 4. [`super::nat::lower_mtu`]: errors of the path behind the director have the client leave room, too.

mod insert;
mod mss;
mod options;
mod scope;
mod stage;
mod take_out;

pub use self::{
    insert::{
        Insertion,
        Limits,
        NoRoom, //
    },
    mss::{
        lower_mss,
        lowers_mss, //
    },
    scope::Scope,
    stage::Stage,
    take_out::{
        is_clean,
        is_usual,
        take_out, //
    },
};

use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use super::{
    addr::{
        Addr,
        Endpoint, //
    },
    nat::Segment,
    packet::{
        ip::Version,
        tcp::TcpFlags,
        ParseError, //
    },
};

use self::options::Entry;

/// Bytes of the option with an IPv4 address.
pub const LEN_V4: usize = 8;
/// Bytes of the option with an IPv6 address.
pub const LEN_V6: usize = 20;

/// The kind of the option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind(u8);

impl Kind {
    /// What most directors and real servers use, one of those for experiments (RFC 4727).
    pub const DEFAULT: Self = Self(254);
    /// The least one: all from there up to the greatest are assigned to nobody.
    pub const MIN: u8 = 78;
    /// The greatest one: 255 is reserved.
    pub const MAX: u8 = 254;

    /// A kind, if it is none that TCP has another use for.
    #[inline]
    pub const fn new(number: u8) -> Option<Self> {
        if number >= Self::MIN && number <= Self::MAX {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number.
    #[inline]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// An option to be inserted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientOption {
    bytes: [u8; LEN_V6],
    len: usize,
}

impl ClientOption {
    /// The option that tells of this client.
    #[inline]
    pub fn new(kind: Kind, client: Endpoint) -> Self {
        let mut bytes = [0; LEN_V6];
        let [port0, port1] = client.port.to_be_bytes();
        let len = match client.addr {
            Addr::V4(addr) => {
                let [a, b, c, d] = addr.octets();
                if let Some(front) = bytes.first_chunk_mut() {
                    *front = [kind.0, LEN_V4 as u8, port0, port1, a, b, c, d];
                }
                LEN_V4
            }
            Addr::V6(addr) => {
                if let Some((front, rest)) = bytes.split_first_chunk_mut() {
                    *front = [kind.0, LEN_V6 as u8, port0, port1];
                    rest.copy_from_slice(&addr.octets());
                }
                LEN_V6
            }
        };
        Self { bytes, len }
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// How many bytes it has, a multiple of four.
    #[inline]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Never.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Bytes of the option for a client with such an address.
#[inline]
pub const fn len_of(client: Addr) -> usize {
    match client {
        Addr::V4(_) => LEN_V4,
        Addr::V6(_) => LEN_V6,
    }
}

/// Whether a segment of a client is to carry the option: that which ends the handshake, and those after it up to the first
/// that acknowledges data of the server. `first_data` is the sequence number of the first byte that the server sends, the
/// one behind its SYN; `acknowledgment` that of the segment, both as the server counts.
///
/// So it is there with each packet that may be the one by which the server gets the connection, whatever is lost or waited
/// for (SYN cookies, `TCP_DEFER_ACCEPT`).
#[inline]
pub const fn is_to_carry(flags: TcpFlags, acknowledgment: u32, first_data: u32) -> bool {
    flags.ack && !flags.syn && !flags.rst && acknowledgment == first_data
}

/// The client that the first option of this kind, of one of both lengths, tells of.
pub fn find<V: Version>(
    segment: &Segment<V>,
    packet: &[u8],
    kind: Kind,
) -> Result<Option<Endpoint>, ParseError> {
    let list = options::of(segment, packet)?;
    let mut at = 0;
    while let Some(entry) = options::entry(list, at) {
        if let Entry::Option(found, range) = &entry {
            if let (true, Some(option)) = (*found == kind.0, list.get(range.clone())) {
                if let Some(client) = read(option) {
                    return Ok(Some(client));
                }
            }
        }
        at = entry.end();
    }
    Ok(None)
}

/// The client that an option tells of.
fn read(option: &[u8]) -> Option<Endpoint> {
    let [_, _, port0, port1, addr @ ..] = option else {
        return None;
    };
    let port = u16::from_be_bytes([*port0, *port1]);
    if let Ok(addr) = <[u8; 4]>::try_from(addr) {
        return Some(Endpoint::new(Addr::V4(Ipv4Addr::from(addr)), port));
    }
    let addr = <[u8; 16]>::try_from(addr).ok()?;
    Some(Endpoint::new(Addr::V6(Ipv6Addr::from(addr)), port))
}
