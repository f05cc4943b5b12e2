// SPDX-License-Identifier: GPL-2.0-only

//! Tunnels to real servers: what a packet is put into, behind the outer IP header.

use super::packet::{
    gre,
    gue, //
};

/// What stands between the outer header and the packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing (RFC 2003).
    Ipip,
    /// A header of GRE (RFC 2784).
    Gre,
    /// Headers of UDP and of Generic UDP Encapsulation.
    Gue,
}

/// What a tunnel does about checksums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checksum {
    /// It has none.
    None,
    /// Each packet of the tunnel has one, over all that is in it.
    Full,
    /// The end of the tunnel makes that of the packet in it, where it is not made yet (remote checksum offload); the
    /// packet of the tunnel has one. Else it is as [`Checksum::Full`].
    Remote,
}

/// A tunnel, but for its ends.
///
/// It is one number, so that packets of others pay no more for it than a look: the kind, the checksum and the port.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tunnel(u32);

const CHECKSUM_SHIFT: u32 = 8;
const PORT_SHIFT: u32 = 16;

/// Why there is no such tunnel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// A tunnel in UDP has no port.
    NoPort,
    /// Only a tunnel in UDP has a port.
    Port,
    /// The kind of tunnel has no such checksum.
    Checksum,
}

impl Tunnel {
    /// IP in IP.
    pub const IPIP: Self = Self(0);

    /// Makes a tunnel of what belongs to it; the port is 0 where it has none.
    pub const fn new(kind: Kind, checksum: Checksum, port: u16) -> Result<Self, Refusal> {
        let has_checksum = match kind {
            Kind::Ipip => matches!(checksum, Checksum::None),
            Kind::Gre => !matches!(checksum, Checksum::Remote),
            Kind::Gue => true,
        };
        match (kind, port) {
            (Kind::Gue, 0) => return Err(Refusal::NoPort),
            (Kind::Ipip | Kind::Gre, 1..) => return Err(Refusal::Port),
            _ => {}
        }
        if !has_checksum {
            return Err(Refusal::Checksum);
        }
        Ok(Self::of(kind, checksum, port))
    }

    const fn of(kind: Kind, checksum: Checksum, port: u16) -> Self {
        let kind = match kind {
            Kind::Ipip => 0,
            Kind::Gre => 1,
            Kind::Gue => 2,
        };
        let checksum = match checksum {
            Checksum::None => 0,
            Checksum::Full => 1,
            Checksum::Remote => 2,
        };
        Self(kind | checksum << CHECKSUM_SHIFT | (port as u32) << PORT_SHIFT)
    }

    /// The tunnel of [`Tunnel::to_u32`]; of another number any.
    #[inline(always)]
    pub const fn from_u32(number: u32) -> Self {
        Self(number)
    }

    /// The tunnel as a number.
    #[inline(always)]
    pub const fn to_u32(self) -> u32 {
        self.0
    }

    /// Whether it is IP in IP.
    #[inline(always)]
    pub const fn is_ipip(self) -> bool {
        self.0 == Self::IPIP.0
    }

    /// What stands between the outer header and the packet.
    #[inline]
    pub const fn kind(self) -> Kind {
        match self.0 & 0xff {
            1 => Kind::Gre,
            2 => Kind::Gue,
            _ => Kind::Ipip,
        }
    }

    /// What it does about checksums.
    #[inline]
    pub const fn checksum(self) -> Checksum {
        match self.0 >> CHECKSUM_SHIFT & 0xff {
            1 => Checksum::Full,
            2 => Checksum::Remote,
            _ => Checksum::None,
        }
    }

    /// The UDP port at its end, 0 where it is none in UDP.
    #[inline]
    pub const fn port(self) -> u16 {
        (self.0 >> PORT_SHIFT) as u16
    }

    /// Bytes between the outer header and a packet, whose own checksum may be `left` to others.
    #[inline]
    pub const fn header_len(self, left: bool) -> usize {
        match self.kind() {
            Kind::Ipip => 0,
            Kind::Gre => gre::header_len(!matches!(self.checksum(), Checksum::None)),
            Kind::Gue => gue::header_len(left && matches!(self.checksum(), Checksum::Remote)),
        }
    }

    /// The tunnel after a change. What belongs to a kind does not stay when the tunnel becomes one of another.
    pub fn changed(self, change: &TunnelChange) -> Result<Self, Refusal> {
        let kind = change.kind.unwrap_or(self.kind());
        let (checksum, port) = if kind == self.kind() {
            (self.checksum(), self.port())
        } else {
            (Checksum::None, 0)
        };
        Self::new(
            kind,
            change.checksum.unwrap_or(checksum),
            change.port.unwrap_or(port),
        )
    }
}

/// What to change of a tunnel; what is none stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TunnelChange {
    /// What stands between the outer header and the packet.
    pub kind: Option<Kind>,
    /// What it does about checksums.
    pub checksum: Option<Checksum>,
    /// The UDP port at its end.
    pub port: Option<u16>,
}

impl TunnelChange {
    /// Whether anything is to be changed.
    pub const fn is_some(&self) -> bool {
        self.kind.is_some() || self.checksum.is_some() || self.port.is_some()
    }
}

impl From<Tunnel> for TunnelChange {
    /// Makes it this one, whatever it was.
    fn from(tunnel: Tunnel) -> Self {
        Self {
            kind: Some(tunnel.kind()),
            checksum: Some(tunnel.checksum()),
            port: Some(tunnel.port()),
        }
    }
}
