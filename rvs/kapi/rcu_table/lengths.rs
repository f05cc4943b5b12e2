// SPDX-License-Identifier: GPL-2.0-only

//! How full the buckets of a table are.

use kernel::sync::rcu;

use crate::kapi::{
    sync::RcuRef,
    time::cond_resched, //
};

use super::{
    Generation,
    Hasher,
    RcuTable,
    BATCH, //
};

impl<H: Hasher> RcuTable<H> {
    /// Calls `tell` with the number of entries of each bucket, overflow included; while the table is
    /// replaced, of those of both. What comes or goes meanwhile may be told or not. Process context.
    pub(crate) fn tell_lengths(&self, mut tell: impl FnMut(usize)) {
        let guard = rcu::read_lock();
        let current = self.current.read(&guard).and_then(RcuRef::upgrade);
        drop(guard);
        // Handles are counted, not followed: entries need not stay.
        let mut rest = current.as_ref().map(|current| &***current);
        while let Some(level) = rest {
            for index in 0..level.home_buckets() {
                let mut length = 0usize;
                level
                    .table
                    .for_each_in_bucket(index, |_| length = length.wrapping_add(1));
                tell(length);
                if index % BATCH == BATCH - 1 {
                    cond_resched();
                }
            }
            rest = level.next();
        }
    }
}
