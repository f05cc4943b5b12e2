// SPDX-License-Identifier: GPL-2.0-only

//! Counters with one copy for each CPU.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

use core::num::NonZero;

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use crate::bindings;

/// `N` 64-bit counters, added to without atomics or locks and summed on read.
///
/// # Invariants
///
/// The number is the address of a per-CPU allocation of `N` `u64`.
pub(crate) struct PerCpuCounters<const N: usize>(NonZero<c_ulong>);

impl<const N: usize> PerCpuCounters<N> {
    /// Allocates the counters, all zero. Process context only.
    pub(crate) fn new() -> Result<Self, AllocError> {
        // SAFETY: An FFI call without requirements.
        let counters = unsafe { bindings::helper_alloc_percpu_u64(N) };
        // INVARIANT: The allocation has the size asked for.
        Ok(Self(NonZero::new(counters).ok_or(AllocError)?))
    }

    /// Adds to a counter of this CPU (`this_cpu_add()`: one instruction, safe against
    /// interrupts). Counters outside of `0..N` do not exist; adding to them does nothing.
    #[inline(always)]
    pub(crate) fn add(&self, counter: usize, value: u64) {
        self.add_all([(counter, value)]);
    }

    /// Adds to several counters, as [`PerCpuCounters::add`] does to one.
    #[inline(always)]
    pub(crate) fn add_all<const M: usize>(&self, values: [(usize, u64); M]) {
        // Read once: for all the compiler knows, counting may change anything.
        let address = self.0.get();
        for (counter, value) in values {
            if counter < N {
                // SAFETY: By the type invariant and the check, this is one of the allocated
                // counters.
                unsafe { bindings::helper_this_cpu_add_u64(address, counter, value) };
            }
        }
    }

    /// Sums a counter over all CPUs. Zero for a counter that does not exist.
    pub(crate) fn sum(&self, counter: usize) -> u64 {
        if counter >= N {
            return 0;
        }
        // SAFETY: By the type invariant and the check, this is one of the allocated counters.
        unsafe { bindings::helper_percpu_sum_u64(self.0.get(), counter) }
    }
}

impl<const N: usize> PerCpuCounters<N> {
    /// Returns what one CPU has counted. Zero for a counter or CPU that does not exist.
    pub(crate) fn of_cpu(&self, counter: usize, cpu: u32) -> u64 {
        if counter >= N {
            return 0;
        }
        // SAFETY: By the type invariant and the check, this is one of the allocated counters.
        unsafe { bindings::helper_percpu_read_u64(self.0.get(), counter, cpu) }
    }
}

impl<const N: usize> Drop for PerCpuCounters<N> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; the allocation is freed once.
        unsafe { bindings::helper_free_percpu_u64(self.0.get()) };
    }
}

/// Returns the number of CPUs that this kernel may ever run on.
pub(crate) fn possible_cpus() -> usize {
    // SAFETY: An FFI call without requirements.
    unsafe { bindings::helper_num_possible_cpus() as usize }
}

/// Returns their numbers, in ascending order.
pub(crate) fn possible_cpu_numbers() -> impl Iterator<Item = u32> {
    let mut next = 0;
    core::iter::from_fn(move || {
        // SAFETY: FFI calls without requirements.
        let (cpu, end) = unsafe {
            (
                bindings::helper_possible_cpu_from(next),
                bindings::helper_nr_cpu_ids(),
            )
        };
        next = cpu.saturating_add(1);
        (cpu < end).then_some(cpu)
    })
}
