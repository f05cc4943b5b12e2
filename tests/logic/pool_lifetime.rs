// SPDX-License-Identifier: GPL-2.0-only

//! All interleavings of packets that find a server in a pool and take a port, and of the worker that forgets it.
//!
//! The real steps run, over the real ports of a server; only where servers are found is a model.

#[path = "support/turns.rs"]
mod turns;

use std::{
    collections::BTreeSet,
    convert::Infallible,
    net::Ipv4Addr,
    sync::{
        Arc,
        Mutex, //
    },
    thread,
};

use rvs_logic::logic::{
    addr::Addr,
    pool::{
        find::{
            self,
            Place,
            Sleeper, //
        },
        Offer,
        Ports,
        Refusal,
        Storage,
        Taken,
        Target, //
    },
};
use turns::{
    next,
    Turns, //
};

struct Memory;

impl Storage for Memory {
    type Error = Infallible;
    type Kept<T> = Box<T>;
    type List<T> = Vec<T>;

    fn keep<T>(value: T) -> Result<Box<T>, Infallible> {
        Ok(Box::new(value))
    }

    fn reserve<T>(_: &mut Vec<T>) -> Result<(), Infallible> {
        Ok(())
    }

    fn insert<T>(list: &mut Vec<T>, index: usize, value: T) {
        list.insert(index, value);
    }
}

type Server = Arc<Mutex<Target<Memory>>>;

/// The pool, with one address of two ports, and one server.
#[derive(Default)]
struct World {
    found: Option<Server>,
    is_awake: bool,
    /// How often the worker is to run yet.
    runs: usize,
    /// Ports that connections have.
    used: Vec<u16>,
    faults: BTreeSet<&'static str>,
}

#[derive(Clone)]
struct Actor {
    number: usize,
    turns: Arc<Turns>,
    world: Arc<Mutex<World>>,
}

impl Actor {
    fn step<T>(&self, step: impl FnOnce(&mut World) -> T) -> T {
        self.turns
            .step(self.number, || step(&mut self.world.lock().unwrap()))
    }
}

impl Place for Actor {
    type Server = Server;
    type Taken = Taken;
    type Error = Infallible;

    fn find_or_add(&mut self) -> Result<Server, Infallible> {
        let new = || Arc::new(Mutex::new(Target::new(0)));
        Ok(self.step(|world| world.found.get_or_insert_with(new).clone()))
    }

    fn take(&mut self, server: &Server) -> Result<Taken, Refusal<Infallible>> {
        let addrs = [Addr::V4(Ipv4Addr::new(192, 0, 2, 1))];
        let offer = Offer {
            addrs: &addrs,
            ports: Ports::new(1000, 1001).unwrap(),
            generation: 1,
        };
        self.step(|world| {
            let taken = server.lock().unwrap().take(&offer, 0)?;
            if world.used.contains(&taken.port) {
                world.faults.insert("a port is given twice");
            }
            world.used.push(taken.port);
            Ok(taken)
        })
    }

    fn end_when_free(&mut self, server: &Server) -> bool {
        self.step(|_| server.lock().unwrap().end_when_free())
    }

    fn remove(&mut self, server: &Server) {
        self.step(|world| {
            let is_found = |found: &Server| Arc::ptr_eq(found, server);
            if world.found.as_ref().is_some_and(is_found) {
                world.found = None;
            }
        });
    }
}

impl Sleeper for Actor {
    fn is_awake(&mut self) -> bool {
        self.step(|world| world.is_awake)
    }

    fn rouse(&mut self) -> bool {
        self.step(|world| std::mem::replace(&mut world.is_awake, true))
    }

    fn doze(&mut self) {
        self.step(|world| world.is_awake = false);
    }

    fn has_work(&mut self) -> bool {
        self.step(|world| world.found.is_some())
    }
}

/// A connection begins, to a server that is known from before or not; it looks whether the worker is awake where it has to, and ends
/// where wanted.
fn connection(actor: &mut Actor, known: Option<Server>, ends: Option<bool>) {
    let Ok((found, taken)) = find::take_of_known(actor, known.as_ref()) else {
        actor.step(|world| world.faults.insert("a port is refused"));
        return;
    };
    let Some(ends) = ends else { return };
    let may_sleep = found.is_some();
    let server = found.or(known).expect("a server");
    if may_sleep && find::has_to_wake(actor) {
        actor.step(|world| world.runs += 1);
    }
    if ends {
        actor.step(|world| {
            world.used.retain(|port| *port != taken.port);
            server
                .lock()
                .unwrap()
                .give_back(taken.row, taken.port, false);
        });
    }
}

/// One run of the worker; `sleep` is the way it goes to sleep.
fn worker(actor: &mut Actor, sleep: fn(&mut Actor) -> bool) {
    let found = actor.step(|world| {
        world.runs -= 1;
        world.found.clone()
    });
    let has_more = found.is_some_and(|server| !find::sweep(actor, &server));
    if has_more || !sleep(actor) {
        actor.step(|world| world.runs += 1);
    }
}

/// Goes through all orders, and returns how many there are, and all faults. At first there is a server of which all is
/// free, which connections know or not, and the worker is about to run.
fn explore(
    ends: &[Option<bool>],
    knows: bool,
    sleep: fn(&mut Actor) -> bool,
) -> (usize, BTreeSet<&'static str>) {
    let mut choices = Some(Vec::new());
    let (mut orders, mut faults) = (0, BTreeSet::new());
    while let Some(taken) = choices {
        let turns = Arc::new(Turns::new(ends.len() + 1, taken));
        let server = Arc::new(Mutex::new(Target::new(0)));
        let known = knows.then(|| server.clone());
        let world = Arc::new(Mutex::new(World {
            found: Some(server),
            is_awake: true,
            runs: 1,
            ..World::default()
        }));
        let actor = |number| Actor {
            number,
            turns: turns.clone(),
            world: world.clone(),
        };
        thread::scope(|scope| {
            for (number, ends) in ends.iter().enumerate() {
                let mut actor = actor(number + 1);
                let known = known.clone();
                scope.spawn(move || {
                    connection(&mut actor, known, *ends);
                    actor.turns.leave(actor.number);
                });
            }
            let mut actor = actor(0);
            worker(&mut actor, sleep);
            actor.turns.leave(0);
        });
        let mut world = world.lock().unwrap();
        faults.append(&mut world.faults);
        let is_told = ends.iter().all(Option::is_some);
        if is_told && world.found.is_some() && world.runs == 0 {
            faults.insert("nobody looks after a server");
        }
        if world.found.is_none() && !world.used.is_empty() {
            faults.insert("a server is forgotten of which a port is taken");
        }
        orders += 1;
        choices = next(turns.choices());
    }
    (orders, faults)
}

#[test]
fn a_connection_and_the_worker() {
    for (ends, knows, least) in [
        (false, false, 30),
        (true, false, 30),
        (false, true, 10),
        (true, true, 10),
    ] {
        let (orders, faults) = explore(&[Some(ends)], knows, find::may_sleep);
        assert_eq!(faults, BTreeSet::new());
        assert!(orders > least, "{orders} orders");
    }
}

#[test]
fn two_connections_and_a_sweep() {
    // Awake or not is told above.
    for (knows, least) in [(false, 100), (true, 10)] {
        let (orders, faults) = explore(&[None, None], knows, |_| true);
        assert_eq!(faults, BTreeSet::new());
        assert!(orders > least, "{orders} orders");
    }
}

#[test]
fn the_model_finds_the_fault_of_who_does_not_look_again() {
    let asleep = |actor: &mut Actor| {
        actor.doze();
        true
    };
    let (_, faults) = explore(&[Some(false)], false, asleep);
    assert_eq!(faults, BTreeSet::from(["nobody looks after a server"]));
}
