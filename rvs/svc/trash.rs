// SPDX-License-Identifier: GPL-2.0-only

//! Removed destinations that still have connections.
//!
//! As with IPVS (`ip_vs_trash_get_dest()`), a destination that returns to its service finds its
//! counters and its connections as it left them.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::logic::addr::Endpoint;

use super::{
    Dest,
    ServiceKey, //
};

/// Destinations by the service they were part of.
pub(super) struct Trash(KVec<(ServiceKey, Arc<Dest>)>);

impl Trash {
    /// Makes an empty one.
    pub(super) fn new() -> Self {
        Self(KVec::new())
    }

    /// Makes room for `count` more, so that [`Trash::put`] cannot fail. Forgets those whose
    /// connections have all ended.
    pub(super) fn reserve(&mut self, count: usize) -> Result {
        self.0.retain(|(_, dest)| dest.total() > 0);
        self.0.reserve(count, GFP_KERNEL)?;
        Ok(())
    }

    /// Puts a removed destination in; there must be room.
    pub(super) fn put(&mut self, service: ServiceKey, dest: Arc<Dest>) {
        dest.set_available(false);
        // Without room the destination would only lose its way back.
        let _ = self.0.push_within_capacity((service, dest));
    }

    /// Finds a destination that was removed from this service.
    pub(super) fn find(&self, service: &ServiceKey, endpoint: Endpoint) -> Option<Arc<Dest>> {
        self.0
            .iter()
            .find(|(key, dest)| key == service && dest.endpoint() == endpoint)
            .map(|(_, dest)| dest.clone())
    }

    /// Forgets a destination that is back in its service.
    pub(super) fn forget(&mut self, dest: &Arc<Dest>) {
        self.0.retain(|(_, held)| !Arc::ptr_eq(held, dest));
    }
}
