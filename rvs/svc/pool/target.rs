// SPDX-License-Identifier: GPL-2.0-only

//! What a pool has given towards one real server and protocol.
//!
//! What leases of an address share has the target, and the target has it, to give it to others. That ends with the target: when all
//! of it is free, or its pool goes.

use kernel::{
    alloc::AllocError,
    prelude::*,
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
        Locked, //
    },
    logic::{
        addr::{
            Addr,
            Endpoint,
            Family, //
        },
        pool::{
            self,
            order,
            Level,
            Offer,
            Refusal,
            Share,
            Taken, //
        },
        protocol::Protocol,
        spread::spread, //
    },
};

use super::{
    kernel_memory::KernelMemory,
    lease::{
        Lease,
        Local, //
    },
};

/// A server and a protocol, in the order of the tree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    server: Endpoint,
    protocol: Protocol,
}

impl Key {
    pub(super) fn of(server: Endpoint, protocol: Protocol) -> Self {
        Self { server, protocol }
    }

    pub(super) fn server(&self) -> Endpoint {
        self.server
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) fn family(&self) -> Family {
        self.server.addr.family()
    }

    /// In which part of the tree it is, modulo their number.
    pub(super) fn part(&self) -> usize {
        let addr = order(self.server.addr);
        let addr = (addr >> 64) as u64 ^ addr as u64;
        spread(addr.rotate_left(16) ^ u64::from(self.server.port)) as usize
    }

    fn rank(&self) -> (bool, u128, u16, u8) {
        let is_v6 = matches!(self.server.addr, Addr::V6(_));
        (
            is_v6,
            order(self.server.addr),
            self.server.port,
            self.protocol.number(),
        )
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// Ports towards a server.
#[pin_data]
pub(super) struct Target {
    key: Key,
    has_ended: Atomic<bool>,
    #[pin]
    given: Locked<Given>,
}

/// What was given.
struct Given {
    ports: pool::Target<KernelMemory>,
    // What leases share, by row.
    locals: KVec<Arc<Local>>,
}

impl Given {
    /// What has ended.
    fn ended() -> Self {
        Self {
            ports: pool::Target::ended(),
            locals: KVec::new(),
        }
    }

    /// Makes a lease of what was `taken` of `target`, which this is of, or gives it back where memory is short.
    #[inline]
    fn lease(
        &mut self,
        target: &Arc<Target>,
        offer: &Offer<'_>,
        taken: &Taken,
    ) -> Result<Lease, AllocError> {
        let addr = offer.addrs.get(taken.place).ok_or(AllocError);
        let local = addr.and_then(|addr| self.local(target, *addr, taken.row));
        if local.is_err() {
            self.ports.give_back(taken.row, taken.port, false);
        }
        Ok(Lease::new(local?, taken.port))
    }

    /// Returns what leases of this address, in this row, share.
    #[inline]
    fn local(
        &mut self,
        target: &Arc<Target>,
        addr: Addr,
        row: u16,
    ) -> Result<Arc<Local>, AllocError> {
        match self.locals.get(usize::from(row)) {
            Some(local) if local.addr == addr => Ok(local.clone()),
            _ => self.new_local(target, addr, row),
        }
    }

    #[cold]
    #[inline(never)]
    fn new_local(
        &mut self,
        target: &Arc<Target>,
        addr: Addr,
        row: u16,
    ) -> Result<Arc<Local>, AllocError> {
        let new = |row| {
            let target = target.clone();
            Arc::new(Local { addr, row, target }, GFP_NOWAIT)
        };
        // A row has another address when no port of that before is taken.
        if let Some(place) = self.locals.get_mut(usize::from(row)) {
            *place = new(row)?;
            return Ok(place.clone());
        }
        // Rows come one after the other, but memory may have been short for one before.
        while self.locals.len() < usize::from(row) {
            let before = self.locals.len() as u16;
            self.locals.push(new(before)?, GFP_NOWAIT)?;
        }
        let local = new(row)?;
        self.locals.push(local.clone(), GFP_NOWAIT)?;
        Ok(local)
    }
}

impl Target {
    /// Makes one of which all ports are free, without sleeping.
    pub(super) fn new(key: Key, now: u32) -> Result<Arc<Self>> {
        let given = Given {
            ports: pool::Target::new(now),
            locals: KVec::new(),
        };
        Arc::pin_init(
            pin_init!(Self {
                key,
                has_ended: Atomic::new(false),
                given <- Locked::new(given, Class::Ports),
            }),
            GFP_NOWAIT,
        )
    }

    #[inline]
    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// Returns whether it has ended, or is about to: packets find another one.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Relaxed)
    }

    /// Takes a port, of the address at `place` in the offer or of any; tells, too, whether there is something to be told that there
    /// was not before.
    #[inline]
    pub(super) fn take(
        this: &Arc<Self>,
        offer: &Offer<'_>,
        place: Option<usize>,
        random: u32,
    ) -> (Result<(Lease, Taken), Refusal<AllocError>>, bool) {
        this.given.with(|given| {
            let had_news = given.ports.news().is_due();
            let taken = match place {
                Some(place) => given.ports.take_at(offer, place, random),
                None => given.ports.take(offer, random),
            };
            let has_news = !had_news && given.ports.news().is_due();
            let leased = taken.and_then(|taken| {
                let lease = given.lease(this, offer, &taken);
                Ok((lease.map_err(Refusal::Room)?, taken))
            });
            (leased, has_news)
        })
    }

    pub(super) fn give_back(&self, row: u16, port: u16, rests: bool) {
        self.given
            .with(|given| given.ports.give_back(row, port, rests));
    }

    /// Has ports get older that rest, if so many ticks have passed since they did; an address at a time, so that
    /// nobody waits for long.
    pub(super) fn age(&self, now: u32, ticks: u32) {
        if self
            .given
            .with(|given| given.ports.begin_to_age(now, ticks))
        {
            (0..)
                .take_while(|row| self.given.with(|given| given.ports.age(*row)))
                .for_each(drop);
        }
    }

    /// Returns what is to be told, in this order, and the level of now.
    pub(super) fn take_news(&self, offer: &Offer<'_>) -> (impl Iterator<Item = Level>, Level) {
        self.given.with(|given| {
            let _has_counted = given.ports.counted(offer);
            let news = given.ports.news().take();
            (news, given.ports.news().level())
        })
    }

    /// Ends it, if all of it is free; whether it has ended.
    pub(super) fn end_when_free(&self) -> bool {
        // Freed outside of the lock.
        let rest = self
            .given
            .with(|given| given.ports.end_when_free().then(|| self.replace(given)));
        rest.is_some()
    }

    /// Ends it, whatever is taken: leases live on, and give back what nobody asks for any more.
    pub(super) fn end(&self) {
        // Freed outside of the lock.
        drop(self.given.with(|given| self.replace(given)));
    }

    /// Ends it, and returns what it had.
    fn replace(&self, given: &mut Given) -> Given {
        self.has_ended.store(true, Relaxed);
        core::mem::replace(given, Given::ended())
    }

    /// Returns how many of the ports on offer are not free, and how many there are.
    pub(super) fn counted(&self, offer: &Offer<'_>) -> (u32, u32) {
        self.given.with(|given| given.ports.counted(offer))
    }

    /// Calls `act` with what is taken of each address. It may not sleep.
    pub(super) fn for_each_share(&self, offer: &Offer<'_>, act: impl FnMut(Share)) {
        self.given.with(|given| {
            let _has_counted = given.ports.counted(offer);
            given.ports.shares().for_each(act);
        });
    }
}
