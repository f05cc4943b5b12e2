// SPDX-License-Identifier: GPL-2.0-only

//! The program `rvsadm`.

#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let status = rvsadm::command::main(&arguments, &mut io::stdout(), &mut io::stderr());
    ExitCode::from(status.code())
}
