// SPDX-License-Identifier: GPL-2.0-only

//! Pure decisions: no unsafe, no kernel types, no allocation, no clock.

pub mod uapi;
