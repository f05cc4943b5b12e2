// SPDX-License-Identifier: GPL-2.0-only

//! Removed destinations that still have connections.
//!
//! As with IPVS (`ip_vs_trash_get_dest()`), a destination that returns finds its connections as it
//! left them; its counters begin anew if the service was deleted meanwhile.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::logic::addr::Endpoint;

use super::{
    dest::LoadEvents,
    Dest,
    ServiceKey, //
};

struct Removed {
    service: ServiceKey,
    dest: Arc<Dest>,
    /// The service it was removed from is gone.
    service_is_gone: bool,
}

/// Destinations by the service they were part of.
pub(super) struct Trash(KVec<Removed>);

impl Trash {
    /// Makes an empty one.
    pub(super) fn new() -> Self {
        Self(KVec::new())
    }

    /// Makes room for `count` more, so that [`Trash::put`] cannot fail. Forgets those whose
    /// connections have all ended.
    pub(super) fn reserve(&mut self, count: usize) -> Result {
        self.0.retain(|removed| removed.dest.total() > 0);
        self.0.reserve(count, GFP_KERNEL)?;
        Ok(())
    }

    /// Puts a removed destination in; there must be room.
    pub(super) fn put(&mut self, service: ServiceKey, dest: Arc<Dest>) {
        dest.set_available(false);
        // Without room the destination would only lose its way back.
        let _ = self.0.push_within_capacity(Removed {
            service,
            dest,
            service_is_gone: false,
        });
    }

    /// Notes that a service is gone, and what was removed from it with it.
    pub(super) fn service_goes(&mut self, service: &ServiceKey) {
        for removed in self
            .0
            .iter_mut()
            .filter(|removed| removed.service == *service)
        {
            removed.service_is_gone = true;
        }
    }

    /// Finds a destination that was removed from this service.
    pub(super) fn find(&self, service: &ServiceKey, endpoint: Endpoint) -> Option<Arc<Dest>> {
        self.0
            .iter()
            .find(|removed| removed.service == *service && removed.dest.endpoint() == endpoint)
            .map(|removed| removed.dest.clone())
    }

    /// Returns where events of this service's destinations were counted, if one of them is here.
    pub(super) fn events(&self, service: &ServiceKey) -> Option<Arc<LoadEvents>> {
        let removed = self.0.iter().find(|removed| removed.service == *service);
        removed.map(|removed| removed.dest.events().clone())
    }

    /// Gives a destination back to the service it was found for.
    pub(super) fn give_back(&mut self, dest: &Arc<Dest>) {
        self.0.retain(|removed| {
            let same = Arc::ptr_eq(&removed.dest, dest);
            if same && removed.service_is_gone {
                dest.begin_counting();
            }
            !same
        });
    }
}
