// SPDX-License-Identifier: GPL-2.0-only

//! What of a pool is taken.

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::atomic::Relaxed, //
};

use crate::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    protocol::Protocol, //
};

use super::{
    addresses::Addresses,
    Pool, //
};

/// What of one address is taken.
#[derive(Clone, Copy)]
pub(crate) struct AddressFigures {
    /// The address.
    pub(crate) addr: Addr,
    /// Connections that have a port of it, towards all servers.
    pub(crate) used: u64,
    /// Ports that rest, towards all servers.
    pub(crate) resting: u64,
    /// Ports that are free towards the server with the fewest.
    pub(crate) free: u32,
    /// Ports that were given, since it was added.
    pub(crate) given: u64,
    /// How often a port of it was to be given and none was free.
    pub(crate) refused: u64,
}

/// The server towards which the greatest part is taken.
#[derive(Clone, Copy)]
pub(crate) struct BusiestServer {
    /// Address and port.
    pub(crate) server: Endpoint,
    /// Protocol.
    pub(crate) protocol: Protocol,
    /// Ports that are used or rest, of those on offer.
    pub(crate) taken: u32,
    /// Ports that are on offer.
    pub(crate) ports: u32,
}

impl BusiestServer {
    fn is_busier_than(&self, other: &Self) -> bool {
        let of = |one: &Self, ports: u32| u64::from(one.taken).saturating_mul(ports.into());
        of(self, other.ports) > of(other, self.ports)
    }
}

/// What of a pool is taken. It changes while it is looked at.
pub(crate) struct PoolFigures {
    /// Its addresses, those of IPv4 first, each in their order.
    pub(crate) addresses: KVVec<AddressFigures>,
    /// Connections that have a port of it, those of addresses that have left included.
    pub(crate) used: u64,
    /// Ports that rest.
    pub(crate) resting: u64,
    /// Connections that got no port.
    pub(crate) refused: u64,
    /// Connections that were ended as a new one needed their port.
    pub(crate) evicted: u64,
    /// The busiest server; none when nothing is taken.
    pub(crate) busiest: Option<BusiestServer>,
}

impl Pool {
    /// Looks at all that is taken.
    pub(super) fn figures(&self, addresses: &Addresses) -> Result<PoolFigures, AllocError> {
        let mut figures = PoolFigures {
            addresses: entries(addresses)?,
            used: 0,
            resting: 0,
            refused: self.refused.load(Relaxed),
            evicted: self.evicted.load(Relaxed),
            busiest: None,
        };
        self.for_each_target(|target| {
            let key = target.key();
            let side = addresses.side(key.family());
            // Those of IPv4 are first.
            let first = match key.server().addr {
                Addr::V4(_) => 0,
                Addr::V6(_) => figures.addresses.len().saturating_sub(side.addrs().len()),
            };
            let offer = addresses.offer(side);
            let all = offer.ports.count();
            target.for_each_share(&offer, |share| {
                figures.used = figures.used.saturating_add(share.used.into());
                figures.resting = figures.resting.saturating_add(share.resting.into());
                let place = side
                    .position(share.addr)
                    .and_then(|at| at.checked_add(first));
                let entry = place.and_then(|place| figures.addresses.get_mut(place));
                if let (Some(entry), Some(counted)) = (entry, share.counted) {
                    entry.used = entry.used.saturating_add(share.used.into());
                    entry.resting = entry.resting.saturating_add(share.resting.into());
                    entry.free = entry.free.min(all.saturating_sub(counted));
                }
            });
            let (taken, ports) = target.counted(&offer);
            let this = BusiestServer {
                server: key.server(),
                protocol: key.protocol(),
                taken,
                ports,
            };
            let is_busiest = figures
                .busiest
                .is_none_or(|other| this.is_busier_than(&other));
            if taken > 0 && is_busiest {
                figures.busiest = Some(this);
            }
        });
        Ok(figures)
    }
}

/// One for each address, of which nothing is taken.
fn entries(addresses: &Addresses) -> Result<KVVec<AddressFigures>, AllocError> {
    let mut entries = KVVec::with_capacity(addresses.len(), GFP_KERNEL_ACCOUNT)?;
    for (addr, counts) in addresses.entries() {
        entries.push(
            AddressFigures {
                addr,
                used: 0,
                resting: 0,
                free: addresses.ports().count(),
                given: counts.given(),
                refused: counts.refused(),
            },
            GFP_KERNEL_ACCOUNT,
        )?;
    }
    Ok(entries)
}
