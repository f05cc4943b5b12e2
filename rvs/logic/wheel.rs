// SPDX-License-Identifier: GPL-2.0-only

//! The arithmetic of the timing wheel that removes idle connections.
//!
//! The wheel is lazy: packets only write when a connection was last seen. A connection lies in the
//! slot in which it might become due; when the slot is visited, [`remaining`] tells whether it did,
//! or the connection moves on to the slot of its new deadline.
//!
//! Time is a free-running 32-bit count of ticks, as the low half of the kernel's `jiffies`. It
//! wraps; two times are compared by their distance, which has to be below 2^31 ticks (`time_after`
//! in `linux/jiffies.h`).

/// Slots of the wheel. A deadline that is further away is found not to be due once a revolution.
pub const SLOTS: usize = 1024;

/// Whether time `a` is later than time `b`.
#[inline]
pub const fn after(a: u32, b: u32) -> bool {
    (b.wrapping_sub(a) as i32) < 0
}

/// When a connection last seen at `last_seen` is due, both in ticks.
///
/// A timeout too long to be compared, of 2^31 ticks and more, is taken as one that is not.
#[inline]
pub const fn deadline(last_seen: u32, timeout: u32) -> u32 {
    let longest = i32::MAX as u32;
    last_seen.wrapping_add(if timeout > longest { longest } else { timeout })
}

/// Ticks from `now` until `deadline`; `None` when it has come.
#[inline]
pub const fn remaining(deadline: u32, now: u32) -> Option<u32> {
    if after(deadline, now) {
        Some(deadline.wrapping_sub(now))
    } else {
        None
    }
}

/// The division of time into slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wheel {
    // A slot lasts 2^shift ticks: as a power of two divides 2^32, the slots go on evenly when the
    // count of ticks wraps.
    shift: u32,
}

impl Wheel {
    /// A wheel for `ticks_per_second` (`HZ`): its slots last one second, up to the next power of two.
    pub const fn new(ticks_per_second: u32) -> Self {
        // Above 2^20 ticks a second one revolution would outlast the count.
        let shift = match ticks_per_second.checked_next_power_of_two() {
            Some(ticks) => ticks.trailing_zeros(),
            None => 20,
        };
        Self {
            shift: if shift > 20 { 20 } else { shift },
        }
    }

    /// Ticks that a slot lasts.
    pub const fn ticks_per_slot(&self) -> u32 {
        1u32.wrapping_shl(self.shift)
    }

    /// The slot in which `deadline` falls.
    #[inline]
    pub const fn slot_of(&self, deadline: u32) -> usize {
        deadline.wrapping_shr(self.shift) as usize & (SLOTS - 1)
    }

    /// The slots that are over at `now` and have not been visited since `visited`, in their order.
    ///
    /// All that fell due in a slot is due when it is over, so that one visit is enough. The next
    /// call is to be made with `now` for `visited`. After a delay of more than a revolution each
    /// slot is visited once.
    pub fn slots_over(&self, visited: u32, now: u32) -> impl Iterator<Item = usize> {
        let first = visited.wrapping_shr(self.shift);
        // Both shifted counts wrap at 2^(32 - shift).
        let wrap = u32::MAX.wrapping_shr(self.shift);
        let count = now.wrapping_shr(self.shift).wrapping_sub(first) & wrap;
        let count = (count as usize).min(SLOTS);
        (0..count).map(move |distance| (first as usize).wrapping_add(distance) & (SLOTS - 1))
    }
}
