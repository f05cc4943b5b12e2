// SPDX-License-Identifier: GPL-2.0-only

//! What is counted of telling real servers of their clients by an option of TCP.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// The counters of a service. Few packets of a connection count here, and not the fast ones.
// On a cache line of its own, as they write where others read what is beside.
#[repr(align(64))]
pub(crate) struct ToaCounters {
    /// Segments that got the option.
    pub(crate) inserted: ToaCounter,
    /// Segments that have gone without.
    pub(crate) no_room: ToaCounter,
    /// Segments that have lost options of the client.
    pub(crate) taken_out: ToaCounter,
}

impl ToaCounters {
    /// Counters of 0.
    pub(super) const fn new() -> Self {
        Self {
            inserted: ToaCounter::new(),
            no_room: ToaCounter::new(),
            taken_out: ToaCounter::new(),
        }
    }

    /// Begins to count anew.
    pub(super) fn zero(&self) {
        for counter in [&self.inserted, &self.no_room, &self.taken_out] {
            counter.0.store(0, Relaxed);
        }
    }
}

/// One of them.
pub(crate) struct ToaCounter(Atomic<u64>);

impl ToaCounter {
    const fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Counts one.
    #[cold]
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    /// Returns how many were counted.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
