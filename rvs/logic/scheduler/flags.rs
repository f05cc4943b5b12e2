// SPDX-License-Identifier: GPL-2.0-only

//! How the schedulers that hash the client choose.

use super::super::uapi::scheduler_flag;

/// Flags of `sh` and `mh`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    /// A destination that takes no new connections is passed over for another one; without it
    /// its clients get none.
    pub fallback: bool,
    /// The client's port is hashed too, so that connections of one client spread.
    pub port: bool,
}

impl Flags {
    /// The flags of a netlink number (`enum rvs_scheduler_flag`); none when it has others.
    pub const fn from_bits(bits: u32) -> Option<Self> {
        if bits & !(scheduler_flag::FALLBACK | scheduler_flag::PORT) != 0 {
            return None;
        }
        Some(Self {
            fallback: bits & scheduler_flag::FALLBACK != 0,
            port: bits & scheduler_flag::PORT != 0,
        })
    }

    /// The netlink number.
    pub const fn bits(self) -> u32 {
        let fallback = if self.fallback {
            scheduler_flag::FALLBACK
        } else {
            0
        };
        let port = if self.port { scheduler_flag::PORT } else { 0 };
        fallback | port
    }
}
