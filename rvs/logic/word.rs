// SPDX-License-Identifier: GPL-2.0-only

//! The 64-bit atomic variable that tables and caches are made of.

/// A 64-bit atomic variable.
///
/// The kernel has its own memory model, and with it its own atomic types: it implements this trait
/// for one of them. On the host it is `AtomicU64`.
pub trait Word {
    /// A variable with this value.
    fn new(value: u64) -> Self;

    /// Reads the value. What was written before the [`store`](Word::store) of that value is visible
    /// after it (acquire).
    fn load(&self) -> u64;

    /// Writes `value`; all earlier writes become visible with it (release).
    fn store(&self, value: u64);

    /// Replaces `old` by `new` in one step, with the order of both [`load`](Word::load) and
    /// [`store`](Word::store); `false` when the value was another.
    fn compare_exchange(&self, old: u64, new: u64) -> bool;

    /// Adds `value` in one step, around the end of the numbers; what comes before in the program is
    /// visible to whoever sees the sum (release at least).
    fn add(&self, value: u64);
}

#[cfg(not(MODULE))]
impl Word for core::sync::atomic::AtomicU64 {
    #[inline]
    fn new(value: u64) -> Self {
        Self::new(value)
    }

    #[inline]
    fn load(&self) -> u64 {
        self.load(core::sync::atomic::Ordering::Acquire)
    }

    #[inline]
    fn store(&self, value: u64) {
        self.store(value, core::sync::atomic::Ordering::Release);
    }

    #[inline]
    fn compare_exchange(&self, old: u64, new: u64) -> bool {
        use core::sync::atomic::Ordering::{
            AcqRel,
            Relaxed, //
        };
        self.compare_exchange(old, new, AcqRel, Relaxed).is_ok()
    }

    #[inline]
    fn add(&self, value: u64) {
        self.fetch_add(value, core::sync::atomic::Ordering::AcqRel);
    }
}
