// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses: what is given is free, in any order of things, and what is left is told.

#[path = "support/pool.rs"]
mod host;

use std::{
    collections::BTreeMap,
    net::Ipv4Addr, //
};

use host::{
    addr,
    ports,
    Counted,
    Random,
    Short,
    BOXES,
    LEFT, //
};
use proptest::prelude::*;
use rvs_logic::logic::{
    addr::Addr,
    pool::{
        order,
        AddrRange,
        Level,
        Name,
        NoRange,
        Offer,
        Ports,
        Refusal,
        Target, //
    },
};

#[test]
fn names() {
    for text in ["a", "web-1", "0", "A.b_c-D", &"x".repeat(31)] {
        assert_eq!(Name::new(text).expect(text).as_str(), text);
    }
    for text in [
        "",
        "-a",
        ".a",
        "_",
        "a b",
        "ä",
        "a/b",
        "a\0",
        &"x".repeat(32),
    ] {
        assert!(Name::new(text).is_none(), "{text}");
    }
    let mut names = ["b", "ab", "a", "b.c"].map(|text| Name::new(text).expect(text));
    names.sort();
    assert_eq!(names.map(|name| name.to_string()), ["a", "ab", "b", "b.c"]);
}

/// Whether it is the reason that was to be given.
type IsRight = fn(NoRange) -> bool;

#[test]
fn ranges() {
    let range = |text: &str| text.parse::<AddrRange>();
    for text in [
        "192.0.2.1",
        "192.0.2.1-192.0.2.20",
        "192.0.2.255-192.0.3.1",
        "2001:db8::1",
        "2001:db8::fffe-2001:db8::1:2",
        "10.0.0.0-10.0.3.255",
    ] {
        assert_eq!(range(text).expect(text).to_string(), text);
    }
    assert_eq!(range("192.0.2.7-192.0.2.7"), range("192.0.2.7"));
    let refused: [(&str, IsRight); 17] = [
        ("", |why| why == NoRange::Text),
        ("192.0.2", |why| why == NoRange::Text),
        ("192.0.2.1-", |why| why == NoRange::Text),
        ("192.0.2.1-20", |why| why == NoRange::Text),
        ("192.0.2.1 - 192.0.2.2", |why| why == NoRange::Text),
        ("192.0.2.1-192.0.2.2-192.0.2.3", |why| why == NoRange::Text),
        ("192.0.2.0/24", |why| why == NoRange::Prefix),
        ("192.0.2.1-2001:db8::1", |why| why == NoRange::Families),
        ("192.0.2.2-192.0.2.1", |why| why == NoRange::Order),
        ("10.0.0.0-10.0.4.0", |why| why == NoRange::TooMany),
        ("::2-ffff::", |why| why == NoRange::TooMany),
        ("0.0.0.0", |why| matches!(why, NoRange::Unspecified(_))),
        ("223.255.255.255-224.0.0.0", |why| {
            why == NoRange::Multicast(Addr::V4(Ipv4Addr::new(224, 0, 0, 0)))
        }),
        ("255.255.255.254-255.255.255.255", |why| {
            matches!(why, NoRange::Broadcast(_))
        }),
        ("126.255.255.255-127.0.0.1", |why| {
            matches!(why, NoRange::Loopback(_))
        }),
        ("fe80::1", |why| matches!(why, NoRange::LinkLocal(_))),
        ("::ffff:192.0.2.1", |why| matches!(why, NoRange::Mapped(_))),
    ];
    for (text, is_it) in refused {
        let why = range(text).expect_err(text);
        assert!(is_it(why), "{text}: {why:?}");
        assert!(!why.to_string().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ranges_overlap_where_they_have_an_address(
        base in 1u32..0xdfff_0000,
        starts in any::<[u8; 2]>(),
        lengths in any::<[u8; 2]>(),
    ) {
        let addr = |number: u32| Addr::V4(Ipv4Addr::from_bits(base + number));
        let make = |which: usize| {
            let first = u32::from(starts[which]);
            AddrRange::new(addr(first), addr(first + u32::from(lengths[which])))
        };
        if let (Ok(one), Ok(other)) = (make(0), make(1)) {
            let common = one.addrs().filter(|addr| other.contains(*addr)).count();
            prop_assert_eq!(one.overlaps(&other), common > 0);
            prop_assert_eq!(other.overlaps(&one), common > 0);
            prop_assert_eq!(one.addrs().count(), one.len());
            prop_assert_eq!(one.to_string().parse(), Ok(one));
        }
    }

    #[test]
    fn ports_are_those_of_the_range(first: u16, last: u16, random: u32) {
        match Ports::new(first, last) {
            Some(ports) => {
                prop_assert!(ports.contains(ports.at(random)));
                prop_assert_eq!(ports.at(0), first);
                prop_assert_eq!(ports.at(u32::MAX), last);
                prop_assert_eq!(ports.count() as usize, (first..=last).len());
            }
            None => prop_assert!(first == 0 || first > last),
        }
    }
}

/// What happens to a target.
#[derive(Clone, Debug)]
enum Step {
    /// A port is wanted.
    Take(u32),
    /// The same while so many allocations succeed.
    TakeShort(u32, usize),
    /// One that was taken, by its place, is given back.
    GiveBack(usize, bool),
    /// Those that rest get older.
    Age,
    /// Other addresses and ports are on offer.
    Offer(Vec<u8>, Ports),
}

fn step() -> impl Strategy<Value = Step> {
    // Around the ends of pages, and so few that they run out.
    let ports = prop_oneof![
        4 => (250u16..260, 0u16..12).prop_map(|(first, more)| ports(first, first + more)),
        1 => Just(ports(u16::MAX - 2, u16::MAX)),
        1 => Just(ports(1, 600)),
        1 => Just(ports(7, 7)),
    ];
    let addrs = prop::collection::btree_set(1u8..7, 0..5).prop_map(|set| set.into_iter().collect());
    prop_oneof![
        24 => any::<u32>().prop_map(Step::Take),
        4 => (any::<u32>(), 0..4usize).prop_map(|(random, left)| Step::TakeShort(random, left)),
        12 => (any::<usize>(), prop::bool::weighted(0.4)).prop_map(|(which, rests)| Step::GiveBack(which, rests)),
        2 => Just(Step::Age),
        2 => (addrs, ports).prop_map(|(addrs, ports)| Step::Offer(addrs, ports)),
    ]
}

/// How long a port rests yet: until the ports have got older so often; 0 for one that is used.
type Model = BTreeMap<(u128, u16), u8>;

fn check(target: &mut Target<Counted>, offer: &Offer<'_>, model: &Model) {
    let of = |addr: Addr| move |((of, _), _): &(&(u128, u16), &u8)| *of == order(addr);
    let is_on_offer = |addr: u128, port: u16| {
        offer.addrs.iter().any(|offered| order(*offered) == addr) && offer.ports.contains(port)
    };
    let counted = model
        .keys()
        .filter(|(addr, port)| is_on_offer(*addr, *port))
        .count();
    let offered = offer.addrs.len() * offer.ports.count() as usize;
    assert_eq!(target.counted(offer), (counted as u32, offered as u32));
    let mut told = 0;
    for share in target.shares() {
        let used = model.iter().filter(of(share.addr)).filter(|it| *it.1 == 0);
        let resting = model.iter().filter(of(share.addr)).filter(|it| *it.1 > 0);
        assert_eq!(share.used as usize, used.count());
        assert_eq!(share.resting as usize, resting.count());
        assert_eq!(
            share.counted.is_some(),
            offer.addrs.contains(&share.addr),
            "{share:?}"
        );
        told += share.used + share.resting;
    }
    assert_eq!(told as usize, model.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_given_is_free(steps in prop::collection::vec(step(), 1..300)) {
        LEFT.set(usize::MAX);
        let before = BOXES.get();
        let mut target = Target::<Counted>::new(0);
        let mut model = Model::new();
        let mut used = Vec::new();
        let (mut addrs, mut now, mut generation) = (vec![addr(1), addr(2)], ports(250, 260), 0);
        for step in steps {
            let offer = Offer { addrs: &addrs, ports: now, generation };
            match step {
                Step::Take(random) | Step::TakeShort(random, _) => {
                    if let Step::TakeShort(_, left) = step {
                        LEFT.set(left);
                    }
                    let taken = target.take(&offer, random);
                    LEFT.set(usize::MAX);
                    let left = addrs.iter().any(|addr| {
                        (now.first()..=now.last()).any(|port| !model.contains_key(&(order(*addr), port)))
                    });
                    match taken {
                        Ok(taken) => {
                            prop_assert!(now.contains(taken.port));
                            let key = (order(addrs[taken.place]), taken.port);
                            prop_assert_eq!(model.insert(key, 0), None, "given twice");
                            used.push((key, taken));
                        }
                        Err(Refusal::Dry(_)) => prop_assert!(!left, "refused what there is"),
                        Err(Refusal::Room(Short)) => prop_assert!(matches!(step, Step::TakeShort(..))),
                        Err(Refusal::Ended) => prop_assert!(false, "ended by itself"),
                    }
                }
                Step::GiveBack(which, rests) => if !used.is_empty() {
                    let (key, taken) = used.swap_remove(which % used.len());
                    target.give_back(taken.row, taken.port, rests);
                    if rests {
                        model.insert(key, 2);
                    } else {
                        model.remove(&key);
                    }
                    // Nobody can do it twice.
                    target.give_back(taken.row, taken.port, !rests);
                }
                Step::Age => {
                    (0..).take_while(|row| target.age(*row)).for_each(drop);
                    model.retain(|_, rest| *rest != 1);
                    model.values_mut().filter(|rest| **rest == 2).for_each(|rest| *rest = 1);
                }
                Step::Offer(numbers, ports) => {
                    addrs = numbers.into_iter().map(addr).collect();
                    now = ports;
                    generation += 1;
                }
            }
            let offer = Offer { addrs: &addrs, ports: now, generation };
            check(&mut target, &offer, &model);
        }
        // Memory comes with ports, and goes with them.
        prop_assert_eq!(target.end_when_free(), model.is_empty());
        for (_, taken) in used {
            target.give_back(taken.row, taken.port, false);
        }
        for _twice in 0..2 {
            (0..).take_while(|row| target.age(*row)).for_each(drop);
        }
        let rows = target.shares().count();
        prop_assert_eq!(BOXES.get() - before, rows, "pages are left");
        prop_assert!(target.end_when_free());
        let offer = Offer { addrs: &addrs, ports: now, generation };
        prop_assert_eq!(target.take(&offer, 0), Err(Refusal::Ended));
        drop(target);
        prop_assert_eq!(BOXES.get(), before);
    }
}

#[test]
fn rows_of_addresses_that_left_are_used_again() {
    let mut target = Target::<Counted>::new(0);
    for round in 0..200u32 {
        // A new address each time; of every tenth a connection goes on.
        let addrs = [Addr::V4(Ipv4Addr::from_bits(
            0x0a00_0001 + (round * 77) % 200,
        ))];
        let offer = Offer {
            addrs: &addrs,
            ports: Ports::DEFAULT,
            generation: round,
        };
        let taken = target.take(&offer, 0).expect("a port");
        if round % 10 != 0 {
            target.give_back(taken.row, taken.port, false);
        }
    }
    assert!(target.shares().count() <= 21);
    assert_eq!(target.shares().map(|share| share.used).sum::<u32>(), 20);
}

#[test]
fn ports_rest_for_as_long_as_told() {
    let mut target = Target::<Counted>::new(0u32.wrapping_sub(50));
    assert!(!target.begin_to_age(49, 100));
    assert!(target.begin_to_age(51, 100));
    assert!(!target.begin_to_age(150, 100));
    assert!(target.begin_to_age(151, 100));

    let addrs = [addr(1)];
    let offer = Offer {
        addrs: &addrs,
        ports: ports(80, 80),
        generation: 1,
    };
    let taken = target.take(&offer, 0).expect("a port");
    target.give_back(taken.row, taken.port, true);
    assert_eq!(target.take(&offer, 0), Err(Refusal::Dry(Some(0))));
    target.age(0);
    assert_eq!(target.take(&offer, 0), Err(Refusal::Dry(Some(0))));
    target.age(0);
    assert!(target.take(&offer, 0).is_ok());
}

#[test]
fn what_has_ended_gives_nothing_and_takes_no_memory() {
    let before = BOXES.get();
    let mut target = Target::<Counted>::ended();
    assert_eq!(BOXES.get(), before);
    let addrs = [addr(1)];
    let offer = Offer {
        addrs: &addrs,
        ports: ports(80, 80),
        generation: 1,
    };
    assert_eq!(target.take(&offer, 0), Err(Refusal::Ended));
    assert_eq!(target.take_at(&offer, 0, 0), Err(Refusal::Ended));
    // Somebody may have one of it from before.
    target.give_back(3, 80, true);
    assert!(!target.age(0));
    assert!(target.end_when_free());
    assert_eq!(target.counted(&offer), (0, 1));
    assert_eq!(target.shares().count(), 0);
}

#[test]
fn one_address_is_asked_for_a_port() {
    let mut target = Target::<Counted>::new(0);
    let addrs = [addr(1), addr(2), addr(3)];
    let offer = Offer {
        addrs: &addrs,
        ports: ports(80, 89),
        generation: 1,
    };
    let mut random = Random(7);
    let taken: Vec<_> = (0..10)
        .map(|_| target.take_at(&offer, 1, random.draw()).expect("a port"))
        .collect();
    let mut of_it: Vec<_> = taken.iter().map(|taken| taken.port).collect();
    of_it.sort();
    assert_eq!(of_it, (80..=89).collect::<Vec<_>>());
    assert!(taken
        .iter()
        .all(|taken| taken.place == 1 && taken.passed == 0));

    assert_eq!(
        target.take_at(&offer, 1, random.draw()),
        Err(Refusal::Dry(Some(1)))
    );
    // The others have all of theirs.
    assert_eq!(target.counted(&offer), (10, 30));
    for _ in 0..20 {
        assert_ne!(target.take(&offer, random.draw()).expect("a port").place, 1);
    }
    target.give_back(taken[0].row, taken[0].port, false);
    assert_eq!(
        target
            .take_at(&offer, 1, random.draw())
            .map(|taken| taken.port),
        Ok(taken[0].port)
    );
    // One that is not there.
    assert_eq!(target.take_at(&offer, 9, 0), Err(Refusal::Dry(None)));
}

#[test]
fn levels_have_hysteresis() {
    let addrs = [addr(1)];
    let offer = Offer {
        addrs: &addrs,
        ports: ports(1000, 1099),
        generation: 1,
    };
    let mut target = Target::<Counted>::new(0);
    let mut used = Vec::new();
    let told = |target: &mut Target<Counted>| {
        let news = target.news();
        let is_due = news.is_due();
        let told: Vec<_> = news.take().collect();
        assert_eq!(is_due, !told.is_empty());
        assert!(!news.is_due());
        told
    };
    let mut fill = |target: &mut Target<Counted>, count: usize| {
        while used.len() < count {
            used.push(target.take(&offer, 1 << 20).expect("a port"));
        }
        while used.len() > count {
            let taken = used.pop().expect("one");
            target.give_back(taken.row, taken.port, false);
        }
    };
    fill(&mut target, 79);
    assert!(told(&mut target).is_empty());
    fill(&mut target, 80);
    assert_eq!(told(&mut target), [Level::Scarce]);
    for count in [70, 90, 75, 100, 71] {
        fill(&mut target, count);
        assert!(told(&mut target).is_empty(), "{count}");
    }
    fill(&mut target, 69);
    assert_eq!(told(&mut target), [Level::Ample]);
    // Up and down in between is nothing, if nobody had to go without.
    fill(&mut target, 100);
    fill(&mut target, 0);
    assert!(told(&mut target).is_empty());
    fill(&mut target, 100);
    for _ in 0..3 {
        assert!(matches!(target.take(&offer, 0), Err(Refusal::Dry(_))));
    }
    assert_eq!(told(&mut target), [Level::Dry]);
    fill(&mut target, 96);
    assert!(told(&mut target).is_empty());
    fill(&mut target, 94);
    assert_eq!(told(&mut target), [Level::Scarce]);
    // That it was dry is told, however short a time.
    fill(&mut target, 100);
    assert!(matches!(target.take(&offer, 0), Err(Refusal::Dry(_))));
    fill(&mut target, 90);
    assert_eq!(told(&mut target), [Level::Dry, Level::Scarce]);
    fill(&mut target, 100);
    assert!(matches!(target.take(&offer, 0), Err(Refusal::Dry(_))));
    fill(&mut target, 0);
    assert_eq!(told(&mut target), [Level::Dry, Level::Ample]);
}

#[test]
fn a_pool_without_addresses_is_dry() {
    let mut target = Target::<Counted>::new(0);
    let offer = |addrs, generation| Offer {
        addrs,
        ports: Ports::DEFAULT,
        generation,
    };
    assert_eq!(target.take(&offer(&[], 1), 5), Err(Refusal::Dry(None)));
    assert_eq!(target.news().level(), Level::Dry);
    let addrs = [addr(1)];
    assert!(target.take(&offer(&addrs, 2), 5).is_ok());
    assert_eq!(target.news().level(), Level::Ample);
}
