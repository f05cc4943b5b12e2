// SPDX-License-Identifier: GPL-2.0-only

//! A service as the module keeps it: destinations, a plan made for them, and a state.

// Each test program uses its own part.
#![allow(dead_code)]

use std::{
    cell::{
        Cell,
        RefCell, //
    },
    collections::HashMap,
    convert::Infallible,
    net::Ipv4Addr,
    sync::atomic::AtomicU64, //
};

use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    scheduler::{
        emptiest,
        locality::Set,
        Destination,
        Flags,
        Kind,
        LoadEvents,
        Request,
        Settings,
        Surroundings, //
    },
    thresholds::Load,
};

/// A client for schedulers that do not ask who it is.
pub(crate) const ANYONE: Endpoint = endpoint(Ipv4Addr::UNSPECIFIED, 0);

/// An IPv4 endpoint.
pub(crate) const fn endpoint(addr: Ipv4Addr, port: u16) -> Endpoint {
    Endpoint::new(rvs_logic::logic::addr::Addr::V4(addr), port)
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    pub(crate) id: usize,
    pub(crate) endpoint: Endpoint,
    pub(crate) weight: u32,
    pub(crate) last_weight: u32,
    pub(crate) overloaded: bool,
    pub(crate) active: u32,
    pub(crate) inactive: u32,
    pub(crate) group: usize,
}

impl Server {
    /// A server without connections, at an address made of its number.
    pub(crate) fn new(id: usize, weight: u32) -> Self {
        Self {
            id,
            endpoint: endpoint(Ipv4Addr::from(0x0a63_0001 + id as u32), 80),
            weight,
            last_weight: weight,
            overloaded: false,
            active: 0,
            inactive: 0,
            group: 0,
        }
    }

    pub(crate) fn set_weight(&mut self, weight: u32) {
        self.weight = weight;
        if weight > 0 {
            self.last_weight = weight;
        }
    }
}

impl Destination for Server {
    fn weight(&self) -> u32 {
        self.weight
    }

    fn last_weight(&self) -> u32 {
        self.last_weight
    }

    fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    fn load(&self) -> Load {
        Load {
            connections: self.active + self.inactive,
            overloaded: self.overloaded,
        }
    }

    fn active(&self) -> u32 {
        self.active
    }

    fn overhead(&self) -> u64 {
        u64::from(self.active) * 257 + u64::from(self.inactive)
    }

    fn group(&self) -> usize {
        self.group
    }
}

/// "overhead(d) = active×256 + total", total being active and inactive.
pub(crate) fn overhead(server: &Server) -> u128 {
    u128::from(server.active) * 257 + u128::from(server.inactive)
}

/// Servers of these weights in list order, numbered from the head of the list.
pub(crate) fn servers(weights: &[u32]) -> Vec<Server> {
    let server = |(id, weight): (usize, &u32)| Server::new(id, *weight);
    weights.iter().enumerate().map(server).collect()
}

pub(crate) type Plan = rvs_logic::logic::scheduler::Plan<Vec<u16>, AtomicU64>;

/// A request of a client that nobody asks who it is.
pub(crate) const REQUEST: Request = Request {
    client: ANYONE,
    addr: ANYONE.addr,
};

/// What schedulers are given beside destinations.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) draws: Cell<[u32; 2]>,
    pub(crate) sets: RefCell<HashMap<Addr, Set>>,
    /// Whether sets have not changed for long.
    pub(crate) later: Cell<bool>,
}

impl Surroundings for Given {
    fn draws(&self) -> [u32; 2] {
        self.draws.get()
    }

    fn recall(&self, addr: Addr) -> Option<Set> {
        self.sets.borrow().get(&addr).copied()
    }

    fn remember(&self, addr: Addr, set: Set) {
        self.sets.borrow_mut().insert(addr, set);
    }

    fn now(&self) -> u32 {
        0
    }

    fn is_long_ago(&self, _time: u32) -> bool {
        self.later.get()
    }
}

/// A service.
pub(crate) struct Service {
    pub(crate) servers: Vec<Server>,
    pub(crate) plan: Plan,
    pub(crate) state: u64,
    pub(crate) surroundings: Given,
    events: LoadEvents<AtomicU64>,
    settings: Settings,
}

impl Service {
    pub(crate) fn new(kind: Kind, weights: &[u32]) -> Self {
        Self::with_flags(kind, Flags::default(), servers(weights))
    }

    pub(crate) fn with_flags(kind: Kind, flags: Flags, mut servers: Vec<Server>) -> Self {
        for index in 0..servers.len() {
            servers[index].group = emptiest(servers[..index].iter().map(Server::group));
        }
        let settings = Settings::new(kind, flags).expect("flags of the scheduler");
        let plan = plan(settings, &servers);
        let state = plan.initial_state();
        Self {
            servers,
            plan,
            state,
            surroundings: Given::default(),
            events: LoadEvents::new(),
            settings,
        }
    }

    /// The number of the server that `client` gets.
    pub(crate) fn pick_for(&mut self, client: Endpoint) -> Option<usize> {
        self.pick_to(client, ANYONE.addr)
    }

    /// The number of the server that a packet of `client` to `addr` gets.
    pub(crate) fn pick_to(&mut self, client: Endpoint, addr: Addr) -> Option<usize> {
        let request = Request { client, addr };
        let surroundings = &self.surroundings;
        let (chosen, state) = self.plan.pick(
            self.state,
            &self.servers,
            &self.events,
            request,
            surroundings,
        );
        self.state = state;
        chosen.map(|index| self.servers[index].id)
    }

    pub(crate) fn pick(&mut self) -> Option<usize> {
        self.pick_for(ANYONE)
    }

    /// Changes the load of a server.
    pub(crate) fn change_load(&mut self, index: usize, change: impl FnOnce(&mut Server)) {
        let server = &mut self.servers[index];
        change(server);
        self.events.note(server.group);
    }

    /// Puts a new server at the head of the list.
    pub(crate) fn insert(&mut self, mut server: Server) {
        server.group = emptiest(self.servers.iter().map(Server::group));
        self.put_back(server);
    }

    /// Puts a server that was removed at the head of the list.
    pub(crate) fn put_back(&mut self, server: Server) {
        self.servers.insert(0, server);
        self.plan = plan(self.settings, &self.servers);
        self.state = self.plan.after_insert(self.state);
    }

    pub(crate) fn remove(&mut self, index: usize) -> Server {
        let removed = self.servers.remove(index);
        self.plan = plan(self.settings, &self.servers);
        self.state = self.plan.after_remove(self.state, index);
        removed
    }

    pub(crate) fn set_weight(&mut self, index: usize, weight: u32) {
        self.servers[index].set_weight(weight);
        self.plan = plan(self.settings, &self.servers);
        self.state = self.plan.after_update(self.state);
    }
}

fn plan(settings: Settings, servers: &[Server]) -> Plan {
    // What is in the room beforehand does not matter: here, indices that look right.
    let room = |len| Ok::<_, Infallible>(vec![0; len]);
    Plan::new(settings, servers, room).expect("few servers")
}
