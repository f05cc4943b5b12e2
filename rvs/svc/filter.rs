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
            Subject,
            CELLS,
            FLAGS,
            MARKS, //
        },
        service_key::ServiceKey,
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
    // How often marks are noted; changed under the lock.
    marks: Atomic<u32>,
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
                marks: Atomic::new(0),
                lock,
            }),
            GFP_KERNEL,
        )
    }

    /// Notes what packets of a service go to, until what is returned is dropped.
    pub(crate) fn note_service(self: &Arc<Self>, key: &ServiceKey) -> Result<Noted, AllocError> {
        self.note(Subject::of_service(key))
    }

    /// Notes what replies of a real server of a service come from, until what is returned is dropped. It
    /// has port 0 where it has the ports of the packets.
    pub(crate) fn note_server(
        self: &Arc<Self>,
        service: &ServiceKey,
        endpoint: Endpoint,
    ) -> Result<Noted, AllocError> {
        self.note(Subject::of_server(service, endpoint))
    }

    fn note(self: &Arc<Self>, subject: Subject) -> Result<Noted, AllocError> {
        if self.counts.as_ref().is_none() {
            let mut counts = KVVec::with_capacity(CELLS * FLAGS, GFP_KERNEL)?;
            for _ in 0..CELLS * FLAGS {
                counts.push(Atomic::new(0), GFP_KERNEL)?;
            }
            // Somebody else may have been faster.
            self.counts.populate(counts);
        }
        self.change(subject, |count| count.wrapping_add(1));
        Ok(Noted {
            filter: self.clone(),
            subject,
        })
    }

    fn change(&self, subject: Subject, change: impl Fn(u32) -> u32) {
        let Some(counts) = self.counts.as_ref() else {
            return;
        };
        let _lock = self.lock.lock(0);
        let Some(places) = subject.places() else {
            return self.change_marks(change);
        };
        for (cell, flag) in places {
            let place = cell * FLAGS + flag.trailing_zeros() as usize;
            let (Some(cell), Some(count)) = (self.cells.get(cell), counts.get(place)) else {
                continue;
            };
            let now = change(count.load(Relaxed));
            count.store(now, Relaxed);
            set(cell, flag, now > 0);
        }
    }

    /// Notes marks in every cell, or forgets them, under the lock.
    fn change_marks(&self, change: impl Fn(u32) -> u32) {
        let before = self.marks.load(Relaxed);
        let now = change(before);
        self.marks.store(now, Relaxed);
        if (before > 0) != (now > 0) {
            for cell in &self.cells {
                set(cell, MARKS, now > 0);
            }
        }
    }

    /// Returns whether packets to this address, of whatever port, may be for a service, of an address or
    /// of a mark.
    #[inline(always)]
    pub(crate) fn may_be_service_addr_or_marked(&self, addr: Addr) -> bool {
        self.has(of_addr(addr), Role::Service.addr_flag() | MARKS)
    }

    /// Returns whether there are services of marks, for which packets of any address may be.
    #[inline(always)]
    pub(crate) fn has_marks(&self) -> bool {
        self.has(0, MARKS)
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

    /// Returns whether packets to this address and port may be for a service of the address. Most
    /// strangers are told by [`AddressFilter::may_be_service_addr`], without a look at the port.
    #[inline(always)]
    pub(crate) fn may_be_service(&self, addr: Addr, port: u16) -> bool {
        self.has(of_endpoint(addr, port), Role::Service.endpoint_flag())
            || self.has(of_addr(addr), Role::Service.all_ports_flag())
    }

    /// Returns whether packets from this address and port may be those of a real server. Most
    /// strangers are told by [`AddressFilter::may_be_server_addr`], without a look at the port.
    #[inline(always)]
    pub(crate) fn may_be_server(&self, addr: Addr, port: u16) -> bool {
        self.has(of_endpoint(addr, port), Role::Server.endpoint_flag())
            || self.has(of_addr(addr), Role::Server.all_ports_flag())
    }

    #[inline(always)]
    fn has(&self, cell: usize, flag: u8) -> bool {
        self.cells
            .get(cell)
            .is_some_and(|cell| cell.load(Relaxed) as u8 & flag != 0)
    }
}

/// Sets or clears a flag of a cell, under the lock.
fn set(cell: &Atomic<i8>, flag: u8, is_set: bool) {
    let flags = cell.load(Relaxed);
    let flag = flag as i8;
    cell.store(if is_set { flags | flag } else { flags & !flag }, Relaxed);
}

/// What is noted in a filter, for as long as this lives. It may be dropped in any context but that of a
/// hardware interrupt.
pub(crate) struct Noted {
    filter: Arc<AddressFilter>,
    subject: Subject,
}

impl Noted {
    /// Notes the same once more.
    pub(super) fn again(&self) -> Self {
        self.filter
            .change(self.subject, |count| count.wrapping_add(1));
        Self {
            filter: self.filter.clone(),
            subject: self.subject,
        }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.filter
            .change(self.subject, |count| count.wrapping_sub(1));
    }
}
