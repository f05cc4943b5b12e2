// SPDX-License-Identifier: GPL-2.0-only

//! Operation `connection-get`.

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
        sync::Object,
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
    entries,
    fill,
    key::read_service, //
};

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
        entries::dump(dumper, |dumper, guard, position| {
            director.connections.visit(guard, position, |conn| {
                if wanted.is_none_or(|key| key == *conn.dest().shared().key()) {
                    add(dumper, &conn)
                } else {
                    Ok(())
                }
            })
        })
    }
}

/// Adds a connection to the dump, unless it has just ended.
fn add(dumper: &mut Dumper<'_>, conn: &Object<Conn>) -> Result<(), Full> {
    let hz = time::hz();
    let Some(deadline) = conn.deadline(hz) else {
        return Ok(());
    };
    let ticks = wheel::remaining(deadline, time::jiffies32()).unwrap_or(0);
    let seconds = ticks.checked_div(hz).unwrap_or(0);
    dumper.message(|message| fill::connection(message, conn, seconds))
}
