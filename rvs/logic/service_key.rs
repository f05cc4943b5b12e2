// SPDX-License-Identifier: GPL-2.0-only

//! What names a service.

use core::{
    cmp::Ordering,
    fmt, //
};

use super::{
    addr::{
        Addr,
        Endpoint,
        Family, //
    },
    packet::ip::Version,
    protocol::Protocol,
    service_rank::Rank,
    spread::spread,
};

/// Ports from one up to a greater one, in host order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// The ports `first` to `last`; none where that is not at least two, or port 0 is among them.
    #[inline]
    pub const fn new(first: u16, last: u16) -> Option<Self> {
        if first == 0 || first >= last {
            return None;
        }
        Some(Self { first, last })
    }

    /// The lowest port.
    #[inline]
    pub const fn first(self) -> u16 {
        self.first
    }

    /// The highest port.
    #[inline]
    pub const fn last(self) -> u16 {
        self.last
    }

    /// Whether a port is one of them.
    #[inline]
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }

    /// Whether both ranges have a port.
    pub const fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// The level of the range: 1 plus the place of the highest bit in which not all of its ports agree.
    ///
    /// Ports that agree in all bits from that on are a block of 2^level, and the range has ports of both
    /// halves of it. So of ranges that do not overlap no two have the same block: a range is found by
    /// one look for each level that there is, instead of by a search.
    pub const fn level(self) -> u32 {
        u16::BITS - (self.first ^ self.last).leading_zeros()
    }

    /// The first port in the upper half of the block, which no other block has as its middle.
    #[inline]
    const fn middle(self) -> u16 {
        middle(self.first, self.level())
    }
}

/// The middle of the block of `port` on a level from 1 to 16.
#[inline]
const fn middle(port: u16, level: u32) -> u16 {
    let half = 1 << (level - 1);
    (port | half) & !(half - 1)
}

/// The levels of the ranges that there are: a set, as bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Levels(u32);

impl Levels {
    /// Number of levels.
    pub const COUNT: usize = u16::BITS as usize;

    /// The set of these bits: of level 1 the lowest.
    #[inline]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << Self::COUNT) - 1))
    }

    /// Where services of ranges may be that are for this port of an address: one place for each level.
    #[inline]
    pub fn places(self, protocol: Protocol, addr: Addr, port: u16) -> impl Iterator<Item = Place> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let level = match left {
                0 => return None,
                left => left.trailing_zeros() + 1,
            };
            left &= left - 1;
            Some(Place::Middle(protocol, addr, middle(port, level)))
        })
    }
}

/// The port of control connections of FTP.
pub const FTP_PORT: u16 = 21;

/// The port that data connections of FTP come from, where the server begins them.
const FTP_DATA_PORT: u16 = 20;

/// The first port that everybody may listen at, where nobody has set another one.
const FIRST_UNPRIVILEGED_PORT: u16 = 1024;

/// Whether a connection to this port may be one for data of FTP (`ip_vs_service_find()`).
#[inline]
pub const fn may_be_ftp_data(port: u16) -> bool {
    port == FTP_DATA_PORT || port >= FIRST_UNPRIVILEGED_PORT
}

/// The ports of a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ports {
    /// This one, in host order, which is not 0.
    One(u16),
    /// All of a range.
    Range(PortRange),
    /// All.
    All,
}

/// What names a service. Match it exhaustively, so that the next kind is not forgotten anywhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceKey {
    /// Packets to a virtual address.
    Address {
        /// Transport protocol.
        protocol: Protocol,
        /// Virtual address.
        addr: Addr,
        /// Virtual ports.
        ports: Ports,
    },
    /// Packets of any protocol and address that the firewall has given a mark.
    Mark {
        /// Address family of the packets.
        family: Family,
        /// The mark, which is not 0.
        mark: u32,
    },
}

impl ServiceKey {
    /// The service of the address and port of `destination` alone.
    #[inline]
    pub const fn of(protocol: Protocol, destination: Endpoint) -> Self {
        Self::Address {
            protocol,
            addr: destination.addr,
            ports: Ports::One(destination.port),
        }
    }

    /// The protocol of its packets, if it is one.
    pub const fn protocol(&self) -> Option<Protocol> {
        match self {
            Self::Address { protocol, .. } => Some(*protocol),
            Self::Mark { .. } => None,
        }
    }

    /// The address family of its packets.
    pub const fn family(&self) -> Family {
        match self {
            Self::Address { addr, .. } => addr.family(),
            Self::Mark { family, .. } => *family,
        }
    }

    /// The virtual port, of a service that has exactly one.
    pub const fn one_port(&self) -> Option<u16> {
        match self {
            Self::Address {
                ports: Ports::One(port),
                ..
            } => Some(*port),
            Self::Address {
                ports: Ports::Range(_) | Ports::All,
                ..
            }
            | Self::Mark { .. } => None,
        }
    }

    /// The ports of the service, if it is that of a range.
    pub const fn range(&self) -> Option<PortRange> {
        match self {
            Self::Address {
                ports: Ports::Range(range),
                ..
            } => Some(*range),
            _ => None,
        }
    }

    /// Whether it is the service of FTP, by its control connections.
    #[inline]
    pub fn is_ftp(&self) -> bool {
        matches!(
            self,
            Self::Address {
                protocol: Protocol::Tcp,
                ports: Ports::One(FTP_PORT),
                ..
            }
        )
    }

    /// Whether packets to several ports may be for it. Those to another port than its own are for the service
    /// of FTP as its data connections, where clients keep their server.
    pub fn has_many_ports(&self) -> bool {
        self.one_port().is_none() || self.is_ftp()
    }

    /// The port, at a real server whose own one is `own` or 0, of packets to `port`, where clients keep their
    /// server.
    ///
    /// As with IPVS (`ip_vs_sched_persist()`) only the one port of a service is mapped to that of the
    /// server. Of a service of all ports or of a mark packets keep theirs: such a client is with one
    /// server for all that it does. IPVS has no ranges; they are mapped, as without persistence.
    pub fn kept_port(&self, own: u16, port: u16) -> u16 {
        let is_mapped = match self {
            Self::Address { ports, .. } => match ports {
                Ports::One(one) => *one == port,
                Ports::Range(_) => true,
                Ports::All => false,
            },
            Self::Mark { .. } => false,
        };
        if is_mapped && own != 0 {
            own
        } else {
            port
        }
    }

    /// Whether both are services of ranges of one address and protocol, with ports that both have.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (*self, *other) {
            (
                Self::Address {
                    protocol,
                    addr,
                    ports: Ports::Range(range),
                },
                Self::Address {
                    protocol: of_other,
                    addr: addr_of_other,
                    ports: Ports::Range(range_of_other),
                },
            ) => protocol == of_other && addr == addr_of_other && range.overlaps(range_of_other),
            _ => false,
        }
    }

    /// Where the service is in the table that packets look into. No two services have one place as
    /// long as ranges of one address do not overlap.
    #[inline]
    pub const fn place(&self) -> Place {
        match *self {
            Self::Address {
                protocol,
                addr,
                ports,
            } => match ports {
                Ports::One(port) => Place::Port(protocol, addr, port),
                Ports::Range(range) => Place::Middle(protocol, addr, range.middle()),
                Ports::All => Place::Addr(protocol, addr),
            },
            Self::Mark { family, mark } => Place::Mark(family, mark),
        }
    }

    /// Whether the service is at `place`; quicker than by [`ServiceKey::place`].
    #[inline(always)]
    pub fn is_at(&self, place: &Place) -> bool {
        match (self, place) {
            (
                Self::Address {
                    protocol,
                    addr,
                    ports: Ports::One(port),
                },
                Place::Port(of_place, addr_of_place, port_of_place),
            ) => port == port_of_place && addr == addr_of_place && protocol == of_place,
            // No other kind is at such a place.
            (_, Place::Port(..)) => false,
            _ => self.is_at_other(place),
        }
    }

    /// As [`ServiceKey::is_at`], of [`Place::Port`] of an address of this version.
    #[inline(always)]
    pub fn is_of_port<V: Version>(&self, protocol: Protocol, addr: V::Addr, port: u16) -> bool {
        match self {
            Self::Address {
                protocol: own_protocol,
                addr: own_addr,
                ports: Ports::One(own_port),
            } => {
                *own_port == port
                    && V::addr(*own_addr).is_some_and(|own_addr| own_addr == addr)
                    && *own_protocol == protocol
            }
            _ => false,
        }
    }

    #[cold]
    #[inline(never)]
    fn is_at_other(&self, place: &Place) -> bool {
        self.place() == *place
    }

    /// Whether it is the service of a range of ports without this one.
    #[inline]
    pub fn leaves_out(&self, port: u16) -> bool {
        self.range().is_some_and(|range| !range.contains(port))
    }
}

/// Where a service is in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// That of one port.
    Port(Protocol, Addr, u16),
    /// That of a range of ports, by its middle.
    Middle(Protocol, Addr, u16),
    /// That of all ports.
    Addr(Protocol, Addr),
    /// That of a mark.
    Mark(Family, u32),
}

impl Place {
    /// As [`Place::hash`], of [`Place::Port`] of an address of this version: one that is in no memory stays out of it.
    #[inline(always)]
    pub fn hash_of_port<V: Version>(protocol: Protocol, addr: V::Addr, port: u16) -> u64 {
        of_addr(addr.into(), rest(0, protocol, port))
    }

    /// The hash for the table of services.
    #[inline(always)]
    pub fn hash(&self) -> u64 {
        match *self {
            Self::Port(protocol, addr, port) => of_addr(addr, rest(0, protocol, port)),
            Self::Middle(protocol, addr, port) => of_addr(addr, rest(1, protocol, port)),
            Self::Addr(protocol, addr) => of_addr(addr, rest(2, protocol, 0)),
            Self::Mark(family, mark) => {
                spread(u64::from(mark) | u64::from(number(family)) << 32 | 3 << 56)
            }
        }
    }
}

/// The upper half of a word to hash. Words of different kinds differ in the highest byte.
#[inline(always)]
fn rest(kind: u64, protocol: Protocol, port: u16) -> u64 {
    u64::from(port) << 32 | u64::from(protocol.number()) << 48 | kind << 56
}

/// The hash of an address, and of what is in the upper half of `rest`.
#[inline(always)]
fn of_addr(addr: Addr, rest: u64) -> u64 {
    match addr {
        Addr::V4(addr) => spread(u64::from(addr.to_bits()) | rest),
        Addr::V6(addr) => {
            let bits = addr.to_bits();
            let upper = spread((bits >> 64) as u64);
            spread(spread(upper ^ bits as u64) ^ rest)
        }
    }
}

const fn number(family: Family) -> u8 {
    match family {
        Family::V4 => 4,
        Family::V6 => 6,
    }
}

impl fmt::Display for ServiceKey {
    /// As `rvsadm` takes it: `tcp/192.0.2.1:80`, `udp/[2001:db8::1]:8000-8999`, `tcp/192.0.2.1:*`, `mark/7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Address {
                protocol,
                addr,
                ports,
            } => {
                for letter in protocol.name().chars() {
                    write!(f, "{}", letter.to_ascii_lowercase())?;
                }
                match addr {
                    Addr::V4(addr) => write!(f, "/{addr}:")?,
                    Addr::V6(addr) => write!(f, "/[{addr}]:")?,
                }
                match ports {
                    Ports::One(port) => write!(f, "{port}"),
                    Ports::Range(range) => write!(f, "{}-{}", range.first(), range.last()),
                    Ports::All => f.write_str("*"),
                }
            }
            Self::Mark { family, mark } => {
                write!(f, "mark/{mark}")?;
                match family {
                    Family::V4 => Ok(()),
                    Family::V6 => f.write_str("/ipv6"),
                }
            }
        }
    }
}

impl PartialOrd for ServiceKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ServiceKey {
    /// As services are listed.
    fn cmp(&self, other: &Self) -> Ordering {
        Rank::of(self).cmp(&Rank::of(other))
    }
}
