// SPDX-License-Identifier: GPL-2.0-only

//! Connection thresholds: as C ip_vs was seen to treat them, and what holds for any.

use proptest::prelude::*;
use rvs_logic::logic::thresholds::{
    Event,
    Load,
    Thresholds,
    MAX, //
};

/// One destination, used as the module uses it.
#[derive(Default)]
struct Destination {
    load: Load,
    thresholds: Thresholds,
}

impl Destination {
    fn set(&mut self, upper: u32, lower: u32) {
        self.thresholds = Thresholds::new(upper, lower).expect("thresholds");
        self.load = self.load.after(Event::Set, self.thresholds);
    }

    fn begin(&mut self) {
        let before = self.load;
        self.load = Load::from_u32(before.to_u32() + 1);
        self.note(before, Event::Begun);
    }

    fn end(&mut self) {
        let before = self.load;
        self.load = Load::from_u32(before.to_u32() - 1);
        self.note(before, Event::Ended);
    }

    fn note(&mut self, before: Load, event: Event) {
        if before.meets(event, self.thresholds) {
            self.load = self.load.after(event, self.thresholds);
        }
    }
}

#[test]
fn as_ip_vs() {
    let recording = include_str!("vectors/thresholds.txt");
    let mut destination = Destination::default();
    let (mut taken, mut refused) = (0, 0);
    for (line, text) in (1..).zip(recording.lines()) {
        let words: Vec<_> = text.split(' ').collect();
        let number = |index: usize| words[index].parse().expect("a number");
        match words[0] {
            "" | "#" => {}
            "server" => destination = Destination::default(),
            "set" => destination.set(number(1), number(2)),
            "end" => (0..number(1)).for_each(|_| destination.end()),
            "begin" => {
                let seen = words[1];
                let said = if destination.load.overloaded {
                    refused += 1;
                    "refused"
                } else {
                    taken += 1;
                    destination.begin();
                    "taken"
                };
                assert_eq!(said, seen, "line {line}");
            }
            _ => panic!("line {line}: {text}"),
        }
    }
    assert!(taken >= 100 && refused >= 100, "{taken} and {refused}");
}

#[test]
fn lower_is_never_higher() {
    assert!(Thresholds::new(0, 0).is_some());
    assert!(Thresholds::new(0, 1).is_none());
    assert!(Thresholds::new(4, 5).is_none());
    assert!(Thresholds::new(MAX, MAX).is_some());
    assert!(Thresholds::new(MAX + 1, 0).is_none());
    let six = Thresholds::new(6, 4).expect("thresholds");
    assert_eq!(six.changed(None, None), Some(six));
    assert_eq!(six.changed(Some(4), None), Thresholds::new(4, 4));
    assert_eq!(six.changed(Some(3), None), None);
    assert_eq!(six.changed(None, Some(7)), None);
    assert_eq!(six.changed(Some(0), Some(0)), Thresholds::new(0, 0));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Set(u32, u32),
    Begin,
    End,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0..12u32).prop_flat_map(|upper| (Just(upper), 0..=upper))
            .prop_map(|(upper, lower)| Step::Set(upper, lower)),
        4 => Just(Step::Begin),
        3 => Just(Step::End),
    ]
}

proptest! {
    #[test]
    fn numbers_keep_both(upper in 0..=MAX, lower in 0..=MAX, connections in 0..=MAX, overloaded: bool) {
        if let Some(thresholds) = Thresholds::new(upper, lower) {
            prop_assert_eq!(Thresholds::from_u64(thresholds.to_u64()), thresholds);
        }
        let load = Load { connections, overloaded };
        prop_assert_eq!(Load::from_u32(load.to_u32()), load);
    }

    /// The documented rule, told by the number of connections alone: none above the upper
    /// threshold that is not overloaded, none below the lower one that is.
    #[test]
    fn outside_of_the_thresholds_the_count_decides(steps in prop::collection::vec(step(), 1..200)) {
        let mut destination = Destination::default();
        let mut connections = 0;
        for step in steps {
            match step {
                Step::Set(upper, lower) => destination.set(upper, lower),
                Step::Begin => {
                    destination.begin();
                    connections += 1;
                }
                Step::End if connections > 0 => {
                    destination.end();
                    connections -= 1;
                }
                Step::End => {}
            }
            let (upper, lower) = (destination.thresholds.upper(), destination.thresholds.lower());
            let overloaded = destination.load.overloaded;
            prop_assert_eq!(destination.load.connections, connections);
            if upper == 0 {
                prop_assert!(!overloaded);
            } else if connections >= upper {
                prop_assert!(overloaded);
            } else if lower > 0 && connections < lower || lower == 0 && 4 * connections < 3 * upper {
                prop_assert!(!overloaded);
            }
        }
    }
}
