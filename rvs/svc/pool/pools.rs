// SPDX-License-Identifier: GPL-2.0-only

//! The pools of a namespace.

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        new_mutex,
        Arc,
        Mutex, //
    },
};

use crate::{
    kapi::{
        net::{
            pernet::Home,
            Net, //
        },
        sync::RcuArc,
        time,
        workqueue::{
            Work,
            Worker, //
        },
    },
    logic::{
        addr::{
            Addr,
            Endpoint, //
        },
        pool::{
            find,
            AddrRange,
            Level,
            Name,
            Ports,
            MOST_ADDRESSES,
            REST_SECONDS, //
        },
        protocol::Protocol,
    },
    svc::ServiceKey,
};

use super::{
    addresses::Addresses,
    figures::PoolFigures,
    target::Target,
    Outlook,
    Pool, //
};

/// A pool to be added, without addresses.
pub(crate) struct NewPool {
    /// Its name.
    pub(crate) name: Name,
    /// The ports of each address.
    pub(crate) ports: Ports,
}

/// A change of a pool.
pub(crate) enum PoolChange {
    /// It gives other ports. Connections keep theirs.
    Ports(Ports),
    /// It has these addresses, too.
    Add(AddrRange),
    /// It has these no more. Connections keep them.
    Remove(AddrRange),
}

/// Why a change was refused. Nothing has changed then.
pub(crate) enum PoolError {
    /// There is a pool of this name.
    Exists,
    /// There is no pool of this name.
    NoPool,
    /// The pool has this address already.
    AddressExists(Addr),
    /// The pool does not have this address.
    NoAddress(Addr),
    /// Another pool has this address, with some of the same ports.
    Overlaps(Addr, Name),
    /// It would have too many addresses.
    TooManyAddresses,
    /// Servers of this service need an address that the pool would not have any more.
    Needed(ServiceKey),
    /// Memory is short.
    Memory,
}

impl From<AllocError> for PoolError {
    fn from(_: AllocError) -> Self {
        Self::Memory
    }
}

impl From<Error> for PoolError {
    fn from(_: Error) -> Self {
        Self::Memory
    }
}

/// That a pool has more or less left towards a server.
pub(crate) struct PoolEvent<'a> {
    /// The pool.
    pub(crate) pool: &'a Name,
    /// How much is left.
    pub(crate) level: Level,
    /// The server, by address and port.
    pub(crate) server: Endpoint,
    /// The protocol.
    pub(crate) protocol: Protocol,
    /// Ports that are taken of those on offer.
    pub(crate) taken: u32,
    /// Ports that are on offer.
    pub(crate) ports: u32,
}

/// A pool as the administrator wants it.
pub(crate) struct PoolConfig {
    pool: RcuArc<Pool>,
    addresses: RcuArc<Addresses>,
    // Greater than that of each one before, and not 0.
    number: u64,
}

impl PoolConfig {
    /// Returns its number, by which a list goes on.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Returns a number that differs after every change of its addresses.
    pub(crate) fn generation(&self) -> u32 {
        self.addresses.generation()
    }

    /// Returns what packets see of it.
    pub(crate) fn pool(&self) -> &RcuArc<Pool> {
        &self.pool
    }

    /// Returns the ports of each of its addresses.
    pub(crate) fn ports(&self) -> Ports {
        self.addresses.ports()
    }

    /// Returns what of it is taken.
    pub(crate) fn figures(&self) -> Result<PoolFigures, AllocError> {
        self.pool.figures(&self.addresses)
    }

    /// Puts other addresses in place, which packets see from now on.
    fn publish(&mut self, addresses: Addresses) -> Result<(), AllocError> {
        let addresses = RcuArc::new(addresses, GFP_KERNEL_ACCOUNT)?;
        drop(self.pool.addresses.replace(Some(addresses.clone())));
        self.addresses = addresses;
        Ok(())
    }
}

struct List {
    // In the order in which they were added.
    pools: KVec<PoolConfig>,
    added: u64,
}

/// The pools of a namespace, and what looks after them.
pub(crate) struct Pools {
    list: Arc<Mutex<List>>,
    is_awake: Atomic<bool>,
    tell: fn(&Net, &PoolEvent<'_>),
    home: Home,
}

impl Pools {
    /// Makes the list of a namespace; `tell` is called in process context.
    pub(crate) fn new(home: Home, tell: fn(&Net, &PoolEvent<'_>)) -> Result<Self> {
        let list = List {
            pools: KVec::new(),
            added: 0,
        };
        Ok(Self {
            list: Arc::pin_init(new_mutex!(list, "rvs_pools"), GFP_KERNEL_ACCOUNT)?,
            is_awake: Atomic::new(false),
            tell,
            home,
        })
    }

    /// Adds a pool.
    pub(crate) fn add(&self, new: NewPool) -> Result<(), PoolError> {
        let mut list = self.list.lock();
        if position(&list.pools, &new.name).is_some() {
            return Err(PoolError::Exists);
        }
        list.pools.reserve(1, GFP_KERNEL_ACCOUNT)?;
        let addresses = RcuArc::new(Addresses::new(new.ports), GFP_KERNEL_ACCOUNT)?;
        let pool = Pool::new(new.name, addresses.clone())?;
        let pool = RcuArc::new(pool, GFP_KERNEL_ACCOUNT)?;
        let number = list.added.wrapping_add(1);
        let config = PoolConfig {
            pool,
            addresses,
            number,
        };
        list.pools
            .push_within_capacity(config)
            .map_err(|_| PoolError::Memory)?;
        list.added = number;
        Ok(())
    }

    /// Changes a pool, if `check` takes what it is to have then.
    pub(crate) fn change(
        &self,
        name: &Name,
        change: PoolChange,
        check: impl FnOnce(&Addresses) -> Result<(), PoolError>,
    ) -> Result<(), PoolError> {
        let mut list = self.list.lock();
        let list = &mut list.pools;
        let position = position(list, name).ok_or(PoolError::NoPool)?;
        let config = list.get(position).ok_or(PoolError::NoPool)?;
        let old = &config.addresses;
        let new = match change {
            PoolChange::Ports(ports) => old.with_ports(ports)?,
            PoolChange::Add(range) => {
                if let Some(addr) = old.any_of(&range) {
                    return Err(PoolError::AddressExists(addr));
                }
                if old.len().saturating_add(range.len()) > MOST_ADDRESSES {
                    return Err(PoolError::TooManyAddresses);
                }
                old.with(range)?
            }
            PoolChange::Remove(range) => {
                if let Some(addr) = old.missing_of(&range) {
                    return Err(PoolError::NoAddress(addr));
                }
                old.without(Some(range))?
            }
        };
        for other in list.iter() {
            let is_other = other.pool.name() != name;
            if is_other && other.ports().overlaps(new.ports()) {
                if let Some(addr) = new.common_with(&other.addresses) {
                    return Err(PoolError::Overlaps(addr, *other.pool.name()));
                }
            }
        }
        check(&new)?;
        let config = list.get_mut(position).ok_or(PoolError::NoPool)?;
        Ok(config.publish(new)?)
    }

    /// Removes a pool, which no service may name. Connections keep what they have of it.
    pub(crate) fn remove(&self, name: &Name) -> Result<(), PoolError> {
        let mut list = self.list.lock();
        let position = position(&list.pools, name).ok_or(PoolError::NoPool)?;
        let config = list.pools.remove(position).map_err(|_| PoolError::NoPool)?;
        drop(list);
        config.pool.close();
        Ok(())
    }

    /// Returns a pool.
    pub(crate) fn get(&self, name: &Name) -> Option<RcuArc<Pool>> {
        self.with(name, |config| config.pool.clone())
    }

    /// Calls `act` with a pool.
    pub(crate) fn with<R>(&self, name: &Name, act: impl FnOnce(&PoolConfig) -> R) -> Option<R> {
        let list = self.list.lock();
        let position = position(&list.pools, name)?;
        list.pools.get(position).map(act)
    }

    /// Calls `act` with the first pool that was added after the one with this number; with 0 of all.
    pub(crate) fn with_next<R>(&self, last: u64, act: impl FnOnce(&PoolConfig) -> R) -> Option<R> {
        let list = self.list.lock();
        let next = list.pools.partition_point(|config| config.number <= last);
        list.pools.get(next).map(act)
    }

    /// Has what is taken be looked after, if nobody does, or at once, as there is something to be told.
    pub(super) fn keep_awake(pools: &Worker<Self>, at_once: bool) {
        if at_once {
            pools.is_awake.store(true, Relaxed);
            pools.wake();
        } else if find::has_to_wake(&mut Sleeper(pools)) {
            pools.wake_in(rest());
        }
    }

    /// Tells of a pool that it has more or less left towards a server.
    fn tell(&self, pool: &Pool, target: &Target, level: Level, (taken, ports): (u32, u32)) {
        let event = PoolEvent {
            pool: pool.name(),
            level,
            server: target.key().server(),
            protocol: target.key().protocol(),
            taken,
            ports,
        };
        (self.tell)(self.home.net(), &event);
    }
}

impl Work for Pools {
    fn run(&self) -> Option<u32> {
        let mut outlook = Outlook::default();
        let mut last = 0;
        let next = |last| self.with_next(last, |config| (config.number, config.pool.clone()));
        while let Some((number, pool)) = next(last) {
            let of_pool = pool.look_after(|target, level, counted| {
                self.tell(&pool, target, level, counted);
            });
            outlook.has_targets |= of_pool.has_targets;
            outlook.is_short |= of_pool.is_short;
            last = number;
        }
        if outlook.has_targets {
            return Some(if outlook.is_short { time::hz() } else { rest() });
        }
        (!find::may_sleep(&mut Sleeper(self))).then(rest)
    }
}

/// Pools that are looked after.
struct Sleeper<'a>(&'a Pools);

impl find::Sleeper for Sleeper<'_> {
    fn is_awake(&mut self) -> bool {
        self.0.is_awake.load(Relaxed)
    }

    fn rouse(&mut self) -> bool {
        self.0.is_awake.xchg(true, Full)
    }

    fn doze(&mut self) {
        self.0.is_awake.store(false, Relaxed);
    }

    /// Whoever adds a target and whoever looks take the same lock: who has not been seen by this look sees what was
    /// written before it.
    fn has_work(&mut self) -> bool {
        let list = self.0.list.lock();
        list.pools.iter().any(|config| config.pool.has_targets())
    }
}

/// Returns for how many ticks a port rests.
pub(super) fn rest() -> u32 {
    REST_SECONDS.saturating_mul(time::hz())
}

/// Finds a pool in the list.
fn position(pools: &[PoolConfig], name: &Name) -> Option<usize> {
    pools.iter().position(|config| config.pool.name() == name)
}
