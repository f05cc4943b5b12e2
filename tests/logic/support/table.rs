// SPDX-License-Identifier: GPL-2.0-only

//! A tuple table on the host: storage, locks and generations as the kernel has them, with reference
//! counts in the place of grace periods.

// Each test program uses its own part.
#![allow(dead_code)]

use std::sync::{
    atomic::{
        AtomicBool,
        AtomicU64,
        Ordering::Relaxed, //
    },
    Arc,
    Mutex,
    OnceLock,
    RwLock, //
};

use rvs_logic::logic::table::{
    self,
    buckets,
    copy_bucket,
    home_buckets,
    stripe,
    Bucket,
    Full,
    Position,
    Refused,
    Table,
    STRIPES, //
};

pub(crate) struct Generation {
    table: Table<AtomicU64, Vec<Bucket<AtomicU64>>>,
    next: OnceLock<Arc<Generation>>,
}

impl Generation {
    pub(crate) fn new(bits: u32) -> Arc<Self> {
        let empty = || Bucket::empty(AtomicU64::default);
        let storage = std::iter::repeat_with(empty).take(buckets(bits)).collect();
        Arc::new(Self {
            table: Table::new(bits, storage).expect("as many buckets as are wanted"),
            next: OnceLock::new(),
        })
    }
}

impl table::Generation for Generation {
    type Word = AtomicU64;
    type Buckets = Vec<Bucket<AtomicU64>>;

    fn table(&self) -> &Table<AtomicU64, Self::Buckets> {
        &self.table
    }

    fn next(&self) -> Option<&Self> {
        self.next.get().map(|next| &**next)
    }
}

/// A table whose entries are hashed by `hash_of` their handle.
pub(crate) struct Host {
    current: RwLock<Arc<Generation>>,
    stripes: Vec<Mutex<()>>,
    // A copy was begun and proved too large for its table.
    again: AtomicBool,
    hash_of: fn(u64) -> u64,
}

impl Host {
    pub(crate) fn new(bits: u32, hash_of: fn(u64) -> u64) -> Self {
        Self {
            current: RwLock::new(Generation::new(bits)),
            stripes: (0..STRIPES).map(|_| Mutex::new(())).collect(),
            again: AtomicBool::new(false),
            hash_of,
        }
    }

    pub(crate) fn current(&self) -> Arc<Generation> {
        self.current.read().unwrap().clone()
    }

    pub(crate) fn bits(&self) -> u32 {
        self.current().table.bits()
    }

    pub(crate) fn find(&self, handle: u64) -> Option<u64> {
        table::find(&*self.current(), (self.hash_of)(handle), |found| {
            found == handle
        })
    }

    pub(crate) fn insert(&self, handle: u64) -> Result<(), Refused> {
        let hash = (self.hash_of)(handle);
        let _lock = self.stripes[stripe(hash)].lock().unwrap();
        table::insert(&*self.current(), hash, handle, |found| found == handle)
    }

    pub(crate) fn remove(&self, handle: u64) -> bool {
        let hash = (self.hash_of)(handle);
        let _lock = self.stripes[stripe(hash)].lock().unwrap();
        table::remove(&*self.current(), hash, handle)
    }

    /// All entries, bucket by bucket of the newest generation.
    pub(crate) fn entries(&self) -> Vec<u64> {
        let current = self.current();
        let table = table::Generation::table(table::newest(&*current));
        let mut entries = Vec::new();
        for index in 0..home_buckets(table.bits()) {
            table.for_each_in_bucket(index, |handle| entries.push(handle));
        }
        entries
    }

    /// One step of a scan, which finds up to `room` entries and leaves the others to the next step.
    pub(crate) fn scan(&self, from: Position, room: usize) -> (Vec<u64>, Position) {
        let mut found = Vec::new();
        let hash_of = |handle| Some((self.hash_of)(handle));
        let next = table::scan(&*self.current(), from, hash_of, |handle| {
            if found.len() == room {
                return Err(Full);
            }
            found.push(handle);
            Ok(())
        });
        let next = next.unwrap_or_else(|(next, Full)| next);
        (found, next)
    }

    /// Publishes an empty successor of the newest generation.
    pub(crate) fn begin_resize(&self, bits: u32) {
        let next = Generation::new(bits);
        let mut newest = self.current();
        while let Some(next) = newest.next.get().cloned() {
            newest = next;
        }
        assert!(newest.next.set(next).is_ok(), "one worker resizes");
    }

    /// Copies every generation to the newest and makes that the current one.
    pub(crate) fn finish_resize(&self) -> Result<(), Full> {
        let again = self.again.swap(true, Relaxed);
        let mut old = self.current();
        while let Some(next) = old.next.get().cloned() {
            for index in 0..home_buckets(old.table.bits()) {
                let _lock = self.stripes[stripe(index as u64)].lock().unwrap();
                copy_bucket(&*old, index, again, self.hash_of)?;
            }
            old = next;
        }
        *self.current.write().unwrap() = old;
        self.again.store(false, Relaxed);
        Ok(())
    }
}

/// Spreads `handle` over all 64 bits (the finaliser of MurmurHash3).
pub(crate) fn spread(handle: u64) -> u64 {
    let mut hash = handle;
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}
