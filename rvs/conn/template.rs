// SPDX-License-Identifier: GPL-2.0-only

//! Templates of persistence: which server a client of a service keeps.
//!
//! They are no connections, and in a table of their own. What they have in common with them is who
//! makes them, strangers, hence the bound, and who ends them, the worker of the connections.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        rcu,
        Arc, //
    },
};

use crate::{
    kapi::{
        random::random_u64,
        rcu_table::{
            Hashed,
            Hasher,
            Inserted,
            Position,
            RcuTable,
            Side, //
        },
        sync::{
            Cache,
            RcuArc,
            RcuRef, //
        },
        time,
        wheel::{
            Due,
            Wheel, //
        },
    },
    logic::{
        addr::Addr,
        lifetime,
        persistence::Life,
        siphash::{
            self,
            HashKey,
            Tail, //
        },
        wheel::{
            self,
            Wheel as Slots, //
        },
    },
    svc::{
        Dest,
        ServiceKey, //
    },
};

use super::CreateError;

/// Where templates are allocated; `rvs_template` in `/proc/slabinfo`.
pub(crate) static TEMPLATES: Cache<Template> = Cache::new();

/// Seconds after which a template whose time is over is looked at again that has connections. The
/// last of them has it looked at earlier.
const LOOK_AGAIN: u32 = 60;

/// Buckets that are looked at for a template to end.
const BUCKETS: usize = 16;

/// What a template is found by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TemplateKey {
    /// The service.
    pub(crate) service: ServiceKey,
    /// What its clients have in common; see [`Mask::of`](crate::logic::persistence::Mask::of).
    pub(crate) client: Addr,
}

/// Hashes templates by their keys. Strangers choose their addresses, hence the secret.
pub(crate) struct TemplateHash(HashKey);

/// A key, and the hash by which its template is found.
pub(crate) type HashedTemplate<'t> = Hashed<'t, TemplateHash>;

impl Hasher for TemplateHash {
    type Object = Template;
    type Key = TemplateKey;

    fn key(&self, template: &Template, _side: Side) -> Option<TemplateKey> {
        Some(template.key)
    }

    #[inline]
    fn has_key(template: &Template, _side: Side, key: &TemplateKey) -> bool {
        template.key == *key
    }

    fn hash(&self, key: &TemplateKey) -> u64 {
        let (upper, lower) = match key.client {
            Addr::V4(addr) => (0, addr.to_bits().into()),
            Addr::V6(addr) => ((addr.to_bits() >> 64) as u64, addr.to_bits() as u64),
        };
        let nothing = Tail { bytes: 0, len: 0 };
        siphash::hash(&self.0, [key.service.place().hash(), upper, lower], nothing)
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
    connections: Atomic<u32>,
    assured_connections: Atomic<u32>,
    word: Atomic<u32>,
}

impl Template {
    /// Returns the service and what clients have in common.
    pub(crate) fn key(&self) -> &TemplateKey {
        &self.key
    }

    /// Returns the destination.
    pub(crate) fn dest(&self) -> &Arc<Dest> {
        &self.dest
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

    fn life(&self) -> Life {
        Life {
            restarted: self.restarted.load(Relaxed),
            timeout: self.timeout.load(Relaxed).saturating_mul(time::hz()),
            connections: self.connections.load(Relaxed),
            assured: self.assured_connections.load(Relaxed),
        }
    }

    /// Whether it may be ended to make room: it has no connections, and none has reached the server,
    /// or that does not matter.
    fn is_expendable(&self, assured: bool) -> bool {
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
    fn settle(&self) -> bool {
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
    fn die(&self) -> bool {
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

/// What became of a new template.
pub(crate) enum Made<'g> {
    /// It is in the table.
    New(RcuRef<'g, Template>),
    /// There was another one of this key.
    Exists(RcuRef<'g, Template>),
}

/// All templates of a namespace.
///
/// They take no memory before [`Templates::prepare`]; until then none can be made.
pub(crate) struct Templates {
    table: RcuTable<TemplateHash>,
    wheel: Wheel<Template>,
    slots: Slots,
}

impl Templates {
    /// Makes an empty table. Templates are counted in `total`, too.
    pub(super) fn new(total: Option<&'static Atomic<usize>>) -> Self {
        Self {
            table: RcuTable::new(TemplateHash(HashKey::new(random_u64(), random_u64()))),
            wheel: Wheel::new(wheel::SLOTS, total),
            slots: Slots::new(time::hz()),
        }
    }

    /// Allocates what templates need, if nobody has yet. Callers take turns.
    pub(crate) fn prepare(&self) -> Result {
        self.table.prepare()?;
        self.wheel.prepare()
    }

    /// Returns the number of templates.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.wheel.len()
    }

    /// Computes the hash of a key.
    pub(crate) fn hashed(&self, key: TemplateKey) -> HashedTemplate<'_> {
        self.table.hashed(key)
    }

    /// Finds the template of this key. Whether it may be used is for the caller to ask.
    pub(crate) fn find<'g>(
        &self,
        guard: &'g rcu::Guard,
        key: TemplateKey,
    ) -> Option<RcuRef<'g, Template>> {
        self.table
            .find(guard, key)
            .ok()
            .map(|(template, _)| template)
    }

    /// Makes a template for clients whose first connection begins at `now` (jiffies). Its time is over
    /// `timeout` seconds later.
    pub(crate) fn create<'g>(
        &self,
        guard: &'g rcu::Guard,
        key: &HashedTemplate<'_>,
        dest: &Arc<Dest>,
        timeout: u32,
        now: u32,
    ) -> Result<Made<'g>, CreateError> {
        let memory = TEMPLATES.allocate().map_err(|_| CreateError::Memory)?;
        let (template, for_table) = memory.fill(Template {
            key: *key.key(),
            dest: dest.clone(),
            timeout: Atomic::new(timeout),
            restarted: Atomic::new(now),
            connections: Atomic::new(0),
            assured_connections: Atomic::new(0),
            word: Atomic::new(0),
        });
        let mut placed = Placed {
            templates: self,
            guard,
            template: template.under(guard),
            new: Some(New {
                key,
                for_table: Some(for_table),
                for_wheel: template,
            }),
        };
        match lifetime::enter(&mut placed) {
            Ok(()) => Ok(Made::New(placed.template)),
            Err(Inserted::Exists) => match self.find(guard, *key.key()) {
                Some(other) => Ok(Made::Exists(other)),
                None => Err(CreateError::Raced),
            },
            Err(_) => Err(CreateError::Memory),
        }
    }

    /// Ends a template: the next connection of its clients gets a server from the scheduler.
    pub(crate) fn kill(&self, guard: &rcu::Guard, template: RcuRef<'_, Template>) {
        lifetime::leave(&mut self.placed(guard, template));
    }

    /// Ends a template that was made for a connection which does not come, unless it has others.
    pub(crate) fn abandon(&self, guard: &rcu::Guard, template: RcuRef<'_, Template>) {
        if template.connections() == 0 {
            self.kill(guard, template);
        }
    }

    /// Ends a template that has no connections, if a few looks find one: `assured` tells whether one
    /// may be that a client has used.
    pub(super) fn make_room(&self, guard: &rcu::Guard, assured: bool) -> bool {
        if self.count() == 0 {
            return false;
        }
        let expendable =
            self.table
                .sample(guard, Side::Original, random_u64(), BUCKETS, |template| {
                    template.is_expendable(assured)
                });
        let Some(template) = expendable else {
            return false;
        };
        self.end_now(guard, template);
        true
    }

    /// Returns whether `drop_entry` ends a template: it has no connections, and none has reached the server
    /// (`ip_vs_random_dropentry()`).
    pub(super) fn is_for_defence(template: &Template) -> bool {
        template.is_expendable(false)
    }

    /// Ends a template that a flood may have made.
    pub(super) fn end_now(&self, guard: &rcu::Guard, template: RcuRef<'_, Template>) {
        self.kill(guard, template);
        // Its memory is wanted, not in a second or two.
        drop(self.wheel.remove(template));
    }

    /// Returns the number of buckets of the table.
    pub(super) fn buckets(&self) -> usize {
        self.table.buckets()
    }

    /// Has a template end whose last connection has just ended, if its time is over.
    pub(super) fn connection_ended(&self, template: RcuRef<'_, Template>) {
        if template.life().is_over(time::jiffies32()) {
            self.wheel.move_to(template, self.slot_soon());
        }
    }

    /// Looks at the templates of a slot that is over.
    pub(super) fn look_at(&self, slot: usize, now: u32) {
        self.wheel.advance(
            slot,
            |template| self.due(template, now),
            |template| {
                // It is in the wheel no more.
                let guard = rcu::read_lock();
                let template = template.as_rcu_ref();
                if template.die() {
                    self.placed(&guard, template).take_out_of_table();
                }
            },
        );
    }

    /// When to look at a template again.
    fn due(&self, template: &Template, now: u32) -> Due {
        let life = template.life();
        match template.deadline() {
            None => Due::Now,
            Some(_) if life.is_over(now) => Due::Now,
            Some(deadline) if wheel::remaining(deadline, now).is_some() => {
                Due::Later(self.slots.slot_of(deadline))
            }
            Some(_) => {
                let wait = LOOK_AGAIN.saturating_mul(time::hz());
                Due::Later(self.slots.slot_of(wheel::deadline(now, wait)))
            }
        }
    }

    /// Gives the table the size that fits.
    pub(super) fn resize(&self) {
        self.table.resize();
    }

    /// Returns whether the table has to grow, and the worker is to be woken for it. True for one
    /// caller only.
    pub(crate) fn needs_growing(&self) -> bool {
        self.table.needs_growing()
    }

    /// Visits the next few templates from `position` on, and returns where to go on; see
    /// [`RcuTable::scan`].
    pub(crate) fn visit<'g, E>(
        &self,
        guard: &'g rcu::Guard,
        position: Position,
        visit: impl FnMut(RcuRef<'g, Template>) -> Result<(), E>,
    ) -> Result<Position, (Position, E)> {
        self.table.scan(guard, Side::Original, position, visit)
    }

    /// The slot of now may be visited right now; what is to be looked at soon goes into the next one.
    fn slot_soon(&self) -> usize {
        let soon = wheel::deadline(time::jiffies32(), self.slots.ticks_per_slot());
        self.slots.slot_of(soon)
    }

    fn placed<'g>(
        &'g self,
        guard: &'g rcu::Guard,
        template: RcuRef<'g, Template>,
    ) -> Placed<'g, 'g> {
        Placed {
            templates: self,
            guard,
            template,
            new: None,
        }
    }
}

/// A template with its places: the table and the wheel.
struct Placed<'g, 'n> {
    templates: &'n Templates,
    guard: &'g rcu::Guard,
    template: RcuRef<'g, Template>,
    new: Option<New<'n>>,
}

/// What goes into the places of a new template.
struct New<'n> {
    key: &'n HashedTemplate<'n>,
    for_table: Option<RcuArc<Template>>,
    for_wheel: RcuArc<Template>,
}

impl Placed<'_, '_> {
    fn take_out_of_table(&mut self) {
        self.templates.table.remove(self.template, Side::Original);
    }
}

impl lifetime::Object for Placed<'_, '_> {
    type Refused = Inserted;

    fn insert_first(&mut self) -> Result<(), Inserted> {
        let Some(New { key, for_table, .. }) = &mut self.new else {
            return Ok(());
        };
        let Some(for_table) = for_table.take() else {
            return Ok(());
        };
        let table = &self.templates.table;
        match table.insert(self.guard, for_table, Side::Original, key) {
            Inserted::New => Ok(()),
            refused => Err(refused),
        }
    }

    fn insert_second(&mut self) -> Result<(), Inserted> {
        Ok(())
    }

    fn remove_first(&mut self) {
        self.take_out_of_table();
    }

    fn remove_second(&mut self) {}

    fn attend(&mut self) {
        if let Some(new) = self.new.take() {
            let deadline = self.template.life().deadline();
            let slot = self.templates.slots.slot_of(deadline);
            // The object is new: no wheel has it.
            let _ = self.templates.wheel.insert(new.for_wheel, slot);
        }
    }

    fn hasten(&mut self) {
        let soon = self.templates.slot_soon();
        self.templates.wheel.move_to(self.template, soon);
    }

    fn die(&mut self) -> bool {
        self.template.die()
    }

    fn settle(&mut self) -> bool {
        self.template.settle()
    }
}
