// SPDX-License-Identifier: GPL-2.0-only

//! How much of something there is in a second, as IPVS estimates it.
//!
//! Every [`INTERVAL`] a quarter of the difference to what there was in it is added: a moving average over
//! about eight seconds, in fixed point. The estimate goes down to 0 when nothing is counted any more, not
//! only near it.
//!
//! C: `ip_vs_chain_estimation()`, `ip_vs_read_estimator()`

/// Seconds between two estimates.
pub const INTERVAL: u32 = 2;

/// Of what is added to the estimate, the part is 2 to the power of minus this.
const WEIGHT: u32 = 2;

/// How many bits of an estimate are behind the point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// Of connections and packets.
    Number,
    /// Of bytes.
    Bytes,
}

impl Scale {
    const fn bits(self) -> u32 {
        match self {
            Self::Number => 10,
            Self::Bytes => 5,
        }
    }
}

/// An estimate, in units of its [`Scale`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Rate(u64);

impl Rate {
    /// That of a number which [`Rate::to_u64`] has told.
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// Returns it as a number.
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// Returns the estimate after another interval, in which so much was counted.
    #[must_use]
    pub const fn after(self, counted: u64, scale: Scale) -> Self {
        // In a second it was half of that.
        let rate = counted << (scale.bits() - 1);
        let difference = (rate as i64).wrapping_sub(self.0 as i64);
        Self(self.0.wrapping_add((difference >> WEIGHT) as u64))
    }

    /// Returns how much there is in a second, to the nearest whole number, of a half the lower.
    pub const fn per_second(self, scale: Scale) -> u64 {
        let half = 1 << (scale.bits() - 1);
        self.0.wrapping_add(half - 1) >> scale.bits()
    }
}
