// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses.
//!
//! Packets take ports under one spinlock for each real server and protocol, which they find in a tree of the pool.
//! Nothing is kept for a real server of which all ports are free for long: [`Pools`] looks after that, and has ports
//! get older that rest. A lease holds the real server's part alone, so that it outlives pool, address and namespace.

mod addresses;
mod figures;
mod kernel_memory;
mod lease;
mod pools;
mod target;

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
        addr::Endpoint,
        pool::{
            Level,
            Name,
            Refusal, //
        },
        protocol::Protocol, //
    },
};

use self::{
    addresses::Addresses,
    target::{
        Key,
        Target, //
    },
};

pub(crate) use self::{
    figures::{
        AddressFigures,
        BusiestServer,
        PoolFigures, //
    },
    lease::{
        Lease,
        Leased,
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

/// How often one is looked for that has not ended meanwhile. It ends when nobody has had a port of it for a minute.
const ATTEMPTS: usize = 4;

/// A pool, as packets see it.
pub(crate) struct Pool {
    name: Name,
    addresses: RcuCell<Addresses>,
    targets: Guarded<RBTree<Key, Arc<Target>>>,
    refused: Atomic<u64>,
}

impl Plain for Pool {}

impl Pool {
    fn new(name: Name, addresses: RcuArc<Addresses>) -> Result<Self> {
        Ok(Self {
            name,
            addresses: RcuCell::new(Some(addresses)),
            targets: Guarded::new(PARTS, PARTS, Class::Pool, RBTree::new)?,
            refused: Atomic::new(0),
        })
    }

    /// Returns its name.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Leases a local address and port that nobody else has towards this server and protocol, chosen by `random`:
    /// from any context, without sleeping. `pools` are those of its namespace.
    pub(crate) fn lease(
        &self,
        guard: &rcu::Guard,
        pools: &Worker<Pools>,
        server: Endpoint,
        protocol: Protocol,
        random: u64,
    ) -> Result<Leased, NoLease> {
        let addresses = self.addresses.read(guard).ok_or(NoLease::Dry)?;
        let side = addresses.get().side(server.addr.family());
        for _ in 0..ATTEMPTS {
            let target = self.target(Key::of(server, protocol))?;
            let (taken, has_news) = target.take(&addresses.get().offer(side), random);
            Pools::keep_awake(pools, has_news);
            match taken {
                Ok(taken) => {
                    let local = side.note_taken(&taken).ok_or(NoLease::Dry)?;
                    return Ok(Leased::new(local, target, &taken));
                }
                Err(Refusal::Dry(place)) => {
                    side.note_passed(place);
                    self.refused.fetch_add(1u64, Relaxed);
                    return Err(NoLease::Dry);
                }
                Err(Refusal::Room(_)) => return Err(NoLease::Memory),
                // Its memory goes; the next one is another.
                Err(Refusal::Ended) => self.remove(&target),
            }
        }
        Err(NoLease::Memory)
    }

    /// Finds what was given towards a server, or begins to note it.
    fn target(&self, key: Key) -> Result<Arc<Target>, NoLease> {
        let found = self.targets.with(key.part(), |tree| {
            if let Some(target) = tree.get(&key) {
                return Ok(target.clone());
            }
            let target = Target::new(key, time::jiffies32())?;
            tree.insert(RBTreeNode::new(key, target.clone(), GFP_NOWAIT)?);
            Ok(target)
        });
        found.unwrap_or(Err(ENOMEM)).map_err(|_| NoLease::Memory)
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
    fn addresses(&self) -> Option<RcuArc<Addresses>> {
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
            if target.end_when_free() {
                self.remove(target);
            } else {
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

    /// Forgets all targets; they live on with their leases. Process context.
    fn close(&self) {
        for part in 0..PARTS {
            let targets = self
                .targets
                .with(part, |tree| core::mem::replace(tree, RBTree::new()));
            drop(targets);
            time::cond_resched();
        }
    }
}

/// What is to be done for a pool later on.
#[derive(Default)]
struct Outlook {
    has_targets: bool,
    // It may get better soon.
    is_short: bool,
}
