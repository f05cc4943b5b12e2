// SPDX-License-Identifier: GPL-2.0-only

//! The index of the tuple table under concurrent readers, writers and a worker that resizes it.

#[path = "support/table.rs"]
mod host;

use std::{
    collections::HashSet,
    sync::atomic::{
        AtomicBool,
        Ordering, //
    },
    thread,
};

use host::{
    spread,
    Host, //
};
use rvs_logic::logic::table::MIN_BITS;

/// Entries that stay from beginning to end.
const PERMANENT: u64 = if cfg!(miri) { 40 } else { 150 };

/// How often each writer inserts and removes its entries.
const ROUNDS: u64 = if cfg!(miri) { 3 } else { 400 };

/// Entries of each writer.
const CHANGING: u64 = if cfg!(miri) { 10 } else { 60 };

const WRITERS: u64 = 2;

/// How much greater than the smallest the greatest table is.
const MORE_BITS: u32 = if cfg!(miri) { 1 } else { 4 };

/// Chains of several buckets, which grow and shrink all the time.
fn clusters(handle: u64) -> u64 {
    spread(handle) & !0xff | spread(handle) & 0x07
}

/// Runs readers and writers while `worker` works; checks that what is there is always found and
/// that what is gone never is.
fn hammer(hash_of: fn(u64) -> u64, worker: impl Fn(&Host) + Sync) {
    let host = Host::new(MIN_BITS, hash_of);
    for handle in 1..=PERMANENT {
        assert_eq!(host.insert(handle), Ok(()));
    }
    let done = AtomicBool::new(false);
    let (host, done, worker) = (&host, &done, &worker);

    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    for handle in 1..=PERMANENT {
                        assert_eq!(host.find(handle), Some(handle), "a reader missed it");
                    }
                }
            });
        }
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                worker(host);
            }
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    let first = PERMANENT + 1 + writer * CHANGING;
                    let own = first..first + CHANGING;
                    for _ in 0..ROUNDS {
                        for handle in own.clone() {
                            assert_eq!(host.insert(handle), Ok(()));
                            assert_eq!(host.find(handle), Some(handle), "lost at once");
                        }
                        for handle in own.clone() {
                            assert_eq!(host.find(handle), Some(handle), "lost");
                            assert!(host.remove(handle), "not there to be removed");
                            assert_eq!(host.find(handle), None, "came back");
                        }
                    }
                })
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::Relaxed);
        for result in results {
            result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });

    let entries = host.entries();
    let expected: HashSet<_> = (1..=PERMANENT).collect();
    assert_eq!(entries.len(), expected.len(), "an entry is there twice");
    assert_eq!(entries.into_iter().collect::<HashSet<_>>(), expected);
}

fn resize(host: &Host) {
    for bits in [MIN_BITS + MORE_BITS / 2, MIN_BITS + MORE_BITS, MIN_BITS] {
        host.begin_resize(bits);
        while host.finish_resize().is_err() {
            host.begin_resize(MIN_BITS + MORE_BITS + 1);
        }
    }
}

#[test]
fn readers_miss_nothing_while_chains_grow_and_shrink() {
    hammer(clusters, |_| thread::yield_now());
}

#[test]
fn readers_miss_nothing_while_the_table_is_resized() {
    hammer(spread, resize);
}

#[test]
fn readers_miss_nothing_while_chains_are_resized() {
    hammer(clusters, resize);
}
