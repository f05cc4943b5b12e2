// SPDX-License-Identifier: GPL-2.0-only

//! All templates of a namespace: lookup, creation, end.

use kernel::{
    prelude::*,
    sync::{
        atomic::Atomic,
        rcu,
        Arc, //
    },
};

use crate::{
    kapi::{
        random::random_u64,
        rcu_table::{
            Inserted,
            Position,
            RcuTable,
            Side, //
        },
        sync::{
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
        lifetime,
        wheel::{
            self,
            Wheel as Slots, //
        },
    },
    svc::Dest,
};

use super::{
    template::{
        HashedTemplate,
        Purpose,
        Template,
        TemplateHash,
        TemplateKey,
        TEMPLATES, //
    },
    CreateError, //
};

/// Seconds after which a template whose time is over is looked at again that has connections. The
/// last of them has it looked at earlier.
const LOOK_AGAIN: u32 = 60;

/// Buckets that are looked at for a template to end.
const BUCKETS: usize = 16;

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
    calls: TemplateHash,
    wheel: Wheel<Template>,
    slots: Slots,
}

impl Templates {
    /// Makes an empty table. Templates are counted in `total`, too.
    pub(super) fn new(total: Option<&'static Atomic<usize>>) -> Self {
        Self {
            table: RcuTable::new(TemplateHash::new()),
            calls: TemplateHash::new(),
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

    /// What stands for a Call-ID of SIP in a key, 0 for none. That it is the same call [`Template::call`] tells.
    #[cold]
    pub(crate) fn hash_of_call(&self, call: &str) -> u64 {
        if call.is_empty() {
            return 0;
        }
        self.calls.of_call(call)
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
        purpose: Purpose<'_>,
        timeout: u32,
        now: u32,
    ) -> Result<Made<'g>, CreateError> {
        let memory = TEMPLATES.allocate().map_err(|_| CreateError::Memory)?;
        let new = Template::new(*key.key(), dest.clone(), purpose, timeout, now)
            .map_err(|_| CreateError::Memory)?;
        let (template, for_table) = memory.fill(new);
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
            |template| self.due(&template, now),
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
