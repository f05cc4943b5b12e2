// SPDX-License-Identifier: GPL-2.0-only

//! When the defences of a director against floods are at work, and what they do then: the sysctls
//! `drop_entry`, `drop_packet` and `secure_tcp` of IPVS (`update_defense_level()` of
//! `net/netfilter/ipvs/ip_vs_ctl.c`).
//!
//! Each has a mode, the value of its sysctl: 0 off, 1 at work when memory is short, 2 the same while
//! it is, 3 always. Between 1 and 2 it goes by itself.

use super::state::{
    sctp,
    tcp,
    State, //
};

/// At work when memory is short, which it is not.
const WAITING: i32 = 1;

/// At work as memory is short.
const ROUSED: i32 = 2;

/// Always at work.
const ALWAYS: i32 = 3;

/// Whether a value is a mode.
pub const fn is_mode(value: i32) -> bool {
    matches!(value, 0..=ALWAYS)
}

/// Whether what a defence does depends on the memory.
pub const fn heeds_memory(mode: i32) -> bool {
    matches!(mode, WAITING | ROUSED)
}

/// The mode that follows, where memory is short or not.
#[must_use]
pub const fn mode_now(mode: i32, memory_is_short: bool) -> i32 {
    if !heeds_memory(mode) {
        mode
    } else if memory_is_short {
        ROUSED
    } else {
        WAITING
    }
}

/// Whether a defence of this mode is at work.
#[inline]
pub const fn is_at_work(mode: i32) -> bool {
    mode >= ROUSED
}

/// Whether memory is short: fewer pages are free than `threshold` (`amemthresh`), which may be anything.
pub const fn is_short(free: u64, threshold: i32) -> bool {
    missing(free, threshold) != 0
}

/// How many pages are missing.
const fn missing(free: u64, threshold: i32) -> u64 {
    if threshold <= 0 {
        return 0;
    }
    (threshold.unsigned_abs() as u64).saturating_sub(free)
}

/// Of how many packets one is dropped as memory is short: of all as many as pages are missing of those
/// that should be free. 0 drops none.
pub const fn rate_of_short(free: u64, threshold: i32) -> i32 {
    match (threshold as u64).checked_div(missing(free, threshold)) {
        // No more than the threshold.
        Some(rate) => rate as i32,
        None => 0,
    }
}

/// Of how many packets one is dropped: that of `am_droprate` where they always are, else `of_short`.
#[inline]
pub const fn rate(mode: i32, always: i32, of_short: i32) -> i32 {
    match mode {
        ALWAYS => always,
        ROUSED => of_short,
        _ => 0,
    }
}

/// Whether a packet is dropped where one of `rate` is, and after how many more the next one is, as both
/// follow from that number before. A rate below 1 drops all.
#[must_use]
pub const fn drop_one_of(rate: i32, left: i32) -> (bool, i32) {
    if left > 1 {
        (false, left.saturating_sub(1))
    } else {
        (true, rate)
    }
}

/// Into how many parts `drop_entry` divides the connections, to look at one of them each second.
pub const PARTS: usize = 32;

/// For how many seconds nothing was heard of a datagram's flow that `drop_entry` ends.
pub const SILENCE: u32 = 60;

/// Whether `drop_entry` ends a connection that it looks at: one that is half open, or of datagrams
/// that nobody has answered (`is_assured`), and none has followed for [`SILENCE`] seconds.
pub const fn ends_entry(state: State, is_assured: bool, is_silent: bool) -> bool {
    match state {
        State::Tcp(state) => matches!(state, tcp::State::SynRecv | tcp::State::SynAck),
        State::Udp => !is_assured && is_silent,
        State::Sctp(state) => matches!(state, sctp::State::Init1 | sctp::State::Init),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::vec::Vec;

    #[test]
    fn modes_follow_memory_between_one_and_two_only() {
        for (mode, plenty, short) in [(0, 0, 0), (1, 1, 2), (2, 1, 2), (3, 3, 3)] {
            assert_eq!(mode_now(mode, false), plenty);
            assert_eq!(mode_now(mode, true), short);
        }
        assert_eq!([0, 1, 2, 3].map(is_at_work), [false, false, true, true]);
        assert_eq!([-1, 0, 3, 4].map(is_mode), [false, true, true, false]);
    }

    #[test]
    fn memory_is_short_below_the_threshold() {
        assert!(!is_short(1024, 1024));
        assert!(is_short(1023, 1024));
        for threshold in [0, -1, i32::MIN] {
            assert!(!is_short(0, threshold));
            assert_eq!(rate_of_short(0, threshold), 0);
        }
        assert!(!is_short(u64::MAX, i32::MAX));
    }

    /// As the kernel's documentation has it: amemthresh / (amemthresh - available_memory).
    #[test]
    fn the_less_memory_the_more_is_dropped() {
        let rates = [1023, 1000, 768, 512, 511, 0].map(|free| rate_of_short(free, 1024));
        assert_eq!(rates, [1024, 42, 4, 2, 1, 1]);
        assert_eq!(rate_of_short(1024, 1024), 0);
        assert_eq!(rate_of_short(0, i32::MAX), 1);
        assert_eq!(rate_of_short(u64::from(u32::MAX), i32::MAX), 0);
    }

    #[test]
    fn rate_is_that_of_the_mode() {
        assert_eq!([0, 1, 2, 3].map(|mode| rate(mode, 10, 7)), [0, 0, 7, 10]);
    }

    /// How many of so many packets are dropped.
    fn dropped(rate: i32, packets: usize) -> Vec<usize> {
        let mut left = 0;
        (0..packets)
            .filter(|_| {
                let (drops, next) = drop_one_of(rate, left);
                left = next;
                drops
            })
            .collect()
    }

    #[test]
    fn one_of_as_many_packets_is_dropped() {
        assert_eq!(dropped(10, 35), [0, 10, 20, 30]);
        assert_eq!(dropped(2, 6), [0, 2, 4]);
        for rate in [1, -1, i32::MIN] {
            assert_eq!(dropped(rate, 5), [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn what_is_open_or_answered_stays() {
        for state in tcp::State::ALL {
            let half_open = ["SYN_RECV", "SYNACK"].contains(&state.name());
            for (assured, silent) in [(false, false), (false, true), (true, false), (true, true)] {
                assert_eq!(ends_entry(State::Tcp(state), assured, silent), half_open);
            }
        }
        assert!(ends_entry(State::Udp, false, true));
        assert!(!ends_entry(State::Udp, false, false));
        assert!(!ends_entry(State::Udp, true, true));
    }
}
