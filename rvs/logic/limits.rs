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
    fn waits_get_longer_up_to_a_minute() {
        let waits = [1, 2, 3, 4, 7, 8, 40, u32::MAX].map(wait_after);
        assert_eq!(waits, [1, 2, 4, 8, 64, 64, 64, 64]);
    }
}
