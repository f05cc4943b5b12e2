// SPDX-License-Identifier: GPL-2.0-only

//! Runs `rvsadm` against a [`Kernel`](crate::kernel::Kernel).

#![allow(dead_code)]

use std::ffi::OsString;

use crate::kernel::Kernel;

/// What a user sees of one run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command line, split at blanks.
pub(crate) fn run(line: &str, kernel: Kernel) -> Outcome {
    let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = rvsadm::command::main_with(&words, &mut out, &mut err, |_| Ok(kernel));
    Outcome {
        code: status.code(),
        out: String::from_utf8(out).expect("UTF-8"),
        err: String::from_utf8(err).expect("UTF-8"),
    }
}

/// A run that says nothing and succeeds.
#[track_caller]
pub(crate) fn succeeds(line: &str, kernel: Kernel) {
    let expected = Outcome {
        code: 0,
        out: String::new(),
        err: String::new(),
    };
    assert_eq!(run(line, kernel), expected);
}

/// A run that fails with one line.
#[track_caller]
pub(crate) fn fails(line: &str, kernel: Kernel, code: u8, message: &str) {
    let expected = Outcome {
        code,
        out: String::new(),
        err: format!("{message}\n"),
    };
    assert_eq!(run(line, kernel), expected);
}
