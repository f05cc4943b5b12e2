// SPDX-License-Identifier: GPL-2.0-only

//! Servers, with what can be said better before the kernel refuses.

use std::net::SocketAddr;

use crate::client::Client;
use crate::error::Error;
use crate::model::server_name;
use crate::model::ServerSettings;
use crate::model::ServiceKey;
use crate::netlink::Transport;
use crate::request::check_port_mapping;

/// Adds a server. Without a forward method of its own it needs that of the
/// service, so the service is read first.
pub(super) fn add<T: Transport>(
    client: &mut Client<T>,
    service: &ServiceKey,
    server: &SocketAddr,
    settings: &ServerSettings,
) -> Result<(), Error> {
    if settings.forward.is_none() {
        match client.service(service)?.forward {
            Some(method) => {
                let whose = format!("the service forwards by {}", method.title());
                check_port_mapping(service, server, method, &whose, settings.keep_port)?;
            }
            None => {
                return Err(Error::usage("no forward method")
                    .argument(server_name(server))
                    .hint(
                        "give --nat, --dr, --tun or --fullnat, here or with: rvsadm service set",
                    ))
            }
        }
    }
    client.add_server(service, server, settings)
}
