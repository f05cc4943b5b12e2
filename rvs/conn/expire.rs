// SPDX-License-Identifier: GPL-2.0-only

//! Looking after connections: expiry and the size of the table.

use kernel::sync::{
    atomic::{
        Full,
        Relaxed, //
    },
    rcu, //
};

use crate::{
    kapi::{
        sync::RcuRef,
        time,
        wheel::Due,
        workqueue::Work, //
    },
    logic::wheel,
};

use super::{
    control::Control,
    entry::Extension,
    Conn,
    Connections, //
};

/// Seconds after which a silent control connection of FTP is looked at again whose data are on their way, as with IPVS.
const LOOK_AGAIN: u32 = 60;

impl Work for Connections {
    /// Runs once a second while there are connections, or a defence waits for memory to be short, and at
    /// once when the table has to grow.
    fn run(&self) -> Option<u32> {
        self.estimator.rouse();
        self.expire();
        self.review();
        self.end_those_of_removed();
        self.table.resize();
        self.templates.resize();
        self.heed_bound();
        let is_waiting = self.defences.heed_memory();
        self.drop_entries();
        if self.objects() > 0 {
            return Some(time::hz());
        }
        // Full ordering, here and in `Wheel::insert`: of a connection that comes meanwhile either this
        // sees that it is there, or its CPU sees that nobody looks after it.
        self.asleep.xchg(true, Full);
        if self.objects() > 0 && self.asleep.xchg(false, Full) {
            return Some(time::hz());
        }
        is_waiting.then(time::hz)
    }
}

impl Connections {
    /// Turns the wheel to the present.
    fn expire(&self) {
        let now = time::jiffies32();
        for slot in self.slots.slots_over(self.turned.load(Relaxed), now) {
            self.look_at(slot, now);
            self.templates.look_at(slot, now);
        }
        self.turned.store(now, Relaxed);
    }

    /// Has all connections be looked at, as timeouts got shorter: each is in the slot of a deadline
    /// that may not be its own any more. To be followed by
    /// [`Worker::wake`](crate::kapi::workqueue::Worker::wake).
    pub(crate) fn timeouts_got_shorter(&self) {
        // Another time a second later: by then no packet puts a connection into the slot that it has
        // computed before.
        self.reviews.store(2, Relaxed);
    }

    /// Puts each connection into the slot of its deadline, if that is wanted.
    fn review(&self) {
        let left = self.reviews.load(Relaxed);
        if left == 0 {
            return;
        }
        // If it was wanted anew meanwhile, that stands.
        let _ = self.reviews.cmpxchg(left, left.saturating_sub(1), Relaxed);
        let now = time::jiffies32();
        for slot in 0..wheel::SLOTS {
            self.look_at(slot, now);
            time::cond_resched();
        }
    }

    /// Ends the connections that end as their server was removed, if one was since the last time.
    fn end_those_of_removed(&self) {
        if !self.common.take_ends() {
            return;
        }
        let now = time::jiffies32();
        for slot in 0..wheel::SLOTS {
            self.wheel.advance(
                slot,
                |conn| {
                    if conn.ends_with_server() {
                        Due::Now
                    } else {
                        self.due(conn, now)
                    }
                },
                |conn| self.expired(&rcu::read_lock(), conn.as_rcu_ref()),
            );
            time::cond_resched();
        }
    }

    /// Looks at the connections of a slot: each ends, or moves on to the slot of its deadline.
    fn look_at(&self, slot: usize, now: u32) {
        self.wheel.advance(
            slot,
            |conn| self.due(conn, now),
            |conn| self.expired(&rcu::read_lock(), conn.as_rcu_ref()),
        );
    }

    /// When to look at a connection again.
    fn due(&self, conn: RcuRef<'_, Conn>, now: u32) -> Due {
        match conn.deadline(time::hz()) {
            Some(deadline) if wheel::remaining(deadline, now).is_some() => {
                Due::Later(self.slots.slot_of(deadline))
            }
            Some(_) if has_data(conn) => {
                let wait = LOOK_AGAIN.saturating_mul(time::hz());
                Due::Later(self.slots.slot_of(wheel::deadline(now, wait)))
            }
            _ => Due::Now,
        }
    }
}

/// Whether a connection is a control connection of FTP whose data are on their way.
fn has_data(conn: RcuRef<'_, Conn>) -> bool {
    let control = conn.extension().and_then(Extension::control);
    control.is_some_and(Control::has_data)
}
