// SPDX-License-Identifier: GPL-2.0-only

//! The connections of a namespace: finding, creating and removing them.

use core::ptr;

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
        net::{
            conntrack,
            pernet::Home,
            sysctl::{
                Integer,
                Number, //
            },
        },
        random::random_u64,
        rcu_table::{
            Hashed,
            Hasher,
            Inserted,
            RcuTable,
            Side, //
        },
        sync::{
            Object,
            RcuArc,
            RcuRef, //
        },
        time,
        wheel::Wheel,
        workqueue::Worker,
    },
    logic::{
        lifetime,
        protocol::Protocol,
        siphash::HashKey,
        tuple::Tuple,
        wheel::{
            self,
            Wheel as Slots, //
        },
    },
    svc::{
        Common,
        Dest,
        Estimator,
        Forward, //
    },
};

use super::{
    bound::Bound,
    defences::Defences,
    entry::Transition,
    local::Locals,
    reply_routes::ReplyRoutes,
    template::Template,
    templates::Templates,
    Conn, //
};

/// Why a connection could not be created.
pub(crate) enum CreateError {
    /// Memory is short.
    Memory,
    /// Another CPU was in the way.
    Raced,
    /// Replies of this destination to this client belong to another connection already, which
    /// lives: the client uses one port for two services with the same real server behind them.
    ReplyTaken,
    /// By full NAT, and no local endpoint is left towards this destination.
    NoLocal,
}

/// How often a reply tuple is tried whose holder gives way.
const TRIES: usize = 4;

/// Hashes connections by the tuples of their packets.
pub(crate) struct TupleHash(HashKey);

/// The tuple of a packet, and the hash by which its connection is found.
pub(crate) type HashedTuple<'t> = Hashed<'t, TupleHash>;

impl Hasher for TupleHash {
    type Object = Conn;
    type Key = Tuple;

    #[inline]
    fn key(&self, conn: &Object<Conn>, side: Side) -> Option<Tuple> {
        conn.tuple(side)
    }

    #[inline(always)]
    fn has_key(conn: &Object<Conn>, side: Side, tuple: &Tuple) -> bool {
        conn.matches(side, tuple)
    }

    #[inline(always)]
    fn hash(&self, tuple: &Tuple) -> u64 {
        tuple.hash(&self.0)
    }
}

/// All connections of a namespace.
pub(crate) struct Connections {
    pub(super) table: RcuTable<TupleHash>,
    pub(super) wheel: Wheel<Conn>,
    /// Which clients keep their server.
    pub(crate) templates: Templates,
    /// Which slot of the wheel a time falls in.
    pub(super) slots: Slots,
    /// The jiffy up to which the wheel has turned.
    pub(super) turned: Atomic<u32>,
    /// The routes that replies take.
    pub(crate) reply_routes: ReplyRoutes,
    /// After how many seconds of silence a UDP flow leaves its ports to another one that needs them
    /// (`net.rvs.udp_reuse_after`).
    pub(crate) udp_reuse_after: Number,
    /// How many more times to look at all connections.
    pub(super) reviews: Atomic<u32>,
    /// Nobody looks after the connections, as there are none.
    pub(super) asleep: Atomic<bool>,
    /// How many there may be.
    pub(crate) bound: Bound,
    /// What services have in common.
    pub(super) common: Arc<Common>,
    /// What is to be woken where something is counted.
    pub(super) estimator: Arc<Worker<Estimator>>,
    /// What is done against floods besides.
    pub(crate) defences: Defences,
    /// Whether connection tracking knows of balanced flows (`net.ipv4.vs.conntrack`).
    pub(crate) conntrack: Integer,
    pub(super) home: Home,
}

impl Connections {
    /// Makes an empty table, for as many connections as `bound` says, of services that have this in
    /// common, the rates of which are estimated by `estimator`.
    pub(crate) fn new(
        home: Home,
        bound: Bound,
        common: Arc<Common>,
        estimator: Arc<Worker<Estimator>>,
    ) -> Result<Self> {
        Ok(Self {
            table: RcuTable::new(TupleHash(HashKey::new(random_u64(), random_u64()))),
            wheel: Wheel::new(wheel::SLOTS, bound.total()),
            templates: Templates::new(bound.total()),
            slots: Slots::new(time::hz()),
            turned: Atomic::new(time::jiffies32()),
            reply_routes: ReplyRoutes::new()?,
            udp_reuse_after: Number::new(5),
            reviews: Atomic::new(0),
            asleep: Atomic::new(true),
            bound,
            common,
            estimator,
            defences: Defences::new(),
            conntrack: Integer::new(0),
            home,
        })
    }

    /// Allocates what connections need, if nobody has yet. Callers take turns.
    pub(crate) fn prepare(&self) -> Result {
        self.table.prepare()?;
        self.wheel.prepare()
    }

    /// Returns whether there has been a service, so that there may be connections.
    pub(crate) fn is_prepared(&self) -> bool {
        self.table.is_prepared()
    }

    /// Returns the number of connections.
    pub(crate) fn count(&self) -> usize {
        self.wheel.len()
    }

    /// Returns the number of connections and templates, which are bounded together.
    #[inline]
    pub(crate) fn objects(&self) -> usize {
        self.count().wrapping_add(self.templates.count())
    }

    /// Returns the number of buckets of the table.
    pub(crate) fn buckets(&self) -> usize {
        self.table.buckets()
    }

    /// Computes the hash of a packet's tuple.
    pub(crate) fn hashed(&self, tuple: Tuple) -> HashedTuple<'_> {
        self.table.hashed(tuple)
    }

    /// Finds the connection of packets with this tuple, and the side they arrive from. Without one
    /// the tuple comes back with its hash, for [`Connections::create`].
    #[inline(always)]
    pub(crate) fn find<'g>(
        &self,
        guard: &'g rcu::Guard,
        tuple: Tuple,
    ) -> Result<(RcuRef<'g, Conn>, Side), HashedTuple<'_>> {
        self.table.find(guard, tuple)
    }

    /// Creates the connection of a first packet to a destination by a forward method, or returns the one that another CPU has
    /// just created for the same flow.
    #[inline(always)]
    pub(crate) fn create<'g>(
        &self,
        guard: &'g rcu::Guard,
        tuple: &HashedTuple<'_>,
        (dest, forward): (&Arc<Dest>, Forward),
        locals: Locals<'_>,
        now: u32,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        if forward.needs_pool() {
            return self.create_with_local(guard, tuple, (dest, forward), locals, now);
        }
        let made = if forward == Forward::Nat && dest.shared().tells(forward, tuple.key().protocol)
        {
            Conn::with_toa(tuple.key(), dest.clone(), now)
        } else {
            Conn::new(tuple.key(), dest.clone(), forward, now)
        };
        self.place(guard, tuple, made.map_err(|_| CreateError::Memory)?, now)
    }

    /// As [`Connections::create`], for the data of a control connection of FTP, whose server has it at `server_port`.
    pub(crate) fn create_for_data<'g>(
        &self,
        guard: &'g rcu::Guard,
        tuple: &HashedTuple<'_>,
        control: RcuArc<Conn>,
        server_port: u16,
        now: u32,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        let made = Conn::of_data(tuple.key(), control, server_port, now)
            .map_err(|_| CreateError::Memory)?;
        self.place_linked(guard, tuple, made, now)
    }

    /// As [`Connections::create`], of a template, which tells the destination.
    pub(crate) fn create_of_template<'g>(
        &self,
        guard: &'g rcu::Guard,
        tuple: &HashedTuple<'_>,
        (template, forward): (RcuRef<'_, Template>, Forward),
        locals: Locals<'_>,
        now: u32,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        let create = |lease| {
            let template = template.upgrade().ok_or(CreateError::Raced)?;
            let made = Conn::of_template(tuple.key(), template, forward, lease, now)
                .map_err(|_| CreateError::Memory)?;
            self.place_linked(guard, tuple, made, now)
        };
        let dest = template.dest();
        if !forward.needs_pool() {
            return create(None);
        }
        let port = template.server_port(tuple.key().dst_port);
        self.with_lease(guard, tuple.key(), dest, port, locals, |lease| {
            create(Some(lease))
        })
    }

    /// As [`Connections::place`], of a connection that another object counts.
    pub(super) fn place_linked<'g>(
        &self,
        guard: &'g rcu::Guard,
        tuple: &HashedTuple<'_>,
        made: (RcuArc<Conn>, RcuArc<Conn>),
        now: u32,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        let conn = made.0.under(guard);
        let placed = self.place(guard, tuple, made, now);
        match &placed {
            Ok(found) if ptr::eq(found.get(), conn.get()) => {}
            // Its memory goes later, but who counts it is to know now.
            _ => {
                self.ended(conn);
                if let (Err(CreateError::ReplyTaken), Some(lease)) = (&placed, conn.lease()) {
                    lease.is_of_another();
                }
            }
        }
        placed
    }

    /// Puts a new connection, of which one reference is for the table, into its places.
    #[inline(always)]
    fn place<'g>(
        &self,
        guard: &'g rcu::Guard,
        tuple: &HashedTuple<'_>,
        (conn, for_table): (RcuArc<Conn>, RcuArc<Conn>),
        now: u32,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        let mut placed = Placed {
            connections: self,
            guard,
            conn: conn.under(guard),
            new: Some(New {
                tuple,
                now,
                for_table: Some(for_table),
                for_wheel: conn,
            }),
            in_wheel: true,
        };
        match lifetime::enter(&mut placed) {
            Ok(()) => Ok(placed.conn),
            Err(Refused::Exists) => {
                // Dropping ours leaves the other CPU's.
                match self.find(guard, *tuple.key()) {
                    Ok((conn, Side::Original)) => Ok(conn),
                    _ => Err(CreateError::Raced),
                }
            }
            Err(Refused::ReplyTaken) => Err(CreateError::ReplyTaken),
            Err(Refused::Memory) => Err(CreateError::Memory),
        }
    }

    /// Takes a connection out from under the tuple of one side.
    // Apart, as all that ends or nearly begins comes by.
    #[inline(never)]
    fn unlink(&self, conn: RcuRef<'_, Conn>, side: Side) {
        self.table.remove(conn, side);
    }

    /// Has the wheel look at a connection whose timeout got shorter.
    #[inline(never)]
    pub(crate) fn hasten(&self, conn: RcuRef<'_, Conn>) {
        self.wheel.move_to(conn, self.slot_of(&conn));
    }

    /// Does what follows from what a packet did to the state of a connection. A few times in its life.
    #[inline(never)]
    pub(crate) fn follow(&self, conn: RcuRef<'_, Conn>, transition: Transition) {
        if transition == Transition::Hastened {
            self.hasten(conn);
        }
        if let Some(extension) = conn.extension() {
            match extension.template() {
                Some(link) if conn.is_assured() => link.assure(time::jiffies32()),
                _ => {}
            }
        }
    }

    /// Ends a connection: its tuples are free for another one, its memory follows. False when somebody else has.
    pub(crate) fn kill(&self, guard: &rcu::Guard, conn: RcuRef<'_, Conn>) -> bool {
        let has_ended = lifetime::leave(&mut self.placed(guard, conn));
        if has_ended {
            self.ended(conn);
            self.end_tracked(&conn);
        }
        has_ended
    }

    /// Ends what connection tracking knows of a connection, where it knows of any.
    #[inline]
    pub(crate) fn end_tracked(&self, conn: &Object<Conn>) {
        if self.conntrack.is_on() {
            if let Some(tuple) = conn.tuple(Side::Original) {
                conntrack::end(self.home.net(), &tuple);
            }
        }
    }

    /// Tells those that count a connection that it has ended: the template that it came of, the control connection that it
    /// has data of; and the pool of its local endpoint, whether the real server may have something left to say.
    #[inline]
    fn ended(&self, conn: RcuRef<'_, Conn>) {
        if let Some(lease) = conn.lease() {
            if !conn.must_rest(time::jiffies32()) {
                lease.needs_no_rest();
            }
        }
        let Some(extension) = conn.extension() else {
            return;
        };
        if let Some(link) = extension.data() {
            link.end();
        }
        if let Some(link) = extension.template() {
            link.end();
            self.templates
                .connection_ended(link.template().as_rcu_ref());
        }
    }

    /// Ends a connection that the wheel has given up.
    pub(super) fn expired(&self, guard: &rcu::Guard, conn: RcuRef<'_, Conn>) {
        let mut placed = self.placed(guard, conn);
        placed.in_wheel = false;
        if lifetime::leave(&mut placed) {
            self.ended(conn);
            self.end_tracked(&conn);
        }
    }

    fn placed<'g>(&'g self, guard: &'g rcu::Guard, conn: RcuRef<'g, Conn>) -> Placed<'g, 'g> {
        Placed {
            connections: self,
            guard,
            conn,
            new: None,
            in_wheel: true,
        }
    }

    /// Returns whether [`Worker::wake_in`](crate::kapi::workqueue::Worker::wake_in) is to be
    /// called, as this is the first connection after a while. True for one caller only.
    #[inline]
    pub(crate) fn needs_waking(&self) -> bool {
        self.asleep.load(Relaxed) && self.asleep.xchg(false, Full)
    }

    /// Returns whether the table has to grow, and the worker is to be woken for it. True for one
    /// caller only.
    #[inline]
    pub(crate) fn needs_growing(&self) -> bool {
        self.table.needs_growing()
    }

    /// The slot in which a connection is to be looked at.
    #[inline]
    fn slot_of(&self, conn: &Object<Conn>) -> usize {
        // The slot of now may be visited right now; a dead connection goes into the next one.
        let soon = wheel::deadline(time::jiffies32(), self.slots.ticks_per_slot());
        self.slots
            .slot_of(conn.deadline(time::hz()).unwrap_or(soon))
    }

    /// Puts a connection under the tuple of its replies. One that is over and holds it gives way.
    #[inline(never)]
    fn link_reply(&self, guard: &rcu::Guard, conn: &RcuArc<Conn>, now: u32) -> Result<(), Refused> {
        for _ in 0..TRIES {
            let for_table = conn.clone();
            match self.table.insert_by_own(guard, for_table, Side::Reply) {
                None | Some(Inserted::New) => return Ok(()),
                Some(Inserted::Full) => return Err(Refused::Memory),
                Some(Inserted::Exists) => self.make_way(guard, conn, now)?,
            }
        }
        Err(Refused::ReplyTaken)
    }

    /// Ends the connection that holds the tuple of a connection's replies, if it is over, unless the port is to rest: the real server may
    /// not be done with it.
    #[cold]
    fn make_way(&self, guard: &rcu::Guard, conn: &Object<Conn>, now: u32) -> Result<(), Refused> {
        let Some(tuple) = conn.tuple(Side::Reply) else {
            return Ok(());
        };
        match self.find(guard, tuple) {
            Ok((holder, _)) if holder.is_dead() => {
                // Somebody is taking it out right now.
                lifetime::take_out(&mut self.placed(guard, holder));
                Ok(())
            }
            Ok((holder, _)) if self.gives_way(&holder, now) => {
                self.kill(guard, holder);
                Ok(())
            }
            Ok(_) => Err(Refused::ReplyTaken),
            // It has just gone.
            Err(_) => Ok(()),
        }
    }

    /// Whether a connection leaves its ports to another one that needs them.
    fn gives_way(&self, holder: &Object<Conn>, now: u32) -> bool {
        match holder.protocol() {
            _ if holder.lease().is_some() => false,
            Protocol::Tcp | Protocol::Sctp => holder.is_closed(),
            Protocol::Udp => {
                let seconds = self.udp_reuse_after.get();
                holder.is_silent_for(seconds.saturating_mul(time::hz()), now)
            }
        }
    }
}

/// Why a connection could not be put under one of its tuples.
enum Refused {
    /// Another CPU has created one for the same flow.
    Exists,
    /// See [`CreateError::ReplyTaken`].
    ReplyTaken,
    /// Memory is short.
    Memory,
}

/// A connection with its places: the table under two tuples, and the wheel.
struct Placed<'g, 'n> {
    connections: &'n Connections,
    guard: &'g rcu::Guard,
    conn: RcuRef<'g, Conn>,
    /// Of a new one, what goes into its places.
    new: Option<New<'n>>,
    /// Whether the wheel may have it.
    in_wheel: bool,
}

/// What goes into the places of a new connection.
struct New<'n> {
    tuple: &'n HashedTuple<'n>,
    now: u32,
    for_table: Option<RcuArc<Conn>>,
    for_wheel: RcuArc<Conn>,
}

impl lifetime::Object for Placed<'_, '_> {
    type Refused = Refused;

    #[inline(always)]
    fn insert_first(&mut self) -> Result<(), Refused> {
        let Some(New {
            tuple, for_table, ..
        }) = &mut self.new
        else {
            return Ok(());
        };
        let Some(for_table) = for_table.take() else {
            return Ok(());
        };
        let table = &self.connections.table;
        match table.insert(self.guard, for_table, Side::Original, tuple) {
            Inserted::New => Ok(()),
            Inserted::Exists => Err(Refused::Exists),
            Inserted::Full => Err(Refused::Memory),
        }
    }

    #[inline(always)]
    fn insert_second(&mut self) -> Result<(), Refused> {
        match &self.new {
            Some(new) if self.conn.has_reply_tuple() => {
                self.connections
                    .link_reply(self.guard, &new.for_wheel, new.now)
            }
            _ => Ok(()),
        }
    }

    #[inline(always)]
    fn remove_first(&mut self) {
        self.connections.unlink(self.conn, Side::Original);
    }

    #[inline(always)]
    fn remove_second(&mut self) {
        if self.conn.has_reply_tuple() {
            self.connections.unlink(self.conn, Side::Reply);
        }
    }

    #[inline(always)]
    fn attend(&mut self) {
        if let Some(new) = self.new.take() {
            let connections = self.connections;
            let deadline = self.conn.first_deadline(new.now, time::hz());
            let slot = connections.slots.slot_of(deadline);
            // The object is new: no wheel has it. If another CPU shortens its timeout before this
            // one has put it in, that is noticed when the first timeout is over.
            let _ = self.connections.wheel.insert(new.for_wheel, slot);
        }
    }

    #[inline(always)]
    fn hasten(&mut self) {
        if self.in_wheel {
            self.connections.hasten(self.conn);
        }
    }

    #[inline(always)]
    fn die(&mut self) -> bool {
        self.conn.die()
    }

    #[inline(always)]
    fn settle(&mut self) -> bool {
        self.conn.settle()
    }
}
