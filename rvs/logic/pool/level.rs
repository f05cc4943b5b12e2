// SPDX-License-Identifier: GPL-2.0-only

//! How much of a pool is left.

/// How much is left towards one server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Level {
    /// Enough.
    #[default]
    Ample,
    /// At least 80 % are taken, or were, and it are not less than 70 % since.
    Scarce,
    /// Somebody got none, and it are not less than 95 % since.
    Dry,
}

/// Percent from which on it is [`Level::Scarce`].
const SCARCE_FROM: u64 = 80;

/// Percent below which it is [`Level::Ample`] again.
const AMPLE_BELOW: u64 = 70;

/// Percent below which it is [`Level::Dry`] no more.
const WET_BELOW: u64 = 95;

impl Level {
    /// The level when so many of so many ports are taken.
    #[inline]
    pub const fn after(self, taken: u32, ports: u32) -> Self {
        let taken = taken as u64 * 100;
        let ports = ports as u64;
        match self {
            Self::Ample if ports > 0 && taken >= ports * SCARCE_FROM => Self::Scarce,
            Self::Scarce | Self::Dry if taken < ports * AMPLE_BELOW => Self::Ample,
            Self::Dry if taken < ports * WET_BELOW => Self::Scarce,
            same => same,
        }
    }
}

/// What is to be told of the level: it may have changed more than once since.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct News {
    level: Level,
    told: Level,
    was_dry: bool,
}

impl News {
    /// The level of now.
    #[inline]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Whether there is anything to be told.
    #[inline]
    pub fn is_due(&self) -> bool {
        self.level != self.told || self.was_dry
    }

    /// Notes that so many of so many ports are taken.
    #[inline]
    pub fn note(&mut self, taken: u32, ports: u32) {
        self.level = self.level.after(taken, ports);
    }

    /// Notes that somebody got none.
    pub fn note_dry(&mut self) {
        if self.level != Level::Dry {
            self.level = Level::Dry;
            self.was_dry = true;
        }
    }

    /// What is to be told, in this order, and is told herewith. That it was dry is told in any case.
    pub fn take(&mut self) -> impl Iterator<Item = Level> {
        let dry = (self.was_dry && self.level != Level::Dry).then_some(Level::Dry);
        let now = (self.was_dry || self.level != self.told).then_some(self.level);
        self.told = self.level;
        self.was_dry = false;
        dry.into_iter().chain(now)
    }
}
