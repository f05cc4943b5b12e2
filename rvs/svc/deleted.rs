// SPDX-License-Identifier: GPL-2.0-only

//! What was deleted all at once, until it is freed: that is most of the work, for which nobody waits.

use core::mem;

use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    },
    sync::{
        new_mutex,
        Arc,
        Mutex, //
    },
};

use crate::{
    kapi::{
        time,
        workqueue::Work, //
    },
    logic::service_rank::Rank,
};

use super::{
    trash::Room,
    ServiceConfig, //
};

/// Seconds after which it is freed.
pub(crate) const SECONDS: u32 = 1;

/// How many are freed before others may have the CPU.
const BATCH: usize = 64;

/// Services, and room in the trash, that nobody uses any more.
pub(crate) struct Deleted(Arc<Mutex<Contents>>);

struct Contents {
    services: RBTree<Rank, ServiceConfig>,
    room: Room,
}

impl Deleted {
    /// Holds nothing.
    pub(crate) fn new() -> Result<Self> {
        let contents = Contents {
            services: RBTree::new(),
            room: Room::new(),
        };
        let contents = Arc::pin_init(new_mutex!(contents, "rvs_deleted"), GFP_KERNEL_ACCOUNT)?;
        Ok(Self(contents))
    }

    /// Takes a service. One of this name from the flush before is freed now.
    pub(super) fn put(&self, service: RBTreeNode<Rank, ServiceConfig>) {
        let before = self.0.lock().services.insert(service);
        drop(before);
    }

    /// Takes room.
    pub(super) fn put_room(&self, room: Room) {
        let before = mem::replace(&mut self.0.lock().room, room);
        drop(before);
    }

    fn take(&self) -> Option<RBTreeNode<Rank, ServiceConfig>> {
        let mut contents = self.0.lock();
        let first = contents.services.cursor_front_mut()?;
        Some(first.remove_current().1)
    }
}

impl Work for Deleted {
    fn run(&self) -> Option<u32> {
        let mut room = mem::take(&mut self.0.lock().room);
        let mut freed = 0usize;
        while self.take().is_some() || room.pop().is_some() {
            freed = freed.wrapping_add(1);
            if freed % BATCH == 0 {
                time::cond_resched();
            }
        }
        None
    }
}
