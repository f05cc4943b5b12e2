// SPDX-License-Identifier: GPL-2.0-only

//! Schedulers against models that walk a list as the description of IPVS says, step by step.

#[path = "support/service.rs"]
mod service;

use proptest::prelude::*;
use rvs_logic::logic::scheduler::Kind;
use service::{
    servers,
    Server,
    Service, //
};

/// The servers that get the next `count` connections, as letters.
fn letters(service: &mut Service, count: usize) -> String {
    let letter = |id: Option<usize>| id.map_or('-', |id| char::from(b'A' + id as u8));
    (0..count).map(|_| letter(service.pick())).collect()
}

/// The first choices of a new service.
fn sequence(kind: Kind, weights: &[u32], count: usize) -> String {
    letters(&mut Service::new(kind, weights), count)
}

/// What IPVS remembers: the server chosen last, or none for the head of the list.
trait Model {
    fn pick(&mut self, list: &[Server]) -> Option<usize>;
    fn removed(&mut self, list: &[Server], id: usize, predecessor: Option<usize>);
    fn changed(&mut self, list: &[Server]);
}

/// The index in `list` behind the server `mark`.
fn behind(list: &[Server], mark: Option<usize>) -> usize {
    mark.map_or(0, |id| {
        1 + list.iter().position(|server| server.id == id).unwrap()
    })
}

/// "Remembers the last chosen list position; next eligible, at most two passes. On removal of that
/// destination the mark steps back one."
#[derive(Default)]
struct RoundRobin {
    mark: Option<usize>,
}

impl Model for RoundRobin {
    fn pick(&mut self, list: &[Server]) -> Option<usize> {
        let start = behind(list, self.mark);
        let twice = list.iter().chain(list);
        let chosen = twice
            .skip(start)
            .take(list.len())
            .find(|server| server.weight > 0 && !server.overloaded)?;
        self.mark = Some(chosen.id);
        self.mark
    }

    fn removed(&mut self, _: &[Server], id: usize, predecessor: Option<usize>) {
        if self.mark == Some(id) {
            self.mark = predecessor;
        }
    }

    fn changed(&mut self, _: &[Server]) {}
}

/// The walk with its current destination (`cl`), current weight (`cw`), greatest weight (`mw`) and
/// decrement (`di`), one step of the list at a time.
struct WeightedRoundRobin {
    cl: Option<usize>,
    cw: i64,
    mw: i64,
    di: i64,
}

impl WeightedRoundRobin {
    fn new(list: &[Server]) -> Self {
        let (mw, di) = Self::weights(list);
        Self {
            cl: None,
            cw: mw,
            mw,
            di,
        }
    }

    fn weights(list: &[Server]) -> (i64, i64) {
        let greatest = list.iter().map(|server| server.weight).max().unwrap_or(0);
        // The greatest divisor of all weights, by trial.
        let di = (1..=greatest)
            .rev()
            .find(|divisor| list.iter().all(|server| server.weight % divisor == 0))
            .unwrap_or(1);
        (i64::from(greatest) - (i64::from(di) - 1), i64::from(di))
    }
}

impl Model for WeightedRoundRobin {
    fn pick(&mut self, list: &[Server]) -> Option<usize> {
        if self.mw == 0 {
            return None;
        }
        let start = self.cl;
        let mut index = behind(list, start);
        let mut stop_at_start = false;
        let (mut last_pass, mut restarted) = (false, false);
        loop {
            while let Some(server) = list.get(index) {
                if !server.overloaded && i64::from(server.weight) >= self.cw {
                    self.cl = Some(server.id);
                    return self.cl;
                }
                if stop_at_start && start == Some(server.id) {
                    return None;
                }
                index += 1;
            }
            index = 0;
            self.cw -= self.di;
            if self.cw <= 0 {
                self.cw = self.mw;
                if last_pass || start.is_none() {
                    self.cl = None;
                    return None;
                }
                restarted = true;
            }
            last_pass = self.cw <= self.di;
            stop_at_start |= last_pass && restarted && start.is_some();
        }
    }

    fn removed(&mut self, list: &[Server], _: usize, _: Option<usize>) {
        self.changed(list);
    }

    fn changed(&mut self, list: &[Server]) {
        (self.mw, self.di) = Self::weights(list);
        self.cl = None;
        if self.cw > self.mw || self.cw == 0 {
            self.cw = self.mw;
        } else if self.di > 1 {
            self.cw = self.cw / self.di * self.di + 1;
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Pick,
    Overload(prop::sample::Index, bool),
    Weigh(prop::sample::Index, u32),
    Add(u32),
    Remove(prop::sample::Index),
}

fn weight() -> impl Strategy<Value = u32> {
    prop_oneof![3 => 0..6u32, 2 => (0..6u32).prop_map(|n| n * 10), 1 => 0..300u32]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let step = prop_oneof![
        12 => Just(Step::Pick),
        2 => (index(), any::<bool>()).prop_map(|(index, on)| Step::Overload(index, on)),
        1 => (index(), weight()).prop_map(|(index, weight)| Step::Weigh(index, weight)),
        1 => weight().prop_map(Step::Add),
        1 => index().prop_map(Step::Remove),
    ];
    prop::collection::vec(step, 1..150)
}

fn agrees(
    kind: Kind,
    mut model: impl Model,
    weights: &[u32],
    steps: Vec<Step>,
) -> Result<(), TestCaseError> {
    let mut service = Service::new(kind, weights);
    let mut next_id = weights.len();
    for step in steps {
        let len = service.servers.len();
        match step {
            Step::Pick => prop_assert_eq!(service.pick(), model.pick(&service.servers)),
            Step::Overload(index, on) if len > 0 => {
                service.servers[index.index(len)].overloaded = on
            }
            Step::Weigh(index, weight) if len > 0 => {
                service.set_weight(index.index(len), weight);
                model.changed(&service.servers);
            }
            Step::Add(weight) => {
                service.insert(Server::new(next_id, weight));
                next_id += 1;
                model.changed(&service.servers);
            }
            Step::Remove(index) if len > 0 => {
                let index = index.index(len);
                let predecessor = index.checked_sub(1).map(|index| service.servers[index].id);
                let removed = service.remove(index);
                model.removed(&service.servers, removed.id, predecessor);
            }
            Step::Overload(..) | Step::Weigh(..) | Step::Remove(..) => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rr_chooses_as_ipvs(weights in prop::collection::vec(weight(), 0..8), steps in steps()) {
        agrees(Kind::Rr, RoundRobin::default(), &weights, steps)?;
    }

    #[test]
    fn wrr_chooses_as_ipvs(weights in prop::collection::vec(weight(), 0..8), steps in steps()) {
        let model = WeightedRoundRobin::new(&servers(&weights));
        agrees(Kind::Wrr, model, &weights, steps)?;
    }

    #[test]
    fn rr_is_fair(weights in prop::collection::vec(weight(), 1..12), rounds in 1..5usize) {
        let eligible = weights.iter().filter(|weight| **weight > 0).count();
        let mut service = Service::new(Kind::Rr, &weights);
        let mut counts = vec![0; weights.len()];
        for _ in 0..eligible * rounds {
            counts[service.pick().expect("one is eligible")] += 1;
        }
        for (count, weight) in counts.into_iter().zip(weights) {
            prop_assert_eq!(count, if weight > 0 { rounds } else { 0 });
        }
    }

    #[test]
    fn wrr_is_fair_by_weight(
        shares in prop::collection::vec(0..20usize, 1..8),
        factor in 1..1000usize,
        rounds in 1..4usize,
    ) {
        // With a share of one their greatest common divisor is `factor`.
        let mut shares = shares;
        shares.push(1);
        let weights: Vec<_> = shares.iter().map(|share| (share * factor) as u32).collect();
        let mut service = Service::new(Kind::Wrr, &weights);
        let mut counts = vec![0; weights.len()];
        for _ in 0..shares.iter().sum::<usize>() * rounds {
            counts[service.pick().expect("one is eligible")] += 1;
        }
        for (count, share) in counts.into_iter().zip(shares) {
            prop_assert_eq!(count, share * rounds);
        }
    }

    #[test]
    fn any_state_leads_to_an_eligible_server_or_none(
        weights in prop::collection::vec(weight(), 0..6),
        state: u64,
    ) {
        for kind in Kind::ALL {
            let mut service = Service::new(kind, &weights);
            service.state = state;
            for _ in 0..4 {
                if let Some(id) = service.pick() {
                    prop_assert!(weights[id] > 0);
                }
            }
        }
    }
}

#[test]
fn rr_takes_turns() {
    assert_eq!(sequence(Kind::Rr, &[1, 5, 2], 7), "ABCABCA");
    assert_eq!(sequence(Kind::Rr, &[1, 0, 2], 5), "ACACA");
    assert_eq!(sequence(Kind::Rr, &[0, 0], 2), "--");
    assert_eq!(sequence(Kind::Rr, &[], 1), "-");
}

#[test]
fn wrr_interleaves_as_the_lvs_documentation_says() {
    // "If the real servers A, B and C have the weights 4, 3 and 2, a scheduling sequence will be
    // AABABCABC" (The Linux Virtual Server project, job scheduling algorithms).
    assert_eq!(sequence(Kind::Wrr, &[4, 3, 2], 18), "AABABCABCAABABCABC");
}

#[test]
fn wrr_of_equal_weights_is_rr() {
    assert_eq!(sequence(Kind::Wrr, &[7, 7, 7], 6), "ABCABC");
    assert_eq!(sequence(Kind::Wrr, &[0, 3, 0], 3), "BBB");
    assert_eq!(sequence(Kind::Wrr, &[0, 0], 2), "--");
    assert_eq!(sequence(Kind::Wrr, &[], 1), "-");
}

#[test]
fn a_great_weight_costs_no_walk_when_its_server_is_overloaded() {
    // Walked round by round this takes hours.
    let mut service = Service::new(Kind::Wrr, &[i32::MAX as u32, 1]);
    service.servers[0].overloaded = true;
    assert_eq!(letters(&mut service, 1000), "B".repeat(1000));
}

#[test]
fn schedulers_have_the_names_of_ipvs() {
    assert_eq!(
        Kind::NAMES.join(" "),
        "rr wrr lc wlc sed nq sh mh dh lblc lblcr fo ovf twos none"
    );
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name().as_bytes()), Some(kind));
    }
    for name in ["", "r", "RR", "rr ", "wlcc", "rr\0"] {
        assert_eq!(Kind::from_name(name.as_bytes()), None, "{name:?}");
    }
}
