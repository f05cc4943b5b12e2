// SPDX-License-Identifier: GPL-2.0-only

//! Servers on a port other than the service's.

use std::net::SocketAddr;

use crate::error::Error;
use crate::model::server_name;
use crate::model::Forward;
use crate::model::ServiceKey;

/// Refuses a port that `method` cannot reach. `whose` says where the method
/// comes from.
pub fn check_port_mapping(
    service: &ServiceKey,
    server: &SocketAddr,
    method: Forward,
    whose: &str,
) -> Result<(), Error> {
    let port = service.one_port();
    if method.maps_ports() || server.port() == port.unwrap_or(0) {
        return Ok(());
    }
    let hint = match port {
        Some(port) => format!("use port {port} or --nat"),
        None => "give no port, or --nat".to_owned(),
    };
    Err(Error::usage(format!("port mapping needs NAT ({whose})"))
        .argument(server_name(server))
        .hint(hint))
}
