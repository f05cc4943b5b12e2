// SPDX-License-Identifier: GPL-2.0-only

//! The connections of a namespace: finding, creating and removing them.

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
            RcuTable,
            Side, //
        },
        sync::{
            RcuArc,
            RcuRef, //
        },
        time,
        wheel::Wheel,
    },
    logic::{
        siphash::HashKey,
        state::State,
        tuple::Tuple,
        wheel::{
            self,
            Wheel as Slots, //
        },
    },
    svc::Dest,
};

use super::{
    bound::Bound,
    reply_routes::ReplyRoutes,
    Conn, //
};

/// Why a connection could not be created.
pub(crate) enum CreateError {
    /// Memory is short.
    Memory,
    /// Replies of this destination to this client belong to another connection already: the
    /// client uses one port for two services with the same real server behind them.
    ReplyTaken,
}

/// Hashes connections by the tuples of their packets.
pub(crate) struct TupleHash(HashKey);

/// The tuple of a packet, and the hash by which its connection is found.
pub(crate) type HashedTuple<'t> = Hashed<'t, TupleHash>;

impl Hasher for TupleHash {
    type Object = Conn;
    type Key = Tuple;

    #[inline]
    fn key(&self, conn: &Conn, side: Side) -> Option<Tuple> {
        conn.tuple(side)
    }

    #[inline(always)]
    fn has_key(conn: &Conn, side: Side, tuple: &Tuple) -> bool {
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
    /// Which slot of the wheel a time falls in.
    pub(super) slots: Slots,
    /// The jiffy up to which the wheel has turned.
    pub(super) turned: Atomic<u32>,
    /// The routes that replies take.
    pub(crate) reply_routes: ReplyRoutes,
    /// Nobody looks after the connections, as there are none.
    pub(super) asleep: Atomic<bool>,
    /// How many there may be.
    pub(crate) bound: Bound,
}

impl Connections {
    /// Makes an empty table, for as many connections as `bound` says.
    pub(crate) fn new(bound: Bound) -> Result<Self> {
        Ok(Self {
            table: RcuTable::new(TupleHash(HashKey::new(random_u64(), random_u64()))),
            wheel: Wheel::new(wheel::SLOTS, bound.total()),
            slots: Slots::new(time::hz()),
            turned: Atomic::new(time::jiffies32()),
            reply_routes: ReplyRoutes::new()?,
            asleep: Atomic::new(true),
            bound,
        })
    }

    /// Allocates what connections need, if nobody has yet. Callers take turns.
    pub(crate) fn prepare(&self) -> Result {
        self.table.prepare()?;
        self.wheel.prepare()
    }

    /// Returns the number of connections.
    pub(crate) fn count(&self) -> usize {
        self.wheel.len()
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

    /// Creates the connection of a first packet, or returns the one that another CPU has just
    /// created for the same flow.
    pub(crate) fn create<'g>(
        &self,
        guard: &'g rcu::Guard,
        tuple: &HashedTuple<'_>,
        dest: Arc<Dest>,
        now: u32,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        let (conn, for_table) =
            Conn::new(tuple.key(), dest, now).map_err(|_| CreateError::Memory)?;

        match self.table.insert(guard, for_table, Side::Original, tuple) {
            Inserted::New => {}
            Inserted::Exists => {
                // Dropping ours leaves the other CPU's.
                return match self.find(guard, *tuple.key()) {
                    Ok((conn, Side::Original)) => Ok(conn),
                    _ => Err(CreateError::ReplyTaken),
                };
            }
            Inserted::Full => return Err(CreateError::Memory),
        }
        if conn.has_reply_tuple() {
            if let Err(error) = self.link_reply(guard, &conn) {
                self.table.remove(conn.as_rcu_ref(), Side::Original);
                return Err(error);
            }
        }

        let timeout = State::initial(conn.protocol()).timeout();
        let slot = self
            .slots
            .slot_of(wheel::deadline(now, timeout.saturating_mul(time::hz())));
        let found = conn.under(guard);
        // The object is new: no wheel has it. If another CPU shortens its timeout before this one
        // has, that is noticed when the first timeout is over.
        let _ = self.wheel.insert(conn, slot);
        Ok(found)
    }

    /// Has the wheel look at a connection whose timeout got shorter.
    pub(crate) fn hasten(&self, conn: RcuRef<'_, Conn>) {
        self.wheel.move_to(conn, self.slot_of(&conn));
    }

    /// Ends a connection: its tuples are free for another one, its memory follows.
    pub(crate) fn kill(&self, conn: RcuRef<'_, Conn>) {
        if conn.die() {
            self.unlink(conn);
            self.wheel.move_to(conn, self.slot_of(&conn));
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
    fn slot_of(&self, conn: &Conn) -> usize {
        // The slot of now may be visited right now; a dead connection goes into the next one.
        let soon = wheel::deadline(time::jiffies32(), self.slots.ticks_per_slot());
        self.slots
            .slot_of(conn.deadline(time::hz()).unwrap_or(soon))
    }

    /// Takes a connection out of the table.
    pub(super) fn unlink(&self, conn: RcuRef<'_, Conn>) {
        self.table.remove(conn, Side::Original);
        if conn.has_reply_tuple() {
            self.table.remove(conn, Side::Reply);
        }
    }

    /// Puts a connection under the tuple of its replies.
    #[inline(never)]
    fn link_reply(&self, guard: &rcu::Guard, conn: &RcuArc<Conn>) -> Result<(), CreateError> {
        let Some(reply) = conn.tuple(Side::Reply) else {
            return Ok(());
        };
        let reply = self.hashed(reply);
        match self.table.insert(guard, conn.clone(), Side::Reply, &reply) {
            Inserted::New => Ok(()),
            Inserted::Exists => Err(CreateError::ReplyTaken),
            Inserted::Full => Err(CreateError::Memory),
        }
    }
}
