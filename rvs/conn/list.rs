// SPDX-License-Identifier: GPL-2.0-only

//! Going through all connections.

use kernel::sync::rcu;

use crate::kapi::{
    rcu_table::{
        Position,
        Side, //
    },
    sync::RcuRef, //
};

use super::{
    Conn,
    Connections, //
};

impl Connections {
    /// Calls `tell` with the number of entries of each bucket of the table.
    pub(crate) fn tell_lengths(&self, tell: impl FnMut(usize)) {
        self.table.tell_lengths(tell);
    }

    /// Visits the next few connections from `position` on, and returns where to go on; see
    /// [`RcuTable::scan`](crate::kapi::rcu_table::RcuTable::scan).
    ///
    /// Every connection has a tuple of the original side, so that it is visited once.
    pub(crate) fn visit<'g, E>(
        &self,
        guard: &'g rcu::Guard,
        position: Position,
        visit: impl FnMut(RcuRef<'g, Conn>) -> Result<(), E>,
    ) -> Result<Position, (Position, E)> {
        self.table.scan(guard, Side::Original, position, visit)
    }
}
