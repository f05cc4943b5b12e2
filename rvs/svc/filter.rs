// SPDX-License-Identifier: GPL-2.0-only

//! Which packets may concern a service at all.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

use crate::logic::{
    addr::Addr,
    filter::{
        place,
        WORDS, //
    },
};

/// The addresses of services and real servers, and some others by chance.
///
/// Addresses are noted before packets may need them, and are only forgotten all at once, when no
/// service is left: connections of what was removed go on.
pub(crate) struct AddressFilter([Atomic<u64>; WORDS]);

impl AddressFilter {
    /// Makes a filter that lets nothing through.
    pub(crate) fn new() -> Self {
        Self([const { Atomic::new(0) }; WORDS])
    }

    /// Notes an address. Callers take turns.
    pub(crate) fn note(&self, addr: Addr) {
        let (word, bit) = place(addr);
        if let Some(word) = self.0.get(word) {
            word.store(word.load(Relaxed) | bit, Relaxed);
        }
    }

    /// Forgets all addresses.
    pub(crate) fn clear(&self) {
        for word in &self.0 {
            word.store(0, Relaxed);
        }
    }

    /// Returns whether the address may be one that was noted.
    #[inline]
    pub(crate) fn may_be_ours(&self, addr: Addr) -> bool {
        let (word, bit) = place(addr);
        self.0
            .get(word)
            .is_some_and(|word| word.load(Relaxed) & bit != 0)
    }
}
