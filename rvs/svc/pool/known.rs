// SPDX-License-Identifier: GPL-2.0-only

//! What a destination remembers of its pool: the target that its packets have found last, which they find without a search, nor a
//! lock.
//!
//! A target belongs to one pool, told by its number: a service may get another pool, and another one may be where the former was. One
//! that has ended gives nothing, and takes little memory, so that it may be remembered for as long as nobody has found another one.

use kernel::{
    prelude::*,
    sync::{
        rcu,
        Arc, //
    },
};

use crate::kapi::sync::{
    Plain,
    RcuArc,
    RcuCell, //
};

use super::target::{
    Key,
    Target, //
};

/// A target that was found.
struct Found {
    pool: u64,
    target: Arc<Target>,
}

impl Plain for Found {}

/// Where a destination remembers the target of its connections. Of a destination that leaves the port to its clients it is that of
/// the first port, until that has ended.
pub(crate) struct KnownTarget(RcuCell<Found>);

impl KnownTarget {
    /// One that remembers none.
    pub(crate) fn new() -> Self {
        Self(RcuCell::new(None))
    }

    /// Returns the target that is remembered, if it is this one of the pool with this number.
    #[inline]
    pub(super) fn get<'g>(
        &self,
        guard: &'g rcu::Guard,
        pool: u64,
        key: &Key,
    ) -> Option<&'g Arc<Target>> {
        let found = self.0.read(guard)?.get();
        (found.pool == pool && found.target.key() == key).then_some(&found.target)
    }

    /// Remembers a target of the pool with this number, unless there is another one of it, which has not ended.
    pub(super) fn remember(&self, guard: &rcu::Guard, pool: u64, target: Arc<Target>) {
        if let Some(found) = self.0.read(guard) {
            if found.pool == pool && !found.target.has_ended() {
                return;
            }
        }
        // Without memory for it the next one searches, too.
        if let Ok(found) = RcuArc::new(Found { pool, target }, GFP_NOWAIT) {
            drop(self.0.replace(Some(found)));
        }
    }
}
