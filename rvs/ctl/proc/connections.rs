// SPDX-License-Identifier: GPL-2.0-only

//! `/proc/net/ip_vs_conn` and `ip_vs_conn_sync`: all connections, each once.
//!
//! They tell who talks to whom, so not everybody may read them; with C `ip_vs` everybody may.

use core::convert::Infallible;

use kernel::{
    prelude::*,
    sync::rcu, //
};

use crate::{
    conn::Conn,
    director::Director,
    kapi::{
        net::{
            pernet::Namespace,
            proc::{
                File,
                Readers,
                Text, //
            },
        },
        rcu_table::Position,
        time,
    },
    logic::{
        ipvs_text,
        wheel, //
    },
};

/// Steps after which others may have the CPU. A step looks at one bucket.
const BATCH: usize = 64;

/// Where a piece begins: the first one is the heading.
pub(super) type Place = Option<Position>;

pub(super) struct Connections;

impl File for Connections {
    type Data = Director;
    type Place = Place;

    const NAME: &'static CStr = c"ip_vs_conn";
    const READERS: Readers = Readers::NetAdmin;

    fn show(
        namespace: &Namespace<Director>,
        place: Place,
        text: &mut Text<'_>,
    ) -> Result<Option<Place>> {
        let heading = ipvs_text::CONNECTIONS_HEADING;
        Ok(piece(namespace.data(), place, text, heading, None))
    }
}

pub(super) struct Synchronised;

impl File for Synchronised {
    type Data = Director;
    type Place = Place;

    const NAME: &'static CStr = c"ip_vs_conn_sync";
    const READERS: Readers = Readers::NetAdmin;

    fn show(
        namespace: &Namespace<Director>,
        place: Place,
        text: &mut Text<'_>,
    ) -> Result<Option<Place>> {
        let heading = ipvs_text::SYNC_HEADING;
        // None has come from another director.
        let origin = Some("LOCAL");
        Ok(piece(namespace.data(), place, text, heading, origin))
    }
}

/// Puts the heading, or the next connections, and returns where the next piece begins.
fn piece(
    director: &Director,
    place: Place,
    text: &mut Text<'_>,
    heading: &str,
    origin: Option<&'static str>,
) -> Option<Place> {
    let Some(position) = place else {
        text.put(format_args!("{heading}"));
        return Some(Some(Position::default()));
    };
    list(director, position, |conn| put(text, conn, origin))
}

/// Goes through connections from `position` on until `put` has put some, and returns where the next
/// piece begins.
fn list(
    director: &Director,
    mut position: Position,
    mut put: impl FnMut(&Conn) -> bool,
) -> Option<Place> {
    let mut has_put = false;
    let mut steps = 0usize;
    while position != Position::END && !has_put {
        // Each step is a critical section of its own.
        let guard = rcu::read_lock();
        let step = director.connections.visit(&guard, position, |conn| {
            has_put |= put(&conn);
            Ok::<(), Infallible>(())
        });
        drop(guard);
        position = match step {
            Ok(next) | Err((next, _)) => next,
        };
        steps = steps.wrapping_add(1);
        if steps % BATCH == 0 {
            time::cond_resched();
        }
    }
    (position != Position::END).then_some(Some(position))
}

/// Puts a connection, unless it has just ended.
fn put(text: &mut Text<'_>, conn: &Conn, origin: Option<&'static str>) -> bool {
    let hz = time::hz();
    let Some(deadline) = conn.deadline(hz) else {
        return false;
    };
    let ticks = wheel::remaining(deadline, time::jiffies32()).unwrap_or(0);
    let line = ipvs_text::Connection {
        protocol: conn.protocol().name(),
        client: conn.client(),
        service: conn.service(),
        server: conn.real_server(),
        state: conn.state().name(),
        origin,
        expires: ticks.checked_div(hz).unwrap_or(0),
    };
    text.put(format_args!("{line}"));
    true
}
