// SPDX-License-Identifier: GPL-2.0-only

//! What the services of a namespace have in common.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::logic::state::Timeouts;

use super::timeouts::Settings;

/// Part of what the destinations of each service [share](super::Shared), as connections outlive
/// their service.
pub(crate) struct Common {
    timeouts: Settings,
}

impl Common {
    /// Makes that of a namespace.
    pub(super) fn new() -> Result<Arc<Self>> {
        let common = Self {
            timeouts: Settings::new(Timeouts::new()),
        };
        Ok(Arc::new(common, GFP_KERNEL_ACCOUNT)?)
    }

    /// Returns how long connections may be idle whose service says nothing else.
    #[inline]
    pub(crate) fn timeouts(&self) -> Timeouts {
        self.timeouts.get()
    }

    /// Returns where that is.
    #[inline]
    pub(super) fn timeout_settings(&self) -> &Settings {
        &self.timeouts
    }

    /// Changes that.
    pub(super) fn set_timeouts(&self, timeouts: Timeouts) {
        self.timeouts.set(timeouts);
    }
}
