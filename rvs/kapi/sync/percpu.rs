// SPDX-License-Identifier: GPL-2.0-only

//! Counters with one copy for each CPU.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

use core::num::NonZero;

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::Arc, //
};

use crate::bindings;

/// Memory of each CPU for some counters.
///
/// # Invariants
///
/// The number is the address of a per-CPU allocation of as many `u64` as it was made for.
struct Memory(NonZero<c_ulong>);

impl Memory {
    /// Allocates memory for so many counters, all zero. Process context only.
    fn new(counters: usize) -> Result<Arc<Self>, AllocError> {
        // SAFETY: An FFI call without requirements.
        let address = unsafe { bindings::helper_alloc_percpu_u64(counters) };
        // INVARIANT: The allocation has the size asked for.
        let memory = Self(NonZero::new(address).ok_or(AllocError)?);
        Arc::new(memory, GFP_KERNEL_ACCOUNT)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; the allocation is freed once.
        unsafe { bindings::helper_free_percpu_u64(self.0.get()) };
    }
}

/// How many owners of counters share memory.
const SHARE: usize = 8;

/// Hands out `N` counters each to many owners, for an eighth of the allocations: to find a place in the memory of
/// CPUs takes thousands of instructions. Memory is given back when all who share it have given theirs back.
pub(crate) struct PerCpuPool<const N: usize> {
    // With how many have been handed out of it.
    current: Option<(Arc<Memory>, usize)>,
}

impl<const N: usize> PerCpuPool<N> {
    /// Makes an empty one.
    pub(crate) const fn new() -> Self {
        Self { current: None }
    }

    /// Hands out counters, all zero. Process context only.
    pub(crate) fn take(&mut self) -> Result<PerCpuCounters<N>, AllocError> {
        let (memory, place) = match self.current.take() {
            Some(current) => current,
            None => (Memory::new(N * SHARE)?, 0),
        };
        let offset = place * N * size_of::<u64>();
        let address = memory.0.checked_add(offset as c_ulong).ok_or(AllocError)?;
        let next = place + 1;
        if next < SHARE {
            self.current = Some((memory.clone(), next));
        }
        // INVARIANT: `place` is below `SHARE`, and handed out once.
        Ok(PerCpuCounters {
            address,
            _memory: memory,
        })
    }
}

/// `N` 64-bit counters, added to without atomics or locks and summed on read.
///
/// # Invariants
///
/// The number is the address of `N` `u64` within the memory, which nobody else uses.
pub(crate) struct PerCpuCounters<const N: usize> {
    address: NonZero<c_ulong>,
    _memory: Arc<Memory>,
}

impl<const N: usize> PerCpuCounters<N> {
    /// Allocates the counters, all zero. Process context only.
    pub(crate) fn new() -> Result<Self, AllocError> {
        let memory = Memory::new(N)?;
        // INVARIANT: They begin where the memory does, and are all of it.
        Ok(Self {
            address: memory.0,
            _memory: memory,
        })
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
        let address = self.address.get();
        for (counter, value) in values {
            if counter < N {
                // SAFETY: By the type invariant and the check, this is one of the allocated
                // counters.
                unsafe { bindings::helper_this_cpu_add_u64(address, counter, value) };
            }
        }
    }

    /// Sums each counter over all CPUs, which are gone through once.
    pub(crate) fn sums(&self) -> [u64; N] {
        let mut sums = [0; N];
        // SAFETY: By the type invariant these are the allocated counters, as many as there is room for.
        unsafe {
            bindings::helper_percpu_sums_u64(self.address.get(), N, sums.as_mut_ptr());
        }
        sums
    }

    /// Sums a counter over all CPUs. Zero for a counter that does not exist.
    pub(crate) fn sum(&self, counter: usize) -> u64 {
        if counter >= N {
            return 0;
        }
        // SAFETY: By the type invariant and the check, this is one of the allocated counters.
        unsafe { bindings::helper_percpu_sum_u64(self.address.get(), counter) }
    }
}

impl<const N: usize> PerCpuCounters<N> {
    /// Returns what one CPU has counted. Zero for a counter or CPU that does not exist.
    pub(crate) fn of_cpu(&self, counter: usize, cpu: u32) -> u64 {
        if counter >= N {
            return 0;
        }
        // SAFETY: By the type invariant and the check, this is one of the allocated counters.
        unsafe { bindings::helper_percpu_read_u64(self.address.get(), counter, cpu) }
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
