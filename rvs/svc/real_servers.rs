// SPDX-License-Identifier: GPL-2.0-only

//! Which real servers there are whose replies pass the director.

use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    },
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

use crate::{
    kapi::sync::{
        spinlock::Class,
        Guarded, //
    },
    logic::{
        addr::{
            Addr,
            Endpoint, //
        },
        protocol::Protocol,
        service_key::ServiceKey, //
    },
};

/// As many parts, of which each has a lock.
const PARTS: usize = 16;

/// A destination in its order: those that a packet may come from are together, whichever service has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    addr: (u8, u128),
    port: u16,
    /// 0 for any.
    protocol: u8,
    is_hidden: bool,
    number: u64,
}

impl Place {
    /// The first one that packets from there may be of.
    fn first_of(source: Endpoint, protocol: Option<Protocol>) -> Self {
        let addr = match source.addr {
            Addr::V4(addr) => (4, u32::from(addr).into()),
            Addr::V6(addr) => (6, u128::from(addr)),
        };
        Self {
            addr,
            port: source.port,
            protocol: protocol.map_or(0, Protocol::number),
            is_hidden: false,
            number: 0,
        }
    }

    /// Where it is, of the parts.
    fn part(&self) -> usize {
        self.addr.1 as usize
    }

    /// Whether packets may be of both.
    fn is_with(&self, other: &Self) -> bool {
        (self.addr, self.port, self.protocol, self.is_hidden)
            == (other.addr, other.port, other.protocol, other.is_hidden)
    }
}

/// How many destinations are looked at whose packets may come from one address and port.
const MOST: usize = 8;

/// All destinations of a namespace. It is looked into where somebody wants it, by one CPU at a time.
pub(crate) struct RealServers {
    parts: Guarded<RBTree<Place, ServiceKey>>,
    numbers: Atomic<u64>,
}

impl RealServers {
    /// Knows of none.
    pub(super) fn new() -> Result<Arc<Self>> {
        let servers = Self {
            parts: Guarded::new(PARTS, PARTS, Class::RealServers, RBTree::new)?,
            numbers: Atomic::new(0),
        };
        Ok(Arc::new(servers, GFP_KERNEL_ACCOUNT)?)
    }

    /// Finds a service of such a protocol with a real server whose packets come from this address and port, for which
    /// `look` returns something, and returns that; among a few of them.
    #[cold]
    pub(crate) fn find<R>(
        &self,
        source: Endpoint,
        protocol: Protocol,
        look: impl Fn(&ServiceKey) -> Option<R>,
    ) -> Option<R> {
        let first = Place::first_of(source, Some(protocol));
        let found = self.parts.with(first.part(), |tree| {
            let mut from = first;
            for _ in 0..MOST {
                let cursor = tree.cursor_lower_bound(&from)?;
                let (place, service) = cursor.current();
                if !place.is_with(&first) {
                    return None;
                }
                if let found @ Some(_) = look(service) {
                    return found;
                }
                from.number = place.number.checked_add(1)?;
            }
            None
        });
        found.flatten()
    }

    /// Returns whether there is a real server whose replies come from this address and port
    /// (`ip_vs_has_real_service()` of `net/netfilter/ipvs/ip_vs_ctl.c`).
    #[cold]
    pub(crate) fn has(&self, source: Endpoint, protocol: Protocol) -> bool {
        [Some(protocol), None].into_iter().any(|protocol| {
            let first = Place::first_of(source, protocol);
            let found = self.parts.with(first.part(), |tree| {
                let cursor = tree.cursor_lower_bound(&first)?;
                Some(cursor.current().0.is_with(&first))
            });
            found.flatten().unwrap_or(false)
        })
    }
}

/// A destination in the list, for as long as this lives.
pub(super) struct Listed {
    servers: Arc<RealServers>,
    place: Place,
    service: ServiceKey,
    is_shown: Atomic<bool>,
}

impl Listed {
    /// Puts a destination of a service in. It is not found yet.
    pub(super) fn new(
        servers: Arc<RealServers>,
        endpoint: Endpoint,
        service: ServiceKey,
    ) -> Result<Self> {
        let place = Place {
            is_hidden: true,
            number: servers.numbers.fetch_add(1, Relaxed),
            ..Place::first_of(endpoint, service.protocol())
        };
        let node = RBTreeNode::new(place, service, GFP_KERNEL_ACCOUNT)?;
        let part = place.part();
        servers.parts.with(part, |tree| tree.insert(node).is_some());
        Ok(Self {
            servers,
            place,
            service,
            is_shown: Atomic::new(false),
        })
    }

    /// Has packets find it, or not. Callers take turns.
    pub(super) fn show(&self, is_shown: bool) {
        if self.is_shown.load(Relaxed) == is_shown {
            return;
        }
        self.is_shown.store(is_shown, Relaxed);
        let (from, to) = (self.at(is_shown), self.at(!is_shown));
        self.servers.parts.with(from.part(), |tree| {
            if let Some(node) = tree.remove_node(&from) {
                tree.insert(node.into_reservation().into_node(to, self.service));
            }
        });
    }

    fn at(&self, is_hidden: bool) -> Place {
        Place {
            is_hidden,
            ..self.place
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.servers.parts.with(self.place.part(), |tree| {
            for is_hidden in [false, true] {
                drop(tree.remove_node(&self.at(is_hidden)));
            }
        });
    }
}
