// SPDX-License-Identifier: GPL-2.0-only

//! The index of the tuple table against a set of the standard library.

#[path = "support/table.rs"]
mod host;

use std::{
    cell::Cell,
    collections::HashSet,
    sync::atomic::AtomicU64, //
};

use host::{
    spread,
    Host, //
};
use proptest::prelude::*;
use rvs_logic::logic::table::{
    buckets,
    home_buckets,
    stripe,
    wanted_bits,
    Bucket,
    Full,
    Refused,
    Table,
    MAX_BITS,
    MIN_BITS,
    STRIPES, //
};

#[derive(Clone, Debug)]
enum Step {
    Insert(u64),
    Remove(u64),
    Find(u64),
    BeginResize(u32),
    FinishResize,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few enough handles that the same come up again.
    let handle = || 1..600u64;
    let step = prop_oneof![
        12 => handle().prop_map(Step::Insert),
        8 => handle().prop_map(Step::Remove),
        4 => handle().prop_map(Step::Find),
        1 => (MIN_BITS..MIN_BITS + 3).prop_map(Step::BeginResize),
        1 => Just(Step::FinishResize),
    ];
    prop::collection::vec(step, 1..2000)
}

/// Two home buckets and four tags for all: long chains, and tags that tell little.
fn crowd(handle: u64) -> u64 {
    handle & 1 | (handle & 6) << 47
}

/// Sixteen home buckets: chains of several buckets that grow and shrink.
fn clusters(handle: u64) -> u64 {
    spread(handle) & !0xff | spread(handle) & 0x0f
}

fn agrees(hash_of: fn(u64) -> u64, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let host = Host::new(MIN_BITS, hash_of);
    let mut model = HashSet::new();
    let mut resizing = false;
    for step in steps {
        match step {
            Step::Insert(handle) => {
                match host.insert(handle) {
                    Ok(()) => prop_assert!(model.insert(handle)),
                    Err(Refused::Exists) => prop_assert!(model.contains(&handle)),
                    Err(Refused::Full) => prop_assert!(!model.contains(&handle)),
                }
                prop_assert_eq!(host.find(handle).is_some(), model.contains(&handle));
            }
            Step::Remove(handle) => {
                prop_assert_eq!(host.remove(handle), model.remove(&handle));
                prop_assert_eq!(host.find(handle), None);
            }
            Step::Find(handle) => {
                prop_assert_eq!(host.find(handle).is_some(), model.contains(&handle));
            }
            Step::BeginResize(bits) => {
                host.begin_resize(bits);
                resizing = true;
            }
            Step::FinishResize => {
                while host.finish_resize().is_err() {
                    host.begin_resize(host.bits() + 4);
                }
                resizing = false;
            }
        }
    }
    for handle in &model {
        prop_assert_eq!(host.find(*handle), Some(*handle));
    }
    if !resizing {
        let mut entries = host.entries();
        entries.sort_unstable();
        let mut expected: Vec<_> = model.into_iter().collect();
        expected.sort_unstable();
        prop_assert_eq!(entries, expected);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_a_set(steps in steps()) {
        agrees(spread, steps)?;
    }

    #[test]
    fn behaves_as_a_set_with_chains(steps in steps()) {
        agrees(clusters, steps)?;
    }

    #[test]
    fn behaves_as_a_set_when_hashes_collide(steps in steps()) {
        agrees(crowd, steps)?;
    }

    #[test]
    fn a_size_is_kept_until_the_load_leaves_its_range(bits in MIN_BITS..24, entries in 0..1u64 << 26) {
        let homes = 1u64 << bits;
        let wanted = wanted_bits(entries, bits);
        let load = entries as f64 / homes as f64;
        if (0.375..=4.0).contains(&load) {
            prop_assert_eq!(wanted, bits);
        } else if load > 4.0 {
            prop_assert!(wanted > bits);
        } else {
            prop_assert!(wanted < bits || bits == MIN_BITS);
        }
        // What was resized is not resized again at once, not even after a change by a quarter.
        if wanted != bits && wanted != MIN_BITS {
            prop_assert_eq!(wanted_bits(entries * 5 / 4, wanted), wanted);
            prop_assert_eq!(wanted_bits(entries * 4 / 5, wanted), wanted);
        }
    }
}

#[test]
fn no_handle_is_found_that_does_not_match() {
    let host = Host::new(MIN_BITS, |_| 0);
    for handle in 1..=20 {
        assert_eq!(host.insert(handle), Ok(()));
    }
    let table = rvs_logic::logic::table::Generation::table(&*host.current()).find(0, |_| false);
    assert_eq!(table, None);
}

#[test]
fn a_full_table_refuses_and_loses_nothing() {
    // One home bucket gets all.
    let host = Host::new(MIN_BITS, |handle| handle << 48);
    let inserted = (1..)
        .take_while(|handle| host.insert(*handle).is_ok())
        .count() as u64;
    assert!(inserted > 6, "a bucket of six overflows: {inserted}");
    assert_eq!(host.insert(inserted + 1), Err(Refused::Full));
    assert_eq!(host.find(inserted + 1), None);
    for handle in 1..=inserted {
        assert_eq!(host.find(handle), Some(handle));
    }
    // Room that was made is found again, in whatever bucket.
    for handle in (1..=inserted).rev() {
        assert!(host.remove(handle));
    }
    for handle in 1..=inserted {
        assert_eq!(host.insert(handle), Ok(()));
    }
    assert_eq!(host.insert(inserted + 1), Err(Refused::Full));
}

#[test]
fn overflow_buckets_serve_all_homes_again_and_again() {
    let host = Host::new(MIN_BITS, |handle| handle >> 8 | handle << 48);
    // Each home bucket in turn overflows and empties, more often than there are overflow buckets.
    for home in 0..home_buckets(MIN_BITS) as u64 {
        for _ in 0..4 {
            for low in 1..=24 {
                assert_eq!(host.insert(home << 8 | low), Ok(()));
            }
            for low in 1..=24 {
                assert!(host.remove(home << 8 | low));
            }
        }
    }
    assert!(host.entries().is_empty());
}

#[test]
fn the_load_at_which_a_table_grows_fits() {
    for bits in [MIN_BITS, 10, 12, 16] {
        let host = Host::new(bits, spread);
        for handle in 1..=(home_buckets(bits) as u64 * 4) {
            assert_eq!(wanted_bits(handle, bits).max(bits), bits);
            assert_eq!(host.insert(handle), Ok(()), "{handle} of {bits} bits");
        }
    }
}

#[test]
fn an_overfull_successor_gets_a_greater_one() {
    let host = Host::new(10, spread);
    for handle in 1..3000 {
        assert_eq!(host.insert(handle), Ok(()));
    }
    host.begin_resize(MIN_BITS);
    for handle in 3000..=3100 {
        assert_eq!(host.insert(handle), Ok(()));
    }
    assert_eq!(host.finish_resize(), Err(Full));
    host.begin_resize(11);
    assert_eq!(host.finish_resize(), Ok(()));
    assert_eq!(host.bits(), 11);
    let mut entries = host.entries();
    entries.sort_unstable();
    assert!(entries.into_iter().eq(1..=3100));
}

#[test]
fn entries_are_found_in_tables_of_all_sizes() {
    let host = Host::new(MIN_BITS, spread);
    for handle in 1..=800 {
        assert_eq!(host.insert(handle), Ok(()));
    }
    // Beyond 16 bits other bits of the hashes become tags.
    for bits in [10, 16, 17, 18, 16, 17, 9, MIN_BITS] {
        host.begin_resize(bits);
        assert_eq!(host.finish_resize(), Ok(()));
        for handle in 1..=800 {
            assert_eq!(host.find(handle), Some(handle), "{bits} bits");
        }
        assert_eq!(host.entries().len(), 800, "{bits} bits");
    }
    for handle in 1..=800 {
        assert!(host.remove(handle));
    }
    assert_eq!(host.entries(), []);
}

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// As [`spread`], and counts how often it was asked.
fn counted(handle: u64) -> u64 {
    ASKED.set(ASKED.get() + 1);
    spread(handle)
}

#[test]
fn a_small_table_grows_without_asking_for_hashes() {
    let host = Host::new(MIN_BITS, counted);
    for handle in 1..=800 {
        assert_eq!(host.insert(handle), Ok(()));
    }
    for (bits, asked) in [(10, 0), (16, 0), (17, 800)] {
        ASKED.set(0);
        host.begin_resize(bits);
        assert_eq!(host.finish_resize(), Ok(()));
        assert_eq!(ASKED.get(), asked, "to {bits} bits");
    }
}

#[test]
fn a_stripe_covers_whole_buckets_of_every_size() {
    for hash in (0..5000).map(spread) {
        for bits in MIN_BITS..=MAX_BITS {
            let home = hash & (home_buckets(bits) as u64 - 1);
            assert_eq!(stripe(hash), stripe(home));
            assert!(stripe(hash) < STRIPES);
        }
    }
}

#[test]
fn sizes_have_bounds() {
    assert_eq!(wanted_bits(0, 20), MIN_BITS);
    assert_eq!(wanted_bits(0, 0), MIN_BITS);
    assert_eq!(wanted_bits(u64::MAX, MIN_BITS), MAX_BITS);
    assert_eq!(wanted_bits(u64::MAX, MAX_BITS), MAX_BITS);
}

#[test]
fn storage_of_the_wrong_size_is_refused() {
    let storage = |len: usize| -> Vec<Bucket<AtomicU64>> {
        let empty = || Bucket::empty(AtomicU64::default);
        std::iter::repeat_with(empty).take(len).collect()
    };
    let needed = buckets(MIN_BITS);
    assert!(Table::new(MIN_BITS, storage(needed)).is_some());
    assert!(Table::new(MIN_BITS, storage(needed - 1)).is_none());
    assert!(Table::new(MIN_BITS - 1, storage(needed)).is_none());
    assert!(Table::new(MAX_BITS + 1, storage(needed)).is_none());
}
