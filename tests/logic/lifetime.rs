// SPDX-License-Identifier: GPL-2.0-only

//! All interleavings of an object that comes into its places and of others that find and end it.
//!
//! The real steps run, each actor in a thread of its own. Before each step an actor waits for its
//! turn, and the turns of one run after the other take every order that there is.

#[path = "support/turns.rs"]
mod turns;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        Mutex, //
    },
    thread,
};

use rvs_logic::logic::lifetime::{
    self,
    Object, //
};
use turns::{
    next,
    Turns, //
};

/// Where the object is, and what is known of it.
#[derive(Default, Debug, Clone, PartialEq, Eq)]
struct Places {
    first: bool,
    second: bool,
    /// Somebody else's object holds the second key.
    second_is_taken: bool,
    attended: bool,
    /// Whoever looks after it does so soon.
    hastened: bool,
    dead: bool,
    counted: bool,
    count: i32,
}

/// One actor's view of the object.
#[derive(Clone)]
struct Actor {
    number: usize,
    turns: Arc<Turns>,
    places: Arc<Mutex<Places>>,
}

impl Actor {
    fn step<T>(&self, step: impl FnOnce(&mut Places) -> T) -> T {
        self.turns
            .step(self.number, || step(&mut self.places.lock().unwrap()))
    }
}

impl Object for Actor {
    type Refused = ();

    fn insert_first(&mut self) -> Result<(), ()> {
        self.step(|places| places.first = true);
        Ok(())
    }

    fn insert_second(&mut self) -> Result<(), ()> {
        self.step(|places| {
            if places.second_is_taken {
                return Err(());
            }
            places.second = true;
            Ok(())
        })
    }

    fn remove_first(&mut self) {
        self.step(|places| places.first = false);
    }

    fn remove_second(&mut self) {
        self.step(|places| places.second = false);
    }

    fn attend(&mut self) {
        self.step(|places| places.attended = true);
    }

    fn hasten(&mut self) {
        // The wheel ignores objects that it does not have.
        self.step(|places| places.hastened |= places.attended);
    }

    fn die(&mut self) -> bool {
        self.step(|places| {
            let first = !places.dead;
            places.dead = true;
            if first && places.counted {
                places.count -= 1;
            }
            first
        })
    }

    fn settle(&mut self) -> bool {
        self.step(|places| {
            if places.dead {
                return false;
            }
            places.counted = true;
            places.count += 1;
            true
        })
    }
}

/// How somebody comes by the object.
#[derive(Clone, Copy, Debug)]
enum FoundBy {
    FirstKey,
    SecondKey,
    Wheel,
}

impl FoundBy {
    fn finds(self, places: &Places) -> bool {
        match self {
            Self::FirstKey => places.first,
            Self::SecondKey => places.second,
            Self::Wheel => places.attended,
        }
    }
}

/// Runs one order of steps; returns what it has come to, and the choices with those that were made
/// beyond them.
fn run(
    start: &Places,
    choices: Vec<(usize, usize)>,
    create: fn(&mut Actor) -> Result<(), ()>,
    killers: &[FoundBy],
) -> (Places, Result<(), ()>, Vec<(usize, usize)>) {
    let turns = Arc::new(Turns::new(killers.len() + 1, choices));
    let places = Arc::new(Mutex::new(start.clone()));
    let actor = |number| Actor {
        number,
        turns: turns.clone(),
        places: places.clone(),
    };
    let created = thread::scope(|scope| {
        for (number, found_by) in killers.iter().enumerate() {
            let mut actor = actor(number + 1);
            scope.spawn(move || {
                if actor.step(|places| found_by.finds(places)) {
                    lifetime::leave(&mut actor);
                }
                actor.turns.leave(actor.number);
            });
        }
        let mut creator = actor(0);
        let created = create(&mut creator);
        creator.turns.leave(0);
        created
    });
    let choices = turns.choices();
    let end = places.lock().unwrap().clone();
    (end, created, choices)
}

/// What must hold in the end, whatever the order.
fn fault(end: &Places, created: Result<(), ()>) -> Option<&'static str> {
    if created.is_err() && !end.dead {
        return Some("a refused object is alive");
    }
    if end.dead && end.first {
        return Some("a dead object is under its first key");
    }
    if end.dead && end.second {
        return Some("a dead object is under its second key");
    }
    if end.dead && end.attended && !end.hastened {
        return Some("a dead object waits for the end of its timeout");
    }
    let is_everywhere = end.first && end.second && end.attended;
    if !end.dead && !is_everywhere {
        return Some("a living object is not in all its places");
    }
    if end.count != i32::from(!end.dead) {
        return Some("the count is wrong");
    }
    None
}

/// Goes through all orders; returns how many there are, and all faults.
fn explore(
    start: &Places,
    create: fn(&mut Actor) -> Result<(), ()>,
    killers: &[FoundBy],
) -> (usize, BTreeSet<&'static str>) {
    let mut choices = Some(Vec::new());
    let (mut orders, mut faults) = (0, BTreeSet::new());
    while let Some(taken) = choices {
        let (end, created, made) = run(start, taken, create, killers);
        faults.extend(fault(&end, created));
        orders += 1;
        choices = next(made);
    }
    (orders, faults)
}

const FOUND: [FoundBy; 3] = [FoundBy::FirstKey, FoundBy::SecondKey, FoundBy::Wheel];

#[test]
fn one_that_ends_it_leaves_nothing() {
    for found_by in FOUND {
        let (orders, faults) = explore(&Places::default(), lifetime::enter, &[found_by]);
        assert_eq!(faults, BTreeSet::new());
        // The one finds the object or not, before each step of the other and in between.
        assert!(orders > 20, "{orders} orders with {found_by:?}");
    }
}

#[test]
fn it_leaves_nothing_where_the_second_key_is_taken() {
    let taken = Places {
        second_is_taken: true,
        ..Places::default()
    };
    let (orders, faults) = explore(&taken, lifetime::enter, &[FoundBy::FirstKey]);
    assert_eq!(faults, BTreeSet::new());
    assert!(orders > 10, "{orders} orders");
}

#[test]
fn two_that_end_it_leave_nothing() {
    // Nothing is there to be found before the object has come to its second key, so that these are few
    // enough for all of them.
    let killers = [FoundBy::SecondKey, FoundBy::Wheel];
    let (orders, faults) = explore(&Places::default(), lifetime::enter, &killers);
    assert_eq!(faults, BTreeSet::new());
    assert!(orders > 200, "{orders} orders");
}

/// The order of commit 0107031, which never looked whether the object has ended meanwhile.
fn enter_without_looking(object: &mut Actor) -> Result<(), ()> {
    object.insert_first()?;
    if object.insert_second().is_err() {
        object.die();
        object.remove_first();
        return Err(());
    }
    object.attend();
    // It was counted from the beginning.
    object.step(|places| {
        if !places.dead {
            places.counted = true;
            places.count += 1;
        }
    });
    Ok(())
}

#[test]
fn the_model_finds_the_fault_of_who_does_not_look() {
    let killers = [FoundBy::FirstKey];
    let (_, faults) = explore(&Places::default(), enter_without_looking, &killers);
    let expected = [
        "a dead object is under its second key",
        "a dead object waits for the end of its timeout",
    ];
    assert_eq!(faults, BTreeSet::from(expected));
}
