// SPDX-License-Identifier: GPL-2.0-only

//! Which addresses a pool has.

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
    kapi::sync::Plain,
    logic::{
        addr::{
            Addr,
            Family, //
        },
        pool::{
            order,
            AddrRange,
            Offer,
            Ports,
            Taken, //
        },
    },
};

/// What one address has been asked for, since it was added.
pub(super) struct Counts {
    given: Atomic<u64>,
    refused: Atomic<u64>,
}

impl Counts {
    pub(super) fn given(&self) -> u64 {
        self.given.load(Relaxed)
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }
}

/// The addresses of one family, in their order.
pub(super) struct Side {
    addrs: KVVec<Addr>,
    counts: KVVec<Arc<Counts>>,
}

impl Side {
    const fn new() -> Self {
        Self {
            addrs: KVVec::new(),
            counts: KVVec::new(),
        }
    }

    fn push(&mut self, addr: Addr, counts: Arc<Counts>) -> Result<(), AllocError> {
        self.addrs.push(addr, GFP_KERNEL_ACCOUNT)?;
        self.counts.push(counts, GFP_KERNEL_ACCOUNT)
    }

    /// Returns the addresses.
    pub(super) fn addrs(&self) -> &[Addr] {
        &self.addrs
    }

    fn entries(&self) -> impl Iterator<Item = (Addr, &Counts)> {
        let counts = self.counts.iter().map(|counts| &**counts);
        self.addrs.iter().copied().zip(counts)
    }

    /// Returns where an address is.
    pub(super) fn position(&self, addr: Addr) -> Option<usize> {
        let wanted = order(addr);
        self.addrs
            .binary_search_by_key(&wanted, |addr| order(*addr))
            .ok()
    }

    /// Counts a port that was taken.
    #[inline]
    pub(super) fn note_taken(&self, taken: &Taken) {
        if taken.passed > 0 {
            self.note_those_before(taken);
        }
        if let Some(counts) = self.counts.get(taken.place) {
            counts.given.fetch_add(1u64, Relaxed);
        }
    }

    /// Counts that the addresses before that of a port that was taken had none left.
    #[cold]
    fn note_those_before(&self, taken: &Taken) {
        let count = self.addrs.len();
        let end = taken.place.saturating_add(count);
        for place in end.saturating_sub(taken.passed)..end {
            self.note_passed(place.checked_rem(count));
        }
    }

    /// Counts a port of an address that was handed over.
    fn note_handed_over(&self, addr: Addr) {
        let place = self.position(addr);
        if let Some(counts) = place.and_then(|place| self.counts.get(place)) {
            counts.given.fetch_add(1u64, Relaxed);
        }
    }

    /// Counts that an address had no port left.
    pub(super) fn note_passed(&self, place: Option<usize>) {
        if let Some(counts) = place.and_then(|place| self.counts.get(place)) {
            counts.refused.fetch_add(1u64, Relaxed);
        }
    }
}

/// The addresses of a pool and their ports, as packets see them: replaced as a whole.
pub(crate) struct Addresses {
    v4: Side,
    v6: Side,
    ports: Ports,
    generation: u32,
}

impl Plain for Addresses {}

impl Addresses {
    /// Makes those of an empty pool.
    pub(super) fn new(ports: Ports) -> Self {
        Self {
            v4: Side::new(),
            v6: Side::new(),
            ports,
            generation: 0,
        }
    }

    /// Returns the addresses of a family.
    #[inline]
    pub(super) fn side(&self, family: Family) -> &Side {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// Returns whether an address is one of them.
    pub(crate) fn has(&self, addr: Addr) -> bool {
        self.side(addr.family()).position(addr).is_some()
    }

    /// Returns whether there is any of a family.
    pub(crate) fn has_any_of(&self, family: Family) -> bool {
        !self.side(family).addrs().is_empty()
    }

    /// Counts a port of an address that one connection got from another.
    pub(super) fn note_handed_over(&self, addr: Addr) {
        self.side(addr.family()).note_handed_over(addr);
    }

    /// Returns what they offer.
    #[inline]
    pub(super) fn offer<'a>(&self, side: &'a Side) -> Offer<'a> {
        Offer {
            addrs: &side.addrs,
            ports: self.ports,
            generation: self.generation,
        }
    }

    /// Returns the ports of each.
    pub(super) fn ports(&self) -> Ports {
        self.ports
    }

    /// Returns a number that differs after every change.
    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.v4.addrs.len().saturating_add(self.v6.addrs.len())
    }

    /// Returns each address with what it was asked for, those of IPv4 first.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Addr, &Counts)> {
        Iterator::chain(self.v4.entries(), self.v6.entries())
    }

    /// Returns an address of a range that is one of them.
    pub(super) fn any_of(&self, range: &AddrRange) -> Option<Addr> {
        let side = self.side(range.family());
        range.addrs().find(|addr| side.position(*addr).is_some())
    }

    /// Returns an address of a range that is none of them.
    pub(super) fn missing_of(&self, range: &AddrRange) -> Option<Addr> {
        let side = self.side(range.family());
        range.addrs().find(|addr| side.position(*addr).is_none())
    }

    /// Returns an address that others have, too.
    pub(super) fn common_with(&self, other: &Self) -> Option<Addr> {
        Family::ALL.into_iter().find_map(|family| {
            let mut addrs = self.side(family).addrs.iter();
            let side = other.side(family);
            addrs.find(|addr| side.position(**addr).is_some()).copied()
        })
    }

    /// Makes what they are with other ports.
    pub(super) fn with_ports(&self, ports: Ports) -> Result<Self, AllocError> {
        let mut new = self.without(None)?;
        new.ports = ports;
        Ok(new)
    }

    /// Makes what they are with those of a range, of which none is there.
    pub(super) fn with(&self, range: AddrRange) -> Result<Self, AllocError> {
        let mut new = Self::new(self.ports);
        new.generation = self.generation.wrapping_add(1);
        for family in Family::ALL {
            let old = self.side(family);
            let side = new.side_mut(family);
            let is_here = range.family() == family;
            let first = order(range.first());
            let split = old.addrs.partition_point(|addr| order(*addr) < first);
            let entries = || old.addrs.iter().copied().zip(old.counts.iter().cloned());
            for (addr, counts) in entries().take(split) {
                side.push(addr, counts)?;
            }
            if is_here {
                for addr in range.addrs() {
                    let counts = Counts {
                        given: Atomic::new(0),
                        refused: Atomic::new(0),
                    };
                    side.push(addr, Arc::new(counts, GFP_KERNEL_ACCOUNT)?)?;
                }
            }
            for (addr, counts) in entries().skip(split) {
                side.push(addr, counts)?;
            }
        }
        Ok(new)
    }

    /// Makes what they are without those of a range.
    pub(super) fn without(&self, range: Option<AddrRange>) -> Result<Self, AllocError> {
        let mut new = Self::new(self.ports);
        new.generation = self.generation.wrapping_add(1);
        for family in Family::ALL {
            let old = self.side(family);
            let side = new.side_mut(family);
            for (addr, counts) in old.addrs.iter().zip(&old.counts) {
                if !range.is_some_and(|range| range.contains(*addr)) {
                    side.push(*addr, counts.clone())?;
                }
            }
        }
        Ok(new)
    }

    fn side_mut(&mut self, family: Family) -> &mut Side {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}
