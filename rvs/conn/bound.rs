// SPDX-License-Identifier: GPL-2.0-only

//! How many connections a namespace may have, and which one leaves its place to a new one.
//!
//! As with `early_drop()` of `net/netfilter/nf_conntrack_core.c`: at the bound, or when memory is
//! short, a new connection takes the place of one that may be a flood's: half open, or a datagram
//! without an answer. Established ones stay.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu, //
    },
};

use crate::{
    kapi::{
        memory::total_memory,
        net::{
            sysctl::Number,
            Net, //
        },
        random::random_u64,
        rcu_table::Side,
    },
    logic::limits, //
};

use super::Connections;

/// Connections of all namespaces that are not the machine's own: who owns a user namespace can make
/// as many network namespaces as he likes, and traffic in them that no control group pays for.
static OF_STRANGERS: Atomic<usize> = Atomic::new(0);

/// Buckets that are looked at for a connection to end. With one of ten connections that may go, one
/// is found nearly always.
const BUCKETS: usize = 16;

/// What became of the wish for room.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is some.
    Free,
    /// There is, as another connection was ended.
    Made,
    /// There is none.
    None,
}

/// The bound of a namespace.
pub(crate) struct Bound {
    /// Most connections (`net.rvs.max_connections`).
    pub(crate) setting: Number,
    /// That of the machine, which those of a user namespace share.
    of_strangers: Option<u32>,
}

impl Bound {
    /// Makes the bound of a new namespace: an eighth of the machine's memory. See
    /// [`limits::default_connections`].
    pub(crate) fn new(net: &Net) -> Self {
        let default = limits::default_connections(total_memory());
        Self {
            setting: Number::new(default),
            of_strangers: (!net.is_of_init_user_namespace()).then_some(default),
        }
    }

    /// Returns the most connections of the namespace.
    pub(crate) fn most(&self) -> u32 {
        self.setting.get()
    }

    /// Lowers a setting that is above what the owner of the namespace may have: EPERM then.
    pub(crate) fn check(&self) -> Result {
        match self.of_strangers {
            Some(most) if self.setting.get() > most => {
                self.setting.set(most);
                Err(EPERM)
            }
            _ => Ok(()),
        }
    }

    /// Where its connections are counted together with those of other namespaces.
    pub(super) fn total(&self) -> Option<&'static Atomic<usize>> {
        self.of_strangers.map(|_| &OF_STRANGERS)
    }

    /// Whether one more connection fits, beside `count`. CPUs that ask at the same time are all
    /// told so, each of which may be one too many.
    #[inline]
    fn has_room(&self, count: usize) -> bool {
        count < self.setting.get() as usize && self.of_strangers.is_none_or(are_few)
    }
}

#[cold]
fn are_few(most: u32) -> bool {
    OF_STRANGERS.load(Relaxed) < most as usize
}

impl Connections {
    /// Looks whether one more connection may be, and ends another one if it may not.
    #[inline]
    pub(crate) fn room(&self, guard: &rcu::Guard) -> Room {
        if self.bound.has_room(self.count()) {
            Room::Free
        } else {
            self.make_room(guard)
        }
    }

    /// Ends a connection that a flood may have made, if a few looks find one.
    #[cold]
    #[inline(never)]
    pub(crate) fn make_room(&self, guard: &rcu::Guard) -> Room {
        let mut room = Room::None;
        // Two at a time bring it back below a bound that was lowered.
        for _ in 0..2 {
            let expendable =
                self.table
                    .sample(guard, Side::Original, random_u64(), BUCKETS, |conn| {
                        conn.is_expendable()
                    });
            let Some(conn) = expendable else {
                return room;
            };
            self.kill(guard, conn);
            // Its memory is wanted, not in a second or two.
            drop(self.wheel.remove(conn));
            room = Room::Made;
            if self.bound.has_room(self.count()) {
                break;
            }
        }
        room
    }
}
