// SPDX-License-Identifier: GPL-2.0-only

//! `rvsadm`: administration of RVS through the generic netlink family `rvs`.
//!
//! A command line passes these layers, each of which knows only the next:
//!
//! * [`cli`] splits it into words,
//! * [`request`] checks every word and makes a request of them,
//! * [`client`] expresses the request in attributes of the family,
//! * [`netlink`] exchanges messages with the kernel,
//!
//! and the answer goes to [`output`].

#![forbid(unsafe_code)]

pub mod cli;
pub mod client;
pub mod command;
pub mod errno;
pub mod error;
pub mod model;
pub mod netlink;
pub mod output;
pub mod request;
