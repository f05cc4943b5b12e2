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

/// The addresses of services and those of real servers, and some others by chance.
///
/// Addresses are noted before packets may need them, and are only forgotten all at once, when no
/// service is left: connections of what was removed go on.
pub(crate) struct AddressFilter {
    services: Bits,
    servers: Bits,
}

impl AddressFilter {
    /// Makes a filter that lets nothing through.
    pub(crate) fn new() -> Self {
        Self {
            services: Bits::new(),
            servers: Bits::new(),
        }
    }

    /// Notes the address of a service. Callers take turns.
    pub(crate) fn note_service(&self, addr: Addr) {
        self.services.note(addr);
    }

    /// Notes the address of a real server. Callers take turns.
    pub(crate) fn note_server(&self, addr: Addr) {
        self.servers.note(addr);
    }

    /// Forgets all addresses.
    pub(crate) fn clear(&self) {
        self.services.clear();
        self.servers.clear();
    }

    /// Returns whether packets to this address may be for a service.
    #[inline]
    pub(crate) fn may_be_service(&self, addr: Addr) -> bool {
        self.services.has(addr)
    }

    /// Returns whether packets from this address may be those of a real server.
    #[inline]
    pub(crate) fn may_be_server(&self, addr: Addr) -> bool {
        self.servers.has(addr)
    }
}

/// A set of addresses, and some others by chance.
struct Bits([Atomic<u64>; WORDS]);

impl Bits {
    fn new() -> Self {
        Self([const { Atomic::new(0) }; WORDS])
    }

    fn note(&self, addr: Addr) {
        let (word, bit) = place(addr);
        if let Some(word) = self.0.get(word) {
            word.store(word.load(Relaxed) | bit, Relaxed);
        }
    }

    fn clear(&self) {
        for word in &self.0 {
            word.store(0, Relaxed);
        }
    }

    #[inline]
    fn has(&self, addr: Addr) -> bool {
        let (word, bit) = place(addr);
        self.0
            .get(word)
            .is_some_and(|word| word.load(Relaxed) & bit != 0)
    }
}
