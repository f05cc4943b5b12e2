// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses.
//!
//! Packets take ports under one spinlock for each real server and protocol. They find it in a tree of the pool, where the
//! destination does not remember it. Nothing is kept for a real server of which all ports are free for long: [`Pools`] looks after
//! that, and has ports get older that rest. A lease holds the real server's part alone, so that it outlives pool, address and
//! namespace.

mod addresses;
mod figures;
mod kernel_memory;
mod known;
mod lease;
mod pools;
mod target;

use kernel::{
    alloc::AllocError,
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
        rcu,
        Arc, //
    },
};

use crate::{
    kapi::{
        sync::{
            spinlock::Class,
            Guarded,
            Plain,
            RcuArc,
            RcuCell, //
        },
        time,
        workqueue::Worker, //
    },
    logic::{
        addr::{
            Addr,
            Endpoint,
            Family, //
        },
        pool::{
            find,
            Level,
            Name,
            Offer,
            Refusal,
            Taken, //
        },
        protocol::Protocol, //
    },
};

use self::{
    addresses::Side,
    target::{
        Key,
        Target, //
    },
};

pub(crate) use self::{
    addresses::Addresses,
    figures::{
        AddressFigures,
        PoolFigures, //
    },
    known::KnownTarget,
    lease::{
        Lease,
        NoLease, //
    },
    pools::{
        NewPool,
        PoolChange,
        PoolConfig,
        PoolError,
        PoolEvent,
        Pools, //
    },
};

/// Parts of the tree, each with a lock.
const PARTS: usize = 16;

/// What a local endpoint is wanted for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    /// Its address, where no other one will do.
    pub(crate) addr: Option<Addr>,
    /// Whom it is used towards.
    pub(crate) server: Endpoint,
    /// By which protocol.
    pub(crate) protocol: Protocol,
}

/// How many pools there have been.
static POOLS: Atomic<u64> = Atomic::new(0);

/// A pool, as packets see it.
pub(crate) struct Pool {
    name: Name,
    // No other one has it, now or later.
    number: u64,
    addresses: RcuCell<Addresses>,
    targets: Guarded<RBTree<Key, Arc<Target>>>,
    refused: Atomic<u64>,
    evicted: Atomic<u64>,
    // How many services name it.
    services: Atomic<u32>,
}

impl Plain for Pool {}

impl Pool {
    fn new(name: Name, addresses: RcuArc<Addresses>) -> Result<Self> {
        Ok(Self {
            name,
            number: POOLS.fetch_add(1u64, Relaxed),
            addresses: RcuCell::new(Some(addresses)),
            targets: Guarded::new(PARTS, PARTS, Class::Pool, RBTree::new)?,
            refused: Atomic::new(0),
            evicted: Atomic::new(0),
            services: Atomic::new(0),
        })
    }

    /// Returns its name.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Returns how many services name it.
    pub(crate) fn services(&self) -> u32 {
        self.services.load(Relaxed)
    }

    /// Notes that a service names it. Callers hold the lock of the configuration.
    pub(super) fn note_service(&self) {
        self.services.fetch_add(1u32, Relaxed);
    }

    /// Notes that one does no more.
    pub(super) fn forget_service(&self) {
        self.services.fetch_sub(1u32, Relaxed);
    }

    /// Leases a local address and port that nobody else has towards the server, chosen by `random`: from any context, without sleeping.
    /// `pools` are those of its namespace, `known` is what the destination remembers.
    pub(crate) fn lease(
        &self,
        guard: &rcu::Guard,
        pools: &Worker<Pools>,
        known: &KnownTarget,
        wanted: Wanted,
        random: u32,
    ) -> Result<Lease, NoLease> {
        let Wanted {
            addr,
            server,
            protocol,
        } = wanted;
        let addresses = self.addresses.read(guard).ok_or(NoLease::Dry)?;
        let side = addresses.get().side(server.addr.family());
        let only = match addr.map(|addr| side.position(addr)) {
            None => None,
            Some(Some(place)) => Some(place),
            Some(None) => return Err(NoLease::Dry),
        };
        let mut place = Place {
            pool: self,
            key: Key::of(server, protocol),
            offer: addresses.get().offer(side),
            only,
            random,
            has_news: false,
        };
        let target = known.get(guard, self.number, &place.key);
        match find::take_of_known(&mut place, target) {
            Ok((None, (lease, taken))) => {
                if place.has_news {
                    Pools::keep_awake(pools, true);
                }
                side.note_taken(&taken);
                Ok(lease)
            }
            Ok((Some(target), (lease, taken))) => {
                Pools::keep_awake(pools, place.has_news);
                known.remember(guard, self.number, target);
                side.note_taken(&taken);
                Ok(lease)
            }
            Err(refusal) => {
                Pools::keep_awake(pools, place.has_news);
                Err(refused(side, refusal))
            }
        }
    }

    /// Counts a connection that got no port.
    pub(crate) fn note_refused(&self) {
        self.refused.fetch_add(1u64, Relaxed);
    }

    /// Returns one of its addresses with one of its ports, by `random`, whoever has it; none where it has no address of the
    /// family.
    pub(crate) fn any_endpoint(
        &self,
        guard: &rcu::Guard,
        family: Family,
        random: u32,
    ) -> Option<Endpoint> {
        let addresses = self.addresses.read(guard)?;
        let offer = addresses.offer(addresses.side(family));
        offer.any(random)
    }

    /// Hands the port of a connection that was ended for another one over to that, and counts it.
    pub(crate) fn hand_over(&self, guard: &rcu::Guard, lease: &Lease) -> Option<Lease> {
        let new = lease.hand_over()?;
        self.evicted.fetch_add(1u64, Relaxed);
        if let Some(addresses) = self.addresses.read(guard) {
            addresses.note_handed_over(new.local().addr);
        }
        Some(new)
    }

    /// Finds the target of a server, or begins to know of it.
    fn target(&self, key: Key) -> Result<Arc<Target>, AllocError> {
        let found = self.targets.with(key.part(), |tree| {
            if let Some(target) = tree.get(&key) {
                return Ok(target.clone());
            }
            let target = Target::new(key, time::jiffies32())?;
            tree.insert(RBTreeNode::new(key, target.clone(), GFP_NOWAIT)?);
            Ok(target)
        });
        found.unwrap_or(Err(ENOMEM)).map_err(|_| AllocError)
    }

    /// Forgets a target that has ended, unless another one is there already.
    fn remove(&self, target: &Arc<Target>) {
        let key = target.key();
        let removed = self.targets.with(key.part(), |tree| match tree.get(key) {
            Some(found) if Arc::ptr_eq(found, target) => tree.remove_node(key),
            _ => None,
        });
        // Freed outside of the lock.
        drop(removed);
    }

    /// Calls `act` with each target. Others come and go meanwhile.
    fn for_each_target(&self, mut act: impl FnMut(&Arc<Target>)) {
        for part in 0..PARTS {
            let mut last: Option<Key> = None;
            loop {
                let next = self.targets.with(part, |tree| match &last {
                    None => Some(tree.cursor_front()?.current().1.clone()),
                    Some(last) => {
                        let cursor = tree.cursor_lower_bound(last)?;
                        let (key, target) = cursor.current();
                        if key == last {
                            Some(cursor.peek_next()?.1.clone())
                        } else {
                            Some(target.clone())
                        }
                    }
                });
                let Some(target) = next.flatten() else { break };
                act(&target);
                last = Some(*target.key());
            }
        }
    }

    /// Returns what it has now.
    pub(crate) fn addresses(&self) -> Option<RcuArc<Addresses>> {
        let guard = rcu::Guard::new();
        self.addresses.read(&guard)?.upgrade()
    }

    /// Looks after all targets: what there is to be told of each is told, ports that rest get older, and what is free
    /// ends. Tells what is to be done yet. Process context.
    fn look_after(&self, mut tell: impl FnMut(&Target, Level, (u32, u32))) -> Outlook {
        let addresses = self.addresses();
        let mut outlook = Outlook::default();
        let Some(addresses) = addresses else {
            return outlook;
        };
        let ticks = pools::rest();
        self.for_each_target(|target| {
            target.age(time::jiffies32(), ticks);
            let side = addresses.side(target.key().family());
            let offer = addresses.offer(side);
            let (news, level) = target.take_news(&offer);
            for level in news {
                tell(target, level, target.counted(&offer));
            }
            let mut place = Place {
                pool: self,
                key: *target.key(),
                offer,
                only: None,
                random: 0,
                has_news: false,
            };
            if !find::sweep(&mut place, target) {
                outlook.has_targets = true;
                outlook.is_short |= level != Level::Ample;
            }
            time::cond_resched();
        });
        outlook
    }

    /// Whether there is anything to look after.
    fn has_targets(&self) -> bool {
        (0..PARTS).any(|part| {
            let is_empty = self.targets.with(part, |tree| tree.is_empty());
            is_empty == Some(false)
        })
    }

    /// Ends all targets; leases live on. Process context.
    fn close(&self) {
        self.end_all(time::cond_resched);
    }

    /// Ends all targets, and forgets them; `pause` is called in between.
    fn end_all(&self, pause: impl Fn()) {
        for part in 0..PARTS {
            let targets = self
                .targets
                .with(part, |tree| core::mem::replace(tree, RBTree::new()));
            for target in targets.iter().flat_map(RBTree::values) {
                target.end();
                pause();
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // A target and what leases of it share have each other until it ends. Some may have come after all were ended.
        self.end_all(|| {});
    }
}

/// Why there is no lease, which is counted where addresses have no port left.
#[cold]
fn refused(side: &Side, refusal: Refusal<AllocError>) -> NoLease {
    match refusal {
        Refusal::Dry(place) => {
            side.note_passed(place);
            NoLease::Dry
        }
        Refusal::Ended | Refusal::Room(_) => NoLease::Memory,
    }
}

/// Where the target of a server is found.
struct Place<'a> {
    pool: &'a Pool,
    key: Key,
    offer: Offer<'a>,
    // Where the only address is that will do.
    only: Option<usize>,
    random: u32,
    // Whether there is something to be told that there was not before.
    has_news: bool,
}

impl find::Place for Place<'_> {
    type Server = Arc<Target>;
    type Taken = (Lease, Taken);
    type Error = AllocError;

    fn find_or_add(&mut self) -> Result<Arc<Target>, AllocError> {
        self.pool.target(self.key)
    }

    fn take(&mut self, target: &Arc<Target>) -> Result<(Lease, Taken), Refusal<AllocError>> {
        let (taken, has_news) = Target::take(target, &self.offer, self.only, self.random);
        self.has_news |= has_news;
        taken
    }

    fn end_when_free(&mut self, target: &Arc<Target>) -> bool {
        target.end_when_free()
    }

    fn remove(&mut self, target: &Arc<Target>) {
        self.pool.remove(target);
    }
}

/// What is to be done for a pool later on.
#[derive(Default)]
struct Outlook {
    has_targets: bool,
    // It may get better soon.
    is_short: bool,
}
