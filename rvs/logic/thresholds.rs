// SPDX-License-Identifier: GPL-2.0-only

//! Connection thresholds of a destination: with as many connections as the upper one says it is
//! overloaded and takes no new ones, until it has fewer than the lower one says.
//!
//! C: `ip_vs_dest_update_overload()` and its callers in `net/netfilter/ipvs/`.

/// The highest threshold (`ip_vs_add_dest()`).
pub const MAX: u32 = i32::MAX as u32;

/// Upper and lower threshold, in connections, active and inactive.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Thresholds {
    upper: u32,
    lower: u32,
}

impl Thresholds {
    /// Thresholds; an upper one of 0 is none, a lower one of 0 stands for three quarters of the
    /// upper one. None where the lower one is higher than the upper one, or one above [`MAX`].
    pub const fn new(upper: u32, lower: u32) -> Option<Self> {
        if lower <= upper && upper <= MAX {
            Some(Self { upper, lower })
        } else {
            None
        }
    }

    /// The upper threshold, 0 for none.
    pub const fn upper(self) -> u32 {
        self.upper
    }

    /// The lower threshold as it was given.
    pub const fn lower(self) -> u32 {
        self.lower
    }

    /// The thresholds when those that are given change; none as for [`Thresholds::new`].
    pub fn changed(self, upper: Option<u32>, lower: Option<u32>) -> Option<Self> {
        Self::new(upper.unwrap_or(self.upper), lower.unwrap_or(self.lower))
    }

    /// Both in one number, so that they can be read at once.
    pub const fn to_u64(self) -> u64 {
        (self.upper as u64) << u32::BITS | self.lower as u64
    }

    /// What [`Thresholds::to_u64`] made the number of.
    pub const fn from_u64(number: u64) -> Self {
        Self {
            upper: (number >> u32::BITS) as u32,
            lower: number as u32,
        }
    }

    /// With fewer connections than this an overloaded destination takes new ones again.
    #[inline]
    const fn recovers_below(self) -> u32 {
        match self.lower {
            0 => self.upper - self.upper / 4,
            lower => lower,
        }
    }
}

/// What may change whether a destination is overloaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A connection was added.
    Begun,
    /// A connection was taken away.
    Ended,
    /// The thresholds were set.
    Set,
}

/// The connections of a destination, and whether it is overloaded.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Load {
    /// Connections, active and inactive.
    pub connections: u32,
    /// Whether it takes no new ones.
    pub overloaded: bool,
}

impl Load {
    /// The bit of the number that tells of the overload; those below are the connections, so that
    /// adding one to the number is to add a connection.
    const OVERLOADED: u32 = 1 << 31;

    /// Both in one number.
    #[inline]
    pub const fn to_u32(self) -> u32 {
        self.connections & !Self::OVERLOADED | if self.overloaded { Self::OVERLOADED } else { 0 }
    }

    /// What [`Load::to_u32`] made the number of.
    #[inline]
    pub const fn from_u32(number: u32) -> Self {
        Self {
            connections: number & !Self::OVERLOADED,
            overloaded: number & Self::OVERLOADED != 0,
        }
    }

    /// Whether [`Load::after`] has to be asked: `self` is what there was before the event.
    #[inline]
    pub const fn meets(self, event: Event, thresholds: Thresholds) -> bool {
        match event {
            Event::Begun => self.connections + 1 == thresholds.upper,
            Event::Ended => self.connections == thresholds.recovers_below(),
            Event::Set => true,
        }
    }

    /// The load after an event that `self` counts already.
    ///
    /// Other connections may have begun and ended between the event and this: between the two
    /// thresholds the event decides, outside of them the number of connections does.
    pub const fn after(self, event: Event, thresholds: Thresholds) -> Self {
        let overloaded = if thresholds.upper == 0 || self.connections < thresholds.recovers_below()
        {
            false
        } else if self.connections >= thresholds.upper {
            true
        } else {
            match event {
                Event::Begun => true,
                Event::Ended => false,
                Event::Set => self.overloaded,
            }
        };
        Self { overloaded, ..self }
    }
}
