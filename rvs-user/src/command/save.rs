// SPDX-License-Identifier: GPL-2.0-only

//! All that is configured, to be had again.

use std::io::Write;

use super::pool;
use super::write;
use crate::client::Client;
use crate::error::Error;
use crate::netlink::Transport;
use crate::output;
use crate::output::Configuration;

/// Writes the commands that make the configuration of now.
pub(super) fn save<T: Transport>(
    client: &mut Client<T>,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let timeouts = client.timeouts()?;
    let pools = pool::all(client)?;
    let services = client.services()?;
    let servers = client.servers(None)?;
    let services = services.into_iter().map(|service| {
        let own = servers.iter().filter(|(key, _)| *key == service.key);
        let own = own.map(|(_, server)| server.clone()).collect();
        (service, own)
    });
    let configuration = Configuration {
        timeouts,
        pools,
        services: services.collect(),
    };
    let text = if json {
        output::configuration_to_json(&configuration)
    } else {
        output::configuration_to_text(&configuration)
    };
    write(out, &text)
}
