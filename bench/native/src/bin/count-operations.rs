// SPDX-License-Identifier: GPL-2.0-only

//! Does every operation [`ROUNDS`] times inside [`measured`], and prints their names in that order:
//! callgrind dumps its counts after each call (see `bench/native/count`).

use rvs_bench_native::Operation;

/// How often each operation is done.
const ROUNDS: u32 = 1000;

/// A function of this name is what callgrind watches.
#[no_mangle]
#[inline(never)]
pub fn measured(operation: &mut Operation) {
    for _ in 0..ROUNDS {
        operation.run();
    }
}

fn main() {
    let mut operations = rvs_bench_native::all();
    for operation in &mut operations {
        measured(operation);
    }
    for operation in &operations {
        println!("{ROUNDS} {}", operation.name());
    }
}
