// SPDX-License-Identifier: GPL-2.0-only

//! Passing on what destinations have counted, one at a time.

use kernel::sync::{
    lock::mutex::MutexBackend,
    lock::Guard, //
};

use super::{
    Common,
    Dest,
    Shared, //
};

/// The right to change totals and estimates of a namespace, held for a few destinations at a time: who
/// changes the configuration may want it, too, and takes it last of all locks.
pub(super) struct Ledger<'a> {
    common: &'a Common,
    _lock: Guard<'a, (), MutexBackend>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(common: &'a Common, lock: Guard<'a, (), MutexBackend>) -> Self {
        Self {
            common,
            _lock: lock,
        }
    }

    /// Adds what a destination has counted since this was done last to the totals of its service and of
    /// the namespace, if it is part of the service.
    pub(super) fn settle(&self, dest: &Dest) {
        if dest.is_available() {
            let counts = dest.take_unsettled();
            dest.shared().totals().add(counts);
            self.common.totals().add(counts);
        }
    }

    /// Makes a destination part of its service that was not. What it has counted meanwhile, as of
    /// replies, is nobody's.
    pub(super) fn comes(&self, dest: &Dest) {
        if !dest.is_available() {
            dest.leave_out_unsettled();
            dest.set_available(true);
        }
    }

    /// Takes a destination out of its service. What it has counted stays with that.
    pub(super) fn leaves(&self, dest: &Dest) {
        self.settle(dest);
        dest.set_available(false);
    }

    /// Has a destination count from 0 again.
    pub(super) fn zero(&self, dest: &Dest) {
        self.settle(dest);
        dest.begin_counting();
    }

    /// Has the totals of a service begin at 0.
    pub(super) fn begin(&self, shared: &Shared) {
        shared.totals().begin();
    }
}
