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
        memory::{
            memory_now,
            total_memory, //
        },
        net::{
            sysctl::Number,
            Net, //
        },
        random::random_u64,
        rcu_table::Side,
        sync::RcuRef,
    },
    logic::limits, //
};

use super::{
    entry::Extension,
    Conn,
    Connections, //
};

/// Connections of all namespaces that are not the machine's own: who owns a user namespace can make
/// as many network namespaces as he likes, and traffic in them that no control group pays for.
static OF_STRANGERS: Atomic<usize> = Atomic::new(0);

/// Buckets that are looked at for a connection to end. With one of ten connections that may go, one
/// is found nearly always.
const BUCKETS: usize = 16;

/// What became of the wish for room.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is some, as another connection was ended.
    Made,
    /// There is, as a template was ended.
    MadeOfTemplate,
    /// There is none.
    None,
}

/// The bound of a namespace.
pub(crate) struct Bound {
    /// Most connections (`net.rvs.max_connections`).
    pub(crate) setting: Number,
    /// What the setting is before anybody sets it.
    default: u32,
    /// Most connections for now: the setting, or fewer.
    for_now: Atomic<u32>,
    /// Whether others share the bound of the machine with it.
    is_of_strangers: bool,
}

/// Most connections of [`OF_STRANGERS`] for now.
static MOST_OF_STRANGERS: Atomic<u32> = Atomic::new(0);

impl Bound {
    /// Makes the bound of a new namespace: an eighth of the machine's memory. See
    /// [`limits::default_connections`].
    pub(crate) fn new(net: &Net) -> Self {
        let default = limits::default_connections(total_memory());
        let bound = Self {
            setting: Number::new(default),
            default,
            for_now: Atomic::new(default),
            is_of_strangers: !net.is_of_init_user_namespace(),
        };
        bound.heed(0);
        bound
    }

    /// Lowers a setting that is above what the owner of the namespace may have: EPERM then.
    pub(crate) fn check(&self) -> Result {
        if self.is_of_strangers && self.setting.get() > self.default {
            self.setting.set(self.default);
            return Err(EPERM);
        }
        Ok(())
    }

    /// Where its connections are counted together with those of other namespaces.
    pub(super) fn total(&self) -> Option<&'static Atomic<usize>> {
        self.is_of_strangers.then_some(&OF_STRANGERS)
    }

    /// Whether one more connection fits, beside `count`. CPUs that ask at the same time are all
    /// told so, each of which may be one too many.
    #[inline]
    fn has_room(&self, count: usize) -> bool {
        count < self.for_now.load(Relaxed) as usize && (!self.is_of_strangers || are_few())
    }

    /// Looks how many connections there may be for now, beside `count`. Where somebody has set
    /// that, it holds; else others may have taken the memory, and what is left tells.
    fn heed(&self, count: usize) {
        let setting = self.setting.get();
        let for_now = if setting == self.default {
            limits::connections_for_now(setting, count, memory_now())
        } else {
            setting
        };
        self.for_now.store(for_now, Relaxed);
        if self.is_of_strangers {
            let count = OF_STRANGERS.load(Relaxed);
            let most = limits::connections_for_now(self.default, count, memory_now());
            MOST_OF_STRANGERS.store(most, Relaxed);
        }
    }
}

#[cold]
fn are_few() -> bool {
    OF_STRANGERS.load(Relaxed) < MOST_OF_STRANGERS.load(Relaxed) as usize
}

impl Connections {
    /// Has the bound hold for the setting and the memory of now, and returns it.
    pub(crate) fn heed_bound(&self) -> u32 {
        self.bound.heed(self.objects());
        self.bound.for_now.load(Relaxed)
    }

    /// Returns whether one more connection may be.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.bound.has_room(self.objects())
    }

    /// Ends what a flood may have made, if a few looks find something: a template that no client has
    /// used, a connection, or else a template that has no connections.
    #[cold]
    #[inline(never)]
    pub(crate) fn make_room(&self, guard: &rcu::Guard) -> Room {
        let mut room = Room::None;
        // Two at a time bring it back below a bound that was lowered.
        for _ in 0..2 {
            room = if self.templates.make_room(guard, false) {
                Room::MadeOfTemplate
            } else if self.end_expendable(guard) {
                Room::Made
            } else if self.templates.make_room(guard, true) {
                Room::MadeOfTemplate
            } else {
                return room;
            };
            if self.has_room() {
                break;
            }
        }
        room
    }

    /// Ends a connection that a flood may have made, if a few looks find one.
    fn end_expendable(&self, guard: &rcu::Guard) -> bool {
        let expendable = self
            .table
            .sample(guard, Side::Original, random_u64(), BUCKETS, |conn| {
                conn.is_expendable()
            });
        let Some(conn) = expendable else {
            return false;
        };
        self.end_now(guard, conn);
        true
    }

    /// Ends a connection that a flood may have made. False when somebody else has.
    pub(super) fn end_now(&self, guard: &rcu::Guard, conn: RcuRef<'_, Conn>) -> bool {
        let has_ended = self.kill(guard, conn);
        // Its memory is wanted, not in a second or two.
        drop(self.wheel.remove(conn));
        // With it goes the template that was made for it.
        if let Some(link) = conn.extension().and_then(Extension::template) {
            let template = link.template().as_rcu_ref();
            if !template.is_assured() {
                self.templates.abandon(guard, template);
            }
        }
        has_ended
    }
}
