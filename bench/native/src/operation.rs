// SPDX-License-Identifier: GPL-2.0-only

//! One thing to measure.

use std::hint::black_box;

/// A named piece of work that can be repeated any number of times.
pub struct Operation {
    name: String,
    work: Box<dyn FnMut()>,
}

impl Operation {
    /// The operation `work`; the compiler has to produce what it returns.
    pub fn new<R>(name: impl Into<String>, mut work: impl FnMut() -> R + 'static) -> Self {
        Self {
            name: name.into(),
            work: Box::new(move || {
                black_box(work());
            }),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Does it once.
    pub fn run(&mut self) {
        (self.work)();
    }
}
