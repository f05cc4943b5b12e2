// SPDX-License-Identifier: GPL-2.0-only

//! Safe abstractions over the kernel's C side: the only unsafe code of the module.
//!
//! Shaped like what would go into `rust/kernel`: names close to C, RAII registrations, invariants
//! written down. Nothing in here knows what a load balancer is.

#![allow(unsafe_code)]

pub(crate) mod genl;
mod id;
pub(crate) mod impls;
pub(crate) mod memory;
pub(crate) mod module;
pub(crate) mod net;
pub(crate) mod random;
pub(crate) mod rcu_table;
pub(crate) mod sync;
pub(crate) mod time;
pub(crate) mod wheel;
pub(crate) mod workqueue;
mod zeroed;
