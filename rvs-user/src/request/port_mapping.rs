// SPDX-License-Identifier: GPL-2.0-only

//! Servers on a port other than the service's.

use std::net::SocketAddr;

use crate::error::Error;
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
    if method.maps_ports() || server.port() == service.endpoint.port() {
        return Ok(());
    }
    Err(Error::usage(format!("port mapping needs NAT ({whose})"))
        .argument(server.to_string())
        .hint(format!("use port {} or --nat", service.endpoint.port())))
}
