// SPDX-License-Identifier: GPL-2.0-only

//! One real server and protocol in a pool.

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
    logic::addr::Addr, //
};

use super::{
    lease::Local,
    target::{
        Key,
        Target, //
    },
};

/// Where packets find what is taken towards a server. Leases do without.
#[pin_data]
pub(super) struct Server {
    /// What is taken.
    pub(super) target: Arc<Target>,
    // What leases share, by row.
    #[pin]
    locals: Locked<KVec<Arc<Local>>>,
}

impl Server {
    /// Makes one of which all ports are free, without sleeping.
    pub(super) fn new(key: Key, now: u32) -> Result<Arc<Self>> {
        let target = Target::new(key, now)?;
        Arc::pin_init(
            pin_init!(Self {
                target,
                locals <- Locked::new(KVec::new(), Class::Locals),
            }),
            GFP_NOWAIT,
        )
    }

    /// Returns what leases of this address, in this row of the target, share.
    pub(super) fn local(&self, addr: Addr, row: u16) -> Result<Arc<Local>, AllocError> {
        self.locals.with(|locals| {
            let found = locals.get(usize::from(row));
            if let Some(local) = found.filter(|local| local.addr == addr) {
                return Ok(local.clone());
            }
            let new = |row| {
                let target = self.target.clone();
                Arc::new(Local { addr, row, target }, GFP_NOWAIT)
            };
            // A row has another address when no port of that before is taken.
            if let Some(place) = locals.get_mut(usize::from(row)) {
                *place = new(row)?;
                return Ok(place.clone());
            }
            // Rows come one after the other, but others may be here first.
            while locals.len() < usize::from(row) {
                let before = locals.len() as u16;
                locals.push(new(before)?, GFP_NOWAIT)?;
            }
            let local = new(row)?;
            locals.push(local.clone(), GFP_NOWAIT)?;
            Ok(local)
        })
    }
}
