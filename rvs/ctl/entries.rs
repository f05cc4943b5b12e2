// SPDX-License-Identifier: GPL-2.0-only

//! Lists of what is in a table that changes meanwhile.

use core::ops::ControlFlow;

use kernel::sync::rcu;

use crate::kapi::{
    genl::{
        Dumper,
        Full,
        Refusal, //
    },
    rcu_table::Position,
    time, //
};

/// Steps after which others may have the CPU. A step looks at one bucket, so that a part of a list may
/// take many where few entries are wanted.
const BATCH: usize = 64;

/// Goes through a table from `position` on, step by step, until one of them says that it is enough. Returns
/// where to go on, [`Position::END`] when that was all.
///
/// Each step is a critical section of its own: nobody waits for the end of the list.
pub(super) fn walk(
    mut position: Position,
    mut step: impl FnMut(&rcu::Guard, Position) -> ControlFlow<Position, Position>,
) -> Position {
    let mut steps = 0usize;
    while position != Position::END {
        let guard = rcu::read_lock();
        let next = step(&guard, position);
        drop(guard);
        position = match next {
            ControlFlow::Continue(next) => next,
            ControlFlow::Break(next) => return next,
        };
        steps = steps.wrapping_add(1);
        if steps % BATCH == 0 {
            time::cond_resched();
        }
    }
    position
}

/// Adds entries to a dump, from where its last part has ended on, until all are told or this part is full.
/// `visit` does so with the next few.
pub(super) fn dump(
    dumper: &mut Dumper<'_>,
    mut visit: impl FnMut(&mut Dumper<'_>, &rcu::Guard, Position) -> Result<Position, (Position, Full)>,
) -> Result<(), Refusal> {
    let cursor = dumper.cursor();
    let from = Position {
        order: cursor.outer,
        handle: cursor.inner,
    };
    let mut is_full = false;
    let position = walk(from, |guard, position| {
        match visit(dumper, guard, position) {
            Ok(next) => ControlFlow::Continue(next),
            Err((next, Full)) => {
                is_full = true;
                ControlFlow::Break(next)
            }
        }
    });
    dumper.cursor().outer = position.order;
    dumper.cursor().inner = position.handle;
    if is_full {
        dumper.part_is_full()
    } else {
        Ok(())
    }
}
