// SPDX-License-Identifier: GPL-2.0-only

//! The files of IPVS in `/proc/net`, for those who read them: `ipvsadm`, exporters of metrics, scripts.
//!
//! Lines are made by [`crate::logic::ipvs_text`]. What may be long is made piece by piece, so that
//! nobody waits for a reader.

mod applications;
mod connections;
mod services;
mod stats;
mod stats_per_cpu;
mod status;
mod totals;

use crate::{
    director::Director,
    kapi::net::proc::ProcFile, //
};

/// All of them.
pub(crate) const FILES: &[ProcFile<Director>] = &[
    ProcFile::of::<services::Services>(),
    ProcFile::of::<connections::Connections>(),
    ProcFile::of::<connections::Synchronised>(),
    ProcFile::of::<stats::Stats>(),
    ProcFile::of::<stats_per_cpu::StatsPerCpu>(),
    ProcFile::of::<applications::Applications>(),
    ProcFile::of::<status::Status>(),
];
