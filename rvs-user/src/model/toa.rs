// SPDX-License-Identifier: GPL-2.0-only

//! Whose connections tell the real server of their client by an option of TCP.

use std::fmt;

use rvs_logic::logic::uapi::toa;
use serde::Serialize;

/// Names and numbers; C header `include/uapi/linux/rvs.h`, `enum rvs_toa`.
const NAMES: [(&str, u32); 3] = [
    ("default", toa::DEFAULT),
    ("off", toa::OFF),
    ("on", toa::ON),
];

/// Which of a service do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Toa(u32);

impl Toa {
    /// All names, as the command line takes them.
    pub const NAMES: [&'static str; 3] = ["default", "on", "off"];

    /// What has this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, number)| Self(*number))
    }

    /// What has this number, `None` for those of a newer module.
    pub fn from_number(number: u32) -> Option<Self> {
        let known = NAMES.iter().find(|(_, known)| *known == number);
        known.map(|(_, number)| Self(*number))
    }

    /// The number in the family.
    pub fn number(self) -> u32 {
        self.0
    }

    /// Whether it is those by full NAT.
    pub fn is_default(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Toa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = NAMES.iter().find(|(_, number)| *number == self.0);
        f.write_str(known.map_or("default", |(name, _)| name))
    }
}

/// Segments of clients since the service was added, or zeroed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ToaStats {
    /// Got the option.
    pub inserted: u64,
    /// Went without it.
    pub no_room: u64,
    /// Lost options of the client.
    pub taken_out: u64,
}
