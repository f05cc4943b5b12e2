// SPDX-License-Identifier: GPL-2.0-only

//! Which packets may concern a service at all.

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        SetOnce, //
    },
};

use crate::{
    kapi::sync::spinlock::{
        Class,
        Locks, //
    },
    logic::{
        addr::{
            Addr,
            Endpoint, //
        },
        filter::{
            of_addr,
            of_endpoint,
            Role,
            CELLS,
            FLAGS, //
        },
    },
};

/// The addresses and ports of services and of real servers, and some others by chance.
///
/// They are noted before packets may need them, and forgotten when the last [`Noted`] of them goes.
/// Those of a destination are noted for as long as it has connections.
pub(crate) struct AddressFilter {
    // Read by packets; see `Role` for the flags.
    cells: [Atomic<i8>; CELLS],
    // How often each flag is noted in each cell; changed under the lock, with the cell. Namespaces
    // without services do without.
    counts: SetOnce<KVVec<Atomic<u32>>>,
    lock: Locks,
}

impl AddressFilter {
    /// Makes a filter that lets nothing through.
    pub(crate) fn new() -> Result<Arc<Self>> {
        let lock = Locks::new(1, Class::Filter)?;
        Arc::init(
            try_init!(Self {
                cells <- pin_init::init_array_from_fn(|_| Atomic::new(0)),
                counts: SetOnce::new(),
                lock,
            }),
            GFP_KERNEL,
        )
    }

    /// Notes a service or a real server, until what is returned is dropped.
    pub(crate) fn note(
        self: &Arc<Self>,
        role: Role,
        endpoint: Endpoint,
    ) -> Result<Noted, AllocError> {
        if self.counts.as_ref().is_none() {
            let mut counts = KVVec::with_capacity(CELLS * FLAGS, GFP_KERNEL)?;
            for _ in 0..CELLS * FLAGS {
                counts.push(Atomic::new(0), GFP_KERNEL)?;
            }
            // Somebody else may have been faster.
            self.counts.populate(counts);
        }
        self.change(role, endpoint, |count| count.wrapping_add(1));
        Ok(Noted {
            filter: self.clone(),
            role,
            endpoint,
        })
    }

    fn change(&self, role: Role, endpoint: Endpoint, change: impl Fn(u32) -> u32) {
        let Some(counts) = self.counts.as_ref() else {
            return;
        };
        let _lock = self.lock.lock(0);
        for (cell, flag) in role.places(endpoint) {
            let place = cell * FLAGS + flag.trailing_zeros() as usize;
            let (Some(cell), Some(count)) = (self.cells.get(cell), counts.get(place)) else {
                continue;
            };
            let now = change(count.load(Relaxed));
            count.store(now, Relaxed);
            let flags = cell.load(Relaxed);
            let flag = flag as i8;
            cell.store(if now > 0 { flags | flag } else { flags & !flag }, Relaxed);
        }
    }

    /// Returns whether packets to this address, of whatever port, may be for a service.
    #[inline(always)]
    pub(crate) fn may_be_service_addr(&self, addr: Addr) -> bool {
        self.has(of_addr(addr), Role::Service.addr_flag())
    }

    /// Returns whether packets from this address, of whatever port, may be those of a real server.
    #[inline(always)]
    pub(crate) fn may_be_server_addr(&self, addr: Addr) -> bool {
        self.has(of_addr(addr), Role::Server.addr_flag())
    }

    /// Returns whether packets to this address and port may be for a service. Most strangers are
    /// told by [`AddressFilter::may_be_service_addr`], without a look at the port.
    #[inline(always)]
    pub(crate) fn may_be_service(&self, addr: Addr, port: u16) -> bool {
        self.has(of_endpoint(addr, port), Role::Service.endpoint_flag())
    }

    /// Returns whether packets from this address and port may be those of a real server. Most
    /// strangers are told by [`AddressFilter::may_be_server_addr`], without a look at the port.
    #[inline(always)]
    pub(crate) fn may_be_server(&self, addr: Addr, port: u16) -> bool {
        self.has(of_endpoint(addr, port), Role::Server.endpoint_flag())
    }

    #[inline(always)]
    fn has(&self, cell: usize, flag: u8) -> bool {
        self.cells
            .get(cell)
            .is_some_and(|cell| cell.load(Relaxed) as u8 & flag != 0)
    }
}

/// An endpoint that is noted in a filter, for as long as this lives. It may be dropped in any
/// context but that of a hardware interrupt.
pub(crate) struct Noted {
    filter: Arc<AddressFilter>,
    role: Role,
    endpoint: Endpoint,
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.filter
            .change(self.role, self.endpoint, |count| count.wrapping_sub(1));
    }
}
