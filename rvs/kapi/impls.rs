// SPDX-License-Identifier: GPL-2.0-only

//! Traits of `logic` for types of the kernel.

use kernel::sync::atomic::{
    Acquire,
    Atomic,
    Full,
    Release, //
};

use crate::logic::word::Word;

impl Word for Atomic<u64> {
    #[inline]
    fn new(value: u64) -> Self {
        Self::new(value)
    }

    #[inline]
    fn load(&self) -> u64 {
        self.load(Acquire)
    }

    #[inline]
    fn store(&self, value: u64) {
        self.store(value, Release);
    }

    #[inline]
    fn compare_exchange(&self, old: u64, new: u64) -> bool {
        self.cmpxchg(old, new, Full).is_ok()
    }

    #[inline]
    fn add(&self, value: u64) {
        self.fetch_add(value, Full);
    }
}
