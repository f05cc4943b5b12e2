// SPDX-License-Identifier: GPL-2.0-only

//! Whose connections tell the real server of their client.

use crate::logic::uapi::toa as uapi;

/// Which of a service do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scope {
    /// Those whose packets come from a local address of the director.
    #[default]
    Fullnat,
    /// None.
    Nobody,
    /// Those as well whose packets come from their client.
    Nat,
}

impl Scope {
    /// What this number of the netlink family says; none for a number without a meaning.
    #[inline(always)]
    pub const fn from_uapi(number: u32) -> Option<Self> {
        match number {
            uapi::DEFAULT => Some(Self::Fullnat),
            uapi::OFF => Some(Self::Nobody),
            uapi::ON => Some(Self::Nat),
            _ => None,
        }
    }

    /// Its number.
    pub const fn to_uapi(self) -> u32 {
        match self {
            Self::Fullnat => uapi::DEFAULT,
            Self::Nobody => uapi::OFF,
            Self::Nat => uapi::ON,
        }
    }
}
