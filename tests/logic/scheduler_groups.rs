// SPDX-License-Identifier: GPL-2.0-only

//! Loads compared in groups, against exact fractions compared one by one.

#[path = "support/service.rs"]
mod service;

use std::{
    cell::Cell,
    sync::atomic::AtomicU64, //
};

use proptest::prelude::*;
use rvs_logic::logic::{
    addr::Endpoint,
    scheduler::{
        emptiest,
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
    overhead,
    Given,
    Plan,
    Server,
    Service,
    REQUEST, //
};

/// Those that compare loads.
const ALL: [Kind; 4] = [Kind::Lc, Kind::Wlc, Kind::Sed, Kind::Nq];

/// The number of the first of those than which none is less.
fn first_least(kind: Kind, servers: &[Server]) -> Option<usize> {
    let share = |server: &Server| match kind {
        Kind::Lc => 1,
        _ => u128::from(server.weight),
    };
    let load = |server: &Server| match (kind, server.active) {
        (Kind::Lc | Kind::Wlc, _) => overhead(server),
        (Kind::Nq, 0) => 0,
        (_, active) => u128::from(active) + 1,
    };
    // a/b < c/d as a*d < c*b; `min_by` returns the first of equals.
    servers
        .iter()
        .filter(|server| server.weight > 0 && !server.overloaded)
        .min_by(|one, other| {
            let (one, other) = (load(one) * share(other), load(other) * share(one));
            one.cmp(&other)
        })
        .map(|server| server.id)
}

/// What happens to a service. A place counts from the head of the list, around its end.
#[derive(Clone, Debug)]
enum Step {
    Load {
        place: usize,
        active: u32,
        inactive: u32,
        overloaded: bool,
    },
    /// A connection begins, and stays.
    Connect,
    Add(u32),
    Remove(usize),
    /// The server that was removed last returns.
    Return,
    Weight(usize, u32),
}

fn weight() -> impl Strategy<Value = u32> {
    prop_oneof![2 => 0..4u32, 1 => 0..=i32::MAX as u32]
}

fn step() -> impl Strategy<Value = Step> {
    let connections = || prop_oneof![3 => 0..3u32, 1 => 0..100_000u32];
    let overloaded = prop::bool::weighted(0.1);
    let load = (any::<usize>(), connections(), connections(), overloaded);
    prop_oneof![
        8 => load.prop_map(|(place, active, inactive, overloaded)| Step::Load {
            place,
            active,
            inactive,
            overloaded,
        }),
        8 => Just(Step::Connect),
        1 => weight().prop_map(Step::Add),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => Just(Step::Return),
        1 => (any::<usize>(), weight()).prop_map(|(place, weight)| Step::Weight(place, weight)),
    ]
}

/// A service with the servers that were removed from it.
struct Site {
    service: Service,
    removed: Vec<Server>,
    added: usize,
}

impl Site {
    fn new(kind: Kind, weights: &[u32]) -> Self {
        Self {
            service: Service::new(kind, weights),
            removed: Vec::new(),
            added: weights.len(),
        }
    }

    fn take(&mut self, step: Step) {
        let count = self.service.servers.len();
        match step {
            Step::Load {
                place,
                active,
                inactive,
                overloaded,
            } if count > 0 => self.service.change_load(place % count, |server| {
                (server.active, server.inactive) = (active, inactive);
                server.overloaded = overloaded;
            }),
            Step::Connect => {
                if let Some(id) = self.service.pick() {
                    let servers = &self.service.servers;
                    let index = servers.iter().position(|server| server.id == id);
                    let index = index.expect("one of them");
                    self.service
                        .change_load(index, |server| server.inactive += 1);
                }
            }
            Step::Add(weight) => {
                self.service.insert(Server::new(self.added, weight));
                self.added += 1;
            }
            Step::Remove(place) if count > 0 => {
                self.removed.push(self.service.remove(place % count));
            }
            Step::Return => {
                if let Some(server) = self.removed.pop() {
                    self.service.put_back(server);
                }
            }
            Step::Weight(place, weight) if count > 0 => {
                self.service.set_weight(place % count, weight);
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_choice_is_that_among_all(
        weights in prop::collection::vec(weight(), 10..80),
        steps in prop::collection::vec((step(), any::<bool>()), 0..150),
    ) {
        for kind in ALL {
            let mut site = Site::new(kind, &weights);
            for (step, look) in &steps {
                site.take(step.clone());
                // Not after each step, so that several change before anyone looks.
                if *look {
                    let expected = first_least(kind, &site.service.servers);
                    prop_assert_eq!(site.service.pick(), expected, "{:?} after {:?}", kind, step);
                }
            }
            let expected = first_least(kind, &site.service.servers);
            prop_assert_eq!(site.service.pick(), expected, "{:?}", kind);
        }
    }

    #[test]
    fn any_groups_do(
        servers in prop::collection::vec((0..GROUPS, weight(), 0..3u32), 20..100),
        events in prop::collection::vec((any::<usize>(), 0..3u32), 0..100),
    ) {
        // Removals leave groups of any size.
        for kind in ALL {
            let mut service = Service::new(kind, &[]);
            for (id, (group, weight, active)) in servers.iter().copied().enumerate() {
                service.put_back(Server { group, active, ..Server::new(id, weight) });
            }
            for (place, active) in &events {
                service.change_load(place % servers.len(), |server| server.active = *active);
                prop_assert_eq!(service.pick(), first_least(kind, &service.servers), "{:?}", kind);
            }
        }
    }
}

#[test]
fn new_servers_go_where_fewest_are() {
    let mut groups = Vec::new();
    for _ in 0..3 * GROUPS {
        groups.push(emptiest(groups.iter().copied()));
    }
    for group in 0..GROUPS {
        assert_eq!(groups.iter().filter(|other| **other == group).count(), 3);
    }
    groups.retain(|group| *group != 7);
    assert_eq!(emptiest(groups.into_iter()), 7);
}

#[test]
fn all_servers_of_a_great_service_are_compared() {
    // As many as have a place in groups, and more.
    for count in [0xffff, 0x1_0000, 0x1_0001] {
        for kind in ALL {
            let mut service = Service::new(kind, &[]);
            let servers = (0..count).map(|id| Server {
                active: 1,
                inactive: 1,
                group: id % GROUPS,
                ..Server::new(id, 1)
            });
            service.servers = servers.collect();
            // The plan is made anew.
            service.set_weight(0, 1);
            assert_eq!(service.pick(), Some(0), "{kind:?} of {count}");
            service.change_load(count - 1, |server| {
                (server.active, server.inactive) = (0, 0);
            });
            assert_eq!(service.pick(), Some(count - 1), "{kind:?} of {count}");
        }
    }
}

/// A server that counts how often someone looks at its load.
struct Watched<'a>(Server, &'a Cell<u32>);

impl Destination for Watched<'_> {
    fn weight(&self) -> u32 {
        self.0.weight
    }

    fn last_weight(&self) -> u32 {
        self.0.last_weight
    }

    fn endpoint(&self) -> Endpoint {
        self.0.endpoint
    }

    fn load(&self) -> Load {
        self.0.load()
    }

    fn active(&self) -> u32 {
        self.1.set(self.1.get() + 1);
        self.0.active
    }

    fn overhead(&self) -> u64 {
        self.1.set(self.1.get() + 1);
        self.0.overhead()
    }

    fn group(&self) -> usize {
        self.0.group
    }
}

#[test]
fn a_choice_looks_where_something_happened() {
    const SERVERS: usize = 8 * GROUPS;
    for kind in ALL {
        let looks = Cell::new(0);
        let servers = (0..SERVERS).map(|id| Server {
            group: id % GROUPS,
            // Who is idle would be chosen by `nq` without a look at the others.
            active: 1,
            ..Server::new(id, 1)
        });
        let servers: Vec<_> = servers.map(|server| Watched(server, &looks)).collect();
        let settings = Settings::new(kind, Flags::default()).expect("no flags");
        let room = |len| Ok::<_, ()>(vec![0; len]);
        let plan = Plan::new(settings, &servers, room).expect("few servers");
        assert!(plan.wants_events());
        let events = LoadEvents::<AtomicU64>::new();
        let looks_of_a_choice = || {
            looks.set(0);
            let (chosen, _) = plan.pick(0, &servers, &events, REQUEST, &Given::default());
            assert_eq!(chosen, Some(0));
            looks.get()
        };
        assert!(looks_of_a_choice() as usize >= SERVERS, "{kind:?}");
        assert!(looks_of_a_choice() <= 8, "{kind:?}: nothing happened");
        events.note(3);
        assert!(looks_of_a_choice() <= 24, "{kind:?}: an event");
        assert!(looks_of_a_choice() <= 8, "{kind:?}: nothing happened since");
    }
}

#[test]
fn a_first_server_that_is_idle_is_chosen_at_once() {
    let looks = Cell::new(0);
    let servers = (0..8 * GROUPS).map(|id| Server {
        group: id % GROUPS,
        active: u32::from(id != 1),
        // The first one may not be chosen.
        ..Server::new(id, u32::from(id > 0))
    });
    let servers: Vec<_> = servers.map(|server| Watched(server, &looks)).collect();
    let settings = Settings::new(Kind::Nq, Flags::default()).expect("no flags");
    let room = |len| Ok::<_, ()>(vec![0; len]);
    let plan = Plan::new(settings, &servers, room).expect("few servers");
    looks.set(0);
    let events = LoadEvents::<AtomicU64>::new();
    let (chosen, _) = plan.pick(0, &servers, &events, REQUEST, &Given::default());
    assert_eq!(chosen, Some(1));
    assert!(looks.get() <= 4, "{} looks", looks.get());
}
