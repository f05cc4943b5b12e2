// SPDX-License-Identifier: GPL-2.0-only

//! The Cargo face of the module: `logic` alone, for tests and for `rvsadm`.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod logic;
