// SPDX-License-Identifier: GPL-2.0-only

//! The timing wheel: every deadline is met, also when the count of ticks wraps.

use proptest::prelude::*;
use rvs_logic::logic::wheel::{
    after,
    deadline,
    remaining,
    Wheel,
    SLOTS, //
};

/// Any time, those shortly before the wrap among them.
fn time() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), u32::MAX - 100_000..=u32::MAX]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn times_are_compared_across_the_wrap(time: u32, distance in 1u32..1 << 31) {
        let later = time.wrapping_add(distance);
        prop_assert!(after(later, time));
        prop_assert!(!after(time, later));
        prop_assert!(!after(time, time));
    }

    #[test]
    fn a_timeout_remains_until_it_has_passed(
        seen: u32,
        timeout in 1u32..1 << 30,
        idle in 0u32..1 << 30,
    ) {
        let left = remaining(deadline(seen, timeout), seen.wrapping_add(idle));
        prop_assert_eq!(left, timeout.checked_sub(idle).filter(|left| *left > 0));
    }

    #[test]
    fn an_entry_is_met_when_it_is_due_and_no_later_than_one_slot_after(
        hz in prop_oneof![Just(100u32), Just(250), Just(300), Just(1000)],
        start in time(),
        // At most one revolution.
        timeout in 0u32..1000,
        delays in prop::collection::vec(1u32..2_000, 1..20),
    ) {
        let wheel = Wheel::new(hz);
        let due = deadline(start, timeout * hz);
        let slot = wheel.slot_of(due);
        let mut visited = start;
        // A worker that comes at irregular times, and does so for long enough.
        for delay in delays.iter().cycle() {
            let now = visited.wrapping_add(*delay);
            if wheel.slots_over(visited, now).any(|over| over == slot) {
                prop_assert_eq!(remaining(due, now), None, "met before it was due");
                let late = now.wrapping_sub(due);
                prop_assert!(late <= wheel.ticks_per_slot() + delay, "met {} ticks late", late);
                break;
            }
            prop_assert!(
                !after(now, due.wrapping_add(wheel.ticks_per_slot() + delay)),
                "never met"
            );
            visited = now;
        }
    }

    #[test]
    fn each_slot_is_visited_once_in_a_revolution(
        start in time(), steps in prop::collection::vec(1u32..5_000, 1..50)) {
        let wheel = Wheel::new(1000);
        let mut now = start;
        let mut slots = Vec::new();
        for step in steps {
            slots.extend(wheel.slots_over(now, now.wrapping_add(step)));
            now = now.wrapping_add(step);
        }
        let elapsed = u64::from(now.wrapping_sub(start));
        let slot_ticks = u64::from(wheel.ticks_per_slot());
        let begun = u64::from(start) % slot_ticks;
        prop_assert_eq!(slots.len() as u64, (begun + elapsed) / slot_ticks);
        let first = wheel.slot_of(start);
        for (distance, slot) in slots.into_iter().enumerate() {
            prop_assert_eq!(slot, (first + distance) % SLOTS);
        }
    }
}

#[test]
fn a_slot_lasts_about_a_second() {
    for hz in [100, 250, 300, 1000] {
        let ticks = Wheel::new(hz).ticks_per_slot();
        assert!(ticks >= hz && ticks < 2 * hz, "{hz}");
    }
}

#[test]
fn after_a_long_delay_each_slot_is_visited_once() {
    let wheel = Wheel::new(1000);
    let mut slots: Vec<_> = wheel.slots_over(5, 5 + (1 << 24)).collect();
    slots.sort_unstable();
    assert!(slots.into_iter().eq(0..SLOTS));
}

#[test]
fn a_timeout_beyond_comparison_is_not_over_at_once() {
    assert!(remaining(deadline(7, u32::MAX), 7).is_some());
}
