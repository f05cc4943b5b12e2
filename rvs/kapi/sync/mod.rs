// SPDX-License-Identifier: GPL-2.0-only

//! Synchronisation that the `kernel` crate does not have yet.

pub(crate) mod guarded;
pub(crate) mod locked;
pub(crate) mod percpu;
pub(crate) mod rcu;
pub(crate) mod rcu_arc;
pub(crate) mod rcu_cell;
pub(crate) mod spinlock;

pub(crate) use guarded::Guarded;
pub(crate) use locked::Locked;
pub(crate) use percpu::{
    PerCpuCounters,
    PerCpuPool, //
};
pub(crate) use rcu_arc::{
    cache::Cache,
    Alone,
    Extended,
    Extensible,
    Object,
    Plain,
    RcuArc,
    RcuRef,
    Tailed, //
};
pub(crate) use rcu_cell::RcuCell;
