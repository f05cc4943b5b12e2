// SPDX-License-Identifier: GPL-2.0-only

//! The only state of a UDP exchange: every packet starts its timeout anew.

/// The name that users see.
pub const NAME: &str = "UDP";

/// Seconds of idleness after which an exchange is forgotten, unless set otherwise.
pub const TIMEOUT: u32 = 300;
