// SPDX-License-Identifier: GPL-2.0-only

//! Flags of schedulers.

use std::fmt;

use rvs_logic::logic::uapi::scheduler_flag;

/// Names and bits; C header `include/uapi/linux/rvs.h`, `enum rvs_scheduler_flag`.
const FLAGS: [(&str, u32); 2] = [
    ("fallback", scheduler_flag::FALLBACK),
    ("port", scheduler_flag::PORT),
];

/// How a scheduler that hashes the client chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SchedulerFlags(u32);

impl SchedulerFlags {
    /// The flags of a number, `None` when a newer module has set others.
    pub fn from_number(number: u32) -> Option<Self> {
        let known = FLAGS.iter().fold(0, |bits, (_, bit)| bits | bit);
        (number & !known == 0).then_some(Self(number))
    }

    /// The number in the family.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The flags of names with commas between them; `None` when one is not known. "none" alone
    /// stands for no flag.
    pub fn from_names(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::default());
        }
        let bit = |name| FLAGS.iter().find(|(known, _)| *known == name);
        text.split(',')
            .try_fold(0, |bits, name| bit(name).map(|(_, bit)| bits | bit))
            .map(Self)
    }

    /// The names of those that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let set = move |&&(_, bit): &&(&str, u32)| self.0 & bit != 0;
        FLAGS.iter().filter(set).map(|(name, _)| *name)
    }
}

impl fmt::Display for SchedulerFlags {
    /// As the command line takes them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("none");
        }
        f.write_str(&self.names().collect::<Vec<_>>().join(","))
    }
}
