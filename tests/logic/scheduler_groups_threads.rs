// SPDX-License-Identifier: GPL-2.0-only

//! Loads compared in groups while others change them: what is remembered is never out of date once
//! the changes are done.

#[path = "support/service.rs"]
mod service;

use std::{
    cell::Cell,
    sync::{
        atomic::{
            AtomicU32, AtomicU64,
            Ordering::{
                AcqRel,
                Relaxed, //
            },
        },
        Arc,
        Barrier,
        Mutex,
        RwLock, //
    },
    thread,
};

use rvs_logic::logic::{
    addr::Endpoint,
    scheduler::{
        events::GROUPS,
        Destination,
        Flags,
        Kind,
        LoadEvents,
        Settings, //
    },
    thresholds::Load,
};
use service::{
    Given,
    Plan,
    ANYONE,
    REQUEST, //
};

/// Servers in the list; more than one in each group.
const SERVERS: usize = 2 * GROUPS + 7;

/// Threads that connect and disconnect.
const CHANGING: u32 = 3;

/// How often all threads meet and look at what they left.
const ROUNDS: u32 = if cfg!(miri) { 5 } else { 300 };

/// What each thread does in a round.
const CHANGES: u32 = if cfg!(miri) { 5 } else { 40 };

/// Lets another thread go first, once in so many calls: it is at such places that an order could go
/// wrong.
fn dawdle(calls: u32) {
    thread_local!(static RANDOM: Cell<u32> = const { Cell::new(1) });
    // Marsaglia, "Xorshift RNGs" (2003).
    let mut random = RANDOM.get();
    random ^= random << 13;
    random ^= random >> 17;
    random ^= random << 5;
    RANDOM.set(random);
    if random % calls == 0 {
        thread::yield_now();
    }
}

/// A server as the module has it.
struct Server {
    weight: u32,
    group: usize,
    load: AtomicU32,
    active: AtomicU32,
    overhead: AtomicU64,
}

impl Destination for &Server {
    fn weight(&self) -> u32 {
        self.weight
    }

    fn last_weight(&self) -> u32 {
        self.weight
    }

    fn endpoint(&self) -> Endpoint {
        ANYONE
    }

    fn load(&self) -> Load {
        let load = Load::from_u32(self.load.load(Relaxed));
        dawdle(20);
        load
    }

    fn active(&self) -> u32 {
        let active = self.active.load(Relaxed);
        dawdle(20);
        active
    }

    fn overhead(&self) -> u64 {
        let overhead = self.overhead.load(Relaxed);
        dawdle(20);
        overhead
    }

    fn group(&self) -> usize {
        self.group
    }
}

struct Site<'a> {
    kind: Kind,
    servers: Vec<&'a Server>,
    events: LoadEvents<AtomicU64>,
    plan: RwLock<Arc<Plan>>,
}

impl<'a> Site<'a> {
    fn new(kind: Kind, servers: &'a [Server]) -> Self {
        let servers: Vec<_> = servers.iter().collect();
        Self {
            kind,
            events: LoadEvents::new(),
            plan: RwLock::new(plan(kind, &servers)),
            servers,
        }
    }

    fn pick(&self) -> usize {
        let plan = self.plan.read().unwrap().clone();
        let (chosen, _) = plan.pick(0, &self.servers, &self.events, REQUEST, &Given::default());
        chosen.expect("not all are overloaded")
    }

    /// What a plan chooses that remembers nothing.
    fn pick_anew(&self) -> usize {
        let plan = plan(self.kind, &self.servers);
        let (chosen, _) = plan.pick(0, &self.servers, &self.events, REQUEST, &Given::default());
        chosen.expect("not all are overloaded")
    }

    fn begin(&self, index: usize) {
        let server = self.servers[index];
        server.overhead.fetch_add(1, AcqRel);
        server.load.fetch_add(1, AcqRel);
        dawdle(2);
        self.events.note(server.group);
    }

    fn end(&self, index: usize) {
        let server = self.servers[index];
        server.overhead.fetch_sub(1, AcqRel);
        server.load.fetch_sub(1, AcqRel);
        dawdle(2);
        self.events.note(server.group);
    }

    fn activate(&self, index: usize) {
        let server = self.servers[index];
        server.active.fetch_add(1, AcqRel);
        server.overhead.fetch_add(256, AcqRel);
        dawdle(2);
        self.events.note(server.group);
    }

    fn deactivate(&self, index: usize) {
        let server = self.servers[index];
        server.active.fetch_sub(1, AcqRel);
        server.overhead.fetch_sub(256, AcqRel);
        dawdle(2);
        self.events.note(server.group);
    }
}

fn plan(kind: Kind, servers: &[&Server]) -> Arc<Plan> {
    let settings = Settings::new(kind, Flags::default()).expect("no flags");
    let room = |len| Ok::<_, ()>(vec![0; len]);
    let plan = Plan::new(settings, servers, room).expect("few servers");
    assert!(plan.wants_events());
    Arc::new(plan)
}

/// Connections begin where the scheduler says, and end in another order.
fn change(site: &Site, seed: u32) {
    let mut own = Vec::new();
    for number in 0..CHANGES {
        let chosen = site.pick();
        site.begin(chosen);
        let active = (seed ^ number) % 3 == 0;
        if active {
            site.activate(chosen);
        }
        own.push((chosen, active));
        if number % 2 == 1 {
            let (index, active) = own.swap_remove(number as usize / 4);
            if active {
                site.deactivate(index);
            }
            site.end(index);
        }
    }
    // As many stay as to fill the servers little by little.
    for (index, active) in own.drain(2..) {
        if active {
            site.deactivate(index);
        }
        site.end(index);
    }
}

fn hammer(kind: Kind) {
    let server = |number| Server {
        weight: 1 + number as u32 % 4,
        group: number * 5 % GROUPS,
        load: AtomicU32::new(0),
        active: AtomicU32::new(0),
        overhead: AtomicU64::new(0),
    };
    let servers: Vec<_> = (0..SERVERS).map(server).collect();
    let site = Site::new(kind, &servers);
    let meeting = Barrier::new(CHANGING as usize + 1);
    let wrong = Mutex::new(Vec::new());
    let (site, meeting, wrong) = (&site, &meeting, &wrong);

    thread::scope(|scope| {
        for thread in 0..CHANGING {
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    change(site, thread.wrapping_mul(7) ^ round);
                    meeting.wait();
                    // Who panics would leave the others waiting.
                    let (chosen, expected) = (site.pick(), site.pick_anew());
                    if chosen != expected {
                        wrong.lock().unwrap().push((round, chosen, expected));
                    }
                    meeting.wait();
                }
            });
        }
        for round in 0..ROUNDS {
            // Those who have the old one go on with it.
            if round % 3 == 0 {
                thread::yield_now();
                *site.plan.write().unwrap() = plan(kind, &site.servers);
            }
            meeting.wait();
            meeting.wait();
        }
    });
    let wrong = wrong.lock().unwrap();
    assert!(wrong.is_empty(), "{kind:?}: {wrong:?}");
}

#[test]
fn lc_forgets_no_event() {
    hammer(Kind::Lc);
}

#[test]
fn wlc_forgets_no_event() {
    hammer(Kind::Wlc);
}

#[test]
fn sed_forgets_no_event() {
    hammer(Kind::Sed);
}

#[test]
fn nq_forgets_no_event() {
    hammer(Kind::Nq);
}
