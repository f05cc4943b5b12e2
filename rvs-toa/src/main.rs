// SPDX-License-Identifier: GPL-2.0-only

//! The program `rvs-toa`.

#![forbid(unsafe_code)]

use std::{
    io,
    process::ExitCode, //
};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let status = rvs_toa::main(&arguments, &mut io::stdout(), &mut io::stderr());
    ExitCode::from(status.code())
}
