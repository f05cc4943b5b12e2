// SPDX-License-Identifier: GPL-2.0-only

//! Times of all operations: `cargo bench -p rvs-bench-native`.

use std::time::Duration;

use criterion::Criterion;

fn decisions(criterion: &mut Criterion) {
    for mut operation in rvs_bench_native::all() {
        let name = operation.name().to_owned();
        criterion.bench_function(&name, |bencher| bencher.iter(|| operation.run()));
    }
}

// Short, so that a change is judged within a minute; counts (see `count`) decide the small ones.
fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1000))
        .sample_size(20)
        .without_plots()
}

fn main() {
    let mut criterion = quick().configure_from_args();
    decisions(&mut criterion);
    criterion.final_summary();
}
