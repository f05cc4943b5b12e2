// SPDX-License-Identifier: GPL-2.0-only

//! What a namespace has counted.

use crate::{
    director::Director,
    logic::ipvs_text::{
        Counts,
        Stats, //
    },
    svc::Counter,
};

/// Returns what each counter has, by a function that knows one.
pub(super) fn counts(of: impl Fn(Counter) -> u64) -> Counts {
    Counts {
        connections: of(Counter::Connections),
        in_packets: of(Counter::InPackets),
        out_packets: of(Counter::OutPackets),
        in_bytes: of(Counter::InBytes),
        out_bytes: of(Counter::OutBytes),
    }
}

/// Returns what all services have counted since the namespace was made or zeroed, and the rates of it.
pub(super) fn of(director: &Director) -> Stats {
    let totals = director.estimator.totals();
    Stats {
        counts: counts(|counter| totals.counts.get(counter)),
        rates: counts(|counter| totals.rates.get(counter)),
    }
}
