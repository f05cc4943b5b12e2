// SPDX-License-Identifier: GPL-2.0-only

//! Rates: the filter that the documentation of IPVS gives, computed in other ways.

use proptest::prelude::*;
use rvs_logic::logic::estimate::{
    Rate,
    Scale,
    INTERVAL, //
};

const SCALES: [(Scale, i128); 2] = [(Scale::Number, 1 << 10), (Scale::Bytes, 1 << 5)];

/// All estimates of such a series, of what was counted in each interval.
fn estimates(series: &[u64], scale: Scale) -> Vec<Rate> {
    let mut rate = Rate::default();
    let go_on = |counted: &u64| {
        rate = rate.after(*counted, scale);
        rate
    };
    series.iter().map(go_on).collect()
}

/// The average by its definition, without a state: of all samples, each with a weight of a quarter, less
/// another quarter for each that came after it. It loses nothing before the 53 bits of its fraction end.
fn average(series: &[u64]) -> f64 {
    let weights = std::iter::successors(Some(0.25), |weight| Some(weight * 0.75));
    let samples = series
        .iter()
        .rev()
        .map(|counted| *counted as f64 / f64::from(INTERVAL));
    samples
        .zip(weights)
        .map(|(sample, weight)| sample * weight)
        .sum()
}

#[test]
fn steps_are_whole_quarters() {
    // By hand: 512 in two seconds are 256 in one, 262144 of 1024; of the difference a quarter.
    let rates = estimates(&[512, 512, 0, 0], Scale::Number);
    let by_hand = [65_536, 114_688, 86_016, 64_512];
    assert_eq!(
        rates.iter().map(|rate| rate.to_u64()).collect::<Vec<_>>(),
        by_hand
    );
    let shown: Vec<_> = rates
        .iter()
        .map(|rate| rate.per_second(Scale::Number))
        .collect();
    assert_eq!(shown, [64, 112, 84, 63]);
    // 1000 bytes in two seconds are 16000 of 32 in one.
    let rates = estimates(&[1000, 0], Scale::Bytes);
    assert_eq!(
        rates.iter().map(|rate| rate.to_u64()).collect::<Vec<_>>(),
        [4_000, 3_000]
    );
    assert_eq!(rates[0].per_second(Scale::Bytes), 125);
    assert_eq!(rates[1].per_second(Scale::Bytes), 94);
}

#[test]
fn halves_are_shown_as_the_lower() {
    for (scale, unit) in SCALES {
        let unit = unit as u64;
        for (of_units, shown) in [
            (0, 0),
            (unit / 2, 0),
            (unit / 2 + 1, 1),
            (unit, 1),
            (unit + unit / 2, 1),
        ] {
            assert_eq!(
                Rate::from_u64(of_units).per_second(scale),
                shown,
                "{of_units} of {scale:?}"
            );
        }
    }
}

#[test]
fn constant_load_is_told_as_it_is() {
    for (scale, _) in SCALES {
        for counted in [2, 40, 1_000_000, 200_000_000_000] {
            let rates = estimates(&vec![counted; 200], scale);
            assert_eq!(rates.last().unwrap().per_second(scale), counted / 2);
        }
    }
}

#[test]
fn ends_at_zero() {
    for (scale, _) in SCALES {
        // 100 Gbit/s, and as many packets.
        let mut rate = estimates(&[25_000_000_000; 100], scale).pop().unwrap();
        let mut intervals = 0;
        while rate != Rate::default() {
            let next = rate.after(0, scale);
            assert!(next.to_u64() < rate.to_u64());
            rate = next;
            intervals += 1;
        }
        assert!(intervals < 200, "{intervals} intervals");
    }
}

proptest! {
    /// Rounded down in each step, as a shift of a negative number is.
    #[test]
    fn equals_whole_numbers(series in prop::collection::vec(0u64..1 << 40, 1..100)) {
        for (scale, unit) in SCALES {
            let mut expected = 0i128;
            for (rate, counted) in estimates(&series, scale).into_iter().zip(&series) {
                let sample = i128::from(*counted) * unit / i128::from(INTERVAL);
                expected += (sample - expected).div_euclid(4);
                prop_assert_eq!(i128::from(rate.to_u64()), expected);
                let half_down = (2 * expected + unit - 2).div_euclid(2 * unit);
                prop_assert_eq!(i128::from(rate.per_second(scale)), half_down);
            }
        }
    }

    /// Four units at most, as each step loses less than one and keeps three quarters of what was lost.
    #[test]
    fn equals_the_average(series in prop::collection::vec(0u64..1 << 24, 1..100)) {
        for (scale, unit) in SCALES {
            for (place, rate) in estimates(&series, scale).into_iter().enumerate() {
                let exact = average(&series[..=place]) * unit as f64;
                let lost = exact - rate.to_u64() as f64;
                prop_assert!((-0.001..4.0).contains(&lost), "{} of {:?}", lost, scale);
            }
        }
    }

    /// What a counter lacks from one sample to the next counts in full, whatever came before.
    #[test]
    fn never_below_zero(series in prop::collection::vec(prop_oneof![Just(0u64), 0u64..1 << 40], 1..50)) {
        for (scale, _) in SCALES {
            for rate in estimates(&series, scale) {
                prop_assert!(rate.to_u64() < 1 << 62);
            }
        }
    }
}
