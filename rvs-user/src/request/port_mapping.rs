// SPDX-License-Identifier: GPL-2.0-only

//! Servers on a port other than the service's.

use std::net::SocketAddr;

use crate::error::Error;
use crate::model::server_name;
use crate::model::Forward;
use crate::model::ServiceKey;

/// Refuses a port that `method` cannot reach, unless packets are to keep theirs, which they do not where `method` maps ports.
/// `whose` says where the method comes from.
pub fn check_port_mapping(
    service: &ServiceKey,
    server: &SocketAddr,
    method: Forward,
    whose: &str,
    keep_port: bool,
) -> Result<(), Error> {
    if keep_port && method.maps_ports() {
        return Err(
            Error::usage(format!("packets get the server's port ({whose})"))
                .argument("--keep-port")
                .hint("leave it out, or give --dr or --tun"),
        );
    }
    if keep_port || method.maps_ports() || has_its_port(service, server) {
        return Ok(());
    }
    let port = service.one_port();
    let hint = match port {
        Some(port) => format!("use port {port} or --nat"),
        None => "give no port, or --nat".to_owned(),
    };
    Err(Error::usage(format!("port mapping needs NAT ({whose})"))
        .argument(server_name(server))
        .hint(hint))
}

/// Whether a server has the port of its service: none, where that has several.
pub fn has_its_port(service: &ServiceKey, server: &SocketAddr) -> bool {
    server.port() == service.one_port().unwrap_or(0)
}
