// SPDX-License-Identifier: GPL-2.0-only

//! Connections, of which there may be millions: none is held longer than it takes to write it.

use std::io::Write;
use std::ops::ControlFlow;

use super::written;
use crate::client::Client;
use crate::error::Error;
use crate::model::ServiceKey;
use crate::netlink::Transport;
use crate::output;

/// Writes the connections of one service, or all.
pub(super) fn list<T: Transport>(
    client: &mut Client<T>,
    service: Option<&ServiceKey>,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mut writer = output::connections(out, json);
    let mut result = Ok(());
    client.connections(service, |connection| {
        result = writer.add(connection);
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    written(result.and_then(|()| writer.finish()))
}
