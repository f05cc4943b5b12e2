// SPDX-License-Identifier: GPL-2.0-only

//! A scheduler, as configured.

use super::{
    Flags,
    Kind, //
};

/// An algorithm with its flags; nothing is set where the algorithm has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    kind: Kind,
    flags: Flags,
}

impl Settings {
    /// The algorithm `kind` with these flags. None when flags are set that it does not have.
    pub fn new(kind: Kind, flags: Flags) -> Option<Self> {
        (kind.has_flags() || flags == Flags::default()).then_some(Self { kind, flags })
    }

    /// The settings after a change of what is given. Flags belong to the algorithm: another one
    /// begins with none set.
    pub fn changed(self, kind: Option<Kind>, flags: Option<Flags>) -> Option<Self> {
        let kind = kind.unwrap_or(self.kind);
        let kept = if kind == self.kind {
            self.flags
        } else {
            Flags::default()
        };
        Self::new(kind, flags.unwrap_or(kept))
    }

    /// The algorithm.
    pub const fn kind(self) -> Kind {
        self.kind
    }

    /// The flags; none when the algorithm does not have any.
    pub const fn flags(self) -> Option<Flags> {
        if self.kind.has_flags() {
            Some(self.flags)
        } else {
            None
        }
    }
}
