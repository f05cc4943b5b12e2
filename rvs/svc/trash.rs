// SPDX-License-Identifier: GPL-2.0-only

//! Removed destinations that still have connections, or clients that keep them.
//!
//! As with IPVS (`ip_vs_trash_get_dest()`), a destination that returns finds its connections as it
//! left them; its counters begin anew if the service was deleted meanwhile.
//!
//! Room for a destination is made when it is added, so that nothing has to be allocated when it is
//! removed. Each removal looks at two that were removed before, and frees those that nobody needs any
//! more: what is kept stays in proportion to what is used, and no removal costs more for it.

use core::{
    cmp::Ordering,
    mem, //
};

use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
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

/// How many removed destinations a removal looks at.
const LOOKS: usize = 2;

/// Tells a service from another one that has its key at another time.
pub(super) type Incarnation = u64;

/// What names a destination in a namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
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
pub(super) struct Removed {
    dest: Arc<Dest>,
    from: Incarnation,
}

/// Room for removed destinations.
pub(super) type Room = KVVec<RBTreeNodeReservation<Name, Removed>>;

/// The removed destinations, and room for those that are part of their services.
pub(super) struct Trash {
    removed: RBTree<Name, Removed>,
    // One for each destination that is part of a service, and those to spare.
    room: Room,
    spare: usize,
    // Where the next removal looks.
    next_look: Option<Name>,
}

impl Trash {
    /// Makes an empty one.
    pub(super) fn new() -> Self {
        Self {
            removed: RBTree::new(),
            room: KVVec::new(),
            spare: 0,
            next_look: None,
        }
    }

    /// Makes room for a destination that is to be added. To be undone by [`Trash::forget`] when it is
    /// not.
    pub(super) fn reserve(&mut self) -> Result {
        if let Some(left) = self.spare.checked_sub(1) {
            self.spare = left;
            return Ok(());
        }
        let room = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        self.room.push(room, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// Frees the room of a destination that was not added, or need not be kept.
    pub(super) fn forget(&mut self) {
        drop(self.room.pop());
    }

    /// Gives away the room that is left when there are no services.
    pub(super) fn take_room(&mut self) -> Option<Room> {
        if mem::take(&mut self.spare) == 0 {
            return None;
        }
        Some(mem::take(&mut self.room))
    }

    /// Frees room to spare, so much at most. True when there is no more.
    pub(super) fn trim(&mut self, most: usize) -> bool {
        let freed = self.spare.min(most);
        for _ in 0..freed {
            self.forget();
        }
        self.spare = self.spare.saturating_sub(freed);
        self.spare == 0
    }

    /// Puts a destination here that was removed `from` its service, and is available no more.
    pub(super) fn put(&mut self, service: &ServiceKey, from: Incarnation, dest: &Arc<Dest>) {
        self.look();
        // Without room the destination would only lose its way back.
        if let Some(room) = self.room.pop() {
            let name = Name {
                service: *service,
                endpoint: dest.endpoint(),
            };
            let removed = Removed {
                dest: dest.clone(),
                from,
            };
            self.removed.insert(room.into_node(name, removed));
        }
    }

    /// As [`Trash::put`], for one whose service was deleted: without connections it would return as a
    /// new one does, and is not kept. Its room is to spare then.
    pub(super) fn put_with_service(
        &mut self,
        service: &ServiceKey,
        from: Incarnation,
        dest: &Arc<Dest>,
    ) {
        if dest.total() == 0 {
            self.spare = self.spare.saturating_add(1);
        } else {
            self.put(service, from, dest);
        }
    }

    /// Finds a destination that was removed from a service with this key.
    pub(super) fn find(&self, service: &ServiceKey, endpoint: Endpoint) -> Option<Arc<Dest>> {
        let name = Name {
            service: *service,
            endpoint,
        };
        Some(self.removed.get(&name)?.dest.clone())
    }

    /// Returns what destinations of a service have in common that is about to be added, if one of
    /// them is here.
    pub(super) fn shared(&self, service: &ServiceKey) -> Option<Arc<Shared>> {
        let first = self.removed.cursor_lower_bound(&Name::first_of(*service))?;
        let (name, removed) = first.current();
        (name.service == *service).then(|| removed.dest.shared().clone())
    }

    /// Gives a destination back to the service that it was found for, of this incarnation.
    pub(super) fn give_back(&mut self, service: &ServiceKey, to: Incarnation, dest: &Arc<Dest>) {
        let name = Name {
            service: *service,
            endpoint: dest.endpoint(),
        };
        if let Some(removed) = self.removed.remove(&name) {
            if removed.from != to {
                dest.begin_counting();
            }
        }
    }

    /// Looks at some, from where the last look ended, and frees those whose connections have all
    /// ended.
    fn look(&mut self) {
        let mut cursor = match &self.next_look {
            Some(name) => self.removed.cursor_lower_bound_mut(name),
            None => self.removed.cursor_front_mut(),
        };
        for _ in 0..LOOKS {
            let Some(place) = cursor.take() else { break };
            let dest = &place.current().1.dest;
            cursor = if dest.total() == 0 && dest.templates() == 0 {
                place.remove_current().0
            } else {
                place.move_next()
            };
        }
        self.next_look = cursor.map(|place| *place.current().0);
    }
}
