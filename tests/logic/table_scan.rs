// SPDX-License-Identifier: GPL-2.0-only

//! Scans of the tuple table: complete and without repetition, whatever happens to the table.

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
use proptest::prelude::*;
use rvs_logic::logic::table::{
    Position,
    MAX_BITS,
    MIN_BITS, //
};

#[derive(Clone, Debug)]
enum Step {
    Insert(u64),
    Remove(u64),
    BeginResize(u32),
    FinishResize,
    /// So many steps of the scan, each with room for so many entries.
    Scan(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few enough that one chain has room for all.
    let handle = || 1..350u64;
    let step = prop_oneof![
        16 => handle().prop_map(Step::Insert),
        6 => handle().prop_map(Step::Remove),
        2 => (MIN_BITS..MIN_BITS + 4).prop_map(Step::BeginResize),
        2 => Just(Step::FinishResize),
        8 => (1..40usize, 1..30usize).prop_map(|(steps, room)| Step::Scan(steps, room)),
    ];
    prop::collection::vec(step, 1..1500)
}

/// Two home buckets, and few hashes for all.
fn crowd(handle: u64) -> u64 {
    handle & 1 | (handle & 6) << 47
}

/// Sixteen home buckets: chains of several buckets that grow and shrink.
fn clusters(handle: u64) -> u64 {
    spread(handle) & !0xff | spread(handle) & 0x0f
}

/// A scan under way, with what is known of it.
struct Scan {
    position: Position,
    /// There from the beginning until now.
    permanent: HashSet<u64>,
    found: Vec<u64>,
}

impl Scan {
    fn begin(present: &HashSet<u64>) -> Self {
        Self {
            position: Position::default(),
            permanent: present.clone(),
            found: Vec::new(),
        }
    }

    /// Returns whether it is over.
    fn step(&mut self, host: &Host, room: usize) -> bool {
        let (found, next) = host.scan(self.position, room);
        assert!(next > self.position || found.is_empty() && room == 0);
        self.found.extend(found);
        self.position = next;
        next == Position::END
    }

    fn check(&self) {
        let distinct: HashSet<_> = self.found.iter().copied().collect();
        assert_eq!(distinct.len(), self.found.len(), "found twice");
        let missed: Vec<_> = self.permanent.difference(&distinct).collect();
        assert!(missed.is_empty(), "missed: {missed:?}");
    }
}

fn is_complete(hash_of: fn(u64) -> u64, steps: Vec<Step>) {
    let host = Host::new(MIN_BITS, hash_of);
    let mut present = HashSet::new();
    let mut scan = Scan::begin(&present);
    for step in steps {
        match step {
            Step::Insert(handle) => {
                if !present.contains(&handle) && host.insert(handle).is_ok() {
                    present.insert(handle);
                }
            }
            Step::Remove(handle) => {
                assert_eq!(host.remove(handle), present.remove(&handle));
                scan.permanent.remove(&handle);
            }
            Step::BeginResize(bits) => host.begin_resize(bits),
            Step::FinishResize => {
                while host.finish_resize().is_err() {
                    host.begin_resize(MIN_BITS + 8);
                }
            }
            Step::Scan(steps, room) => {
                for _ in 0..steps {
                    let before = scan.found.len();
                    let over = scan.step(&host, room);
                    let found = &scan.found[before..];
                    assert!(found.iter().all(|handle| present.contains(handle)), "ghost");
                    if over {
                        scan.check();
                        scan = Scan::begin(&present);
                    }
                }
            }
        }
    }
    while !scan.step(&host, 3) {}
    scan.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_entry_is_found_once(steps in steps()) {
        is_complete(spread, steps);
    }

    #[test]
    fn each_entry_of_a_chain_is_found_once(steps in steps()) {
        is_complete(clusters, steps);
    }

    #[test]
    fn each_entry_is_found_once_when_hashes_collide(steps in steps()) {
        is_complete(crowd, steps);
    }

    #[test]
    fn the_order_does_not_depend_on_the_size(count in 1..2000u64, bits in MIN_BITS + 2..MIN_BITS + 6) {
        let found = |bits| {
            let host = Host::new(bits, spread);
            (1..=count).for_each(|handle| host.insert(handle).expect("room"));
            let mut scan = Scan::begin(&HashSet::new());
            while !scan.step(&host, usize::MAX) {}
            scan.found
        };
        prop_assert_eq!(found(bits), found(bits + 3));
    }
}

#[test]
fn an_empty_table_is_over_after_its_buckets() {
    let host = Host::new(MIN_BITS, spread);
    let mut scan = Scan::begin(&HashSet::new());
    let steps = (1..).find(|_| scan.step(&host, 1)).expect("an end");
    assert_eq!(steps, 1 << MIN_BITS);
    // It stays at its end.
    assert!(host.scan(Position::END, 1) == (vec![], Position::END));
}

#[test]
fn no_room_is_no_progress() {
    let host = Host::new(MIN_BITS, |_| 0);
    host.insert(7).expect("room");
    let (found, next) = host.scan(Position::default(), 0);
    assert!(found.is_empty());
    let first = Position {
        order: 0,
        handle: 7,
    };
    assert_eq!(next, first);
    assert_eq!(host.scan(first, 1).0, [7]);
}

#[test]
fn the_first_and_the_last_hash_are_found() {
    const HASHES: [u64; 4] = [0, u64::MAX, 1 << 63, 1 << (MAX_BITS - 1)];
    let host = Host::new(MIN_BITS, |handle| HASHES[handle as usize - 1]);
    (1..=4).for_each(|handle| host.insert(handle).expect("room"));
    let mut scan = Scan::begin(&(1..=4).collect());
    while !scan.step(&host, 1) {}
    scan.check();
}

/// Entries that stay while others come and go and the table is resized, in threads of their own.
fn hammer(hash_of: fn(u64) -> u64) {
    const PERMANENT: u64 = if cfg!(miri) { 40 } else { 150 };
    const CHANGING: u64 = if cfg!(miri) { 10 } else { 100 };
    const SCANS: usize = if cfg!(miri) { 2 } else { 20 };

    let host = &Host::new(MIN_BITS, hash_of);
    let permanent: HashSet<_> = (1..=PERMANENT).collect();
    for handle in &permanent {
        host.insert(*handle).expect("room");
    }
    let done = &AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                for bits in [MIN_BITS + 2, MIN_BITS + 4, MIN_BITS] {
                    host.begin_resize(bits);
                    while host.finish_resize().is_err() {
                        host.begin_resize(MIN_BITS + 5);
                    }
                }
            }
        });
        scope.spawn(move || {
            let changing = PERMANENT + 1..PERMANENT + 1 + CHANGING;
            while !done.load(Ordering::Relaxed) {
                for handle in changing.clone() {
                    host.insert(handle).expect("room");
                }
                for handle in changing.clone() {
                    assert!(host.remove(handle));
                }
            }
        });
        let scans = scope.spawn(move || {
            for _ in 0..SCANS {
                let mut scan = Scan::begin(&permanent);
                while !scan.step(host, 5) {}
                let stays = |handle: &u64| *handle <= PERMANENT;
                assert_eq!(
                    scan.found.iter().filter(|&handle| stays(handle)).count() as u64,
                    PERMANENT
                );
                scan.check();
            }
        });
        let result = scans.join();
        done.store(true, Ordering::Relaxed);
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

#[test]
fn nothing_is_missed_beside_writers_and_a_worker() {
    hammer(spread);
}

#[test]
fn nothing_is_missed_in_chains_beside_writers_and_a_worker() {
    hammer(clusters);
}
