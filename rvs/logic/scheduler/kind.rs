// SPDX-License-Identifier: GPL-2.0-only

//! Which algorithm.

/// A scheduling algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Kind {
    /// Round robin.
    Rr,
    /// Weighted round robin.
    Wrr,
    /// Least connections.
    Lc,
    /// Weighted least connections.
    Wlc,
    /// Source hashing.
    Sh,
    /// Maglev hashing.
    Mh,
    /// Shortest expected delay.
    Sed,
    /// Never queue.
    Nq,
    /// Destination hashing.
    Dh,
    /// Locality-based least connections.
    Lblc,
    /// The same with replication.
    Lblcr,
    /// Weighted failover.
    Fo,
    /// Overflow.
    Ovf,
    /// Power of two choices.
    Twos,
    /// None at all: the service has no destination for anyone.
    None,
}

impl Kind {
    /// All algorithms.
    pub const ALL: [Self; 15] = [
        Self::Rr,
        Self::Wrr,
        Self::Lc,
        Self::Wlc,
        Self::Sed,
        Self::Nq,
        Self::Sh,
        Self::Mh,
        Self::Dh,
        Self::Lblc,
        Self::Lblcr,
        Self::Fo,
        Self::Ovf,
        Self::Twos,
        Self::None,
    ];

    /// The names of all algorithms, in the order of [`Kind::ALL`].
    pub const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut index = 0;
        while index < names.len() {
            names[index] = Self::ALL[index].name();
            index += 1;
        }
        names
    };

    /// The name by which it is configured; that of IPVS.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rr => "rr",
            Self::Wrr => "wrr",
            Self::Lc => "lc",
            Self::Wlc => "wlc",
            Self::Sh => "sh",
            Self::Mh => "mh",
            Self::Sed => "sed",
            Self::Nq => "nq",
            Self::Dh => "dh",
            Self::Lblc => "lblc",
            Self::Lblcr => "lblcr",
            Self::Fo => "fo",
            Self::Ovf => "ovf",
            Self::Twos => "twos",
            Self::None => "none",
        }
    }

    /// The algorithm called `name`, without a terminating zero byte.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().as_bytes() == name)
    }

    /// Whether it remembers where packets for an address went.
    pub const fn remembers(self) -> bool {
        matches!(self, Self::Lblc | Self::Lblcr)
    }

    /// Whether its [`Plan`](super::Plan) goes by weights, so that another weight takes another plan. The
    /// others look at weights only when they choose.
    pub const fn plans_by_weight(self) -> bool {
        match self {
            Self::Wrr | Self::Sh | Self::Mh | Self::Fo | Self::Ovf => true,
            Self::Rr
            | Self::Lc
            | Self::Wlc
            | Self::Sed
            | Self::Nq
            | Self::Dh
            | Self::Lblc
            | Self::Lblcr
            | Self::Twos
            | Self::None => false,
        }
    }

    /// Whether [`Flags`](super::Flags) mean anything to it.
    pub const fn has_flags(self) -> bool {
        matches!(self, Self::Sh | Self::Mh)
    }
}
