// SPDX-License-Identifier: GPL-2.0-only

//! Operation `connection-get`.

use kernel::sync::rcu;

use crate::{
    conn::Conn,
    director::Director,
    kapi::{
        genl::{
            Dump,
            Dumper,
            Full,
            Permission,
            Refusal, //
        },
        rcu_table::Position,
        time, //
    },
    logic::{
        uapi::{
            command,
            connection,
            policy,
            Rule, //
        },
        wheel, //
    },
};

use super::{
    fill,
    key::read_service, //
};

/// Steps after which others may have the CPU. A step looks at one bucket, so that a part of the
/// dump may take many where few connections are wanted.
const BATCH: usize = 64;

/// Answers with all connections, or with those of one service. They carry the addresses of clients,
/// which are not for everybody on the machine.
pub(super) struct GetAll;

impl Dump for GetAll {
    const COMMAND: u8 = command::CONNECTION_GET;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::CONNECTION_GET;

    fn run(dumper: &mut Dumper<'_>) -> Result<(), Refusal> {
        let wanted = match dumper.request().attributes().get(connection::SERVICE) {
            Some(nest) => Some(read_service(nest.nested())?),
            None => None,
        };
        let director = Director::of(dumper.request().net()).data();
        let mut position = Position {
            order: dumper.cursor().outer,
            handle: dumper.cursor().inner,
        };
        let mut steps = 0usize;
        while position != Position::END {
            // Each step is a critical section of its own: nobody waits for the end of the dump.
            let guard = rcu::read_lock();
            let step = director.connections.visit(&guard, position, |conn| {
                if wanted.is_none_or(|key| key == *conn.dest().shared().key()) {
                    add(dumper, &conn)
                } else {
                    Ok(())
                }
            });
            drop(guard);
            let is_full = step.is_err();
            position = match step {
                Ok(next) | Err((next, _)) => next,
            };
            dumper.cursor().outer = position.order;
            dumper.cursor().inner = position.handle;
            if is_full {
                return dumper.part_is_full();
            }
            steps = steps.wrapping_add(1);
            if steps % BATCH == 0 {
                time::cond_resched();
            }
        }
        Ok(())
    }
}

/// Adds a connection to the dump, unless it has just ended.
fn add(dumper: &mut Dumper<'_>, conn: &Conn) -> Result<(), Full> {
    let hz = time::hz();
    let Some(deadline) = conn.deadline(hz) else {
        return Ok(());
    };
    let ticks = wheel::remaining(deadline, time::jiffies32()).unwrap_or(0);
    let seconds = ticks.checked_div(hz).unwrap_or(0);
    dumper.message(|message| fill::connection(message, conn, seconds))
}
