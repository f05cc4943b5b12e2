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
        time,
        wheel::Due,
        workqueue::Work, //
    },
    logic::wheel,
};

use super::{
    Conn,
    Connections, //
};

impl Work for Connections {
    /// Runs once a second while there are connections, and at once when the table has to grow.
    fn run(&self) -> Option<u32> {
        self.expire();
        self.table.resize();
        if self.count() > 0 {
            return Some(time::hz());
        }
        // Full ordering, here and in `Wheel::insert`: of a connection that comes meanwhile either this
        // sees that it is there, or its CPU sees that nobody looks after it.
        self.asleep.xchg(true, Full);
        if self.count() > 0 && self.asleep.xchg(false, Full) {
            return Some(time::hz());
        }
        None
    }
}

impl Connections {
    /// Turns the wheel to the present.
    fn expire(&self) {
        let now = time::jiffies32();
        for slot in self.slots.slots_over(self.turned.load(Relaxed), now) {
            self.wheel.advance(
                slot,
                |conn| self.due(conn, now),
                |conn| self.expired(&rcu::read_lock(), conn.as_rcu_ref()),
            );
        }
        self.turned.store(now, Relaxed);
    }

    /// When to look at a connection again.
    fn due(&self, conn: &Conn, now: u32) -> Due {
        match conn.deadline(time::hz()) {
            Some(deadline) if wheel::remaining(deadline, now).is_some() => {
                Due::Later(self.slots.slot_of(deadline))
            }
            _ => Due::Now,
        }
    }
}
