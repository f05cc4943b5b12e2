// SPDX-License-Identifier: GPL-2.0-only

//! The defences of a director against floods that can be switched on, besides the bound of connections.
//!
//! Nothing of them costs a packet of a connection whose state stays as it is.

use core::convert::Infallible;

use kernel::sync::{
    atomic::{
        Atomic,
        Relaxed, //
    },
    rcu, //
};

use crate::{
    kapi::{
        memory::free_pages,
        net::sysctl::Integer,
        random::random_u64,
        rcu_table::Position,
        time::{
            self,
            cond_resched, //
        }, //
    },
    logic::defences,
};

use super::{
    templates::Templates,
    Connections, //
};

/// Most buckets that are looked at for connections to end, in a second.
const BUCKETS: usize = 1 << 16;

/// After so many of them others may have the CPU.
const BATCH: usize = 64;

/// The defences of a namespace: their sysctls, and what follows from them.
pub(crate) struct Defences {
    /// Pages of memory below which memory is short.
    pub(crate) amemthresh: Integer,
    /// With `drop_packet` 3, one packet of so many is dropped.
    pub(crate) am_droprate: Integer,
    /// When connections that a flood may have made are ended: a mode of [`defences`].
    pub(crate) drop_entry: Integer,
    /// When packets are dropped before they begin a connection: a mode.
    pub(crate) drop_packet: Integer,
    /// When states of TCP are those of [`crate::logic::state::tcp::next_secure`]: a mode.
    pub(crate) secure_tcp: Integer,
    /// Of how many packets one is dropped while memory is short.
    rate_of_short: Atomic<i32>,
    /// After how many packets one is dropped.
    left: Atomic<i32>,
    /// The jiffy when connections were looked at.
    looked: Atomic<u32>,
    /// Connections ended so far.
    ended: Atomic<u64>,
}

impl Defences {
    /// Makes those of a new namespace, which are off.
    pub(super) fn new() -> Self {
        Self {
            amemthresh: Integer::new(1024),
            am_droprate: Integer::new(10),
            drop_entry: Integer::new(0),
            drop_packet: Integer::new(0),
            secure_tcp: Integer::new(0),
            rate_of_short: Atomic::new(0),
            left: Atomic::new(0),
            looked: Atomic::new(0),
            ended: Atomic::new(0),
        }
    }

    /// Has them be at work or not, as the memory of now demands. Returns whether that is to be looked at
    /// again in a second. Process context.
    pub(crate) fn heed_memory(&self) -> bool {
        let modes = [&self.drop_entry, &self.drop_packet, &self.secure_tcp];
        if !modes.iter().any(|mode| defences::heeds_memory(mode.get())) {
            return false;
        }
        let (free, threshold) = (free_pages(), self.amemthresh.get());
        let is_short = defences::is_short(free, threshold);
        let rate = defences::rate_of_short(free, threshold);
        self.rate_of_short.store(rate, Relaxed);
        if is_short && defences::heeds_memory(self.drop_packet.get()) {
            self.left.store(rate, Relaxed);
        }
        for mode in modes {
            let old = mode.get();
            mode.replace(old, defences::mode_now(old, is_short));
        }
        true
    }

    /// Returns whether a packet that would begin a connection is to be dropped.
    #[inline(always)]
    pub(crate) fn drops_packet(&self) -> bool {
        defences::is_at_work(self.drop_packet.get()) && self.is_one_of_many()
    }

    #[cold]
    #[inline(never)]
    fn is_one_of_many(&self) -> bool {
        let rate = defences::rate(
            self.drop_packet.get(),
            self.am_droprate.get(),
            self.rate_of_short.load(Relaxed),
        );
        if rate == 0 {
            return false;
        }
        let mut left = self.left.load(Relaxed);
        loop {
            let (drops, next) = defences::drop_one_of(rate, left);
            match self.left.cmpxchg(left, next, Relaxed) {
                Ok(_) => return drops,
                Err(current) => left = current,
            }
        }
    }

    /// Returns whether what a client says alone makes no TCP connection established.
    #[inline]
    pub(super) fn secures_tcp(&self) -> bool {
        defences::is_at_work(self.secure_tcp.get())
    }

    /// Returns how many connections were ended so far.
    pub(crate) fn ended(&self) -> u64 {
        self.ended.load(Relaxed)
    }

    /// Whether it is time to look for connections to end.
    fn is_time_to_look(&self, now: u32) -> bool {
        if !defences::is_at_work(self.drop_entry.get())
            || now.wrapping_sub(self.looked.load(Relaxed)) < time::hz()
        {
            return false;
        }
        self.looked.store(now, Relaxed);
        true
    }
}

impl Connections {
    /// Ends those connections and templates of a part of their tables, wherever it begins, that a flood
    /// may have made, if that is wanted and was not done in this second (`ip_vs_random_dropentry()`).
    pub(super) fn drop_entries(&self) {
        let now = time::jiffies32();
        if !self.defences.is_time_to_look(now) {
            return;
        }
        look_at_part(self.buckets(), |guard, position| {
            self.visit(guard, position, |conn| {
                if conn.is_for_defence(now) {
                    self.end_now(guard, conn);
                    self.defences.ended.fetch_add(1u64, Relaxed);
                }
                Ok(())
            })
        });
        let templates = &self.templates;
        if templates.count() > 0 {
            look_at_part(templates.buckets(), |guard, position| {
                templates.visit(guard, position, |template| {
                    if Templates::is_for_defence(&template) {
                        templates.end_now(guard, template);
                    }
                    Ok(())
                })
            });
        }
    }
}

/// Looks at a part of the buckets of a table, wherever it begins, by a function that visits the next few
/// entries.
fn look_at_part(
    buckets: usize,
    visit: impl Fn(&rcu::Guard, Position) -> Result<Position, (Position, Infallible)>,
) {
    let mut position = Position {
        order: random_u64(),
        handle: 0,
    };
    for bucket in 1..=(buckets / defences::PARTS).clamp(1, BUCKETS) {
        let guard = rcu::read_lock();
        position = match visit(&guard, position) {
            Ok(next) => next,
            Err((_, never)) => match never {},
        };
        drop(guard);
        if position == Position::END {
            position = Position::default();
        }
        if bucket % BATCH == 0 {
            cond_resched();
        }
    }
}
