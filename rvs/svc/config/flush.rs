// SPDX-License-Identifier: GPL-2.0-only

//! All services are deleted, in steps, so that others may change and list what is left.

use core::mem;

use kernel::rbtree::RBTree;

use crate::{
    logic::service_rank::Rank,
    svc::{
        trash::Incarnation,
        Deleted,
        Services, //
    },
};

use super::Config;

/// How many services and destinations are deleted while others wait.
const FLUSHED_AT_ONCE: usize = 512;

/// How far the deletion of all services has come.
pub(crate) struct Flush {
    // Those that have come since stay.
    latest: Incarnation,
    done: Rank,
}

impl Config {
    /// Begins to delete all services that there are now.
    pub(crate) fn begin_flush(&self) -> Flush {
        Flush {
            latest: self.incarnations,
            done: Rank::FIRST,
        }
    }

    /// Deletes some of them, of not much more than [`FLUSHED_AT_ONCE`] entries, so that nobody waits for long.
    /// False when there are no more.
    pub(crate) fn flush_some(
        &mut self,
        table: &Services,
        flush: &mut Flush,
        deleted: &Deleted,
    ) -> bool {
        let mut entries = 0usize;
        let mut services = mem::replace(&mut self.services, RBTree::new());
        let mut cursor = services.cursor_lower_bound_mut(&flush.done);
        while let Some(place) = cursor.take_if(|_| entries < FLUSHED_AT_ONCE) {
            let (rank, config) = place.current();
            flush.done = *rank;
            entries = entries.saturating_add(1);
            if config.incarnation > flush.latest {
                cursor = place.move_next();
                continue;
            }
            entries = entries.saturating_add(config.dests().len());
            self.withdraw(table, config);
            self.count = self.count.saturating_sub(1);
            let (next, service) = place.remove_current();
            deleted.put(service);
            cursor = next;
        }
        if self.count == 0 {
            if let Some(room) = self.trash.take_room() {
                deleted.put_room(room);
            }
        }
        let is_over = cursor.is_none() && self.trash.trim(FLUSHED_AT_ONCE);
        self.services = services;
        self.changed();
        !is_over
    }
}
