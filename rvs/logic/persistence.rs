// SPDX-License-Identifier: GPL-2.0-only

//! Persistence: clients that keep their server from one connection to the next.

use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use super::{
    addr::{
        Addr,
        Family, //
    },
    protocol::Protocol,
    wheel, //
};

/// Which clients share a template: those whose addresses agree in these bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mask {
    /// Bits of IPv4 addresses; any, as with IPVS.
    V4(Ipv4Addr),
    /// The first bits of IPv6 addresses, 1 to 128 of them.
    V6(u8),
}

impl Mask {
    /// Each IPv4 address is a client of its own.
    pub const EACH_V4: Self = Self::V4(Ipv4Addr::BROADCAST);

    /// Each IPv6 address is a client of its own.
    pub const EACH_V6: Self = Self::V6(128);

    /// The mask of this number of leading bits of IPv4 addresses; none above 32.
    pub const fn of_prefix4(bits: u32) -> Option<Self> {
        match bits {
            0 => Some(Self::V4(Ipv4Addr::UNSPECIFIED)),
            1..=32 => Some(Self::V4(Ipv4Addr::from_bits(u32::MAX << (32 - bits)))),
            _ => None,
        }
    }

    /// The mask of this number of leading bits of IPv6 addresses; none but of 1 to 128.
    pub const fn of_prefix6(bits: u32) -> Option<Self> {
        match bits {
            1..=128 => Some(Self::V6(bits as u8)),
            _ => None,
        }
    }

    /// The mask as IPVS has it: that of IPv4 as an address, of IPv6 the number of bits in host byte order.
    pub const fn to_bytes(self) -> [u8; 4] {
        match self {
            Self::V4(mask) => mask.octets(),
            Self::V6(bits) => (bits as u32).to_ne_bytes(),
        }
    }

    /// The mask that IPVS has as these bytes; none where they are no number of bits of an IPv6 address.
    pub const fn from_bytes(family: Family, bytes: [u8; 4]) -> Option<Self> {
        match family {
            Family::V4 => {
                let [a, b, c, d] = bytes;
                Some(Self::V4(Ipv4Addr::new(a, b, c, d)))
            }
            Family::V6 => Self::of_prefix6(u32::from_ne_bytes(bytes)),
        }
    }

    /// The number of leading bits, where the mask is nothing else.
    pub const fn prefix(self) -> Option<u32> {
        match self {
            Self::V4(mask) => {
                let ones = mask.to_bits().leading_ones();
                if mask.to_bits().count_ones() == ones {
                    Some(ones)
                } else {
                    None
                }
            }
            Self::V6(bits) => Some(bits as u32),
        }
    }

    /// What clients that share a template have in common. An address of the other family is a client
    /// of its own.
    #[inline]
    #[must_use]
    pub const fn of(self, client: Addr) -> Addr {
        match (self, client) {
            (Self::V4(mask), Addr::V4(client)) => {
                Addr::V4(Ipv4Addr::from_bits(client.to_bits() & mask.to_bits()))
            }
            (Self::V6(bits @ 1..=128), Addr::V6(client)) => {
                let mask = u128::MAX << (128 - bits as u32);
                Addr::V6(Ipv6Addr::from_bits(client.to_bits() & mask))
            }
            (_, client) => client,
        }
    }
}

/// By what, besides the address of the client, it is told who keeps the server: a persistence engine of IPVS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// The call that a message of SIP is of.
    Sip,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Sip];

    /// The name, as IPVS has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sip => "sip",
        }
    }

    /// The engine of this name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|engine| engine.name().as_bytes() == name)
    }
}

/// That a service is persistent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Persistence {
    /// Seconds for which a client keeps its server after a connection has begun. With 0 it does as long
    /// as it has connections.
    pub timeout: u32,
    /// Which clients are one.
    pub mask: Mask,
    /// What else clients that are one have in common.
    pub engine: Option<Engine>,
}

impl Persistence {
    /// The longest timeout, in seconds: 31 days.
    pub const MAX_TIMEOUT: u32 = 31 * 24 * 60 * 60;

    const PERSISTENT: u64 = 1 << 63;
    const IPV6: u64 = 1 << 62;
    const SIP: u64 = 1 << 61;
    const TIMEOUT_SHIFT: u32 = 32;
    const TIMEOUT: u64 = (1 << 29) - 1;

    /// As a number, to be kept in an atomic variable; 0 for a service that is not persistent. Of a
    /// timeout what is longer than 17 years does not count.
    #[inline]
    pub const fn to_u64(persistence: Option<Self>) -> u64 {
        let Some(Self {
            timeout,
            mask,
            engine,
        }) = persistence
        else {
            return 0;
        };
        let timeout = if timeout as u64 > Self::TIMEOUT {
            Self::TIMEOUT
        } else {
            timeout as u64
        };
        let mask = match mask {
            Mask::V4(mask) => mask.to_bits() as u64,
            Mask::V6(bits) => Self::IPV6 | bits as u64,
        };
        let engine = match engine {
            None => 0,
            Some(Engine::Sip) => Self::SIP,
        };
        Self::PERSISTENT | engine | timeout << Self::TIMEOUT_SHIFT | mask
    }

    /// What [`Persistence::to_u64`] made a number of.
    #[inline]
    pub const fn from_u64(number: u64) -> Option<Self> {
        if number & Self::PERSISTENT == 0 {
            return None;
        }
        Some(Self {
            timeout: (number >> Self::TIMEOUT_SHIFT & Self::TIMEOUT) as u32,
            mask: if number & Self::IPV6 == 0 {
                Mask::V4(Ipv4Addr::from_bits(number as u32))
            } else {
                Mask::V6(number as u8)
            },
            engine: if number & Self::SIP == 0 {
                None
            } else {
                Some(Engine::Sip)
            },
        })
    }
}

/// Whether a connection restarts the time of its template when it begins.
///
/// Others do when the server has answered: a client that tries again and again to reach a server that
/// is gone does not keep it. Of datagrams that are answered past the director that is never known.
pub const fn restarts_at_once(protocol: Protocol, replies_pass: bool) -> bool {
    match protocol {
        Protocol::Tcp | Protocol::Sctp => false,
        Protocol::Udp => !replies_pass,
    }
}

/// The life of a template, at one moment. Times are in ticks; see [`wheel`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Life {
    /// When its time began, or began anew.
    pub restarted: u32,
    /// How long that lasts.
    pub timeout: u32,
    /// Its connections.
    pub connections: u32,
    /// Those among them whose server was heard of.
    pub assured: u32,
}

impl Life {
    /// When its time is over.
    #[inline]
    pub const fn deadline(&self) -> u32 {
        wheel::deadline(self.restarted, self.timeout)
    }

    /// Whether clients that come now keep its server: while its time is not over, or a connection lives
    /// that has reached it.
    #[inline]
    pub const fn takes_more(&self, now: u32) -> bool {
        self.assured > 0 || wheel::remaining(self.deadline(), now).is_some()
    }

    /// Whether it ends: its time is over, and so are all its connections.
    pub const fn is_over(&self, now: u32) -> bool {
        self.connections == 0 && wheel::remaining(self.deadline(), now).is_none()
    }
}
