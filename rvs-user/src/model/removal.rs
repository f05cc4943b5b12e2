// SPDX-License-Identifier: GPL-2.0-only

//! What becomes of connections whose server is removed.

use std::fmt;

use rvs_logic::logic::uapi::removal;

/// Names and numbers; C header `include/uapi/linux/rvs.h`, `enum rvs_removal`.
const NAMES: [(&str, u32); 4] = [
    ("default", removal::DEFAULT),
    ("keep", removal::KEEP),
    ("expire", removal::EXPIRE),
    ("reset", removal::RESET),
];

/// What a service says of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removal(u32);

impl Removal {
    /// All names, as the command line takes them.
    pub const NAMES: [&'static str; 4] = ["default", "keep", "expire", "reset"];

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

    /// Whether it is what the network namespace says.
    pub fn is_default(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = NAMES.iter().find(|(_, number)| *number == self.0);
        f.write_str(known.map_or("default", |(name, _)| name))
    }
}
