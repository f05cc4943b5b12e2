// SPDX-License-Identifier: GPL-2.0-only

//! Templates of persistence: which server a client of a service keeps.
//!
//! They are no connections, and in a table of their own. What they have in common with them is who
//! makes them, strangers, hence the bound, and who ends them, the worker of the connections.

use kernel::{
    alloc::{
        flags::GFP_NOWAIT,
        AllocError, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc, //
    },
};

use super::Conn;

use crate::{
    kapi::{
        random::random_u64,
        rcu_table::{
            Hashed,
            Hasher,
            Side, //
        },
        sync::{
            Cache,
            Object,
            Plain,
            RcuArc, //
        },
        time,
    },
    logic::{
        addr::Addr,
        persistence::Life,
        siphash::{
            self,
            HashKey,
            Tail, //
        },
    },
    svc::{
        Dest,
        ServiceKey, //
    },
};

/// Where templates are allocated; `rvs_template` in `/proc/slabinfo`.
pub(crate) static TEMPLATES: Cache<Object<Template>> = Cache::new();

/// What a template is found by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TemplateKey {
    /// The service.
    pub(crate) service: ServiceKey,
    /// What its clients have in common; see [`Mask::of`](crate::logic::persistence::Mask::of).
    pub(crate) client: Addr,
    /// Which call of SIP they are in, by [`Templates::hash_of_call`](super::templates::Templates::hash_of_call); 0 for none.
    pub(crate) call: u64,
}

/// Hashes templates by their keys. Strangers choose their addresses, hence the secret.
pub(crate) struct TemplateHash(HashKey);

impl TemplateHash {
    /// One that nobody can foresee.
    pub(super) fn new() -> Self {
        Self(HashKey::new(random_u64(), random_u64()))
    }

    /// What stands for a Call-ID, which is not 0.
    pub(super) fn of_call(&self, call: &str) -> u64 {
        siphash::hash_bytes(&self.0, call.as_bytes()) | 1
    }
}

/// What a template is for.
pub(crate) enum Purpose<'a> {
    /// Clients that keep a server.
    Clients,
    /// Those of this call of SIP, by its Call-ID.
    Call(&'a str),
    /// The client of this control connection of FTP, who comes for its data.
    Data(RcuArc<Conn>),
}

/// The same, as long as the template lives.
enum Kept {
    Clients,
    Call(KVec<u8>),
    Data(RcuArc<Conn>),
}

/// A key, and the hash by which its template is found.
pub(crate) type HashedTemplate<'t> = Hashed<'t, TemplateHash>;

impl Plain for Template {}

impl Hasher for TemplateHash {
    type Object = Template;
    type Key = TemplateKey;

    fn key(&self, template: &Object<Template>, _side: Side) -> Option<TemplateKey> {
        Some(template.key)
    }

    #[inline]
    fn has_key(template: &Object<Template>, _side: Side, key: &TemplateKey) -> bool {
        template.key == *key
    }

    fn hash(&self, key: &TemplateKey) -> u64 {
        let (upper, lower) = match key.client {
            Addr::V4(addr) => (0, addr.to_bits().into()),
            Addr::V6(addr) => ((addr.to_bits() >> 64) as u64, addr.to_bits() as u64),
        };
        let nothing = Tail { bytes: 0, len: 0 };
        let service = key.service.place().hash() ^ key.call;
        siphash::hash(&self.0, [service, upper, lower], nothing)
    }
}

/// Bits of a template's word.
mod word {
    /// It was taken out of the table.
    pub(super) const DEAD: u32 = 1;
    /// Its destination counts it.
    pub(super) const COUNTED: u32 = 1 << 1;
    /// The server of one of its connections was heard of: no flood has made it.
    pub(super) const ASSURED: u32 = 1 << 2;
}

/// That a client, or several with a part of the address in common, keep a server of a service.
pub(crate) struct Template {
    key: TemplateKey,
    dest: Arc<Dest>,
    // In seconds.
    timeout: Atomic<u32>,
    // In jiffies.
    restarted: Atomic<u32>,
    purpose: Kept,
    connections: Atomic<u32>,
    assured_connections: Atomic<u32>,
    word: Atomic<u32>,
}

impl Template {
    /// Makes one without connections, whose time begins at `now` (jiffies) and lasts `timeout` seconds.
    pub(super) fn new(
        key: TemplateKey,
        dest: Arc<Dest>,
        purpose: Purpose<'_>,
        timeout: u32,
        now: u32,
    ) -> Result<Self, AllocError> {
        let purpose = match purpose {
            Purpose::Clients => Kept::Clients,
            Purpose::Data(control) => Kept::Data(control),
            Purpose::Call(call) => {
                let mut bytes = KVec::with_capacity(call.len(), GFP_NOWAIT)?;
                bytes.extend_from_slice(call.as_bytes(), GFP_NOWAIT)?;
                Kept::Call(bytes)
            }
        };
        Ok(Self {
            key,
            dest,
            timeout: Atomic::new(timeout),
            restarted: Atomic::new(now),
            purpose,
            connections: Atomic::new(0),
            assured_connections: Atomic::new(0),
            word: Atomic::new(0),
        })
    }

    /// Returns the service and what clients have in common.
    pub(crate) fn key(&self) -> &TemplateKey {
        &self.key
    }

    /// Returns the destination.
    pub(crate) fn dest(&self) -> &Arc<Dest> {
        &self.dest
    }

    /// Returns the port that packets to a port of the service go to.
    pub(super) fn server_port(&self, service_port: u16) -> u16 {
        let own = self.dest.endpoint().port;
        self.key.service.kept_port(own, service_port)
    }

    /// Returns the control connection of FTP that it is for the data of.
    pub(crate) fn control(&self) -> Option<&RcuArc<Conn>> {
        match &self.purpose {
            Kept::Data(control) => Some(control),
            Kept::Clients | Kept::Call(_) => None,
        }
    }

    /// Returns the Call-ID of the call of SIP that it is for, empty for none.
    pub(crate) fn call(&self) -> &str {
        match &self.purpose {
            // It was made of a string.
            Kept::Call(call) => core::str::from_utf8(call).unwrap_or_default(),
            Kept::Clients | Kept::Data(_) => "",
        }
    }

    /// Returns the number of its connections.
    pub(crate) fn connections(&self) -> u32 {
        self.connections.load(Relaxed)
    }

    /// Returns whether a connection has reached the server; the states `ASSURED` and `NONE` of IPVS.
    pub(crate) fn is_assured(&self) -> bool {
        self.word.load(Relaxed) & word::ASSURED != 0
    }

    /// Changes after how many seconds its time is over.
    pub(crate) fn set_timeout(&self, seconds: u32) {
        if self.timeout.load(Relaxed) != seconds {
            self.timeout.store(seconds, Relaxed);
        }
    }

    /// Has its time begin anew at `now` (jiffies).
    pub(crate) fn restart(&self, now: u32) {
        if self.restarted.load(Relaxed) != now {
            self.restarted.store(now, Relaxed);
        }
    }

    /// Returns whether clients that come at `now` keep the server, as far as time tells.
    pub(crate) fn takes_more(&self, now: u32) -> bool {
        self.word.load(Relaxed) & word::DEAD == 0 && self.life().takes_more(now)
    }

    /// Returns the jiffy in which its time is over; none when it has ended.
    pub(crate) fn deadline(&self) -> Option<u32> {
        (self.word.load(Relaxed) & word::DEAD == 0).then(|| self.life().deadline())
    }

    /// Returns its life at this moment.
    pub(super) fn life(&self) -> Life {
        Life {
            restarted: self.restarted.load(Relaxed),
            timeout: self.timeout.load(Relaxed).saturating_mul(time::hz()),
            connections: self.connections.load(Relaxed),
            assured: self.assured_connections.load(Relaxed),
        }
    }

    /// Whether it may be ended to make room: it has no connections, and none has reached the server,
    /// or that does not matter.
    pub(super) fn is_expendable(&self, assured: bool) -> bool {
        let word = self.word.load(Relaxed);
        word & word::DEAD == 0
            && (assured || word & word::ASSURED == 0)
            && self.connections.load(Relaxed) == 0
    }

    /// Sets bits of the word, unless the template is dead. Returns the word of before, with full
    /// ordering.
    fn set(&self, bits: u32) -> u32 {
        let mut old = self.word.load(Relaxed);
        while old & word::DEAD == 0 {
            match self.word.cmpxchg(old, old | bits, Full) {
                Ok(_) => break,
                Err(current) => old = current,
            }
        }
        old
    }

    /// Has the destination count the template. False when it has ended meanwhile.
    pub(super) fn settle(&self) -> bool {
        self.dest.template_begins();
        if self.set(word::COUNTED) & word::DEAD == 0 {
            return true;
        }
        // Who has ended it did not know that it is counted.
        self.dest.template_ends();
        false
    }

    /// Marks the template as taken out of the table. True for the caller that did it first. Full
    /// ordering.
    pub(super) fn die(&self) -> bool {
        let old = self.set(word::DEAD);
        if old & word::DEAD != 0 {
            return false;
        }
        if old & word::COUNTED != 0 {
            self.dest.template_ends();
        }
        true
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        // Of those that were never in a table, or whose namespace went.
        self.die();
    }
}

/// Bits of what a connection remembers of its template.
mod link {
    /// The template counts it among those whose server was heard of.
    pub(super) const ASSURED: u32 = 1;
    /// It has ended, and is not counted any more.
    pub(super) const ENDED: u32 = 1 << 1;
}

/// That a connection came of a template, which counts it from the beginning to the end.
pub(crate) struct TemplateLink {
    template: RcuArc<Template>,
    word: Atomic<u32>,
}

impl TemplateLink {
    /// Makes that of a new connection.
    pub(super) fn new(template: RcuArc<Template>) -> Self {
        template.connections.fetch_add(1u32, Full);
        Self {
            template,
            word: Atomic::new(0),
        }
    }

    /// Returns the template.
    pub(crate) fn template(&self) -> &RcuArc<Template> {
        &self.template
    }

    /// Notes that the server of the connection was heard of at `now` (jiffies), if that is new.
    pub(super) fn assure(&self, now: u32) {
        let mut old = self.word.load(Relaxed);
        while old == 0 {
            match self.word.cmpxchg(old, link::ASSURED, Full) {
                Ok(_) => {
                    self.template.assured_connections.fetch_add(1u32, Relaxed);
                    self.template.set(word::ASSURED);
                    self.template.restart(now);
                    return;
                }
                Err(current) => old = current,
            }
        }
    }

    /// Notes that the connection has ended. The later ones of several calls do nothing.
    pub(super) fn end(&self) {
        let old = self.word.xchg(link::ENDED, Full);
        if old & link::ENDED != 0 {
            return;
        }
        if old & link::ASSURED != 0 {
            self.template.assured_connections.fetch_sub(1u32, Relaxed);
        }
        // Before anybody is told to look.
        self.template.connections.fetch_sub(1u32, Full);
    }
}

impl Drop for TemplateLink {
    fn drop(&mut self) {
        self.end();
    }
}
