// SPDX-License-Identifier: GPL-2.0-only

//! What a destination counts, and who is told that it does.

use kernel::sync::{
    atomic::{
        Full,
        Relaxed, //
    },
    Arc, //
};

use crate::svc::totals::{
    Counts,
    Figures, //
};

use super::Dest;

/// What is counted for each destination.
#[derive(Clone, Copy)]
pub(crate) enum Counter {
    /// Connections created.
    Connections,
    /// Packets from clients.
    InPackets,
    /// Packets from the real server.
    OutPackets,
    /// Bytes from clients, IP headers included.
    InBytes,
    /// Bytes from the real server, IP headers included.
    OutBytes,
}

impl Counter {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Connections,
        Self::InPackets,
        Self::OutPackets,
        Self::InBytes,
        Self::OutBytes,
    ];
    /// How many they are.
    pub(crate) const COUNT: usize = Self::ALL.len();
}

impl Dest {
    /// Counts a packet of `len` bytes from a client.
    #[inline(always)]
    pub(crate) fn count_request(&self, len: usize) {
        self.counters.add_all([
            (Counter::InPackets as usize, 1),
            (Counter::InBytes as usize, len as u64),
        ]);
    }

    /// Counts a packet of `len` bytes from the real server.
    #[inline(always)]
    pub(crate) fn count_reply(&self, len: usize) {
        self.counters.add_all([
            (Counter::OutPackets as usize, 1),
            (Counter::OutBytes as usize, len as u64),
        ]);
    }

    /// Counts an answer by which the real server shows that it lacks its half of ENAT.
    #[cold]
    pub(crate) fn count_without_half(&self) {
        self.without_half.fetch_add(1u64, Relaxed);
    }

    /// Returns how many there were since counting began.
    pub(crate) fn without_half(&self) -> u64 {
        self.without_half.load(Relaxed)
    }

    /// Tells the estimator that something is or will be counted. To be done at least once in a tick of the
    /// clock in which something is.
    #[inline(always)]
    pub(crate) fn note_activity(dest: &Arc<Self>) {
        if dest.activity.load(Relaxed) == 0 {
            Self::become_active(dest);
        }
    }

    #[cold]
    #[inline(never)]
    pub(in crate::svc) fn become_active(dest: &Arc<Self>) {
        dest.has_counted.store(true, Relaxed);
        // Full ordering: either the list still has the destination, and this is seen before it is
        // let go for good, or it can be put in.
        dest.activity.xchg(1, Full);
        dest.shared.common().active().join(dest);
    }

    /// Returns whether activity was noted since that was forgotten last, with full ordering.
    pub(in crate::svc) fn is_noted(&self) -> bool {
        self.activity.fetch_add(0, Full) != 0
    }

    /// Has packets note activity again.
    pub(in crate::svc) fn forget_note(&self) {
        self.activity.store(0, Relaxed);
    }

    /// Returns whether it has ever counted anything.
    pub(in crate::svc) fn has_counted(&self) -> bool {
        self.has_counted.load(Relaxed)
    }

    /// Returns what was counted since counting began, and the rates of it.
    pub(crate) fn figures(&self) -> Figures {
        if !self.has_counted() {
            return Figures::default();
        }
        Figures {
            counts: self.counted_ever().minus(self.counted_before.get()),
            rates: self.estimate.per_second(),
        }
    }

    /// Returns what one CPU has counted since the destination was made.
    pub(crate) fn counted_by(&self, cpu: u32, counter: Counter) -> u64 {
        self.counters.of_cpu(counter as usize, cpu)
    }

    /// What was counted since the destination was made.
    fn counted_ever(&self) -> Counts {
        if !self.has_counted() {
            return Counts::default();
        }
        Counts::new(self.counters.sums())
    }

    /// Returns what was counted since this was done last. Callers of this and what follows hold the
    /// [`Ledger`](super::ledger::Ledger).
    pub(in crate::svc) fn take_unsettled(&self) -> Counts {
        if !self.has_counted() {
            return Counts::default();
        }
        let now = self.counted_ever();
        let counts = now.minus(self.settled.get());
        self.settled.set(now);
        counts
    }

    /// Leaves out of all numbers what was counted since it was settled.
    pub(in crate::svc) fn leave_out_unsettled(&self) {
        let left_out = self.take_unsettled();
        let before = self.counted_before.get();
        self.counted_before.set(before.plus(left_out));
        self.estimate.skip(self.settled.get());
    }

    /// Estimates rates anew, an interval after the last time. Returns whether they stay 0 until something
    /// is counted.
    pub(in crate::svc) fn estimate(&self) -> bool {
        self.estimate.go_on(self.counted_ever());
        self.estimate.is_over()
    }

    /// Begins to count anew.
    pub(in crate::svc) fn begin_counting(&self) {
        let now = self.counted_ever();
        self.counted_before.set(now);
        self.estimate.restart(now);
        self.without_half.store(0, Relaxed);
    }
}
