// SPDX-License-Identifier: GPL-2.0-only

//! The real server's side of TOA: programs of BPF that read the client's address from a TCP option and answer `accept()` and
//! `getpeername()` with it.
//!
//! `bpf/toa.c` is what the kernel runs. Here it is loaded, attached and asked. What it consists of is pinned in a BPF file
//! system, so that no process has to stay.

#![forbid(unsafe_code)]

mod arguments;
mod command;
mod enat;
mod error;
mod help;
mod parse_error;
mod pins;
mod place;
mod prefix;
mod programs;
mod status;

use std::{
    ffi::OsString,
    io::Write, //
};

pub use self::{
    error::{
        Error,
        Status, //
    },
    prefix::Prefix,
};

/// Does what a command line says.
pub fn main(arguments: &[OsString], out: &mut dyn Write, err: &mut dyn Write) -> Status {
    command::main(arguments, out, err)
}
