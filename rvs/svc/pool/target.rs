// SPDX-License-Identifier: GPL-2.0-only

//! What a pool has given towards one real server and protocol.

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::Arc, //
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

use super::kernel_memory::KernelMemory;

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
    #[pin]
    ports: Locked<pool::Target<KernelMemory>>,
}

impl Target {
    /// Makes one of which all ports are free, without sleeping.
    pub(super) fn new(key: Key, now: u32) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                key,
                ports <- Locked::new(pool::Target::new(now), Class::Ports),
            }),
            GFP_NOWAIT,
        )
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// Takes a port, of the address at `place` in the offer or of any; tells, too, whether there is something to be told that there was not before.
    pub(super) fn take(
        &self,
        offer: &Offer<'_>,
        place: Option<usize>,
        random: u32,
    ) -> (Result<Taken, Refusal<AllocError>>, bool) {
        self.ports.with(|ports| {
            let had_news = ports.news().is_due();
            let taken = match place {
                Some(place) => ports.take_at(offer, place, random),
                None => ports.take(offer, random),
            };
            (taken, !had_news && ports.news().is_due())
        })
    }

    pub(super) fn give_back(&self, row: u16, port: u16, rests: bool) {
        self.ports.with(|ports| ports.give_back(row, port, rests));
    }

    /// Has ports get older that rest, if so many ticks have passed since they did; an address at a time, so that
    /// nobody waits for long.
    pub(super) fn age(&self, now: u32, ticks: u32) {
        if self.ports.with(|ports| ports.begin_to_age(now, ticks)) {
            (0..)
                .take_while(|row| self.ports.with(|ports| ports.age(*row)))
                .for_each(drop);
        }
    }

    /// Returns what is to be told, in this order, and the level of now.
    pub(super) fn take_news(&self, offer: &Offer<'_>) -> (impl Iterator<Item = Level>, Level) {
        self.ports.with(|ports| {
            let _has_counted = ports.counted(offer);
            let news = ports.news().take();
            (news, ports.news().level())
        })
    }

    pub(super) fn end_when_free(&self) -> bool {
        self.ports.with(|ports| ports.end_when_free())
    }

    /// Returns how many of the ports on offer are not free, and how many there are.
    pub(super) fn counted(&self, offer: &Offer<'_>) -> (u32, u32) {
        self.ports.with(|ports| ports.counted(offer))
    }

    /// Calls `act` with what is taken of each address. It may not sleep.
    pub(super) fn for_each_share(&self, offer: &Offer<'_>, act: impl FnMut(Share)) {
        self.ports.with(|ports| {
            let _has_counted = ports.counted(offer);
            ports.shares().for_each(act);
        });
    }
}
