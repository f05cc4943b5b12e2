// SPDX-License-Identifier: GPL-2.0-only

//! Removed destinations that still have connections.
//!
//! As with IPVS (`ip_vs_trash_get_dest()`), a destination that returns finds its connections as it
//! left them; its counters begin anew if the service was deleted meanwhile.
//!
//! A destination has its place here from when it is added on, so that nothing has to be allocated
//! when it is removed. Each removal looks at two other places, and frees those that nobody needs any
//! more: what is kept stays in proportion to what is used, and no removal costs more for it.

use core::cmp::Ordering;

use kernel::{
    prelude::*,
    rbtree::RBTree,
    sync::Arc, //
};

use crate::logic::addr::{
    Addr,
    Endpoint, //
};

use super::{
    Dest,
    ServiceKey,
    Shared, //
};

/// How many places a removal looks at.
const LOOKS: usize = 2;

/// Tells a service from another one that has its key at another time.
pub(super) type Incarnation = u64;

/// What names a destination in a namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name {
    service: ServiceKey,
    endpoint: Endpoint,
}

impl Name {
    /// The first name of a service.
    fn first_of(service: ServiceKey) -> Self {
        Self {
            service,
            endpoint: Endpoint::new(Addr::V4(0u32.into()), 0),
        }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let services = self.service.cmp(&other.service);
        services.then_with(|| order(&self.endpoint).cmp(&order(&other.endpoint)))
    }
}

/// Family, address, port.
fn order(endpoint: &Endpoint) -> (u8, u128, u16) {
    match endpoint.addr {
        Addr::V4(addr) => (4, u32::from(addr).into(), endpoint.port),
        Addr::V6(addr) => (6, u128::from(addr), endpoint.port),
    }
}

/// A destination that was removed, and from which service.
struct Removed {
    dest: Arc<Dest>,
    from: Incarnation,
}

/// Places for all destinations: empty ones of those that are part of their service.
pub(super) struct Trash {
    places: RBTree<Name, Option<Removed>>,
    // Where the next removal looks.
    next_look: Option<Name>,
}

impl Trash {
    /// Makes one without places.
    pub(super) fn new() -> Self {
        Self {
            places: RBTree::new(),
            next_look: None,
        }
    }

    /// Makes a place for a destination that is to be added, if it has none. To be undone by
    /// [`Trash::forget`] when it is not added.
    pub(super) fn reserve(&mut self, service: &ServiceKey, endpoint: Endpoint) -> Result {
        let name = Name {
            service: *service,
            endpoint,
        };
        if self.places.get(&name).is_none() {
            self.places
                .try_create_and_insert(name, None, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(())
    }

    /// Frees the place of a destination that was not added, unless a removed one is there.
    pub(super) fn forget(&mut self, service: &ServiceKey, endpoint: Endpoint) {
        let name = Name {
            service: *service,
            endpoint,
        };
        if let Some(None) = self.places.get(&name) {
            self.places.remove(&name);
        }
    }

    /// Puts a destination that was removed `from` its service into its place.
    pub(super) fn put(&mut self, service: &ServiceKey, from: Incarnation, dest: &Arc<Dest>) {
        dest.set_available(false);
        self.look();
        let name = Name {
            service: *service,
            endpoint: dest.endpoint(),
        };
        // Without a place the destination would only lose its way back.
        if let Some(place) = self.places.get_mut(&name) {
            *place = Some(Removed {
                dest: dest.clone(),
                from,
            });
        }
    }

    /// Finds a destination that was removed from a service with this key.
    pub(super) fn find(&self, service: &ServiceKey, endpoint: Endpoint) -> Option<Arc<Dest>> {
        let name = Name {
            service: *service,
            endpoint,
        };
        let removed = self.places.get(&name)?.as_ref()?;
        Some(removed.dest.clone())
    }

    /// Returns what destinations of a service have in common that is about to be added, if one of
    /// them is here.
    pub(super) fn shared(&self, service: &ServiceKey) -> Option<Arc<Shared>> {
        let first = self.places.cursor_lower_bound(&Name::first_of(*service))?;
        // A service that does not exist has no other places than those of what was removed.
        match first.current() {
            (name, Some(removed)) if name.service == *service => {
                Some(removed.dest.shared().clone())
            }
            _ => None,
        }
    }

    /// Gives a destination back to the service that it was found for, of this incarnation.
    pub(super) fn give_back(&mut self, service: &ServiceKey, to: Incarnation, dest: &Arc<Dest>) {
        let name = Name {
            service: *service,
            endpoint: dest.endpoint(),
        };
        if let Some(removed) = self.places.get_mut(&name).and_then(Option::take) {
            if removed.from != to {
                dest.begin_counting();
            }
        }
    }

    /// Looks at some places, from where the last look ended, and frees those of destinations whose
    /// connections have all ended.
    fn look(&mut self) {
        let mut cursor = match &self.next_look {
            Some(name) => self.places.cursor_lower_bound_mut(name),
            None => self.places.cursor_front_mut(),
        };
        for _ in 0..LOOKS {
            let Some(place) = cursor.take() else { break };
            let is_over =
                matches!(place.current(), (_, Some(removed)) if removed.dest.total() == 0);
            cursor = if is_over {
                place.remove_current().0
            } else {
                place.move_next()
            };
        }
        self.next_look = cursor.map(|place| *place.current().0);
    }
}
