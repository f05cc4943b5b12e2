// SPDX-License-Identifier: GPL-2.0-only

//! How much strangers may have a director keep, and how long it waits after memory was short.

/// Bytes of the machine's memory for each connection that a namespace may have: with NAT one takes
/// 64 bytes, and at most some 150 more in its table while that is replaced, so that connections
/// take an eighth of the memory.
const MEMORY_OF_CONNECTION: u64 = 2048;

/// The least bound, for machines with next to no memory.
const LEAST_CONNECTIONS: u32 = 4096;

/// The greatest bound: that of a sysctl.
pub const MOST_CONNECTIONS: u32 = i32::MAX as u32;

/// How many connections a namespace may have that was not told otherwise, on a machine with so many
/// bytes of memory.
pub fn default_connections(memory: u64) -> u32 {
    let fitting = u32::try_from(memory / MEMORY_OF_CONNECTION).unwrap_or(MOST_CONNECTIONS);
    fitting.clamp(LEAST_CONNECTIONS, MOST_CONNECTIONS)
}

/// What connections leave of the memory that is available, for others to live on: a part of all
/// memory, and no more than this, in bytes.
const RESERVE_PART: u64 = 32;
const MOST_RESERVE: u64 = 64 << 20;

/// Bytes of the memory that can be spared, for each connection that may come before it is looked at
/// again, in a second: at 256 bytes each they take a quarter of it.
const MEMORY_OF_GROWTH: u64 = 1024;

/// The memory of a machine, in bytes.
#[derive(Clone, Copy)]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What is available without swapping, as the kernel estimates it.
    pub available: u64,
}

/// How many connections there may be for now, where there are `count` and no more than `most` in any
/// case: where others have taken the memory, what is left tells how many more.
pub fn connections_for_now(most: u32, count: usize, memory: Memory) -> u32 {
    let reserve = (memory.total / RESERVE_PART).min(MOST_RESERVE);
    let growth = memory.available.saturating_sub(reserve) / MEMORY_OF_GROWTH;
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    let fitting = u32::try_from(count.saturating_add(growth)).unwrap_or(u32::MAX);
    fitting.max(LEAST_CONNECTIONS).min(most)
}

/// The longest wait, in seconds.
const LONGEST_WAIT: u32 = 64;

/// Seconds to wait after so many attempts in a row have failed: twice as long each time.
pub fn wait_after(failures: u32) -> u32 {
    1u32.checked_shl(failures.saturating_sub(1))
        .map_or(LONGEST_WAIT, |seconds| seconds.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bound_is_an_eighth_of_memory_at_256_bytes() {
        const GIB: u64 = 1 << 30;
        assert_eq!(default_connections(GIB), 524_288);
        assert_eq!(default_connections(64 * GIB), 64 * 524_288);
        assert_eq!(default_connections(0), LEAST_CONNECTIONS);
        assert_eq!(default_connections(u64::MAX), MOST_CONNECTIONS);
    }

    #[test]
    fn what_others_take_lowers_the_bound() {
        const MIB: u64 = 1 << 20;
        let of_a_gigabyte = |count, available| {
            let total = 1024 * MIB;
            connections_for_now(524_288, count, Memory { total, available })
        };
        assert_eq!(of_a_gigabyte(0, 800 * MIB), 524_288);
        // 28 MiB to spare: at 256 bytes each, a quarter of it in a second.
        assert_eq!(of_a_gigabyte(0, 60 * MIB), 28 * 1024);
        assert_eq!(of_a_gigabyte(100_000, 60 * MIB), 100_000 + 28 * 1024);
        // Nothing to spare: those that are there stay, and a few may be in any case.
        for available in [0, MIB, 32 * MIB] {
            assert_eq!(of_a_gigabyte(100_000, available), 100_000);
            assert_eq!(of_a_gigabyte(10, available), LEAST_CONNECTIONS);
        }
        // Never above what is allowed, however much there is.
        assert_eq!(of_a_gigabyte(usize::MAX, u64::MAX), 524_288);
        let memory = Memory {
            total: 64 * 1024 * MIB,
            available: 0,
        };
        assert_eq!(connections_for_now(1, 0, memory), 1);
    }

    /// Whatever connections take, up to 256 bytes each, a flood of any rate leaves the reserve.
    #[test]
    fn flood_leaves_the_reserve() {
        const MIB: u64 = 1 << 20;
        for left in [20, 40, 60, 150, 800] {
            let (mut count, total) = (0, 1024 * MIB);
            for _second in 0..600 {
                let available = left * MIB - count * 256;
                let memory = Memory { total, available };
                count = connections_for_now(524_288, count as usize, memory).into();
            }
            let available = left * MIB - count * 256;
            assert!(
                available >= (32 * MIB).min(left * MIB - 4096 * 256),
                "{left}"
            );
        }
    }

    #[test]
    fn waits_get_longer_up_to_a_minute() {
        let waits = [1, 2, 3, 4, 7, 8, 40, u32::MAX].map(wait_after);
        assert_eq!(waits, [1, 2, 4, 8, 64, 64, 64, 64]);
    }
}
