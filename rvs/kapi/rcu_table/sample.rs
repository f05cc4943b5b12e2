// SPDX-License-Identifier: GPL-2.0-only

//! Looking at a few objects of a table, wherever they are.

use kernel::sync::rcu;

use crate::{
    kapi::sync::RcuRef,
    logic::table::{
        self,
        Generation, //
    },
};

use super::{
    Hasher,
    RcuTable,
    Side, //
};

impl<H: Hasher> RcuTable<H> {
    /// Returns an object of which `wanted` says so, if there is one under the key of `side` in the
    /// `buckets` buckets from a place on that `random` chooses, of each table while it is resized.
    pub(crate) fn sample<'g>(
        &self,
        guard: &'g rcu::Guard,
        side: Side,
        random: u64,
        buckets: usize,
        mut wanted: impl FnMut(&H::Object) -> bool,
    ) -> Option<RcuRef<'g, H::Object>> {
        let current = self.current.read(guard)?.get();
        let mut found = None;
        for level in core::iter::successors(Some(current), |level| level.next()) {
            let mask = table::home_buckets(level.table().bits()).wrapping_sub(1);
            for distance in 0..buckets {
                let index = (random as usize).wrapping_add(distance) & mask;
                level.table().for_each_in_bucket(index, |handle| {
                    if found.is_some() {
                        return;
                    }
                    // SAFETY: The handle was read from the table within the critical section of
                    // `guard`.
                    let (object, of) = unsafe { Self::object(handle, guard) };
                    if of == side && wanted(&object) {
                        found = Some(object);
                    }
                });
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }
}
