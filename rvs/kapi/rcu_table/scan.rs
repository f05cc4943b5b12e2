// SPDX-License-Identifier: GPL-2.0-only

//! Going through all objects of a table; the algorithm is [`crate::logic::table`]'s.

use kernel::sync::rcu;

use crate::{
    kapi::sync::RcuRef,
    logic::table, //
};

use super::{
    Hasher,
    RcuTable,
    Side, //
};

pub(crate) use crate::logic::table::Position;

impl<H: Hasher> RcuTable<H> {
    /// Visits the objects of one bucket that are in the table under the key of `side`, from
    /// `position` on, and returns where to go on, [`Position::END`] at the end.
    ///
    /// Between two calls the critical section may end, and the table be resized: an object that is
    /// there during all calls is visited exactly once, any other one at most once. When `visit`
    /// returns an error, the next call begins with that object.
    pub(crate) fn scan<'g, E>(
        &self,
        guard: &'g rcu::Guard,
        side: Side,
        position: Position,
        mut visit: impl FnMut(RcuRef<'g, H::Object>) -> Result<(), E>,
    ) -> Result<Position, (Position, E)> {
        let Some(current) = self.current.read(guard) else {
            return Ok(Position::END);
        };
        table::scan(
            current.get(),
            position,
            |handle| {
                // SAFETY: The handle was read from the table within the critical section of `guard`.
                let (object, of) = unsafe { Self::object(handle, guard) };
                (of == side).then(|| self.hash_of(&object, of))
            },
            |handle| {
                // SAFETY: As above: what is visited was read from the table just before.
                let (object, _) = unsafe { Self::object(handle, guard) };
                visit(object)
            },
        )
    }
}
