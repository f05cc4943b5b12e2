// SPDX-License-Identifier: GPL-2.0-only

//! What holds of each parser and rewriter of the module, whatever bytes it is given. A function for each, which panics where
//! that does not hold: `make fuzz` looks for such bytes, `replay.rs` has the functions see the corpus with every `make test`.

#![forbid(unsafe_code)]

mod attributes;
mod call_id;
mod csum;
mod encapsulation;
mod families;
mod filter;
mod ftp;
mod header;
mod icmp_error;
mod input;
mod layout;
mod nat;
mod packet;
mod reset;
mod sequence;
mod service_key;
mod state;
mod text;
mod toa;
mod tunnel_error;

/// A function that is given any bytes.
pub type Target = fn(&[u8]);

/// All targets, by the names of their directories in `corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("packet", packet::any_bytes),
    ("header", header::any_bytes),
    ("icmp_error", icmp_error::any_bytes),
    ("families", families::any_bytes),
    ("tunnel_error", tunnel_error::any_bytes),
    ("reset", reset::any_bytes),
    ("nat", nat::any_bytes),
    ("state", state::any_bytes),
    ("service_key", service_key::any_bytes),
    ("filter", filter::any_bytes),
    ("text", text::any_bytes),
    ("ftp", ftp::any_bytes),
    ("call_id", call_id::any_bytes),
    ("sequence", sequence::any_bytes),
    ("csum", csum::any_bytes),
    ("encapsulation", encapsulation::any_bytes),
    ("attributes", attributes::any_bytes),
    ("toa", toa::any_bytes),
];

/// Runs a target.
///
/// # Panics
///
/// When there is no such target, and when what it says does not hold for `data`.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.0 == name);
    target.expect("there is such a target").1(data);
}
