// SPDX-License-Identifier: GPL-2.0-only

//! `/proc/net/ip_vs_conn` and `ip_vs_conn_sync`: all connections, each once, and behind them templates of
//! persistence, which are connections to IPVS.
//!
//! They tell who talks to whom, so not everybody may read them; with C `ip_vs` everybody may.

use core::{
    convert::Infallible,
    ops::ControlFlow, //
};

use kernel::{
    prelude::*,
    sync::rcu, //
};

use crate::{
    conn::{
        Conn,
        Template, //
    },
    ctl::entries,
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
        sync::Object,
        time,
    },
    logic::{
        addr::Endpoint,
        ipvs_text,
        persistence::Engine,
        wheel, //
    },
};

/// Where a piece begins.
#[derive(Clone, Copy, Default)]
pub(super) enum Place {
    #[default]
    Heading,
    Connections(Position),
    Templates(Position),
}

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

/// Puts the heading, or the next connections or templates, and returns where the next piece begins.
fn piece(
    director: &Director,
    place: Place,
    text: &mut Text<'_>,
    heading: &str,
    origin: Option<&'static str>,
) -> Option<Place> {
    let connections = &director.connections;
    match place {
        Place::Heading => {
            text.put(format_args!("{heading}"));
            Some(Place::Connections(Position::default()))
        }
        Place::Connections(position) => {
            let next = list(position, |guard, position, has_put| {
                connections.visit(guard, position, |conn| {
                    *has_put |= put_connection(text, &conn, origin);
                    Ok(())
                })
            });
            Some(match next {
                Some(next) => Place::Connections(next),
                None => Place::Templates(Position::default()),
            })
        }
        Place::Templates(position) => {
            let next = list(position, |guard, position, has_put| {
                connections.templates.visit(guard, position, |template| {
                    *has_put |= put_template(text, &template, origin);
                    Ok(())
                })
            });
            next.map(Place::Templates)
        }
    }
}

/// Goes through a table from `position` on, by a function that visits the next few, until that has put some,
/// and returns where the next piece begins.
fn list(
    position: Position,
    mut visit: impl FnMut(&rcu::Guard, Position, &mut bool) -> Result<Position, (Position, Infallible)>,
) -> Option<Position> {
    let next = entries::walk(position, |guard, position| {
        let mut has_put = false;
        let next = match visit(guard, position, &mut has_put) {
            Ok(next) => next,
            Err((_, never)) => match never {},
        };
        if has_put {
            ControlFlow::Break(next)
        } else {
            ControlFlow::Continue(next)
        }
    });
    (next != Position::END).then_some(next)
}

/// Puts a connection, unless it has just ended.
fn put_connection(text: &mut Text<'_>, conn: &Object<Conn>, origin: Option<&'static str>) -> bool {
    let Some(deadline) = conn.deadline(time::hz()) else {
        return false;
    };
    let line = ipvs_text::Connection {
        protocol: conn.protocol().name(),
        client: conn.client(),
        service: conn.service(),
        server: conn.real_server(),
        state: conn.state().name(),
        origin,
        expires: seconds_until(deadline),
        engine: None,
    };
    text.put(format_args!("{line}"));
    true
}

/// Puts a template, unless it has just ended.
fn put_template(text: &mut Text<'_>, template: &Template, origin: Option<&'static str>) -> bool {
    let Some(deadline) = template.deadline() else {
        return false;
    };
    let key = template.key();
    let (protocol, service) = ipvs_text::template_of(&key.service);
    let server = template.dest().endpoint();
    let line = ipvs_text::Connection {
        protocol,
        client: Endpoint::new(key.client, 0),
        service,
        server: match service.port {
            0 => Endpoint::new(server.addr, 0),
            _ => server,
        },
        state: if template.is_assured() {
            "ASSURED"
        } else {
            "NONE"
        },
        origin,
        expires: seconds_until(deadline),
        // The other file has no room for it.
        engine: match template.call() {
            call if call.is_empty() || origin.is_some() => None,
            call => Some((Engine::Sip.name(), call)),
        },
    };
    text.put(format_args!("{line}"));
    true
}

/// Whole seconds from now to a jiffy, 0 when it has come.
fn seconds_until(deadline: u32) -> u32 {
    let ticks = wheel::remaining(deadline, time::jiffies32()).unwrap_or(0);
    ticks.checked_div(time::hz()).unwrap_or(0)
}
