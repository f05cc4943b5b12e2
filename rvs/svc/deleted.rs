// SPDX-License-Identifier: GPL-2.0-only

//! What was deleted all at once, until it is freed: that is most of the work, for which nobody waits.

use core::mem;

use kernel::{
    prelude::*,
    rbtree::RBTreeNode,
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
    services: KVVec<RBTreeNode<Rank, ServiceConfig>>,
    room: Room,
}

impl Deleted {
    /// Holds nothing.
    pub(crate) fn new() -> Result<Self> {
        let contents = Contents {
            services: KVVec::new(),
            room: Room::new(),
        };
        let contents = Arc::pin_init(new_mutex!(contents, "rvs_deleted"), GFP_KERNEL_ACCOUNT)?;
        Ok(Self(contents))
    }

    /// Takes a service. Where there is no memory to remember it, it is freed now.
    pub(super) fn put(&self, service: RBTreeNode<Rank, ServiceConfig>) {
        let _is_freed = self.0.lock().services.push(service, GFP_KERNEL).is_err();
    }

    /// Takes room.
    pub(super) fn put_room(&self, room: Room) {
        let before = mem::replace(&mut self.0.lock().room, room);
        drop(before);
    }

    fn take(&self) -> Contents {
        let mut contents = self.0.lock();
        Contents {
            services: mem::take(&mut contents.services),
            room: mem::take(&mut contents.room),
        }
    }
}

impl Work for Deleted {
    fn run(&self) -> Option<u32> {
        let Contents {
            mut services,
            mut room,
        } = self.take();
        let mut freed = 0usize;
        while services.pop().is_some() || room.pop().is_some() {
            freed = freed.wrapping_add(1);
            if freed % BATCH == 0 {
                time::cond_resched();
            }
        }
        None
    }
}
